/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Message bodies by table, inside proto/ only: a body is a list of fields in
 * wire order, each an offset in its C struct. One loop reads every message and
 * one writes it, so the two cannot disagree.
 */
#ifndef PROTO_CODEC_H
#define PROTO_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/msg.h"

#define CODEC_FIELDS_MAX 10

/* What a message's head may carry besides its type. */
#define CODEC_TO_HOST (1u << 0) /* a guest may send it */
#define CODEC_TO_GUEST (1u << 1) /* a host may send it */
#define CODEC_WIN (1u << 2) /* head.win must not be 0 */
#define CODEC_WIN_ANY (1u << 3) /* head.win may be 0 */
#define CODEC_SERIAL (1u << 4) /* head.serial may be other than 0 */

struct codec_field {
	uint8_t size; /* bytes of one value: 1, 2, 4 or 8; 0 ends the list */
	uint8_t count; /* values that follow each other */
	uint16_t off; /* in the message's own struct */
};

struct codec_type {
	const char *name; /* NULL: no such message */
	uint32_t rules; /* CODEC_* */
	struct codec_field field[CODEC_FIELDS_MAX];
	bool (*check)(const void *decoded); /* the whole decoded message; NULL: any value will do */
};

/*
 * One field of @count values: "struct gui_commit", "rect", 16 values of 2 bytes. On one line by hand:
 * clang-format 14 and 19 disagree about a macro's braces.
 */
/* clang-format off */
#define CODEC_FIELD(type, member, nr, bytes) { .size = (bytes), .count = (nr), .off = offsetof(type, member) }
/* clang-format on */

/* Whether @head keeps the rules of @type in direction @way (one CODEC_TO_*). */
bool codec_head_ok(const struct codec_type *type, const struct msg_head *head, uint32_t way);
/* Reads a body into @body (zeroed by the caller). False: bytes that no field covers are not zero. */
bool codec_get(const struct codec_type *type, const struct msg *m, void *body);
void codec_put(const struct codec_type *type, const void *body, struct msg *m);

#endif
