/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/ctl/notify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/common/notify.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"

#define USER_UID 1000

static struct {
	struct agent *agent; /* borrowed */
	struct source listener;
	struct source client; /* vmos-notify */
	bool wanted; /* in this session */
	bool waits; /* @packet is still to be sent: there is no room */
	struct notify_packet packet;
} notify = { .listener.fd = -1, .client.fd = -1 };

/* One that does not read misses it. */
static void tell_end(uint32_t id, uint32_t how)
{
	const struct notify_end end = { .id = id, .how = how };

	if (notify.client.fd >= 0)
		(void)send(notify.client.fd, &end, sizeof(end), MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* -EAGAIN: no room now; notify_push() comes again. */
static int send_packet(const struct notify_packet *p)
{
	struct ctl_msg c = { .head.type = CTL_UNNOTIFY, .unnotify.id = p->id };
	uint8_t blob[NOTIFICATION_WIRE_BYTES];
	int r = 0;

	if (p->kind == NOTIFY_SHOW) {
		c = (struct ctl_msg){ .head.type = CTL_NOTIFY,
			.notify = { .id = p->id, .timeout_ms = p->timeout_ms, .urgency = (uint8_t)p->urgency } };
		notification_encode(&p->text, blob);
		r = link_blob(&notify.agent->link, blob, sizeof(blob), &c.notify.blob);
	}
	if (r == 0)
		agent_send(notify.agent, &c);
	return r;
}

static void forget_client(void)
{
	agent_close(notify.agent, &notify.client);
	notify.waits = false;
}

static void handle_client(struct source *source, uint32_t events)
{
	static uint8_t bytes[sizeof(struct notify_packet) + 1];
	ssize_t n = recv(source->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || notify_check_packet(bytes, (size_t)n, &notify.packet) < 0) {
		forget_client();
		return;
	}
	if (!notify.wanted) {
		tell_end(notify.packet.id, NOTIFICATION_UNDEFINED);
		return;
	}
	notify.waits = send_packet(&notify.packet) == -EAGAIN;
	if (notify.waits)
		agent_watch(notify.agent, source, 0);
}

void notify_push(void)
{
	if (!notify.waits || send_packet(&notify.packet) == -EAGAIN)
		return;
	notify.waits = false;
	agent_watch(notify.agent, &notify.client, EPOLLIN);
}

void notify_wanted(void)
{
	notify.wanted = true;
}

void notify_end_session(void)
{
	notify.wanted = false;
	if (!notify.waits)
		return;
	notify.waits = false;
	tell_end(notify.packet.id, NOTIFICATION_UNDEFINED);
	agent_watch(notify.agent, &notify.client, EPOLLIN);
}

void notify_ended(const struct ctl_notified *m)
{
	tell_end(m->id, m->how);
}

static bool is_user(int fd)
{
	struct ucred cred;

	return fd_peer(fd, &cred) == 0 && (cred.uid == 0 || cred.uid == USER_UID || cred.uid == geteuid());
}

static void handle_listener(struct source *source, uint32_t events)
{
	int fd cleanup_fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0 || !is_user(fd))
		return;
	forget_client();
	notify.client = (struct source){ .fd = steal_fd(&fd), .handle = handle_client };
	if (agent_watch(notify.agent, &notify.client, EPOLLIN) < 0)
		forget_client();
}

int notify_open(struct agent *a, const char *path)
{
	notify.agent = a;
	notify.listener = (struct source){ .fd = fd_unix_listen(path, SOCK_SEQPACKET | SOCK_NONBLOCK, 4),
		.handle = handle_listener };
	if (notify.listener.fd < 0)
		return notify.listener.fd;
	if (chmod(path, 0666) < 0) /* who may is asked of each that connects */
		return -errno;
	return agent_watch(a, &notify.listener, EPOLLIN);
}
