/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "desktop/keeper.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/log.h"
#include "desktop/guest.h"
#include "desktop/manager.h"
#include "desktop/sandbox.h"

static int keeper_end(struct manager *m, enum helper_reason reason, const char *text)
{
	link_tell_failed(&m->link, reason, text);
	return (int)reason;
}

int keeper_run(struct manager *m, struct guest *guest, const int *fds)
{
	int r;

	guest->fd = fds[0];
	guest->notify_guest = fds[1];
	guest->notify_host = fds[2];
	guest->channel.epoch = m->link.setup.epoch;
	r = desktop_sandbox();
	if (r < 0) {
		log_error("sandbox: %s", strerror(-r));
		return keeper_end(m, HELPER_REASON_INTERNAL, "the sandbox cannot be entered: seccomp is needed");
	}
	link_tell_up(&m->link);
	while (!m->quit && !m->adopted) {
		struct pollfd p = { .fd = link_fd(&m->link), .events = POLLIN };

		if (poll(&p, 1, -1) < 0 && errno != EINTR)
			return keeper_end(m, HELPER_REASON_INTERNAL, "the event loop failed");
		m->wakeups++;
		link_wake(&m->link);
	}
	/* The new vmosd holds the fds now, and starts a desktop or another keeper by itself. */
	return m->quit ? 0 : keeper_end(m, HELPER_REASON_DISPLAY, "there was no display to show windows on");
}
