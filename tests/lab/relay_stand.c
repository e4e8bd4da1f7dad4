/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/lab/relay_stand.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"

static unsigned generations;

double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int open_relay(void)
{
	int fd = open(RELAY_DEVICE, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		err(2, "%s", RELAY_DEVICE);
	return fd;
}

void stand_init(struct stand *s, uint32_t from_len, uint32_t to_len)
{
	*s = (struct stand){ .gate = fd_memfd_sealed("gate", 1), .relay = open_relay() };
	if (s->gate < 0)
		errx(2, "no gate");
	relay_guest_init(&s->from, STAND_OFFSET, from_len);
	relay_guest_init(&s->to, VMOS_RELAY_AREA_END - VMOS_RELAY_DATA_OFF - to_len, to_len);
	s->create = (struct vmos_relay_create){
		.source = relay_guest_end(&s->from),
		.target = relay_guest_end(&s->to),
		.gate = s->gate,
		.generation = ++generations,
	};
}

void stand_finish(struct stand *s)
{
	if (s->relay >= 0)
		close(s->relay);
	close(s->gate);
	relay_guest_finish(&s->from);
	relay_guest_finish(&s->to);
}

int create_on(int relay, const struct vmos_relay_create *create)
{
	return ioctl(relay, VMOS_RELAY_IOC_CREATE, create) < 0 ? errno : 0;
}

int create(struct stand *s)
{
	return create_on(s->relay, &s->create);
}

void join(struct stand *s)
{
	relay_guest_join(&s->to, s->create.generation);
	relay_guest_join(&s->from, s->create.generation);
}

struct vmos_relay_state state_of(const struct stand *s)
{
	struct vmos_relay_state state = { 0 };

	if (ioctl(s->relay, VMOS_RELAY_IOC_STATE, &state) < 0)
		err(2, "state");
	return state;
}

int end_of(const struct stand *s)
{
	struct pollfd p = { .fd = s->relay, .events = POLLIN };

	poll(&p, 1, 5000);
	return state_of(s).ended;
}
