/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmos-tap: the only way from the links of a NET VM's clients to the NET VM.
 * vmosd starts it with a socket as fd 3 and nothing else, and gives it the plugs
 * of the switches, the lists and the memory; it opens nothing itself.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sandbox.h"
#include "tap/manager.h"
#include "tap/report.h"
#include "tap/tap.h"

#define LATE_US 100000 /* how late the timer may be */

static int main_sandbox(void)
{
	int r = sandbox_start();

	if (r >= 0)
		r = sandbox_files();
	if (r >= 0)
		r = engine_sandbox();
	return r < 0 ? r : 0;
}

static int handle_second(sd_event_source *source, uint64_t usec, void *userdata)
{
	tap_expire(userdata);
	return 0;
}

/* Flows of an earlier run may be over, too. */
static int main_timer(struct tap *t)
{
	int r = sd_event_add_time(t->event, &t->timer, CLOCK_MONOTONIC, UINT64_MAX, LATE_US, handle_second, t);

	if (r >= 0)
		r = sd_event_source_set_enabled(t->timer, SD_EVENT_OFF);
	if (r >= 0)
		tap_arm(t);
	return r;
}

static int main_open(struct tap *t)
{
	int fds[TAP_FDS_MAX];
	struct tap_setup setup;
	int r = manager_receive_setup(t->manager.sock, &setup, fds);

	if (r < 0)
		return r;
	t->manager.listener = fds[1];
	r = tap_open(t, &setup, fds[0]);
	if (r < 0) {
		close(fds[0]);
		return r;
	}
	log_open("vmos-tap", t->net);
	r = engine_open(t, (enum tap_fabric)setup.fabric, fds + 2);
	if (r >= 0)
		r = manager_prepare(t);
	if (r >= 0)
		r = main_timer(t);
	if (r >= 0)
		r = main_sandbox();
	return r;
}

int main(void)
{
	static struct tap tap = { .memory_fd = -1, .manager = { .sock = TAP_FD, .listener = -1 } };
	struct tap_msg up = { .type = TAP_UP };
	int r;

	log_open("vmos-tap", NULL);
	signal(SIGPIPE, SIG_IGN);
	r = sd_event_new(&tap.event);
	if (r >= 0)
		r = main_open(&tap);
	if (r < 0) {
		log_error("cannot set up (vmosd starts this program, nobody else): %s", strerror(-r));
		return TAP_REASON_SETUP;
	}
	if (manager_send(&tap, &up, -1) < 0)
		log_warning("vmosd does not listen");
	r = sd_event_loop(tap.event);
	if (r < 0) {
		log_error("the event loop failed: %s", strerror(-r));
		r = TAP_REASON_INTERNAL;
	}
	sd_event_source_disable_unref(tap.timer);
	tap_close(&tap);
	manager_close(&tap);
	sd_event_unref(tap.event);
	return r;
}
