/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Measures a channel through the real device: serves a region to the QEMU that
 * runs channel-guest, and both sleep and ring as vmOS's programs do.
 *
 *   channel-host SOCKET ROUNDS
 *
 * Prints lines "WHAT SIZE VALUE": rtt (microseconds, median of a round),
 * to-guest and to-host (MiB/s, all bytes copied in and out), copy and copy-rtt:
 * the same bytes copied once in the guest's memory (MiB/s), or twice (us).
 */
#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/bench/side.h"

#define BOOT_MS 120000

static const struct load {
	const char *name;
	uint32_t size, trips, blocks;
} loads[] = {
	{ "64B", 64, 2000, 400000 },
	{ "4KiB", 4096, 2000, 32768 },
	{ "64KiB", 65536, 500, 4096 },
	{ "1MiB", 1u << 20, 100, 256 },
};

struct bells {
	int memory, to_host, to_guest;
};

static uint8_t block[SIDE_BLOCK_MAX];

static void handle_kick(struct side *s)
{
	fd_eventfd_kick(((struct bells *)s->data)->to_guest);
}

static void handle_clear(struct side *s)
{
	fd_eventfd_take(((struct bells *)s->data)->to_host);
}

/* The ivshmem server's whole conversation (QEMU's docs/specs/ivshmem-spec.rst); the connection stays open. */
static int greet(int listener, const struct bells *b)
{
	const struct {
		int64_t value;
		int fd;
	} words[] = {
		{ 0, -1 },
		{ VMOS_PEER_GUEST, -1 },
		{ -1, b->memory },
		{ VMOS_PEER_HOST, b->to_host },
		{ VMOS_PEER_GUEST, b->to_guest },
	};
	int client = accept(listener, NULL, NULL), r = client < 0 ? -errno : 0;

	for (size_t i = 0; r == 0 && i < sizeof(words) / sizeof(words[0]); i++) {
		int64_t wire = (int64_t)htole64((uint64_t)words[i].value);

		r = fd_send_packet(client, &wire, sizeof(wire), &words[i].fd, words[i].fd >= 0 ? 1 : 0);
	}
	return r;
}

static int wait_for_guest(struct side *s)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };

	while (channel_poll(&s->channel) != CHANNEL_JOINED) {
		if (poll(&p, 1, BOOT_MS) <= 0)
			return -ETIMEDOUT;
		s->clear(s);
	}
	return 0;
}

static int open_side(struct side *s, struct bells *b, const char *path)
{
	int listener = fd_unix_listen(path, SOCK_STREAM, 1);
	void *base;
	int r;

	b->memory = fd_memfd_sealed("channel", VMOS_CTL_REGION);
	b->to_host = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	b->to_guest = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (listener < 0 || b->memory < 0 || b->to_host < 0 || b->to_guest < 0)
		return -EIO;
	base = mmap(NULL, VMOS_CTL_REGION, PROT_READ | PROT_WRITE, MAP_SHARED, b->memory, 0);
	if (base == MAP_FAILED)
		return -errno;
	*s = (struct side){ .fd = b->to_host, .kick = handle_kick, .clear = handle_clear, .data = b };
	r = channel_host_open(&s->channel, base, VMOS_CTL_REGION, VMOS_ROLE_CTL, 1);
	if (r == 0)
		r = greet(listener, b);
	return r < 0 ? r : wait_for_guest(s);
}

static int ask(struct side *s, enum side_type type, uint32_t size, uint32_t count)
{
	const struct side_note note = { .type = (uint16_t)type, .size = size, .count = count };
	int r = side_send(s, &note, NULL);

	return r < 0 ? r : side_flush(s);
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void tell(const char *what, const struct load *l, double value)
{
	printf("%s %s %.3f\n", what, l->name, value);
	fflush(stdout);
}

static void tell_rate(const char *what, const struct load *l, uint64_t ns)
{
	tell(what, l, (double)l->size * l->blocks / (1 << 20) / ((double)ns / 1e9));
}

static int measure_trips(struct side *s, const struct load *l)
{
	uint64_t *times = calloc(l->trips, sizeof(*times));
	int r = times ? ask(s, SIDE_ECHO, l->size, l->trips) : -ENOMEM;

	for (uint32_t i = 0; r == 0 && i < l->trips; i++) {
		times[i] = side_now_ns();
		r = side_pour(s, l->size, 1, block);
		if (r == 0)
			r = side_drain(s, 1, block);
		times[i] = side_now_ns() - times[i];
	}
	if (r == 0) {
		qsort(times, l->trips, sizeof(*times), by_value);
		tell("rtt", l, (double)times[l->trips / 2] / 1e3);
	}
	free(times);
	return r;
}

static int measure_to_guest(struct side *s, const struct load *l)
{
	uint64_t begin = side_now_ns();
	struct side_note answer;
	int r = ask(s, SIDE_SINK, l->size, l->blocks);

	if (r == 0)
		r = side_pour(s, l->size, l->blocks, block);
	if (r == 0)
		r = side_receive(s, &answer, block);
	if (r == 0)
		tell_rate("to-guest", l, side_now_ns() - begin);
	return r;
}

static int measure_to_host(struct side *s, const struct load *l)
{
	uint64_t begin = side_now_ns();
	int r = ask(s, SIDE_SOURCE, l->size, l->blocks);

	if (r == 0)
		r = side_drain(s, l->blocks, block);
	if (r == 0)
		tell_rate("to-host", l, side_now_ns() - begin);
	return r;
}

static int measure_copy(struct side *s, const struct load *l)
{
	struct side_note answer;
	int r = ask(s, SIDE_COPY, l->size, l->blocks);

	if (r == 0)
		r = side_receive(s, &answer, block);
	if (r == 0) {
		tell_rate("copy", l, answer.value);
		tell("copy-rtt", l, 2 * (double)answer.value / l->blocks / 1e3);
	}
	return r;
}

static int measure(struct side *s, unsigned long rounds)
{
	static int (*const kinds[])(struct side *, const struct load *) = { measure_trips, measure_to_guest,
		measure_to_host, measure_copy };
	size_t n = sizeof(loads) / sizeof(loads[0]) * sizeof(kinds) / sizeof(kinds[0]);
	int r = 0;

	for (size_t i = 0; r == 0 && i < rounds * n; i++)
		r = kinds[i % 4](s, &loads[i / 4 % 4]);
	return r < 0 ? r : ask(s, SIDE_END, 0, 0);
}

int main(int argc, char **argv)
{
	struct bells bells;
	struct side s;
	int r;

	if (argc != 3) {
		fprintf(stderr, "usage: channel-host SOCKET ROUNDS\n");
		return 2;
	}
	r = open_side(&s, &bells, argv[1]);
	if (r == 0)
		r = measure(&s, strtoul(argv[2], NULL, 10));
	unlink(argv[1]);
	if (r < 0)
		fprintf(stderr, "channel-host: %s\n", strerror(-r));
	return r < 0;
}
