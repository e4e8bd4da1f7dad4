/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/clock.h"

#include <errno.h>

#define ERRNO_MAX 4095

int clock_check_request(const struct clock_msg *m, size_t len)
{
	int64_t max;

	if (len != sizeof(*m) || (m->type != CLOCK_SLEW && m->type != CLOCK_STEP) || m->error)
		return -EBADMSG;
	max = m->type == CLOCK_SLEW ? CLOCK_SLEW_MAX : CLOCK_STEP_MAX;
	return m->offset_ns && m->offset_ns >= -max && m->offset_ns <= max ? 0 : -EBADMSG;
}

int clock_check_reply(const struct clock_msg *m, size_t len)
{
	if (len != sizeof(*m) || m->type != CLOCK_DONE || m->offset_ns)
		return -EBADMSG;
	return m->error <= 0 && m->error >= -ERRNO_MAX ? 0 : -EBADMSG;
}
