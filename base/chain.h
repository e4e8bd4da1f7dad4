/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A log whose lines are chained: each is a JSON object on a line of its own,
 *
 *	{"seq":N, ... ,"prev":"HASH"}
 *
 * without the blanks, N counting from 1, HASH the SHA-256 of the line before
 * without its newline, in hex, and 64 zeroes for the first one. Who knows the
 * last number and hash sees every change of what was written before.
 */
#ifndef BASE_CHAIN_H
#define BASE_CHAIN_H

#include <stddef.h>
#include <stdint.h>

#define CHAIN_HEX 64

/* A line's number and hash; CHAIN_START: there is none yet. */
struct chain_head {
	uint64_t seq;
	char hash[CHAIN_HEX + 1];
};

#define CHAIN_START ((struct chain_head){ .hash = "0000000000000000000000000000000000000000000000000000000000000000" })

/* SHA-256 of @line in hex. -ENOMEM. */
int chain_hash(const char *line, size_t len, char ret_hex[CHAIN_HEX + 1]);

/* What chains a line (without newline): its own number and the hash of the one before. -EBADMSG: it is none of such a log. */
int chain_read_line(const char *untrusted_line, size_t len, struct chain_head *ret);
/* "SEQ HASH\n", as a head is kept in a file. -EBADMSG. */
int chain_read_head(const char *untrusted_text, size_t len, struct chain_head *ret);

enum chain_fault {
	CHAIN_GOOD,
	CHAIN_UNREADABLE, /* the line is no line of such a log */
	CHAIN_CHANGED, /* the line is not as it was written */
	CHAIN_MISSING, /* lines were there before this one */
	CHAIN_MISPLACED, /* the line is not in its place: inserted, repeated or moved */
	CHAIN_TORN, /* the line has no end */
	CHAIN_CUT, /* behind the line there were others */
};

struct chain_verdict {
	enum chain_fault fault;
	uint64_t line; /* the first bad line of the file, from 1; CHAIN_CUT: the last one that is there */
	uint64_t seq; /* CHAIN_MISSING, CHAIN_CUT: of the first one missing */
	uint64_t missing; /* CHAIN_MISSING, CHAIN_CUT: how many */
	uint64_t lines; /* that are good */
};

/* A log from its line behind @start (CHAIN_START: the first one) to its @head. */
struct chain_ends {
	struct chain_head start, head;
};

/* What a log's first line says is before it; CHAIN_START where there is none. Not to be believed without a reason. */
struct chain_head chain_claimed_start(const char *untrusted_log, size_t len);
/* Checks a whole log against its @ends. 0: looked at, @ret says what was found; -ENOMEM. */
int chain_verify(const char *untrusted_log, size_t len, const struct chain_ends *ends, struct chain_verdict *ret);

#endif
