/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that do one thing to each VM named. */
#ifndef CLI_EACH_H
#define CLI_EACH_H

#include <systemd/sd-bus.h>

/* Does it to @name. 0, or an exit code after saying why. */
typedef int (*each_action)(sd_bus *bus, const char *name, void *userdata);

/* Goes through all of @names, also after one failed. The first failure's exit code. */
int each_vm(sd_bus *bus, char **names, each_action action, void *userdata);

/* The whole of a command without options: `vmos pause NAME…` calls @action for each. */
int each_main(int argc, char **argv, each_action action);

#endif
