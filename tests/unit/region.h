/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A channel's region in plain memory, with both sides of it. */
#ifndef TESTS_UNIT_REGION_H
#define TESTS_UNIT_REGION_H

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "proto/channel.h"
#include "tests/unit/unit.h"

struct pair {
	uint8_t *base;
	size_t size;
	uint32_t role;
	struct channel host, guest;
};

static inline struct vmos_hdr_host *pair_header(const struct pair *p)
{
	return (struct vmos_hdr_host *)(void *)(p->base + VMOS_HDR_HOST_OFF);
}

static inline struct vmos_idx *pair_guest_words(const struct pair *p)
{
	return (struct vmos_idx *)(void *)(p->base + VMOS_HDR_GUEST_OFF);
}

static inline struct vmos_idx *pair_host_words(const struct pair *p)
{
	return (struct vmos_idx *)(void *)(p->base + VMOS_IDX_HOST_OFF);
}

static inline struct pair *pair_new(uint32_t role)
{
	struct pair *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->role = role;
	p->size = channel_region_size(role);
	p->base = mmap(NULL, p->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(p->base, MAP_FAILED);
	return p;
}

/* Both sides in session @epoch. */
static inline struct pair *pair_joined(uint32_t role, uint32_t epoch)
{
	struct pair *p = pair_new(role);

	assert_int_equal(channel_host_open(&p->host, p->base, p->size, role, epoch), 0);
	assert_int_equal(channel_guest_join(&p->guest, p->base, p->size, role), 0);
	assert_int_equal(channel_poll(&p->host), CHANNEL_JOINED);
	return p;
}

static inline void pair_free(struct pair *p)
{
	munmap(p->base, p->size);
	free(p);
}

/* A message that carries @number. */
static inline struct msg numbered(uint32_t number)
{
	struct msg m = { { 0 } };
	struct msg_head head = { .type = 1 };
	struct msg_writer w;

	msg_head_put(&m, &head);
	msg_writer_init(&w, &m);
	msg_put_u32(&w, number);
	return m;
}

static inline uint32_t number_of(const struct msg *m)
{
	struct msg_reader r;

	msg_reader_init(&r, m);
	return msg_get_u32(&r);
}

#endif
