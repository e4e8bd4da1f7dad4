/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Process 1 of a guest that is nothing but the far end of a channel: loads
 * /vmos_guest.ko, joins /dev/vmos-ctl and does what channel-host asks for.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/common/device.h"
#include "tests/bench/side.h"

static uint8_t block[SIDE_BLOCK_MAX], other[SIDE_BLOCK_MAX];

static void handle_kick(struct side *s)
{
	device_kick(s->data);
}

static void handle_clear(struct side *s)
{
	device_clear(s->data);
}

static void console_open(void)
{
	int fd;

	mkdir("/dev", 0755);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	fd = open("/dev/console", O_RDWR);
	for (int i = 0; fd >= 0 && i < 3; i++)
		dup2(fd, i);
}

static int module_load(void)
{
	int fd = open("/vmos_guest.ko", O_RDONLY);

	return fd < 0 || syscall(SYS_finit_module, fd, "", 0) < 0 ? -errno : 0;
}

static int copy(struct side *s, const struct side_note *ask)
{
	struct side_note answer = { .type = SIDE_ANSWER };
	uint64_t begin;

	memcpy(other, block, ask->size);
	begin = side_now_ns();
	for (uint32_t i = 0; i < ask->count; i++) {
		memcpy(other, block, ask->size);
		__asm__ volatile("" : : "r"(other) : "memory");
	}
	answer.value = side_now_ns() - begin;
	return side_send(s, &answer, NULL);
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

static int sink(struct side *s, const struct side_note *ask)
{
	const struct side_note answer = { .type = SIDE_ANSWER };
	int r = side_drain(s, ask->count, block);

	return r < 0 ? r : side_send(s, &answer, NULL);
}

/* One request. 1: that was the last. */
static int serve(struct side *s)
{
	struct side_note ask;
	int r = side_receive(s, &ask, block);

	if (r < 0)
		return r;
	switch (ask.type) {
	case SIDE_ECHO:
		r = echo(s, &ask);
		break;
	case SIDE_SINK:
		r = sink(s, &ask);
		break;
	case SIDE_SOURCE:
		r = side_pour(s, ask.size, ask.count, block);
		break;
	case SIDE_COPY:
		r = copy(s, &ask);
		break;
	case SIDE_END:
		return 1;
	default:
		return -EPROTO;
	}
	return r < 0 ? r : side_flush(s);
}

static int run(void)
{
	struct device device;
	struct side s = { .kick = handle_kick, .clear = handle_clear, .data = &device };
	int r = module_load();

	if (r == 0)
		r = device_open(&device, "/dev/vmos-ctl", VMOS_ROLE_CTL);
	if (r < 0)
		return r;
	s.fd = device.fd;
	r = channel_guest_join(&s.channel, device.base, device.size, device.role);
	device_kick(&device);
	while (r == 0)
		r = serve(&s);
	return r;
}

int main(void)
{
	int r;

	console_open();
	memset(block, 0x5a, sizeof(block));
	r = run();
	if (r < 0)
		fprintf(stderr, "channel-guest: %s\n", strerror(-r));
	reboot(RB_POWER_OFF);
	return 0;
}
