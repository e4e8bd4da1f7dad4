/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <limits.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/send.h"

int fetch_main(int argc, char **argv)
{
	int r = cli_simple_options(argc, argv, 2, INT_MAX, NULL);

	return r ? r : send_operands(argc - optind, argv + optind, "fetch");
}
