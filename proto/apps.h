/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The applications of a guest, as its agent claims them: what a menu on the
 * host shows. How one is started never crosses; the host names it by its id,
 * and the guest looks it up.
 */
#ifndef PROTO_APPS_H
#define PROTO_APPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define APPS_MAX 256 /* of one guest */
#define APP_ID_MAX 96 /* bytes with the NUL */
#define APP_NAME_MAX 64 /* bytes with the NUL */
#define APP_ICON_SIDE 64 /* pixels */
#define APP_ICON_BYTES (APP_ICON_SIDE * APP_ICON_SIDE * 4)

/* The last three are no main categories of the menu specification: what a user looks for first. */
#define APP_CATEGORIES 16
#define APP_FILE_MANAGER (1u << 13)
#define APP_TERMINAL (1u << 14)
#define APP_BROWSER (1u << 15)

struct app {
	char id[APP_ID_MAX]; /* of its .desktop file, without the suffix */
	char window[APP_ID_MAX]; /* the app_id that its windows are said to have */
	char name[APP_NAME_MAX]; /* UTF-8, safe to show */
	uint32_t categories; /* a bit for each: app_category() */
	uint8_t icon[APP_ICON_BYTES]; /* rows of R, G, B, A, not premultiplied; 0 all: there is none */
};

/* The fields one after the other; categories as little endian. */
#define APP_WIRE_BYTES (2 * APP_ID_MAX + APP_NAME_MAX + 4 + APP_ICON_BYTES)

/* "Network" and the like; NULL: there is no such bit. */
const char *app_category(unsigned bit);

/* [A-Za-z0-9_][A-Za-z0-9_.-]*, shorter than APP_ID_MAX: may stand in a file's name, a command line and an app_id. */
bool app_is_id(const char *s);

/* Bytes of a guest: its name is made safe to show, all else must be right. 0 or -EBADMSG; @ret is untouched then. */
int app_decode(const uint8_t *untrusted, size_t len, struct app *ret);
/* @app as app_decode() takes it, but that the name may be anything. */
void app_encode(const struct app *app, uint8_t dst[APP_WIRE_BYTES]);

/* Of a list as a helper or vmosd hands it on: every field, and ids that ascend. 0 or -EBADMSG. */
int apps_check(const struct app *list, size_t n);

#endif
