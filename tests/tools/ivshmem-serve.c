/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A channel without a manager: serves one region to QEMU by the ivshmem server
 * protocol (QEMU's docs/specs/ivshmem-spec.rst) and prints every doorbell.
 *
 *	ivshmem-serve SOCKET ctl|gui
 *
 * Commands on standard input, one a line, numbers as C writes them:
 *	epoch N		writes the host's epoch and kicks the guest
 *	kick		kicks the guest
 *	peek OFF	prints the 32-bit word at OFF
 *	poke OFF N	writes the 32-bit word at OFF
 *	quit
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "proto/uapi/vmos_channel.h"

#define IVSHMEM_VERSION 0
#define IVSHMEM_MEMORY (-1)
#define LINE_MAX_LEN 128

struct serve {
	int listener, client; /* client: -1 when QEMU is not there */
	int memory;
	int to_host, to_guest; /* eventfds */
	uint8_t *base;
	size_t size;
};

static int serve_send(struct serve *s, int64_t value, int fd)
{
	return fd_send_packet(s->client, &value, sizeof(value), &fd, fd >= 0 ? 1 : 0);
}

/* Greets QEMU as peer 0 and shows it the host as peer 1. */
static int serve_greet(struct serve *s)
{
	const struct {
		int64_t value;
		int fd;
	} greeting[] = {
		{ IVSHMEM_VERSION, -1 },
		{ VMOS_PEER_GUEST, -1 },
		{ IVSHMEM_MEMORY, s->memory },
		{ VMOS_PEER_HOST, s->to_host },
		{ VMOS_PEER_GUEST, s->to_guest },
	};

	for (size_t i = 0; i < sizeof(greeting) / sizeof(greeting[0]); i++) {
		int r = serve_send(s, greeting[i].value, greeting[i].fd);

		if (r < 0)
			return r;
	}
	return 0;
}

static void serve_format(struct serve *s, uint32_t role)
{
	uint32_t blob_len = role == VMOS_ROLE_GUI ? VMOS_GUI_BLOB : VMOS_CTL_BLOB;
	struct vmos_hdr_host hdr = {
		.magic = VMOS_REGION_MAGIC,
		.major = VMOS_REGION_MAJOR,
		.minor = VMOS_REGION_MINOR,
		.role = role,
		.region_pages = (uint32_t)(s->size / VMOS_PAGE_SIZE),
		.ring_len = VMOS_RING_LEN,
		.blob_len = blob_len,
		.heap_off = role == VMOS_ROLE_GUI ? VMOS_BLOB_OFF + 2 * (uint64_t)blob_len : s->size,
	};

	memcpy(s->base + VMOS_HDR_HOST_OFF, &hdr, sizeof(hdr));
}

static int serve_open(struct serve *s, const char *path, uint32_t role)
{
	s->client = -1;
	s->size = role == VMOS_ROLE_GUI ? VMOS_GUI_REGION : VMOS_CTL_REGION;
	s->memory = fd_memfd_sealed("vmos-test", s->size);
	if (s->memory < 0)
		return s->memory;
	s->base = mmap(NULL, s->size, PROT_READ | PROT_WRITE, MAP_SHARED, s->memory, 0);
	if (s->base == MAP_FAILED)
		return -errno;
	serve_format(s, role);

	s->to_host = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	s->to_guest = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->to_host < 0 || s->to_guest < 0)
		return -errno;

	s->listener = fd_unix_listen(path, SOCK_STREAM, 1);
	return s->listener < 0 ? s->listener : 0;
}

static _Atomic uint32_t *serve_word(const struct serve *s, uint64_t off)
{
	if (off % 4 || off > s->size - 4)
		return NULL;
	return (_Atomic uint32_t *)(s->base + off);
}

static void serve_access(const struct serve *s, const char *verb, uint64_t off, uint64_t value)
{
	_Atomic uint32_t *word = serve_word(s, off);

	if (!word)
		log_error("no word at %#" PRIx64, off);
	else if (strcmp(verb, "poke") == 0)
		atomic_store(word, (uint32_t)value);
	else
		printf("%#" PRIx64 ": %#" PRIx32 "\n", off, atomic_load(word));
}

/* False: quit. */
static bool serve_command(struct serve *s, const char *line)
{
	char verb[8];
	uint64_t a = 0, b = 0;
	int n = sscanf(line, "%7s %" SCNi64 " %" SCNi64, verb, (int64_t *)&a, (int64_t *)&b);

	if (n < 1)
		return true;
	if (strcmp(verb, "quit") == 0)
		return false;

	if (strcmp(verb, "epoch") == 0 && n == 2)
		serve_access(s, "poke", VMOS_HDR_HOST_OFF + offsetof(struct vmos_hdr_host, epoch), a);
	else if ((strcmp(verb, "peek") == 0 && n == 2) || (strcmp(verb, "poke") == 0 && n == 3))
		serve_access(s, verb, a, b);
	else if (strcmp(verb, "kick") != 0)
		log_error("what is \"%s\"?", verb);

	if (strcmp(verb, "epoch") == 0 || strcmp(verb, "kick") == 0)
		fd_eventfd_kick(s->to_guest);
	return true;
}

static void serve_accept(struct serve *s)
{
	int client = accept(s->listener, NULL, NULL);

	if (client < 0)
		return;
	if (s->client >= 0)
		close(s->client);
	s->client = client;
	if (serve_greet(s) < 0)
		log_error("QEMU left during the greeting");
	else
		printf("qemu is here\n");
}

/* QEMU never writes: what can be read is the end. */
static void serve_lost(struct serve *s)
{
	printf("qemu left\n");
	close(s->client);
	s->client = -1;
}

static void serve_doorbell(struct serve *s)
{
	_Atomic uint32_t *epoch = serve_word(s, VMOS_HDR_GUEST_OFF);
	unsigned long count = fd_eventfd_take(s->to_host);

	printf("doorbell %lu, guest epoch %" PRIu32 "\n", count, atomic_load(epoch));
}

static bool serve_stdin(struct serve *s)
{
	char line[LINE_MAX_LEN];

	return fgets(line, sizeof(line), stdin) && serve_command(s, line);
}

static void serve_run(struct serve *s)
{
	struct pollfd fds[] = {
		{ .fd = 0, .events = POLLIN },
		{ .fd = s->to_host, .events = POLLIN },
		{ .fd = s->listener, .events = POLLIN },
		{ .fd = -1, .events = POLLIN },
	};

	for (;;) {
		fflush(stdout);
		fds[3].fd = s->client;
		if (poll(fds, sizeof(fds) / sizeof(fds[0]), -1) < 0 && errno != EINTR)
			return;
		if (fds[1].revents)
			serve_doorbell(s);
		if (fds[3].revents)
			serve_lost(s);
		if (fds[2].revents)
			serve_accept(s);
		if (fds[0].revents && !serve_stdin(s))
			return;
	}
}

int main(int argc, char **argv)
{
	struct serve s;
	uint32_t role;
	int r;

	log_open("ivshmem-serve", NULL);
	if (argc != 3 || (strcmp(argv[2], "ctl") != 0 && strcmp(argv[2], "gui") != 0)) {
		log_error("usage: ivshmem-serve SOCKET ctl|gui");
		return 2;
	}
	setvbuf(stdin, NULL, _IONBF, 0);

	role = strcmp(argv[2], "gui") == 0 ? VMOS_ROLE_GUI : VMOS_ROLE_CTL;
	r = serve_open(&s, argv[1], role);
	if (r < 0) {
		log_error("%s: %s", argv[1], strerror(-r));
		return 1;
	}
	serve_run(&s);
	unlink(argv[1]);
	return 0;
}
