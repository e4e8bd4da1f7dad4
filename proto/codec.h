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

/* Of values of at most 4 bytes. @min below 0: they are signed. */
struct codec_range {
	int64_t min, max;
};

struct codec_field {
	uint8_t size; /* bytes of one value: 1, 2, 4 or 8; 0 ends the list */
	uint8_t count; /* values that follow each other */
	uint16_t off; /* in the message's own struct */
	const struct codec_range *range; /* of each value; NULL: any will do */
};

struct codec_type {
	const char *name; /* NULL: no such message */
	uint32_t rules; /* CODEC_* */
	struct codec_field field[CODEC_FIELDS_MAX];
	bool (*check)(const void *decoded); /* the whole decoded message, its values in their ranges; may be NULL */
};

/* A protocol: its messages by number, and how a decoded one lies in memory, its head first. */
struct codec {
	const struct codec_type *types;
	size_t count;
	size_t body; /* where the message's own struct begins */
	size_t size; /* bytes in all */
};

/*
 * One field of @count values: "struct gui_commit", "rect", 16 values of 2 bytes, each in a range. On one line by hand:
 * clang-format 14 and 19 disagree about a macro's braces.
 */
/* clang-format off */
#define CODEC_FIELD(type, member, nr, bytes, of) \
	{ .size = (bytes), .count = (nr), .off = offsetof(type, member), .range = (of) }
/* clang-format on */

/*
 * Decodes a message that goes @way (one CODEC_TO_*) into @ret. -EBADMSG: its
 * head, a value, its check or a byte that no field covers refuses it; what is
 * in @ret then is of no use.
 */
int codec_decode(const struct codec *c, const struct msg *m, uint32_t way, void *ret);
/* Encodes one of either way. -EINVAL: it would not decode again. */
int codec_encode(const struct codec *c, const void *decoded, struct msg *ret_msg);
/* The message's name for logs, "?" if unknown. */
const char *codec_name(const struct codec *c, uint16_t type);

#endif
