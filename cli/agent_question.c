/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/agent_question.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cli/dict.h"
#include "proto/text.h"

#define FIELD(name, member)                                                                                 \
	{                                                                                                   \
		name, offsetof(struct agent_question, member), sizeof(((struct agent_question *)0)->member) \
	}

static const struct {
	const char *key;
	size_t at, size;
} texts[] = {
	FIELD("Kind", kind),
	FIELD("Subject", subject),
	FIELD("SubjectColor", subject_color),
	FIELD("Object", object),
	FIELD("ObjectColor", object_color),
	FIELD("Claim", claim),
	FIELD("Rule", rule),
	FIELD("Text", text),
	FIELD("Address", address),
	FIELD("Program", program),
};

static void keep(char *dst, size_t cap, const char *untrusted)
{
	text_sanitise((const uint8_t *)untrusted, strlen(untrusted), dst, cap);
}

static int read_text(sd_bus_message *call, const char *key, struct agent_question *q)
{
	const char *untrusted;
	int r = sd_bus_message_read(call, "v", "s", &untrusted);

	for (size_t i = 0; r >= 0 && i < sizeof(texts) / sizeof(*texts); i++)
		if (!strcmp(key, texts[i].key))
			keep((char *)q + texts[i].at, texts[i].size, untrusted);
	return r;
}

static int read_number(sd_bus_message *call, const char *key, struct agent_question *q)
{
	uint32_t value;
	int r = sd_bus_message_read(call, "v", "u", &value);

	if (r >= 0 && !strcmp(key, "Id"))
		q->id = value;
	else if (r >= 0 && !strcmp(key, "Files"))
		q->files = value;
	else if (r >= 0 && !strcmp(key, "Timeout"))
		q->timeout = value;
	return r;
}

static int read_choices(sd_bus_message *call, struct agent_question *q)
{
	const char *name, *color;
	int r = sd_bus_message_enter_container(call, 'v', "a(ss)");

	if (r >= 0)
		r = sd_bus_message_enter_container(call, 'a', "(ss)");
	q->choices = calloc(AGENT_CHOICES_MAX, sizeof(*q->choices));
	if (!q->choices)
		return -ENOMEM;
	while (r >= 0 && (r = sd_bus_message_read(call, "(ss)", &name, &color)) > 0) {
		if (q->nchoices == AGENT_CHOICES_MAX)
			return -E2BIG;
		keep(q->choices[q->nchoices].name, AGENT_NAME_MAX, name);
		keep(q->choices[q->nchoices].color, AGENT_NAME_MAX, color);
		q->nchoices++;
	}
	if (r >= 0)
		r = sd_bus_message_exit_container(call);
	return r < 0 ? r : sd_bus_message_exit_container(call);
}

/* Offered whole or not at all: other answers are not known here. */
static int read_answers(sd_bus_message *call, struct agent_question *q)
{
	const char *answer;
	unsigned known = 0;
	int r = sd_bus_message_enter_container(call, 'v', "as");

	if (r >= 0)
		r = sd_bus_message_enter_container(call, 'a', "s");
	while (r >= 0 && (r = sd_bus_message_read(call, "s", &answer)) > 0) {
		known |= !strcmp(answer, "once") ? 1 : 0;
		known |= !strcmp(answer, "session") ? 2 : 0;
		known |= !strcmp(answer, "always") ? 4 : 0;
	}
	q->lasting = known == 7;
	if (r >= 0)
		r = sd_bus_message_exit_container(call);
	return r < 0 ? r : sd_bus_message_exit_container(call);
}

static int take_entry(sd_bus_message *call, const char *key, const char *type, void *userdata)
{
	struct agent_question *q = userdata;

	if (!strcmp(type, "s"))
		return read_text(call, key, q);
	if (!strcmp(type, "u"))
		return read_number(call, key, q);
	if (!strcmp(type, "t") && !strcmp(key, "Bytes"))
		return sd_bus_message_read(call, "v", "t", &q->bytes);
	if (!strcmp(type, "a(ss)") && !strcmp(key, "Candidates") && !q->choices)
		return read_choices(call, q);
	if (!strcmp(type, "as") && !strcmp(key, "Answers"))
		return read_answers(call, q);
	return sd_bus_message_skip(call, "v");
}

int agent_question_read(sd_bus_message *call, struct agent_question **ret)
{
	struct agent_question *q = calloc(1, sizeof(*q));
	int r = q ? dict_read(call, take_entry, q) : -ENOMEM;

	if (r < 0) {
		agent_question_free(q);
		return r;
	}
	*ret = q;
	return 0;
}

void agent_question_free(struct agent_question *q)
{
	if (!q)
		return;
	sd_bus_message_unref(q->call);
	free(q->choices);
	free(q);
}

static const struct {
	const char *kind, *act;
} acts[] = {
	{ "send", "send files to" },
	{ "fetch", "fetch files from" },
	{ "open", "open files in" },
	{ "url", "open a link in" },
	{ "paste", "paste its clipboard into" },
	{ "net", "reach the network through" },
};

const char *agent_question_act(const struct agent_question *q)
{
	for (size_t i = 0; i < sizeof(acts) / sizeof(*acts); i++)
		if (!strcmp(q->kind, acts[i].kind))
			return acts[i].act;
	return "pass something to";
}

bool agent_question_is_inward(const struct agent_question *q)
{
	return !strcmp(q->kind, "fetch");
}

bool agent_question_takes(const struct agent_question *q, const char *verdict)
{
	static const char *const lasting[] = { "once", "session", "always" };

	for (size_t i = 0; i < sizeof(lasting) / sizeof(*lasting); i++)
		if (!strcmp(verdict, lasting[i]))
			return q->lasting;
	return !strcmp(verdict, "yes") || !strcmp(verdict, "no");
}
