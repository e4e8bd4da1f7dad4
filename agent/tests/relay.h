/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A transfer between two real vmos-files, with the test in the place of both couriers. */
#ifndef AGENT_TESTS_RELAY_H
#define AGENT_TESTS_RELAY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/xfer.h"

#define RELAY_ID "0123456789abcdef"
#define RELAY_KILLED (256 + 9) /* a status */
#define RELAY_PROBLEMS 16 /* kept */

struct relay {
	const char *program; /* vmos-files */
	const char *preload; /* for both; may be NULL */
	const char *from_home, *to_home;
	const char *mode; /* of the receiver; NULL: "keep" */
	const char *id; /* NULL: RELAY_ID */
	bool public;
	bool remember; /* the receiver may know the transfer again when all has come; else it is as after a day */
	uint64_t file_max; /* RLIMIT_FSIZE of the receiver, 0: none */
	/* after so many bytes have gone by, the one or the other is killed, or the sender's end cut off; UINT64_MAX: never */
	uint64_t strike_at;
	enum { STRIKE_SENDER, STRIKE_RECEIVER, STRIKE_CUT } strike;
	unsigned delay_us; /* after each piece */
	bool by_relay; /* contents go by a relay, which the test plays */
	uint64_t relay_end; /* after so many bytes it ends; 0: never */

	/* what came of it */
	struct xfer_point point;
	uint64_t bytes; /* of the stream, with those that went by the relay */
	uint64_t far; /* bytes that went by the relay */
	int sent, received; /* exit statuses, 256 + signal */
	unsigned problems;
	int errors[RELAY_PROBLEMS]; /* errno of the first ones */
	char paths[RELAY_PROBLEMS][256];
	bool whole; /* the stream was, by xfer_check */
};

/* Runs it to its end. What crosses must be well formed, and POINT the receiver's first and only word. */
void relay_run(struct relay *r, char *const *paths);
/* Only the receiver, with these bytes. Its status. */
int relay_feed(struct relay *r, const uint8_t *bytes, size_t len);

#endif
