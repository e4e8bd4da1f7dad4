/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/common/area.h"

#include <errno.h>
#include <sys/mman.h>

_Static_assert(VMOS_AREA_SIZE == VMOS_RELAY_DATA_OFF + VMOS_AREA_RING, "an area is two pages and a ring");
_Static_assert(VMOS_AREA(VMOS_AREAS) <= VMOS_RELAY_AREA_END, "all areas are in the region");

/* Maps what lies at @from of the region, as what it is: a page of the guest's, one of the host's, a ring. */
static int map_area(struct area *a, int fd, uint64_t from)
{
	const struct {
		size_t off, len;
		int prot;
	} parts[] = {
		{ VMOS_RELAY_GUEST_OFF, VMOS_PAGE_SIZE, PROT_READ | PROT_WRITE },
		{ VMOS_RELAY_HOST_OFF, VMOS_PAGE_SIZE, PROT_READ },
		{ VMOS_RELAY_DATA_OFF, VMOS_AREA_RING, a->is_source ? PROT_READ | PROT_WRITE : PROT_READ },
	};

	a->base = mmap(NULL, VMOS_AREA_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (a->base == MAP_FAILED) {
		a->base = NULL;
		return -errno;
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (mmap(a->base + parts[i].off, parts[i].len, parts[i].prot, MAP_SHARED | MAP_FIXED, fd,
			    (off_t)(from + parts[i].off)) == MAP_FAILED)
			return -errno;
	}
	return 0;
}

static uint32_t generation_of_host(const struct area *a)
{
	/* Pairs with a host that writes this after all else in the area. */
	return __atomic_load_n(&a->host->generation, __ATOMIC_ACQUIRE);
}

int area_join(struct area *a, int fd, unsigned nr, uint32_t generation, bool is_source)
{
	int r = 0;

	*a = (struct area){ .is_source = is_source, .generation = generation };
	if (nr >= VMOS_AREAS || generation == 0)
		return -EINVAL;
	r = map_area(a, fd, VMOS_AREA(nr));
	if (r == 0) {
		a->guest = (struct vmos_relay_side *)(a->base + VMOS_RELAY_GUEST_OFF);
		a->host = (const struct vmos_relay_side *)(a->base + VMOS_RELAY_HOST_OFF);
		a->ring = a->base + VMOS_RELAY_DATA_OFF;
		r = generation_of_host(a) == generation ? 0 : -ESTALE;
	}
	if (r < 0) {
		area_close(a);
		return r;
	}
	__atomic_store_n(&a->guest->waits, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&a->guest->count, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&a->guest->generation, generation, __ATOMIC_RELEASE);
	return 0;
}

void area_close(struct area *a)
{
	if (a->base)
		munmap(a->base, VMOS_AREA_SIZE);
	a->base = NULL;
}

/* A relay that is over has counted its last byte before it said so; in one that another has followed nothing is ours. */
int area_look(const struct area *a, size_t *ret_bytes)
{
	uint32_t generation = generation_of_host(a);
	uint64_t count = __atomic_load_n(&a->host->count, __ATOMIC_ACQUIRE);
	uint64_t in_ring = a->is_source ? a->count - count : count - a->count;

	*ret_bytes = 0;
	if (in_ring > VMOS_AREA_RING)
		return -ESTALE;
	if (generation != a->generation && (a->is_source || generation != 0 || in_ring == 0))
		return -ESTALE;
	*ret_bytes = (size_t)(a->is_source ? VMOS_AREA_RING - in_ring : in_ring);
	return 0;
}

bool area_sleep(struct area *a, size_t least)
{
	size_t bytes;

	a->sleeps = true;
	__atomic_store_n(&a->guest->waits, 1, __ATOMIC_RELAXED);
	/* The host sees that we wait, or we see what it did. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return area_look(a, &bytes) < 0 || bytes >= least;
}

uint8_t *area_place(const struct area *a, size_t *ret_bytes)
{
	size_t at = a->count & (VMOS_AREA_RING - 1);

	*ret_bytes = VMOS_AREA_RING - at;
	return a->ring + at;
}

bool area_pass(struct area *a, size_t bytes)
{
	if (a->sleeps)
		__atomic_store_n(&a->guest->waits, 0, __ATOMIC_RELAXED);
	a->sleeps = false;
	a->count += bytes;
	__atomic_store_n(&a->guest->count, a->count, __ATOMIC_RELEASE);
	/* Pairs with the host's barrier between "I wait" and its last look. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return __atomic_load_n(&a->host->waits, __ATOMIC_RELAXED) != 0;
}
