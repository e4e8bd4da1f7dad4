/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/loop.h"

#include <time.h>

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

int loop_timer(sd_event *event, sd_event_source **ret, uint64_t accuracy, sd_event_time_handler_t handle, void *data)
{
	int r = sd_event_add_time(event, ret, CLOCK_MONOTONIC, UINT64_MAX, accuracy, handle, data);

	if (r >= 0)
		r = sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
	return r < 0 ? r : 0;
}

void loop_timer_set(sd_event_source *timer, uint64_t usec)
{
	sd_event_source_set_time(timer, usec);
	sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}
