/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmos-audio: carries one VM's sound between its audio channel and the user's
 * PipeWire. vmosd starts it with a socket as fd 3 and nothing else.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <systemd/sd-event.h>

#include "audio/guest.h"
#include "audio/manager.h"
#include "audio/sound.h"
#include "base/log.h"
#include "base/sandbox.h"

/* Besides what every helper needs: PipeWire's library makes the memory of its buffers. */
static const char *const main_calls[] = { "memfd_create", NULL };

/*
 * PipeWire's library has loaded its parts by now. Before 1.1 it also has a
 * thread of its own, which Landlock does not reach, but the system call list
 * does: that leaves neither of them a path or a socket.
 */
static int main_sandbox(void)
{
	int r = sandbox_start();

	if (r >= 0)
		r = sandbox_files();
	if (r >= 0)
		r = sandbox_calls(main_calls);
	return r < 0 ? r : 0;
}

/* Each return of the wait is a wake-up; several events of one are one. */
static int main_loop(struct manager *m)
{
	int r;

	while (sd_event_get_state(m->event) != SD_EVENT_FINISHED) {
		r = sd_event_prepare(m->event);
		if (!r) {
			r = sd_event_wait(m->event, UINT64_MAX);
			m->wakeups++;
		}
		if (r > 0)
			r = sd_event_dispatch(m->event);
		if (r < 0)
			return r;
	}
	sd_event_get_exit_code(m->event, &r);
	return r;
}

/* A guest whose sound nobody takes goes on all the same. */
static void open_sound(struct sound *s, const char *vm, int fd)
{
	int r = sound_open(s, vm, fd);

	if (r == 0)
		return;
	log_warning("the sound server does not take a stream: %s", strerror(-r));
	sound_close(s);
}

static int main_open(struct manager *m, struct guest *g, struct sound *s, sd_event *event)
{
	int fds[MANAGER_FDS];
	int r = manager_receive_setup(m, fds);

	if (r < 0)
		return r;
	log_open("vmos-audio", m->setup.vm);
	r = guest_open(g, &m->setup, fds);
	if (r >= 0)
		r = manager_prepare(m, event);
	if (r >= 0)
		r = guest_prepare(g, event);
	if (r >= 0)
		open_sound(s, m->setup.vm, fds[MANAGER_FDS - 1]);
	if (r >= 0)
		r = sound_prepare(s, event);
	if (r >= 0)
		r = main_sandbox();
	return r;
}

int main(void)
{
	static struct guest guest = { .region_fd = -1, .notify_guest = -1, .notify_host = -1 };
	static struct manager manager = { .sock = HELPER_FD, .listener = -1 };
	static struct sound sound = { .volume = 100 };
	sd_event *event = NULL;
	int r;

	log_open("vmos-audio", NULL);
	signal(SIGPIPE, SIG_IGN);
	guest.manager = sound.manager = &manager;
	guest.sound = manager.sound = &sound;
	sound.guest = manager.guest = &guest;
	r = sd_event_new(&event);
	if (r >= 0)
		r = main_open(&manager, &guest, &sound, event);
	if (r < 0) {
		log_error("cannot set up (vmosd starts this program, nobody else): %s", strerror(-r));
		return HELPER_REASON_SETUP;
	}
	manager_tell_up(&manager);
	manager_tell_audio(&manager);
	r = guest_start(&guest);
	if (r >= 0)
		r = main_loop(&manager);
	if (r < 0) {
		log_error("the event loop failed: %s", strerror(-r));
		r = HELPER_REASON_INTERNAL;
	}
	guest_close(&guest);
	sound_close(&sound);
	manager_close(&manager);
	sd_event_unref(event);
	return r;
}
