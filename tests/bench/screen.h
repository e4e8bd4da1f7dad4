/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A compositor that measures what is delivered to it: its surfaces, and what it is asked to count. */
#ifndef VMOS_TESTS_BENCH_SCREEN_H
#define VMOS_TESTS_BENCH_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <wayland-server.h>

#define RECTS_MAX 64
#define SCREEN_W 2560 /* pixels */
#define SCREEN_H 1440

struct rect {
	int x, y, w, h;
};

struct surface {
	struct wl_list link; /* screen::surfaces */
	struct wl_resource *wl;
	struct wl_resource *xdg, *toplevel; /* may be NULL */
	struct wl_resource *buffer; /* attached since the last commit, may be NULL */
	struct wl_listener buffer_gone;
	struct wl_list callbacks; /* of the next commit */
	struct rect rects[RECTS_MAX];
	int nrects;
	int32_t source[4], shown[2]; /* as its viewport has them, the first 24.8; 0: it has none */
	bool configured, mapped, focused;

	int w, h;
	uint32_t *grid; /* what the points of the grid showed last */
	int probe; /* the point whose change is a frame, -1: the first to change will be */
	uint8_t *copy; /* only where the screen copies */
};

struct counts {
	uint64_t frames, changes, commits, bytes; /* changes: of any pixel looked at */
};

struct screen {
	struct wl_display *display;
	struct wl_list surfaces;
	struct wl_list keyboards;
	bool copies; /* the touch of what is damaged is a copy */
	bool touches; /* it is a touch screen */
	unsigned scale120; /* 120: it knows of no other */
	struct counts counts;
	uint64_t touched; /* makes the compiler keep the reads */
	uint32_t serial;
	int keymap;
	uint32_t keymap_size;
};

extern struct screen screen;

uint64_t now_ns(void);

/* screen-pixels.c: one read (or copy) of each damaged pixel; true: the probe's pixel changed. */
bool surface_touch(struct surface *s, struct wl_shm_buffer *buffer);
void surfaces_forget_probes(void);

/* screen-shell.c: makes the globals. */
bool shell_init(void);
/* In the order in which they were made, 0 the first. NULL: there are not so many. */
struct surface *surface_nth(unsigned n);
/* A key to the window that has the keyboard. */
void shell_key(uint32_t key, bool pressed);
/* The window that has the keyboard is to fill @w × @h. */
void shell_maximise(int w, int h);

/* screen-touch.c: fingers. */
void touch_init(void);
void on_touch(struct wl_resource *r, union wl_argument *args);
/* A command's words. False: it is none. */
bool touch_obey(const char *line);

/* screen-scale.c: what clients ask about scale, and the answer to "surface N". False: there is none. */
void on_viewport(struct wl_resource *r, union wl_argument *args);
void on_source(struct wl_resource *r, union wl_argument *args);
void on_destination(struct wl_resource *r, union wl_argument *args);
void on_fractional(struct wl_resource *r, union wl_argument *args);
void on_xdg_output(struct wl_resource *r, union wl_argument *args);
bool scale_tell(unsigned nth, char line[static 128]);

/* screen-ask.c: reads commands from standard input. */
bool ask_init(void);
/* After each commit of a buffer; @frame: the probe's pixel changed. */
void ask_changed(bool frame);

#endif
