/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's pixels as Wayland buffers: the shm pool is the channel's memfd,
 * so no pixel is ever copied. A slot is held from its commit until the
 * compositor lets go; a guest that commits a held slot breaks the protocol.
 */
#ifndef DESKTOP_BUFFER_H
#define DESKTOP_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/gui.h"

#define BUFFERS_HELD_MAX 1024 /* four for each of 256 windows */

struct guest;
struct wl_buffer;
struct wl_shm;
struct wl_shm_pool;

struct buffer {
	struct buffers *set;
	struct wl_buffer *wl; /* NULL: the place is free */
	uint32_t page, pages, stride, win;
	uint16_t w, h;
	uint8_t fmt;
	bool held;
	uint64_t used; /* the set's clock at the last commit */
};

struct buffers {
	struct guest *guest;
	struct wl_shm_pool *pool;
	uint64_t heap_off, heap_len;
	uint64_t clock;
	unsigned count, held;
	struct buffer place[BUFFERS_HELD_MAX + GUI_BUFFERS_MAX];
};

/* @region (borrowed): the channel's memfd of @size bytes with its heap at @heap_off. 0 or -ENOMEM. */
int buffers_init(struct buffers *set, struct wl_shm *shm, int region, uint64_t size, uint64_t heap_off);
/* Forgets every buffer without a word to the guest: its session is over and no surface is left. */
void buffers_clear(struct buffers *set);
void buffers_finish(struct buffers *set);

/*
 * Takes the slot of a decoded commit of window @win and holds it. -EBADMSG:
 * outside of the heap, or a page of it is held. -ENOBUFS: more is held than a
 * guest can have use for. -ENOMEM.
 */
int buffers_take(struct buffers *set, const struct gui_commit *c, uint32_t win, struct buffer **ret_buffer);
/* Gives a held buffer back to the guest at once: the compositor never saw it. */
void buffer_give_back(struct buffer *b);

#endif
