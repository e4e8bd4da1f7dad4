/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The programs that ask the user: vmos-center and `vmos agent`. Each exports
 * org.vmos.Agent1 and registers. The newest is asked; one that leaves the bus,
 * or that cannot ask, is passed over and the question goes to the next. An
 * answer counts from the very connection that was asked.
 */
#ifndef MANAGER_AGENTS_H
#define MANAGER_AGENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <systemd/sd-bus.h>

#define AGENTS_INTERFACE "org.vmos.Agent1"
#define AGENTS_MAX 16

struct agent;
struct manager;

struct agents {
	struct agent *first; /* the newest; owned */
	unsigned count;
};

struct candidate {
	char name[41], color[8]; /* of a VM: "#rrggbb" */
};

/* A question as an agent gets it. The strings are borrowed. */
struct asked {
	uint32_t id;
	const char *kind; /* "send", "fetch", "open", "url", "paste", "net" */
	const char *subject, *subject_color;
	const char *object, *object_color; /* "": the user chooses among the candidates */
	const char *claim; /* sanitised; may be empty */
	const char *rule; /* "file:line" */
	uint64_t bytes; /* 0: not known */
	uint32_t files;
	uint32_t timeout; /* seconds */
	const struct candidate *candidates;
	size_t ncandidates;
	/* of "net" */
	const char *address; /* the far end's; NULL: none of these */
	const char *program; /* what the guest says it is; sanitised; may be empty */
	bool lasting; /* a yes may be for the session, or for always */
};

enum agents_answer {
	AGENTS_YES, /* once */
	AGENTS_SESSION, /* these two only where the question is lasting */
	AGENTS_ALWAYS,
	AGENTS_NO,
	AGENTS_NONE, /* nobody is there to ask, or to ask any more */
	AGENTS_FORGED, /* somebody else answered in the agent's place */
};

/* @object: what the agent says was chosen; untrusted, valid during the call. The asking is freed after it. */
typedef void (*agents_answer_fn)(enum agents_answer answer, const char *untrusted_object, void *userdata);

struct asking;

/*
 * Puts @q, which is borrowed until the answer or asking_cancel(), to the
 * newest agent. -ENOENT: there is none; else -errno. Never answers from within.
 */
int agents_ask(
	struct manager *m, const struct asked *q, agents_answer_fn answer, void *userdata, struct asking **ret_asking);
/* Withdraws the question, tells the agent, and frees it: there is no answer. NULL is fine. */
void asking_cancel(struct asking *a);

/* Appends a call's arguments. */
typedef int (*agents_fill_fn)(sd_bus_message *call, const void *userdata);

/* Calls @method of every agent, and waits for no answer. How many of them were called. */
unsigned agents_tell(struct manager *m, const char *method, agents_fill_fn fill, const void *userdata);
/* Whether the connection of that unique name has registered one. */
bool agents_know(const struct manager *m, const char *name);

/* What passed without a question, for the rules that say notify. */
struct notice {
	const char *kind, *subject, *subject_color, *object, *object_color, *claim;
	const char *text; /* one sentence, without the claim */
};

/* Tells all agents. */
void agents_notify(struct manager *m, const struct notice *n);

/* RegisterAgent and UnregisterAgent. As handlers of sd-bus. */
int agents_register(struct manager *m, sd_bus_message *call, sd_bus_error *ret_error);
int agents_unregister(struct manager *m, sd_bus_message *call, sd_bus_error *ret_error);
/* Forgets all. Questions under way must have been cancelled. */
void agents_finish(struct agents *agents);

/* agents_bus.c: puts these and NotificationClosed (vm_notify.h) on the bus. */
int agents_bus_add(struct manager *m);

#endif
