/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Process 1 of a guest that is nothing but the far end of a channel, and of the ways beside it: joins /dev/vmos-ctl and
 * does what the host asks for there.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "agent/common/device.h"
#include "tests/bench/channel-open.h"
#include "tests/bench/side-local.h"
#include "tests/bench/side.h"

static uint8_t block[SIDE_BLOCK_MAX];
static struct side sides[SIDE_SLOTS];
static struct device device;

static void handle_kick(struct side *s)
{
	device_kick(s->data);
}

static void handle_clear(struct side *s)
{
	device_clear(s->data);
}

static int echo(struct side *s, const struct side_note *ask)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < ask->count; i++) {
		r = side_drain(s, 1, block);
		if (r == 0)
			r = side_pour(s, ask->size, 1, block);
	}
	return r;
}

/* What waking up alone costs: interrupt in, doorbell out, no message. */
static int bell(const struct side_note *ask)
{
	struct pollfd p = { .fd = device.fd, .events = POLLIN };

	device_clear(&device);
	for (uint32_t i = 0; i < ask->count; i++) {
		if (poll(&p, 1, SIDE_TIMEOUT_MS) <= 0)
			return -ETIMEDOUT;
		device_clear(&device);
		device_kick(&device);
	}
	return 0;
}

static int kick(const struct side_note *ask, struct side_note *answer)
{
	uint64_t begin = side_now_ns();

	for (uint32_t i = 0; i < ask->count; i++)
		device_kick(&device);
	answer->value = side_now_ns() - begin;
	return 0;
}

static int trips(struct side *s, const struct side_note *ask, struct side_note *answer)
{
	struct side_times times = { 0, 0 };
	int r = side_trips(s, ask->size, ask->count, block, &times);

	answer->value = times.p50;
	answer->other = times.p99;
	return r;
}

static int open_one(struct side *s, const struct side_note *ask, struct side_note *answer)
{
	int r = open_side(s, (enum side_way)ask->count, ask->value, &device);

	answer->value = (uint64_t)-r;
	return 0;
}

/* What a request asks for, and its answer. 1: there is none. */
static int act(struct side *s, const struct side_note *ask, struct side_note *answer)
{
	switch (ask->type) {
	case SIDE_ECHO:
		return echo(s, ask) < 0 ? -EIO : 1;
	case SIDE_SINK:
		return side_drain(s, ask->count, block);
	case SIDE_SOURCE:
		return side_pour(s, ask->size, ask->count, block);
	case SIDE_TRIPS:
		return trips(s, ask, answer);
	case SIDE_COPY:
		answer->value = local_copy_ns(ask->size, ask->count);
		return 0;
	case SIDE_RING:
		return local_ring_ns(ask->count, &answer->value);
	case SIDE_BELL:
		return bell(ask);
	case SIDE_KICK:
		return kick(ask, answer);
	case SIDE_OPEN:
		return open_one(s, ask, answer);
	default:
		return -EPROTO;
	}
}

/* One request. 1: that was the last. */
static int serve(struct side *control)
{
	struct side_note ask, answer = { .type = SIDE_ANSWER };
	int r;

	/* while others are measured nothing is asked of us, for however long */
	do {
		r = side_receive(control, &ask, block);
	} while (r == -ETIMEDOUT);
	if (r < 0 || ask.type == SIDE_END)
		return r < 0 ? r : 1;
	if (ask.slot >= SIDE_SLOTS || ask.size > SIDE_BLOCK_MAX)
		return -EPROTO;
	if (ask.type != SIDE_OPEN && !sides[ask.slot].carrier)
		return -ENOTCONN;
	sides[ask.slot].size = ask.size;
	r = act(&sides[ask.slot], &ask, &answer);
	if (r == 0)
		r = side_send(control, &answer, NULL);
	return r < 0 ? r : side_flush(control);
}

static int run(void)
{
	struct side *control = &sides[0];
	int r = device_open(&device, "/dev/vmos-ctl", VMOS_ROLE_CTL);

	if (r < 0)
		return r;
	*control =
		(struct side){ .carrier = &side_channel, .kick = handle_kick, .clear = handle_clear, .data = &device };
	control->fd = device.fd;
	r = channel_guest_join(&control->channel, device.base, device.size, device.role);
	device_kick(&device);
	while (r == 0)
		r = serve(control);
	return r;
}

int main(void)
{
	int r = open_machine();

	memset(block, 0x5a, sizeof(block));
	if (r == 0)
		r = run();
	if (r < 0)
		fprintf(stderr, "channel-guest: %s\n", strerror(-r));
	reboot(RB_POWER_OFF);
	return 0;
}
