/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A client's link: its plug, its list, what it waits for, and what it has used of its limits. */
#ifndef TAP_LINK_H
#define TAP_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/tap.h"
#include "tap/bucket.h"
#include "tap/dns.h"
#include "tap/engine.h"
#include "tap/flow.h"
#include "tap/frame.h"
#include "tap/lines.h"

/* Each second, and what may come at once. */
#define LINK_QUERIES 100
#define LINK_FLOWS 200
#define LINK_FLOWS_BURST 1000
#define LINK_REPLIES 100 /* RST and ICMP of ours */
#define LINK_LOGS 20
#define LINK_QUESTIONS 10
#define LINK_QUESTIONS_BURST 100
#define LINK_QUERIES_MAX 256 /* DNS queries without an answer: an older one is forgotten */
#define LINK_QUERY_US (30 * FLOW_SECOND)

/* A query on its way. */
struct link_query {
	uint64_t until; /* 0: free */
	uint16_t port, id; /* the client's */
	uint16_t type;
	uint8_t ipv6;
	uint32_t name; /* a hash of its text */
};

/*
 *	FREE	nothing
 *	HELD	a first packet waits for the answer; vmosd knows, if told
 *	GONE	it waits no longer; vmosd is still to be told so
 */
enum waiting_state { WAITING_FREE, WAITING_HELD, WAITING_GONE };

struct waiting {
	enum waiting_state state;
	bool told;
	uint32_t id, line;
	struct flow_key key;
	uint64_t until;
	uint32_t len;
	uint8_t frame[FRAME_MAX];
};

/* A list that comes in. */
struct link_incoming {
	struct net_target *targets; // owned; NULL: none comes in
	struct tap_list head;
	uint32_t have;
};

struct link {
	uint32_t index; /* 0: free */
	bool live; /* its list is complete: frames pass */
	bool confirmed; /* by a list of the vmosd that is there now */
	struct frame_client client;
	struct plug plug;
	struct lines lines;
	uint32_t generation;
	struct link_incoming incoming;
	struct tap_stats stats; /* frames; the rest is counted when asked */
	uint64_t rate; /* bytes a second each way; 0: no limit */
	struct bucket up, down, queries, flows, replies, questions, logs;
	uint32_t more[TAP_EVENT_NAME + 1]; /* events that were not told */
	struct link_query query[LINK_QUERIES_MAX];
	uint32_t next_query;
	uint32_t nwaiting; /* not FREE */
	struct waiting waiting[TAP_WAITING_MAX];
};

/* Begins dead, without a list. */
void link_open(struct link *l, const struct tap_link *about);
/* Gives its list back; the plug is the engine's. */
void link_close(struct link *l);

/* A list comes in: -ENOMEM leaves the link dead. Where it is empty it counts at once: 1. */
int link_begin_list(struct link *l, const struct tap_list *head);
/* 1: that was the last one, and the list counts; 0; -EPROTO: not the next of the list, which is dropped. */
int link_take_line(struct link *l, const struct tap_line *line);

/* Remembers a query that passes. */
void link_expect(struct link *l, const struct dns_question *q, const struct frame_info *info, uint64_t now);
/* Whether the answer to it was awaited; it is not any longer. */
bool link_awaited(struct link *l, const struct dns_question *q, const struct frame_info *info, uint64_t now);

/* Bytes of one direction, if the link's rate has them left. */
bool link_may_pass(struct link *l, struct bucket *b, uint32_t bytes, uint64_t now);

#endif
