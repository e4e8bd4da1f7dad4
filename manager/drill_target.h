/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmos-drill-target: the processes that the drill attacks in the place of vmosd and of the victim's QEMU. */
#ifndef MANAGER_DRILL_TARGET_H
#define MANAGER_DRILL_TARGET_H

#include <stddef.h>

#include <systemd/sd-event.h>

#include "manager/identity.h"

#define DRILL_LINE_MAX 2048

struct drill_target {
	char *const *argv;
	const struct identity *identity; /* who it becomes; NULL: it stays vmosd's user, without capabilities */
	int witness; /* its standard input: it ends when the other end closes; borrowed */
};

/*
 * Starts one and waits for the line that says what it offers, for 15 seconds
 * at most; @ret_line: DRILL_LINE_MAX bytes, without the newline. It is reaped
 * when it ends. -errno: it did not start; -EBADMSG: it said nothing usable.
 */
int drill_target_start(sd_event *event, const struct drill_target *target, char *ret_line);

#endif
