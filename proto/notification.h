/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of a notification that a program in a guest wants to show. It is
 * text and nothing else: no markup, no picture, no line break.
 */
#ifndef PROTO_NOTIFICATION_H
#define PROTO_NOTIFICATION_H

#include <stddef.h>
#include <stdint.h>

/* Bytes with the NUL. */
#define NOTIFICATION_APP_MAX 64
#define NOTIFICATION_SUMMARY_MAX 128
#define NOTIFICATION_BODY_MAX 512

struct notification {
	char app[NOTIFICATION_APP_MAX]; /* what the program calls itself; may be empty, as may the others */
	char summary[NOTIFICATION_SUMMARY_MAX];
	char body[NOTIFICATION_BODY_MAX];
};

/* The fields one after the other. */
#define NOTIFICATION_WIRE_BYTES (NOTIFICATION_APP_MAX + NOTIFICATION_SUMMARY_MAX + NOTIFICATION_BODY_MAX)

enum notification_urgency { NOTIFICATION_LOW, NOTIFICATION_NORMAL, NOTIFICATION_CRITICAL };
#define NOTIFICATION_TIMEOUT_MAX 3600000u /* ms */

/* How it ends, or what happens to it. The first four are the reasons of the desktop notifications specification. */
enum notification_end {
	NOTIFICATION_EXPIRED = 1,
	NOTIFICATION_DISMISSED, /* by the user */
	NOTIFICATION_CLOSED, /* by whoever made it */
	NOTIFICATION_UNDEFINED, /* it was never shown, or nobody knows */
	NOTIFICATION_CLICKED, /* by the user; it goes, too */
};

/* Bytes of a guest: all text is made safe to show. 0, or -EBADMSG: a field does not end. @ret is untouched then. */
int notification_decode(const uint8_t *untrusted, size_t len, struct notification *ret);
/* @n as notification_decode() takes it, but that its text may be anything. */
void notification_encode(const struct notification *n, uint8_t dst[NOTIFICATION_WIRE_BYTES]);

/* As a helper hands it on: every field ends, and is safe to show. 0 or -EBADMSG. */
int notification_check(const struct notification *n);

#endif
