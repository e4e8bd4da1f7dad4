/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/errors.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "manager/virt.h"

int errors_set(sd_bus_error *ret_error, const char *name, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	sd_bus_error_setfv(ret_error, name, fmt, ap);
	va_end(ap);
	return -EREMOTEIO;
}

/* What QEMU and libvirt write (QEMU 7.2 … 10.0, libvirt 9.0 … 11.3), and what it means to the user. */
static const struct {
	const char *text;
	const char *name;
	const char *sentence; /* one %s: the VM */
} known[] = {
	{ "Failed to get \"write\" lock", ERROR_BUSY,
		"The private disk of VM %s is in use by another process. Stop what uses it, then start the VM again." },
	{ "Failed to get shared \"write\" lock", ERROR_BUSY,
		"A disk of VM %s is in use by another process. Stop what uses it, then start the VM again." },
	{ "Cannot allocate memory", ERROR_NO_MEMORY,
		"The host has too little free memory for VM %s. Stop another VM, or give this one less by vmos set "
		"--memory." },
	{ "cannot set up guest memory", ERROR_NO_MEMORY,
		"The host has too little free memory for VM %s. Stop another VM, or give this one less by vmos set "
		"--memory." },
	{ "No space left on device", ERROR_NO_SPACE,
		"The host's file system is full: VM %s cannot start. Free some space and start it again." },
	{ "Cannot check QEMU binary", ERROR_NO_QEMU,
		"QEMU is missing, so VM %s cannot start. Install the package qemu-system-x86." },
	{ "does not support virt type", ERROR_NO_QEMU,
		"The installed QEMU cannot run VM %s on this host. Install the package qemu-system-x86." },
};

int errors_set_virt(sd_bus_error *ret_error, const char *vm, const struct virt_job *job)
{
	const char *text = job->message ? job->message : "unknown error";

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		char line[256];
		const char *at = strstr(known[i].sentence, "%s");

		if (!strstr(text, known[i].text))
			continue;
		snprintf(line, sizeof(line), "%.*s%s%s", (int)(at - known[i].sentence), known[i].sentence, vm, at + 2);
		return errors_set(ret_error, known[i].name, "%s", line);
	}
	return errors_set(ret_error, ERROR_FAILED, "libvirt refuses VM %s: %s", vm, text);
}
