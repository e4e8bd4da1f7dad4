/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vmos agent`: questions of vmosd, and the two ways in which they are put: to a person, and to a script. */
#ifndef CLI_AGENT_H
#define CLI_AGENT_H

#include <stdbool.h>
#include <stdint.h>

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "cli/agent_notification.h"
#include "cli/agent_question.h"

struct agent;

/* How questions are put. */
struct agent_face {
	/* @q is the last in agent.first. */
	void (*ask)(struct agent *a, struct agent_question *q);
	/* @q, which is not in the list any more, needs no answer; it is freed afterwards. @late: its time is up. */
	void (*withdraw)(struct agent *a, struct agent_question *q, bool late);
	void (*notify)(struct agent *a, const struct agent_question *notice);
	void (*show)(struct agent *a, const struct agent_notification *n);
	/* A part of standard input; @len 0: it ended. */
	void (*input)(struct agent *a, const char *untrusted_text, size_t len);
};

struct agent {
	sd_event *event;
	sd_bus *bus;
	sd_event_source *input; /* of standard input; NULL: it never has anything */
	const struct agent_face *face;
	struct agent_question *first; /* the oldest open question; owned */
	bool once;
	/* agent_terminal.c */
	struct agent_question *shown; /* may be NULL */
	bool ready; /* the one shown may be answered */
	sd_event_source *timer;
	/* agent_json.c */
	char line[1024];
	size_t used;
};

extern const struct agent_face agent_terminal, agent_json;

/* Answers and frees @q. @verdict: one that agent_question_takes(); all else is a no. */
void agent_answer(struct agent *a, struct agent_question *q, const char *verdict, const char *object);

#endif
