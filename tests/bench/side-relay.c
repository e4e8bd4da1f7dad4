/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In the guest: a stream of bytes over two relays of the host's kernel, one each way, by the agent's own ends of them. */
#include "tests/bench/side-relay.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "agent/common/area.h"

#define SHORT 8192

static struct {
	const struct device *device;
	struct area out, in;
} relay;

/* Sleeps until bytes can be put, or taken. */
static int wait_for(struct area *a, size_t *ret_bytes)
{
	struct pollfd p = { .fd = relay.device->fd, .events = POLLIN };
	int r;

	for (;;) {
		r = area_look(a, ret_bytes);
		if (r < 0 || *ret_bytes > 0)
			return r;
		if (area_sleep(a, 1))
			continue;
		if (poll(&p, 1, SIDE_TIMEOUT_MS) <= 0)
			return -ETIMEDOUT;
		device_clear(relay.device);
	}
}

/* As wait_for(), and where they are: what is there in one piece, at most @len. */
static ssize_t next_piece(struct area *a, size_t len, uint8_t **ret_place)
{
	size_t there, before_end;
	int r = wait_for(a, &there);

	*ret_place = area_place(a, &before_end);
	there = there < before_end ? there : before_end;
	return r < 0 ? r : (ssize_t)(there < len ? there : len);
}

static void pass(struct area *a, ssize_t n)
{
	if (area_pass(a, (size_t)n))
		device_kick(relay.device);
}

static int put(const uint8_t *from, size_t len)
{
	while (len > 0) {
		uint8_t *place;
		ssize_t n = next_piece(&relay.out, len, &place);

		if (n < 0)
			return (int)n;
		memcpy(place, from, (size_t)n);
		pass(&relay.out, n);
		from += n;
		len -= (size_t)n;
	}
	return 0;
}

/* The parts of a short message go at once: each piece that is told of wakes the relay, and it the other guest. */
static int put_short(const struct iovec *parts, int n)
{
	uint8_t whole[SHORT];
	size_t len = 0;

	for (int i = 0; i < n; i++) {
		memcpy(whole + len, parts[i].iov_base, parts[i].iov_len);
		len += parts[i].iov_len;
	}
	return put(whole, len);
}

static int relay_write(struct side *s, struct iovec *parts, int n)
{
	size_t len = 0;
	int r = 0;

	(void)s;
	for (int i = 0; i < n; i++)
		len += parts[i].iov_len;
	if (len <= SHORT)
		return put_short(parts, n);
	for (int i = 0; r == 0 && i < n; i++)
		r = put(parts[i].iov_base, parts[i].iov_len);
	return r;
}

static ssize_t relay_read(struct side *s, void *to, size_t len)
{
	uint8_t *place;
	ssize_t n = next_piece(&relay.in, len, &place);

	(void)s;
	if (n < 0)
		return n;
	memcpy(to, place, (size_t)n);
	pass(&relay.in, n);
	return n;
}

const struct side_bytes relay_bytes = { relay_write, relay_read };

int relay_open(const struct device *device, unsigned nr)
{
	int r;

	relay.device = device;
	r = area_join(&relay.out, device->fd, RELAY_AREA_OUT, RELAY_GENERATION(nr), true);
	if (r == 0)
		r = area_join(&relay.in, device->fd, RELAY_AREA_IN, RELAY_GENERATION(1 - nr), false);
	device_kick(device);
	return r;
}
