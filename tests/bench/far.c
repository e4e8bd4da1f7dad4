/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/far.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/fd.h"

#define BOOT_MS 240000

static void handle_kick(struct side *s)
{
	fd_eventfd_kick(((struct far *)s->data)->to_guest);
}

static void handle_clear(struct side *s)
{
	fd_eventfd_take(((struct far *)s->data)->to_host);
}

int far_open(struct far *f, const char *path)
{
	struct side *control = &f->sides[0];
	void *base;

	*f = (struct far){ .listener = fd_unix_listen(path, SOCK_STREAM, 1), .slots = 1 };
	f->memory = fd_memfd_sealed("channel", VMOS_CTL_REGION);
	f->to_host = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	f->to_guest = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	f->block = calloc(1, SIDE_BLOCK_MAX);
	if (f->listener < 0 || f->memory < 0 || f->to_host < 0 || f->to_guest < 0 || !f->block)
		return -EIO;
	base = mmap(NULL, VMOS_CTL_REGION, PROT_READ | PROT_WRITE, MAP_SHARED, f->memory, 0);
	if (base == MAP_FAILED)
		return -errno;
	*control = (struct side){ .carrier = &side_channel, .kick = handle_kick, .clear = handle_clear, .data = f };
	control->fd = f->to_host;
	return channel_host_open(&control->channel, base, VMOS_CTL_REGION, VMOS_ROLE_CTL, 1);
}

/* The ivshmem server's whole conversation (QEMU's docs/specs/ivshmem-spec.rst); the connection stays open. */
static int greet(struct far *f)
{
	const struct {
		int64_t value;
		int fd;
	} words[] = {
		{ 0, -1 },
		{ VMOS_PEER_GUEST, -1 },
		{ -1, f->memory },
		{ VMOS_PEER_HOST, f->to_host },
		{ VMOS_PEER_GUEST, f->to_guest },
	};
	struct ucred peer = { 0 };
	int r = f->connection < 0 ? -errno : fd_peer(f->connection, &peer);

	f->qemu = peer.pid;
	for (size_t i = 0; r == 0 && i < sizeof(words) / sizeof(words[0]); i++) {
		int64_t wire = (int64_t)htole64((uint64_t)words[i].value);

		r = fd_send_packet(f->connection, &wire, sizeof(wire), &words[i].fd, words[i].fd >= 0 ? 1 : 0);
	}
	return r;
}

int far_meet(struct far *f)
{
	struct pollfd p = { .fd = f->to_host, .events = POLLIN };
	int r;

	f->connection = accept(f->listener, NULL, NULL);
	r = greet(f);
	while (r == 0 && channel_poll(&f->sides[0].channel) != CHANNEL_JOINED) {
		if (poll(&p, 1, BOOT_MS) <= 0)
			return -ETIMEDOUT;
		fd_eventfd_take(f->to_host);
	}
	return r;
}

int far_ask(struct far *f, const struct side_note *ask)
{
	int r = side_send(&f->sides[0], ask, NULL);

	return r < 0 ? r : side_flush(&f->sides[0]);
}

int far_answer(struct far *f, struct side_note *ret_answer)
{
	struct side_note answer;
	int r = side_receive(&f->sides[0], &answer, f->block);

	if (r == 0 && answer.type != SIDE_ANSWER)
		r = -EPROTO;
	if (r == 0 && ret_answer)
		*ret_answer = answer;
	return r;
}

int far_call(struct far *f, const struct side_note *ask, struct side_note *ret_answer)
{
	int r = far_ask(f, ask);

	return r < 0 ? r : far_answer(f, ret_answer);
}

static int open_far_end(struct far *f, unsigned slot, enum side_way way, uint64_t value)
{
	const struct side_note ask = { .type = SIDE_OPEN, .slot = slot, .count = way, .value = value };
	struct side_note answer;
	int r = far_call(f, &ask, &answer);

	return r < 0 ? r : -(int)answer.value;
}

static int accept_from(struct far *f, unsigned slot, enum side_way way, int listener, uint64_t value)
{
	const struct timeval limit = { .tv_sec = SIDE_TIMEOUT_MS / 1000 };
	const int on = 1;
	int fd = -1, r = open_far_end(f, slot, way, value);

	if (r == 0)
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (r == 0 && fd < 0)
		r = -errno;
	close(listener);
	if (r < 0)
		return r;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	return fd;
}

static int add_tcp(struct far *f, unsigned slot, const char *address)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t len = sizeof(in);
	struct in_addr host;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (inet_pton(AF_INET, address, &host) != 1)
		return -EINVAL;
	if (listener < 0 || bind(listener, (struct sockaddr *)&in, len) < 0 || listen(listener, 1) < 0 ||
		getsockname(listener, (struct sockaddr *)&in, &len) < 0)
		return -errno;
	return accept_from(f, slot, SIDE_TCP, listener, (uint64_t)ntohl(host.s_addr) << 16 | ntohs(in.sin_port));
}

static int add_vsock(struct far *f, unsigned slot)
{
	struct sockaddr_vm vm = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = VMADDR_PORT_ANY };
	socklen_t len = sizeof(vm);
	int listener = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (listener < 0 || bind(listener, (struct sockaddr *)&vm, len) < 0 || listen(listener, 1) < 0 ||
		getsockname(listener, (struct sockaddr *)&vm, &len) < 0)
		return -errno;
	return accept_from(f, slot, SIDE_VSOCK, listener, vm.svm_port);
}

int far_add(struct far *f, enum side_way way, const char *word)
{
	unsigned slot = f->slots;
	int r;

	if (slot == SIDE_SLOTS)
		return -ENOSPC;
	switch (way) {
	case SIDE_TCP:
		r = add_tcp(f, slot, word);
		break;
	case SIDE_VSOCK:
		r = add_vsock(f, slot);
		break;
	case SIDE_SERIAL:
		r = open_far_end(f, slot, way, 0);
		if (r == 0)
			r = fd_unix_connect(word, SOCK_STREAM);
		break;
	default:
		r = open_far_end(f, slot, way, strtoull(word, NULL, 10));
		break;
	}
	if (r >= 0 && (way == SIDE_TCP || way == SIDE_VSOCK || way == SIDE_SERIAL))
		r = side_stream_open(&f->sides[slot], r, NULL);
	if (r < 0)
		return r;
	f->ways[slot] = way;
	return (int)f->slots++;
}

enum side_way far_way_of(const char *subject)
{
	static const struct {
		const char *subject;
		enum side_way way;
	} ways[] = {
		{ "virtio-serial", SIDE_SERIAL },
		{ "tcp", SIDE_TCP },
		{ "tcp-user", SIDE_TCP },
		{ "vhost-vsock", SIDE_VSOCK },
		{ "virtio-9p", SIDE_9P },
		{ "virtiofs", SIDE_VIRTIOFS },
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strcmp(ways[i].subject, subject) == 0)
			return ways[i].way;
	}
	return 0;
}
