/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between screen.c, which holds the objects, and screen_rules.c, which knows what may be asked of them. */
#ifndef TESTS_FUZZ_SCREEN_RULES_H
#define TESTS_FUZZ_SCREEN_RULES_H

#include "tests/fuzz/screen.h"

struct screen_global {
	const struct wl_interface *type;
	uint32_t version;
	unsigned choice; /* its bit of screen_begin(); 0: always there */
};

extern const struct screen_global screen_globals[];
extern const uint32_t screen_nglobals;

/* Says what was broken and aborts. */
void screen_rule(bool kept, const char *what, const char *how);
/* A request, with what it makes. */
void screen_check(struct wl_proxy *p, const char *request, union wl_argument *args, struct wl_proxy *made);
/* @p is about to end. */
void screen_check_end(struct wl_proxy *p);

struct wl_proxy *screen_first(void);
struct wl_proxy *screen_next(const struct wl_proxy *p);
void screen_set_registry(struct wl_proxy *registry);
uint32_t screen_last_serial(void);

#endif
