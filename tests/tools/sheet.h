/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the test clients of a guest's compositor have in common: its globals, and a surface of one colour. */
#ifndef TESTS_TOOLS_SHEET_H
#define TESTS_TOOLS_SHEET_H

#include <stddef.h>
#include <stdint.h>
#include <wayland-client.h>

struct sheet_global {
	const struct wl_interface *type;
	uint32_t most; /* version */
	void **slot;
};

/* Connects and binds what is there of @globals; exits with a message where one is missing. */
struct wl_display *sheet_connect(const struct sheet_global *globals, size_t n);
/* A buffer of w × h pixels of @argb. */
struct wl_buffer *sheet_buffer(struct wl_shm *shm, int w, int h, uint32_t argb);

#endif
