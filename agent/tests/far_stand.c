/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/tests/far_stand.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"

enum { SOURCE, TARGET };

static const unsigned area_of[] = { [SOURCE] = 3, [TARGET] = 0 };

static const struct vmos_relay_side *guest_side(const struct far_stand *s, int end)
{
	return (const struct vmos_relay_side *)(s->areas[end] + VMOS_RELAY_GUEST_OFF);
}

static struct vmos_relay_side *host_side(const struct far_stand *s, int end)
{
	return (struct vmos_relay_side *)(s->areas[end] + VMOS_RELAY_HOST_OFF);
}

static int open_end(struct far_stand *s, int end)
{
	void *area;

	s->fds[end] = fd_memfd_sealed("ctl", VMOS_CTL_REGION);
	if (s->fds[end] < 0)
		return s->fds[end];
	area = mmap(NULL, VMOS_AREA_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, s->fds[end], VMOS_AREA(area_of[end]));
	if (area == MAP_FAILED)
		return -errno;
	s->areas[end] = area;
	host_side(s, end)->generation = s->generation;
	return 0;
}

int far_stand_open(struct far_stand *s, uint32_t generation)
{
	int r;

	*s = (struct far_stand){ .generation = generation, .fds = { -1, -1 }, .end_at = UINT64_MAX };
	r = open_end(s, SOURCE);
	if (r == 0)
		r = open_end(s, TARGET);
	if (r == 0)
		r = area_join(&s->target.area, s->fds[TARGET], area_of[TARGET], generation, false);
	if (r == 0)
		r = area_join(&s->source.area, s->fds[SOURCE], area_of[SOURCE], generation, true);
	return r;
}

void far_stand_close(struct far_stand *s)
{
	area_close(&s->source.area);
	area_close(&s->target.area);
	for (int i = 0; i < 2; i++) {
		if (s->areas[i])
			munmap(s->areas[i], VMOS_AREA_SIZE);
	}
	fd_close_all(s->fds, 2);
}

void far_stand_end(struct far_stand *s)
{
	s->over = true;
	host_side(s, SOURCE)->generation = 0;
	host_side(s, TARGET)->generation = 0;
}

bool far_stand_step(struct far_stand *s)
{
	uint64_t before = s->moved, ready, room;

	if (s->over || guest_side(s, SOURCE)->generation != s->generation ||
		guest_side(s, TARGET)->generation != s->generation)
		return false;
	ready = guest_side(s, SOURCE)->count - s->moved;
	room = VMOS_AREA_RING - (s->moved - guest_side(s, TARGET)->count);
	for (; ready > 0 && room > 0 && s->moved < s->end_at; ready--, room--, s->moved++) {
		size_t at = VMOS_RELAY_DATA_OFF + (s->moved & (VMOS_AREA_RING - 1));

		s->areas[TARGET][at] = s->areas[SOURCE][at];
	}
	host_side(s, TARGET)->count = s->moved;
	host_side(s, SOURCE)->count = s->moved;
	if (s->moved >= s->end_at)
		far_stand_end(s);
	return s->moved > before;
}
