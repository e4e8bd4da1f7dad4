/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/net_cable.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"

void net_cable_close(struct net_cable *cable)
{
	cable->listening = sd_event_source_disable_unref(cable->listening);
	if (cable->client >= 0)
		close(cable->client);
	if (cable->queue >= 0)
		close(cable->queue);
	*cable = NET_CABLE_NONE;
}

static void hand_over(struct net_cable *cable)
{
	int r;

	if (cable->client < 0 || cable->queue < 0)
		return;
	r = cable->start.permit ? cable->start.permit(cable->start.userdata) : 0;
	if (r == 0)
		r = fd_send_packet(cable->client, "", 1, &cable->queue, 1);
	if (r < 0)
		log_warning("A network card was not handed over: %s", strerror(-r));
	net_cable_close(cable);
}

static int handle_client(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct net_cable *cable = userdata;
	int client cleanup_fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int r = client < 0 ? -errno : identity_check_peer(cable->start.identity, client, NULL);

	if (r == 0 && cable->client >= 0)
		r = -EBUSY;
	if (r < 0) {
		log_warning("A connection for a network card was refused: %s", strerror(-r));
		return 0;
	}
	cable->client = steal_fd(&client);
	hand_over(cable);
	return 0;
}

int net_cable_open(struct net_cable *cable, const struct net_cable_start *start)
{
	int fd cleanup_fd = fd_unix_listen(start->path, SOCK_STREAM, 1);
	int r;

	if (fd < 0)
		return fd;
	*cable = NET_CABLE_NONE;
	cable->start = *start;
	cable->start.path = NULL;
	r = identity_label_fd(start->identity, fd, LABEL_IMAGE);
	if (r == 0)
		r = identity_own_file(start->identity, start->path);
	if (r == 0)
		r = sd_event_add_io(start->event, &cable->listening, fd, EPOLLIN, handle_client, cable);
	if (r < 0)
		return r;
	sd_event_source_set_io_fd_own(cable->listening, 1);
	steal_fd(&fd);
	return 0;
}

void net_cable_give(struct net_cable *cable, int queue)
{
	if (!cable->listening || cable->queue >= 0) {
		close(queue);
		return;
	}
	cable->queue = queue;
	hand_over(cable);
}
