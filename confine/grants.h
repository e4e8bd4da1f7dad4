/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one QEMU process may reach.
 *
 * A domain's XML sets VMOS_CONFINE in QEMU's environment: entries separated by
 * ':', each KIND=PATH with an absolute path. In a path ':' is written '\:' and
 * '\' is written '\\'.
 *   ro  a file, or a folder with all beneath it, may be read
 *   rw  … read, written, truncated, made and removed
 *   dev a device that QEMU drives: read, written and asked by ioctl(2)
 * The entry net=user stands for sockets of IPv4 and IPv6: QEMU's user network,
 * the uplink of a NET VM.
 * Every path must exist. Without the variable QEMU is being asked for its
 * capabilities by libvirt, and has no VM.
 */
#ifndef CONFINE_GRANTS_H
#define CONFINE_GRANTS_H

#include <stdbool.h>

#define GRANTS_VARIABLE "VMOS_CONFINE"
#define GRANTS_MAX 32

enum grant_kind { GRANT_READ, GRANT_WRITE, GRANT_DEVICE };

struct grant {
	char *path; /* owned */
	enum grant_kind kind;
};

struct grants {
	struct grant item[GRANTS_MAX];
	unsigned count;
	bool net; /* net=user */
};

/* Reads the variable's value and adds what it names. -EINVAL: not the format above; -E2BIG: too many; -ENOMEM. */
int grants_add_variable(struct grants *g, const char *value);

/* Adds the file of each of QEMU's -object secrets, which libvirt writes to the domain's own folder. -E2BIG, -ENOMEM. */
int grants_add_secrets(struct grants *g, char *const *argv);

/* For a probe of capabilities: adds the folders of -qmp unix:PATH and -pidfile PATH. -E2BIG, -ENOMEM. */
int grants_add_probe(struct grants *g, char *const *argv);

void grants_finish(struct grants *g);

#endif
