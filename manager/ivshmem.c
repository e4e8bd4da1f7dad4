/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/ivshmem.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "proto/uapi/vmos_channel.h"

#define IVSHMEM_VERSION 0
#define IVSHMEM_SHARED_MEMORY (-1)

/* One message: 8 bytes, little endian, perhaps with an fd. */
static int ivshmem_send(int sock, int64_t value, int fd)
{
	int64_t wire = (int64_t)htole64((uint64_t)value);

	return fd_send_packet(sock, &wire, sizeof(wire), fd < 0 ? NULL : &fd, fd < 0 ? 0 : 1);
}

/* The whole conversation: QEMU only listens. Its own id comes last and ends the set-up of its vectors. */
static int ivshmem_greet(int sock, const struct region *region)
{
	const struct {
		int64_t value;
		int fd;
	} words[] = {
		{ IVSHMEM_VERSION, -1 },
		{ VMOS_PEER_GUEST, -1 },
		{ IVSHMEM_SHARED_MEMORY, region->memory },
		{ VMOS_PEER_HOST, region->notify_host },
		{ VMOS_PEER_GUEST, region->notify_guest },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		int r = ivshmem_send(sock, words[i].value, words[i].fd);

		if (r < 0)
			return r;
	}
	return 0;
}

static int handle_client(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct ivshmem *server = userdata;
	int client cleanup_fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int r;

	if (client < 0)
		return 0;
	if (server->client >= 0) {
		log_warning("A second connection to a channel of a running VM was refused");
		return 0;
	}
	r = identity_check_peer(server->identity, client, NULL);
	if (r == 0)
		r = ivshmem_greet(client, server->region);
	if (r < 0) {
		log_warning("A connection to a channel was refused: %s", strerror(-r));
		return 0;
	}
	server->client = steal_fd(&client);
	return 0;
}

int ivshmem_init(struct ivshmem *server, sd_event *event, const char *path)
{
	int fd cleanup_fd = fd_unix_listen(path, SOCK_STREAM, 1);
	int r;

	if (fd < 0)
		return fd;
	r = identity_label_fd(server->identity, fd, LABEL_IMAGE);
	if (r == 0)
		r = identity_own_file(server->identity, path);
	if (r < 0)
		return r;
	r = sd_event_add_io(event, &server->listening, fd, EPOLLIN, handle_client, server);
	if (r < 0)
		return r;
	sd_event_source_set_io_fd_own(server->listening, 1);
	steal_fd(&fd);
	return 0;
}

void ivshmem_finish(struct ivshmem *server)
{
	server->listening = sd_event_source_disable_unref(server->listening);
	if (server->client >= 0)
		close(server->client);
	server->client = -1;
}
