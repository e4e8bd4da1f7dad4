/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of net_lists.h share: struct manager has one of these. */
#ifndef MANAGER_NET_STATE_H
#define MANAGER_NET_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <systemd/sd-event.h>

#include "manager/decision_memory.h"
#include "manager/folder_watch.h"
#include "manager/net_lists.h"
#include "manager/net_set.h"
#include "policy/netlist.h"
#include "proto/text.h"

#define NET_DIRS 2
#define NET_GENERATIONS 4 /* of a VM's lists that are remembered: a flow may be told of a little later */
#define NET_SESSIONS_MAX 256 /* answers of one VM */
#define NET_MARKS_MAX 64
#define NET_REFUSED_USEC (60 * 1000000ull) /* how long a no counts */
#define NET_PROGRAM_MAX 39 /* bytes */
#define NET_PROGRAMS_MAX 256 /* of one VM that are remembered */
#define NET_LINE_TEXT 512 /* "FILE:LINE", for people */

/* Where a target of a list comes from. */
struct net_origin {
	const char *file; /* of net_lists.paths; NULL: the user's answer for the session */
	uint32_t line;
	bool notify;
};

/* A list as it was given to vmos-tap. */
struct net_generation {
	unsigned number; /* 0: none */
	enum net_action fallback;
	bool link_asks;
	struct net_origin *origins; /* owned */
	size_t count;
};

/* What a question is about. */
struct net_asked {
	uint8_t proto;
	uint16_t port; /* the far one */
	uint8_t addr[NETPLAN_ADDR];
	char name[NET_NAME_MAX + 1]; /* "": none was learnt */
};

struct net_session {
	struct net_target target;
	struct net_asked asked;
};

/* That a target was refused, or told of. */
struct net_mark {
	struct net_target target;
	uint64_t at, until; /* usec of CLOCK_BOOTTIME; until 0: none */
};

struct net_marks {
	struct net_mark ring[NET_MARKS_MAX];
	unsigned next; /* the oldest */
};

/* Which program of the guest had a port last: its own claim. */
struct net_program {
	uint8_t proto;
	uint16_t port;
	char name[NET_PROGRAM_MAX + 1];
};

/* One VM that has, or had, a link. */
struct net_vm {
	struct net_vm *next; /* net_lists.vms */
	char name[VM_NAME_MAX + 1];
	struct net_generation past[NET_GENERATIONS];
	unsigned newest; /* of past */
	struct net_target *targets; /* of the newest; owned */
	struct net_session *sessions; /* owned */
	size_t nsessions;
	struct net_marks refused, noted, told; /* by the user; in the audit log; by a line with notify */
	struct net_program *programs; /* owned, a ring of NET_PROGRAMS_MAX; NULL: none yet */
	unsigned next_program;
	uint64_t questions_since, refusals_since; /* usec: begin of the minutes that these count */
	unsigned questions; /* of its guest to the user */
	unsigned refusals; /* in the audit log */
};

struct net_path {
	struct net_path *next;
	char text[];
};

struct net_log;
struct net_owner;
struct net_question;

struct net_lists {
	struct net_set set;
	char *dirs[NET_DIRS + 1]; /* owned; the last is NULL */
	struct folder_watch watch;
	sd_event_source *timer; /* when a line begins or ends by itself */
	net_lists_fn changed[NET_LISTS_FNS];
	struct net_vm *vms; /* owned */
	struct net_path *paths; /* of files that lines were in; owned */
	unsigned last_generation;
	struct net_question *questions; /* the oldest first; owned */
	bool is_starting; /* those that wait are being put */
	struct net_owner *owners; /* open requests to couriers; owned */
	uint32_t last_owner;
	struct net_log *log; /* NULL: there is none */
};

/* That of the name, made where there is none and @make says so. NULL: -ENOMEM, or there is none. */
struct net_vm *net_state_vm(struct net_lists *n, const char *name, bool make);
void net_state_free_vms(struct net_lists *n);
/* Usec of CLOCK_BOOTTIME, or of the test's clock. */
uint64_t net_state_now(const struct manager *m);

/* What a flow is about, and the target that an answer about it is for: by name where it has one, else by address. */
void net_state_asked(const struct tap_flow *flow, struct net_asked *ret);
void net_state_target(const struct net_asked *asked, struct net_target *ret);
bool net_state_is_flow(const struct net_asked *asked); /* TCP, UDP or ICMP */

/* Remembers @target until @until. */
void net_state_mark(struct net_marks *marks, const struct net_target *target, uint64_t now, uint64_t until);
bool net_state_is_marked(const struct net_marks *marks, const struct net_target *target, uint64_t now);

/*
 * Keeps @list, whose @targets and @origins become the callee's, as the newest
 * of @vm, and numbers it. When it is what the newest was already, that one's number stays.
 */
void net_state_keep(struct net_lists *n, struct net_vm *vm, struct net_generation *list, struct net_target *targets);
/* The list of that number; NULL: it is forgotten, or never was. */
const struct net_generation *net_state_list(const struct net_vm *vm, unsigned generation);
/* What decided about a flow of @vm, by the list @generation. */
struct net_line_ref {
	const struct net_origin *origin; /* of the list; NULL: none of its lines, or the list is forgotten */
	char text[NET_LINE_TEXT]; /* "FILE:LINE", or words */
};
void net_state_line(const struct vm *vm, unsigned generation, uint32_t line, struct net_line_ref *ret);

/* net_lists.c: another list counts for @vm (NULL: for all); whoever wants to know is told. */
void net_lists_changed(struct manager *m, const char *vm);

/* Whether the rule that opens the link of @vm says ask. */
bool net_state_link_asks(const struct manager *m, const char *vm);

/* An equal text that lives as long as @n. NULL: memory is out. */
const char *net_state_path(struct net_lists *n, const char *text);

/* The program that had a port last; "": not known. */
const char *net_state_program(const struct net_vm *vm, uint8_t proto, uint16_t port);
void net_state_keep_program(struct net_vm *vm, const struct net_program *program);

#endif
