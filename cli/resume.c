/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/commands.h"

#include <stddef.h>

#include "cli/client.h"
#include "cli/each.h"

static int resume_each(sd_bus *bus, const char *name, void *userdata)
{
	return client_vm_do(bus, name, "Resume", NULL);
}

int resume_main(int argc, char **argv)
{
	return each_main(argc, argv, resume_each);
}
