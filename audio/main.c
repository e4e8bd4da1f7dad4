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
#include "base/loop.h"
#include "base/sandbox.h"

/*
 * Besides what every helper needs: PipeWire's library makes the memory of its
 * buffers. It has loaded its parts when the list counts. Before 1.1 it also has
 * a thread of its own, which Landlock does not reach, but the list does: that
 * leaves neither of them a path or a socket.
 */
static const char *const main_calls[] = { "memfd_create", NULL };

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
	int fds[LINK_FDS];
	int r = link_open(&m->link, VMOS_ROLE_AUDIO, fds);

	if (r < 0)
		return r;
	log_open("vmos-audio", m->link.setup.vm);
	r = guest_open(g, &m->link.setup, fds);
	if (r >= 0)
		r = manager_prepare(m, event);
	if (r >= 0)
		r = guest_prepare(g, event);
	if (r >= 0)
		open_sound(s, m->link.setup.vm, fds[LINK_SERVER]);
	if (r >= 0)
		r = sound_prepare(s, event);
	if (r >= 0)
		r = sandbox_enter(main_calls);
	return r;
}

int main(void)
{
	static struct guest guest = { .region_fd = -1, .notify_guest = -1, .notify_host = -1 };
	static struct manager manager = { .link = { .sock = HELPER_FD, .listener = -1 } };
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
	link_tell_up(&manager.link);
	manager_tell_audio(&manager);
	r = guest_start(&guest);
	if (r >= 0)
		r = loop_run(event, &manager.wakeups);
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
