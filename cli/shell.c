/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/commands.h"

#include <stdbool.h>
#include <unistd.h>

#include "cli/attach.h"
#include "cli/cli.h"
#include "cli/terminal.h"

/* The guest knows its user's shell, we do not: the agent sets SHELL from the password file. */
static char *const login_shell[] = { "/bin/sh", "-c", "exec \"${SHELL:-/bin/sh}\" -l", NULL };

int shell_main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "root", no_argument, NULL, 'r' },
		{ NULL, 0, NULL, 0 },
	};
	struct attach a = { .argv = (char **)login_shell };
	int opt;

	while ((opt = cli_option(argc, argv, "h", longs)) != -1) {
		if (opt != 'r')
			return cli_usage(argv[0]), CLI_RUN_FAILED;
		a.as_root = true;
	}
	if (argc - optind != 1)
		return cli_usage(argv[0]), CLI_RUN_FAILED;
	a.vm = argv[optind];
	a.tty = terminal_is_ours() && isatty(STDOUT_FILENO);
	return attach_run(&a);
}
