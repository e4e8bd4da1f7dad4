/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions as lines of JSON on standard output, answers as lines of JSON on
 * standard input: {"id": 3, "verdict": "yes", "object": "work"}; where the
 * question has answers, one of these may be the verdict. An answer
 * names its question, so that no line that was there before can be one.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "cli/agent.h"
#include "cli/cli.h"
#include "cli/json.h"

static void add(struct json_object *o, const char *key, const char *value)
{
	json_object_object_add(o, key, json_object_new_string(value));
}

static struct json_object *event_new(const char *event, const struct agent_question *q)
{
	struct json_object *o = json_object_new_object();

	add(o, "event", event);
	if (q->call)
		json_object_object_add(o, "id", json_object_new_int64(q->id));
	return o;
}

static void add_parties(struct json_object *o, const struct agent_question *q)
{
	add(o, "kind", q->kind);
	add(o, "subject", q->subject);
	add(o, "subject_color", q->subject_color);
	add(o, "object", q->object);
	add(o, "object_color", q->object_color);
	add(o, "claim", q->claim);
}

static void json_ask(struct agent *a, struct agent_question *q)
{
	struct json_object *o = event_new("question", q), *choices = json_object_new_array();

	add_parties(o, q);
	for (size_t i = 0; i < q->nchoices; i++) {
		struct json_object *choice = json_object_new_object();

		add(choice, "name", q->choices[i].name);
		add(choice, "color", q->choices[i].color);
		json_object_array_add(choices, choice);
	}
	json_object_object_add(o, "candidates", choices);
	json_object_object_add(o, "bytes", json_object_new_uint64(q->bytes));
	json_object_object_add(o, "files", json_object_new_int64(q->files));
	json_object_object_add(o, "timeout", json_object_new_int64(q->timeout));
	add(o, "rule", q->rule);
	if (q->address[0]) {
		add(o, "address", q->address);
		add(o, "program", q->program);
	}
	if (q->lasting) {
		choices = json_object_new_array();
		json_object_array_add(choices, json_object_new_string("once"));
		json_object_array_add(choices, json_object_new_string("session"));
		json_object_array_add(choices, json_object_new_string("always"));
		json_object_object_add(o, "answers", choices);
	}
	json_print(o, 0);
}

static void json_withdraw(struct agent *a, struct agent_question *q, bool late)
{
	struct json_object *o = event_new("cancel", q);

	add(o, "reason", late ? "timeout" : "withdrawn");
	json_print(o, 0);
}

static void json_notify(struct agent *a, const struct agent_question *notice)
{
	struct json_object *o = event_new("notice", notice);

	add_parties(o, notice);
	add(o, "text", notice->text);
	json_print(o, 0);
}

static void json_show(struct agent *a, const struct agent_notification *n)
{
	struct json_object *o = json_object_new_object();

	add(o, "event", "notification");
	add(o, "vm", n->vm);
	add(o, "color", n->color);
	if (n->held)
		json_object_object_add(o, "held", json_object_new_int64(n->held));
	if (n->id) {
		json_object_object_add(o, "id", json_object_new_int64(n->id));
		json_object_object_add(o, "urgency", json_object_new_int64(n->urgency));
		add(o, "app", n->text.app);
		add(o, "summary", n->text.summary);
		add(o, "body", n->text.body);
	}
	json_print(o, 0);
}

/* NULL: it has none of that name. */
static const char *get_text(struct json_object *o, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(o, key, &value) && json_object_is_type(value, json_type_string)
		? json_object_get_string(value)
		: NULL;
}

static struct agent_question *find_question(struct agent *a, struct json_object *o)
{
	struct agent_question *q = a->first;
	struct json_object *id;

	if (!json_object_object_get_ex(o, "id", &id) || !json_object_is_type(id, json_type_int))
		return NULL;
	while (q && (int64_t)q->id != json_object_get_int64(id))
		q = q->next;
	return q;
}

static void take_answer(struct agent *a, const char *untrusted_line)
{
	struct json_object *o = json_tokener_parse(untrusted_line);
	const char *verdict = o && json_object_is_type(o, json_type_object) ? get_text(o, "verdict") : NULL;
	struct agent_question *q = verdict ? find_question(a, o) : NULL;
	const char *object = verdict ? get_text(o, "object") : NULL;

	if (!verdict)
		cli_error(CLI_USAGE, "this is no answer: write {\"id\": N, \"verdict\": \"yes\" or \"no\"}");
	else if (!q)
		cli_error(CLI_NOT_FOUND, "no question of that id is open");
	else
		agent_answer(a, q, verdict, object ? object : q->object);
	json_object_put(o);
}

static void json_input(struct agent *a, const char *untrusted_text, size_t len)
{
	if (len == 0)
		sd_event_exit(a->event, CLI_OK);
	for (size_t i = 0; i < len; i++) {
		if (untrusted_text[i] != '\n') {
			/* what is too long is cut, and then is no JSON */
			if (a->used + 1 < sizeof(a->line))
				a->line[a->used++] = untrusted_text[i];
			continue;
		}
		a->line[a->used] = '\0';
		if (a->used > 0)
			take_answer(a, a->line);
		a->used = 0;
	}
}

const struct agent_face agent_json = { json_ask, json_withdraw, json_notify, json_show, json_input };
