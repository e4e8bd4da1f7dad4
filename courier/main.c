/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmos-courier: carries one VM's ctl channel, or ctl by vsock. vmosd starts it with a socket as
 * fd 3 and nothing else; it says READY, stdio and the end of programs on to
 * vmosd and to the commands that run them.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <systemd/sd-event.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/sandbox.h"
#include "courier/guest.h"
#include "courier/manager.h"

/* Besides what every helper needs: the arguments of a run are read from a memfd, those of a request written to one. */
static const char *const main_calls[] = { "pread64", "memfd_create", NULL };

static int main_open(struct manager *m, struct guest *g, sd_event *event)
{
	int fds[LINK_FDS];
	int r = link_open(&m->link, VMOS_ROLE_CTL, fds);

	if (r < 0)
		return r;
	log_open("vmos-courier", m->link.setup.vm);
	r = guest_open(g, &m->link.setup, fds);
	if (r >= 0)
		r = manager_prepare(m, event);
	if (r >= 0)
		r = guest_prepare(g, event);
	if (r >= 0)
		r = sandbox_enter(main_calls);
	return r;
}

int main(void)
{
	static struct guest guest = { .region_fd = -1, .notify_guest = -1, .notify_host = -1, .connection.fd = -1 };
	static struct manager manager = { .link = { .sock = HELPER_FD, .listener = -1 } };
	sd_event *event = NULL;
	int r;

	log_open("vmos-courier", NULL);
	signal(SIGPIPE, SIG_IGN);
	guest.manager = &manager;
	manager.guest = &guest;
	r = sd_event_new(&event);
	if (r >= 0)
		r = main_open(&manager, &guest, event);
	if (r < 0) {
		log_error("cannot set up (vmosd starts this program, nobody else): %s", strerror(-r));
		return HELPER_REASON_SETUP;
	}
	link_tell_up(&manager.link);
	r = guest_start(&guest);
	if (r >= 0)
		r = loop_run(event, &manager.wakeups);
	if (r < 0) {
		log_error("the event loop failed: %s", strerror(-r));
		r = HELPER_REASON_INTERNAL;
	}
	guest_close(&guest);
	manager_close(&manager);
	sd_event_unref(event);
	return r;
}
