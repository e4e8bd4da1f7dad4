/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A question of vmosd's as it comes over D-Bus: org.vmos.Agent1, Ask and Notify. */
#ifndef CLI_AGENT_QUESTION_H
#define CLI_AGENT_QUESTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <systemd/sd-bus.h>

#define AGENT_TEXT_MAX 512
#define AGENT_NAME_MAX 41
#define AGENT_CHOICES_MAX 256

struct agent_choice {
	char name[AGENT_NAME_MAX], color[AGENT_NAME_MAX];
};

/* All text is sanitised. */
struct agent_question {
	struct agent_question *next;
	sd_bus_message *call; /* to be answered; owned; NULL: a notice */
	uint32_t id;
	char kind[AGENT_NAME_MAX];
	char subject[AGENT_NAME_MAX], subject_color[AGENT_NAME_MAX];
	char object[AGENT_NAME_MAX], object_color[AGENT_NAME_MAX]; /* object "": one of the choices */
	char claim[AGENT_TEXT_MAX], rule[AGENT_TEXT_MAX], text[AGENT_TEXT_MAX];
	char address[AGENT_TEXT_MAX], program[AGENT_TEXT_MAX]; /* of "net"; the program is a guest's word */
	bool lasting; /* a yes is "once", "session" or "always" */
	uint64_t bytes; /* 0: not known */
	uint32_t files, timeout;
	struct agent_choice *choices; /* owned */
	size_t nchoices;
	uint64_t deadline; /* usec, CLOCK_BOOTTIME */
};

/* Reads the a{sv} of @call. Unknown keys are passed over, missing ones stay empty. -errno. The caller frees it. */
int agent_question_read(sd_bus_message *call, struct agent_question **ret);
void agent_question_free(struct agent_question *q);

/* "send files to", as in "web wants to … work". */
const char *agent_question_act(const struct agent_question *q);
/* Whether what is asked about goes from the object to the subject. */
bool agent_question_is_inward(const struct agent_question *q);

/* Whether it may be answered by @verdict, which then is one of org.vmos.Agent1; a no always may. */
bool agent_question_takes(const struct agent_question *q, const char *verdict);

#endif
