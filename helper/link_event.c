/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <systemd/sd-event.h>

#include "helper/link.h"

static int handle_link(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct link *l = userdata;
	int r;

	if (revents & EPOLLOUT)
		l->room(l->data);
	if (revents & (EPOLLIN | EPOLLHUP | EPOLLERR))
		link_wake(l);
	if (link_fd(l) == fd)
		return 0;
	r = sd_event_source_set_io_fd(source, link_fd(l));
	link_want_room(l, false); /* what is to be told begins anew */
	return r;
}

int link_watch(struct link *l, sd_event *event)
{
	int r = sd_event_add_io(event, &l->source, link_fd(l), EPOLLIN, handle_link, l);

	return r < 0 ? r : 0;
}

void link_unwatch(struct link *l)
{
	l->source = sd_event_source_disable_unref(l->source);
}

void link_want_room(struct link *l, bool on)
{
	if (l->source)
		sd_event_source_set_io_events(l->source, on ? EPOLLIN | EPOLLOUT : EPOLLIN);
}
