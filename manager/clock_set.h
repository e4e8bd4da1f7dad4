/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One request to vmos-clock at a time: vmosd itself may not set the clock. */
#ifndef MANAGER_CLOCK_SET_H
#define MANAGER_CLOCK_SET_H

#include <stdbool.h>

#include <systemd/sd-event.h>

#include "proto/clock.h"

#define CLOCK_SET_WAIT (10 * 1000000ull) /* usec */

/* @error: 0 or -errno; -ETIMEDOUT: no answer came. */
typedef void (*clock_set_fn)(const struct clock_msg *request, int error, void *userdata);

struct clock_set {
	sd_event_source *io, *timer; /* NULL: none is under way */
	struct clock_msg request;
	clock_set_fn fn;
	void *userdata;
};

bool clock_set_is_busy(const struct clock_set *s);
/* Asks the one that listens at @path. 0: @fn is called once, later; -errno: it could not be asked. */
int clock_set_begin(struct clock_set *s, sd_event *event, const char *path, const struct clock_msg *request);
/* Forgets the answer, not what was asked. */
void clock_set_end(struct clock_set *s);

#endif
