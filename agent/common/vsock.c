/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/common/vsock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"

#define BACKLOG 16 /* who floods it keeps the host waiting, not out: each is hung up on */

bool vsock_is_host(const struct sockaddr_vm *peer)
{
	return peer->svm_family == AF_VSOCK && peer->svm_cid == VMADDR_CID_HOST && peer->svm_port < VSTREAM_PORT_END;
}

static int listen_at_port(void)
{
	const struct sockaddr_vm at = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = VSTREAM_PORT };
	int fd cleanup_fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, BACKLOG) < 0)
		return -errno;
	return steal_fd(&fd);
}

static int watch(const struct vsock *v, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(v->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

int vsock_open(struct vsock *v, struct vstream *stream, int listener)
{
	int r;

	*v = (struct vsock){ .fd = -1, .next = -1, .epoll = -1, .is_given = listener >= 0, .stream = stream };
	v->listener = listener >= 0 ? listener : listen_at_port();
	if (v->listener < 0)
		return v->listener;
	v->epoll = epoll_create1(EPOLL_CLOEXEC);
	v->memory = malloc(VSTREAM_MEMORY);
	r = v->epoll < 0 ? -errno : v->memory ? fd_set_nonblock(v->listener, true) : -ENOMEM;
	if (r == 0)
		r = watch(v, v->listener);
	if (r < 0)
		vsock_close(v);
	return r;
}

void vsock_close(struct vsock *v)
{
	fd_close_all((int[]){ v->fd, v->next, v->listener, v->epoll }, 4);
	v->fd = v->next = v->listener = v->epoll = -1;
	free(v->memory);
	v->memory = NULL;
}

static void take_connection(struct vsock *v)
{
	struct sockaddr_vm peer = { 0 };
	socklen_t len = sizeof(peer);
	int fd = accept4(v->listener, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (!v->is_given && (len < sizeof(peer) || !vsock_is_host(&peer))) {
		log_warning(
			"CID %u, port %u, is not the host's vmOS: it is not listened to", peer.svm_cid, peer.svm_port);
		close(fd);
		return;
	}
	if (v->next >= 0)
		close(v->next);
	v->next = fd;
}

static void begin(struct vsock *v)
{
	if (watch(v, v->next) < 0) {
		log_error("Cannot watch the host's connection: %s", strerror(errno));
		close(steal_fd(&v->next));
		return;
	}
	v->fd = steal_fd(&v->next);
	v->waits = false;
	vstream_open(v->stream, v->memory, false, 0);
}

void vsock_read(struct vsock *v)
{
	uint8_t *to;
	size_t space;
	ssize_t n;

	take_connection(v);
	if (v->fd < 0 && v->next >= 0)
		begin(v);
	if (v->fd < 0)
		return;
	space = vstream_space(v->stream, &to);
	n = space ? read(v->fd, to, space) : 0;
	if (n > 0)
		vstream_filled(v->stream, (size_t)n);
	else if (space && (n == 0 || (errno != EAGAIN && errno != EINTR)))
		vstream_end(v->stream);
	if (v->next >= 0)
		vstream_end(v->stream);
}

static void watch_room(struct vsock *v, bool on)
{
	struct epoll_event event = { .events = on ? EPOLLIN | EPOLLOUT : EPOLLIN };

	if (on != v->waits && epoll_ctl(v->epoll, EPOLL_CTL_MOD, v->fd, &event) == 0)
		v->waits = on;
}

void vsock_write(struct vsock *v)
{
	const uint8_t *from;
	size_t len;

	if (v->fd < 0)
		return;
	while ((len = vstream_pending(v->stream, &from)) > 0) {
		ssize_t n = write(v->fd, from, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		/* the host hung up: that is read, too */
		vstream_written(v->stream, n < 0 ? len : (size_t)n);
	}
	watch_room(v, len > 0 || v->stream->wants);
}

void vsock_hang_up(struct vsock *v)
{
	if (v->fd < 0)
		return;
	close(steal_fd(&v->fd));
	*v->stream = (struct vstream){ 0 };
}

bool vsock_has_next(const struct vsock *v)
{
	return v->fd < 0 && v->next >= 0;
}
