/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket of a run (SOCK_SEQPACKET): who asked for the run at one
 * end (the vmos command; of a transfer's run vmosd), the courier at the other.
 * The former checks what it reads: it comes from a process that reads hostile
 * bytes.
 */
#ifndef PROTO_RUNCTL_H
#define PROTO_RUNCTL_H

#include <stddef.h>
#include <stdint.h>

#define RUNCTL_TEXT_MAX 96

enum runctl_type {
	RUNCTL_WINCH = 1, /* command to courier: a = rows, b = cols */
	RUNCTL_SIGNAL, /* command to courier: a = signal */
	RUNCTL_STARTED, /* courier to command: a = pid in the guest; of a transfer n[0] = the relay that its agent takes part in, or 0 */
	RUNCTL_EXIT, /* courier to command: a = status as in struct ctl_exit */
	RUNCTL_LOST, /* courier to command: the agent left, or the VM */
	/* of transfers, courier to vmosd; see xfer.h */
	RUNCTL_POINT, /* from the receiver: a = item, n[0] = entry, n[1] = offset (of XFER_DATA_MAX) from which it wants to go on */
	RUNCTL_PROGRESS, /* n[0] = bytes that have passed, n[1] = bytes in all as the sender claims */
	RUNCTL_PROBLEM, /* from the sender: a = errno, text = the file that was left out, made safe to show */
};

struct runctl {
	uint32_t type;
	int32_t a, b;
	uint32_t zero;
	uint64_t n[2];
	char text[RUNCTL_TEXT_MAX]; /* NUL terminated, zero behind */
};

/* Each: 0 or -EBADMSG. Of size, type for that direction, and every field. */
int runctl_check_command(const struct runctl *m, size_t len);
int runctl_check_courier(const struct runctl *m, size_t len); /* STARTED, EXIT and LOST */
int runctl_check_transfer(const struct runctl *m, size_t len); /* these, and those of transfers */

#endif
