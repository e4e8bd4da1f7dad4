/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/lab/relay_guest.h"

#include <err.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"

void relay_guest_init(struct relay_guest *g, uint64_t offset, uint32_t len)
{
	*g = (struct relay_guest){
		.region = fd_memfd_sealed("relay-test", VMOS_CTL_REGION),
		.kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.call = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.offset = offset,
		.len = len,
	};
	if (g->region < 0 || g->kick < 0 || g->call < 0)
		err(2, "making a region");
	g->base = mmap(NULL, VMOS_CTL_REGION, PROT_READ | PROT_WRITE, MAP_SHARED, g->region, 0);
	if (g->base == MAP_FAILED)
		err(2, "mapping a region");
	g->guest = (struct vmos_relay_side *)(g->base + offset + VMOS_RELAY_GUEST_OFF);
	g->host = (const struct vmos_relay_side *)(g->base + offset + VMOS_RELAY_HOST_OFF);
	g->data = g->base + offset + VMOS_RELAY_DATA_OFF;
}

void relay_guest_finish(struct relay_guest *g)
{
	int fds[] = { g->region, g->kick, g->call };

	munmap(g->base, VMOS_CTL_REGION);
	fd_close_all(fds, 3);
}

struct vmos_relay_end relay_guest_end(const struct relay_guest *g)
{
	return (struct vmos_relay_end){
		.region = g->region,
		.kick = g->kick,
		.call = g->call,
		.len = g->len,
		.offset = g->offset,
	};
}

void relay_guest_kick(const struct relay_guest *g)
{
	fd_eventfd_kick(g->kick);
}

void relay_guest_join(struct relay_guest *g, uint32_t generation)
{
	g->count = 0;
	__atomic_store_n(&g->guest->count, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&g->guest->waits, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&g->guest->generation, generation, __ATOMIC_RELEASE);
	relay_guest_kick(g);
}

size_t relay_guest_room(const struct relay_guest *g)
{
	return g->len - (size_t)(g->count - __atomic_load_n(&g->host->count, __ATOMIC_ACQUIRE));
}

size_t relay_guest_ready(const struct relay_guest *g)
{
	return (size_t)(__atomic_load_n(&g->host->count, __ATOMIC_ACQUIRE) - g->count);
}

void relay_guest_pass(struct relay_guest *g, size_t n)
{
	g->count += n;
	__atomic_store_n(&g->guest->count, g->count, __ATOMIC_RELEASE);
	/* Pairs with the relay's barrier between "I wait" and its last look. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&g->host->waits, __ATOMIC_RELAXED))
		relay_guest_kick(g);
}

bool relay_guest_wait(struct relay_guest *g, size_t (*look)(const struct relay_guest *g), int ms)
{
	struct pollfd p = { .fd = g->call, .events = POLLIN };
	bool there = look(g) != 0;

	while (!there) {
		__atomic_store_n(&g->guest->waits, 1, __ATOMIC_RELAXED);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		there = look(g) != 0;
		if (there || poll(&p, 1, ms) <= 0)
			break;
		fd_eventfd_take(g->call);
		there = look(g) != 0;
	}
	__atomic_store_n(&g->guest->waits, 0, __ATOMIC_RELAXED);
	return there || look(g) != 0;
}
