/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flattening a stack of layers into one image, touching the damaged pixels
 * only: straight copies where a layer's pixels are the window's (format, scale
 * and nothing beneath that shows through), pixman for the rest.
 */
#ifndef AGENT_GUI_PAINT_H
#define AGENT_GUI_PAINT_H

#include <pixman.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct paint_source {
	const uint8_t *pixels; /* NULL: the layer shows nothing */
	uint32_t stride;
	int w, h;
	bool alpha; /* ARGB, else XRGB; both premultiplied, little endian */
};

struct paint_layer {
	struct paint_source src;
	int x, y, w, h; /* where it is in the image, in pixels */
	bool direct; /* one buffer pixel is one image pixel, from (src_x, src_y) on */
	int src_x, src_y;
	pixman_transform_t transform; /* image (relative to x, y) to buffer; for !direct */
	pixman_region32_t opaque; /* in image coordinates */
};

struct paint_target {
	uint8_t *pixels;
	uint32_t stride;
	int w, h;
	bool alpha;
};

/* Paints @region from the layers, the lowest first. What no layer covers becomes transparent. Returns bytes written. */
uint64_t paint_layers(
	const struct paint_target *t, const struct paint_layer *layers, size_t n, const pixman_region32_t *region);

#endif
