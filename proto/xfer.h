/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What files look like on their way from one VM to another: a stream of
 * records, written by vmos-files in the one guest, checked by both couriers
 * and read by vmos-files in the other. A record is a head of 16 bytes, little
 * endian, and its payload.
 *
 *	START	first, once. Payload: where the stream begins and what comes, 72 bytes
 *	DIR	a folder. Payload: its path
 *	FILE	a file. Payload: its path; value: its size; flags: XFER_EXEC
 *	DATA	1 … XFER_DATA_MAX bytes of the file begun last
 *	FAR	on the ctl channel only, in the place of a DATA whose bytes go by a relay: where they are. Payload: 16 bytes
 *	END	the file is whole. Payload: SHA-256 of all of it, 32 bytes
 *	BREAK	the file begun last cannot be finished (it changed, it cannot be read): forget it
 *	ITEM	all of an item has come: it may appear under its name. Without an
 *		entry before it, or with a broken file alone: it is left out
 *	DONE	all has come. Nothing follows
 *
 * An item is what the user named: a file or a folder with all in it. A path
 * begins with the item's name; each of its parts is a text_is_file_name(), a
 * folder comes before what is in it and all of that before anything else,
 * entries of a folder in the order of their bytes, so that none comes twice
 * (but a broken file, which may follow once more). A path says nothing of
 * where it came from.
 *
 * Going on. The receiver says by a POINT record (32 bytes of payload, on its
 * standard output, first and once) what it has: whole items, whole entries of the next
 * item, and bytes of the next file, a multiple of XFER_DATA_MAX. The sender
 * begins there: START names the same point, or that with offset 0 where the
 * file has become too short, and the digest of the entries it passes over, by
 * which the receiver sees whether they are those it has. At POINT 0, 0, 0 all
 * comes anew. The digest is a chain, so that one may go on with it: of each
 * entry the SHA-256 of the digest before (0 at first), its head and its path.
 *
 * By a relay (vmos_relay.h). The agent of the sender puts the bytes of a DATA
 * into its ring and sends FAR instead, when the last of them is there; that of
 * the receiver takes them out of its own ring and makes the DATA again. So
 * vmos-files knows no FAR at either end. FAR says of which relay, how many
 * bytes, and at which count they begin: where those of the FAR before ended.
 *
 * The sender tells of what it leaves out by PROBLEM records on its standard
 * error (value: errno, payload: path). They go to the host, not to the receiver.
 */
#ifndef PROTO_XFER_H
#define PROTO_XFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define XFER_VERSION 1
#define XFER_HEAD 16
#define XFER_DATA_MAX (64u << 10)
#define XFER_PATH_MAX 4095 /* bytes */
#define XFER_DEPTH_MAX 64
#define XFER_SIZE_MAX INT64_MAX /* of a file: what an off_t holds */
#define XFER_HASH 32
#define XFER_START_LEN 72
#define XFER_POINT_LEN 32
#define XFER_FAR_LEN 16

enum xfer_type {
	XFER_START = 1,
	XFER_DIR,
	XFER_FILE,
	XFER_DATA,
	XFER_END,
	XFER_BREAK,
	XFER_ITEM,
	XFER_DONE,
	XFER_FAR = 0x21,
	XFER_POINT = 0x41,
	XFER_PROBLEM = 0x81,
};

#define XFER_EXEC 1u /* FILE.flags: may be executed. No other mode crosses */

/*
 * Exit status of vmos-files, and why a transfer failed. What a guest says is a
 * claim; the last group is vmosd's own finding.
 */
enum xfer_reason {
	XFER_OK = 0,
	XFER_R_NO_SPACE = 20, /* the receiver's disk is full */
	XFER_R_MISMATCH, /* what it has is not what was sent: begin anew ("fresh") */
	XFER_R_STREAM, /* the stream is not well formed, or ended early */
	XFER_R_HASH, /* a file's bytes are not those of its SHA-256 */
	XFER_R_WRITE, /* the receiver cannot write */
	XFER_R_NOT_FOUND, /* nothing of what was named is there */
	XFER_R_DENIED, /* none of it can be read */
	XFER_R_SOME, /* all was sent but what PROBLEMs name */
	XFER_R_OPEN, /* no program opens it */
	XFER_R_PATH, /* a path that may not be sent: not below ~/Public, no file or folder */
	XFER_R_USAGE,

	XFER_R_PROTOCOL = 100, /* a courier refused a guest's bytes */
	XFER_R_REVOKED, /* the rule that allowed it is gone */
	XFER_R_STALLED, /* no byte for too long */
	XFER_R_VM, /* a VM cannot be started */
	XFER_R_INTERNAL,
};

struct xfer_head {
	uint16_t type, flags;
	uint32_t len; /* of the payload */
	uint64_t value; /* FILE: size; PROBLEM: errno; else 0 */
};

struct xfer_point {
	uint32_t item; /* whole items */
	uint64_t entry; /* whole entries (DIR and FILE) of the item that follows */
	uint64_t offset; /* bytes of the file that follows; a multiple of XFER_DATA_MAX */
};

struct xfer_start {
	uint32_t version;
	uint32_t items; /* in all */
	struct xfer_point point;
	uint64_t bytes; /* of all files that come, with point.offset of the first: a claim; 0: not known */
	uint8_t passed[XFER_HASH]; /* digest of the entries of the next item that are passed over; 0 at entry 0 */
};

struct xfer_far {
	uint64_t count; /* of the relay's bytes, at which these begin */
	uint32_t generation; /* of the relay, not 0 */
	uint32_t bytes; /* 1 … XFER_DATA_MAX */
};

/* A record's head: type known, flags, length and value in range. 0 or -EBADMSG. */
int xfer_head_get(const uint8_t bytes[XFER_HEAD], struct xfer_head *ret_head);
void xfer_head_put(uint8_t bytes[XFER_HEAD], const struct xfer_head *head);

/* Payloads: every field in range, what is not used zero. -EBADMSG. */
int xfer_start_get(const uint8_t bytes[XFER_START_LEN], struct xfer_start *ret_start);
void xfer_start_put(uint8_t bytes[XFER_START_LEN], const struct xfer_start *start);
int xfer_point_get(const uint8_t bytes[XFER_POINT_LEN], struct xfer_point *ret_point);
void xfer_point_put(uint8_t bytes[XFER_POINT_LEN], const struct xfer_point *point);
int xfer_far_get(const uint8_t bytes[XFER_FAR_LEN], struct xfer_far *ret_far);
void xfer_far_put(uint8_t bytes[XFER_FAR_LEN], const struct xfer_far *far);
/* Parts that are file names, joined by single '/'; at most XFER_PATH_MAX bytes and XFER_DEPTH_MAX parts. No NUL needed. */
bool xfer_is_path(const uint8_t *untrusted, size_t len);

/*
 * Checks a transfer as its bytes go by, however they are cut: heads, payloads
 * (all but DATA's content and hashes) and what may follow what, as above:
 * paths begin with their item's name, stay in one item and come in their
 * order, a file's DATA and its offset never exceed its size and reach it at
 * END, DONE only after all items of START; FAR as a DATA of so many bytes, of
 * the relay that was allowed, each where the one before ended.
 * Keeps one record and the last path. No memory of its own beyond the struct.
 */
struct xfer_check {
	uint8_t buf[XFER_HEAD + XFER_PATH_MAX + 1]; /* of the head, or of a payload that is looked at */
	size_t have; /* bytes of it */
	struct xfer_head head; /* of the record under way */
	uint64_t left; /* bytes of its payload that are still to come */
	struct xfer_start start;
	char last[XFER_PATH_MAX + 1]; /* path of the entry before, in the item under way */
	size_t last_len; /* 0: no item is under way, or none of its entries has come */
	uint64_t size, got; /* of the file under way */
	uint32_t items; /* that are whole, with those of START's point */
	uint64_t entries; /* of all items, that have begun */
	uint64_t bytes; /* of files, that have gone by, with START's offset */
	uint32_t relay; /* the generation that FARs may name; 0: none may come */
	uint64_t far; /* bytes that have gone by it */
	bool in_head, started, in_file, last_is_dir, last_broken, done, broken;
};

void xfer_check_init(struct xfer_check *c);
/* From now on FARs of the relay @generation may come. Once. */
void xfer_check_allow_far(struct xfer_check *c, uint32_t generation);
/* 0, or -EBADMSG, then and ever after. */
int xfer_check_feed(struct xfer_check *c, const uint8_t *untrusted, size_t len);
/* Whether the stream may end here: after DONE. */
bool xfer_check_done(const struct xfer_check *c);

#endif
