/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One program run in a VM, from the call to its exit status. */
#ifndef CLI_ATTACH_H
#define CLI_ATTACH_H

#include <stdbool.h>
#include <systemd/sd-bus.h>

struct attach {
	const char *vm;
	char **argv; /* NULL terminated, at least one */
	bool as_root;
	bool tty; /* a terminal in the guest, ours raw */
	bool window; /* return once it has started */
	bool app; /* it starts an application, which opens windows, and ends */
};

/* Starts the VM when it is off. Exit code. */
int attach_prepare(sd_bus *bus, const char *vm, bool wants_display);

/* Starts the VM when it is off, runs the program, and returns what vmos shall exit with. */
int attach_run(const struct attach *a);

/* The exit code for the status that a courier tells, as struct ctl_exit has it. Says why when it could not start. */
int attach_exit_code(const char *vm, const char *program, int status);

#endif
