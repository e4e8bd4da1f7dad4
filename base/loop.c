/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/loop.h"

int loop_run(sd_event *event, uint64_t *wakeups)
{
	int r;

	while (sd_event_get_state(event) != SD_EVENT_FINISHED) {
		r = sd_event_prepare(event);
		if (!r) {
			r = sd_event_wait(event, UINT64_MAX);
			++*wakeups;
		}
		if (r > 0)
			r = sd_event_dispatch(event);
		if (r < 0)
			return r;
	}
	sd_event_get_exit_code(event, &r);
	return r;
}
