/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/drill_report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/format.h"
#include "cli/json.h"

static void keep(struct drill_report *r, struct drill_line *slot, const struct drill_line *line)
{
	if (slot->verdict != DRILL_NONE)
		r->malformed = true;
	else
		*slot = *line;
}

static void add(struct drill_report *r, const struct drill_line *line)
{
	switch (line->kind) {
	case DRILL_LINE_INSIDE:
		memcpy(r->inside, line->words, sizeof(r->inside));
		break;
	case DRILL_LINE_CONTROL:
		keep(r, &r->controls[line->number - 1], line);
		break;
	case DRILL_LINE_ACT:
		keep(r, &r->acts[line->number - 1], line);
		r->ntold++;
		break;
	case DRILL_LINE_SEEN:
		if (r->nseen < DRILL_SEEN_MAX)
			memcpy(r->seen[r->nseen++], line->words, sizeof(r->seen[0]));
		break;
	case DRILL_LINE_END:
		r->ended = true;
		break;
	}
}

size_t drill_report_take(struct drill_report *r, const char *untrusted, size_t len)
{
	size_t done = 0;
	const char *end;

	while ((end = memchr(untrusted + done, '\n', len - done))) {
		size_t line_len = (size_t)(end - untrusted) - done;
		struct drill_line line;
		int ret = line_len > DRILL_LINE_MAX ? -ENODATA : drill_line_parse(untrusted + done, line_len, &line);

		if (ret == 0)
			add(r, &line);
		else if (ret != -ENODATA)
			r->malformed = true;
		done += line_len + 1;
	}
	return done;
}

static bool has_seen(const struct drill_report *r, const char *name)
{
	for (unsigned i = 0; i < r->nseen; i++) {
		if (!strcmp(r->seen[i], name))
			return true;
	}
	return false;
}

/* The attacker may lie, or not know: what arrived was done. */
void drill_report_finish(struct drill_report *r)
{
	for (unsigned i = 0; i < DRILL_ACTS; i++) {
		struct drill_line *line = &r->acts[i];
		const char *name = drill_act(i + 1)->seen;

		if (name && has_seen(r, name) && line->verdict != DRILL_ALLOW) {
			line->verdict = DRILL_ALLOW;
			snprintf(line->error, sizeof(line->error), "-");
			snprintf(line->words, sizeof(line->words), "seen on the other side: %.64s", name);
		} else if (line->verdict == DRILL_SENT) {
			line->verdict = DRILL_DENY;
		}
	}
}

struct drill_sum drill_report_sum(const struct drill_report *r)
{
	struct drill_sum sum = { 0 };

	for (unsigned i = 0; i < DRILL_ACTS; i++) {
		enum drill_verdict verdict = r->acts[i].verdict;

		sum.denied += verdict == DRILL_DENY;
		sum.allowed += verdict == DRILL_ALLOW;
		sum.skipped += verdict == DRILL_SKIP;
	}
	sum.broken = DRILL_ACTS - sum.denied - sum.allowed - sum.skipped;
	for (unsigned i = 0; i < DRILL_CONTROLS; i++)
		sum.controls += r->controls[i].verdict == DRILL_ALLOW;
	return sum;
}

bool drill_report_is_clean(const struct drill_report *r)
{
	struct drill_sum sum = drill_report_sum(r);

	return r->ended && !r->malformed && sum.allowed == 0 && sum.broken == 0 && sum.controls == DRILL_CONTROLS;
}

static const char *verdict_words(enum drill_verdict verdict)
{
	switch (verdict) {
	case DRILL_DENY:
		return "denied";
	case DRILL_ALLOW:
		return "ALLOWED";
	case DRILL_SKIP:
		return "no such thing";
	case DRILL_NONE:
		return "not told";
	default:
		return "BROKEN";
	}
}

static void print_row(const char *number, const char *what, const struct drill_line *line, const char *layers)
{
	bool control = !layers, good = line->verdict == (control ? DRILL_ALLOW : DRILL_DENY);
	const char *paint = good || line->verdict == DRILL_SKIP ? "" : "\033[31m";
	const char *result = control ? (good ? "works" : "FAILS") : verdict_words(line->verdict);
	bool color = format_use_color() && *paint;

	printf("%3s  %-38s %s%-13s%s %-12s %-5s %s\n", number, what, color ? paint : "", result, color ? "\033[0m" : "",
		line->error[0] ? line->error : "-", layers ? layers : "", good ? "" : line->words);
}

static void print_rows(const struct drill_report *r)
{
	char number[16];

	printf("%3s  %-38s %-13s %-12s %-5s\n", "", "what was tried", "result", "errno", "layers");
	for (unsigned i = 1; i <= DRILL_CONTROLS; i++) {
		snprintf(number, sizeof(number), "c%u", i);
		print_row(number, drill_control(i), &r->controls[i - 1], NULL);
	}
	for (unsigned i = 1; i <= DRILL_ACTS; i++) {
		snprintf(number, sizeof(number), "%u", i);
		print_row(number, drill_act(i)->words, &r->acts[i - 1], drill_act(i)->layers);
	}
}

static void print_sum(const struct drill_report *r, const char *mode)
{
	struct drill_sum sum = drill_report_sum(r);

	printf("\nlayers: M Smack, U own user id, F file modes, S second system call list, Q QEMU's sandbox,\n"
	       "        L Landlock, N name spaces, C limits, K kernel settings; the first is meant to stop it alone\n");
	if (r->inside[0])
		printf("inside: %s\n", r->inside);
	if (r->malformed)
		printf("a line of the drill was malformed: do not trust this table\n");
	if (!r->ended)
		printf("the drill did not come to its end\n");
	if (sum.skipped)
		printf("%u not tried: this machine has no such thing\n", sum.skipped);
	if (sum.allowed && !strcmp(mode, "session"))
		printf("%u got through: session mode has no Smack and one user id for all VMs; see SECURITY.md\n",
			sum.allowed);
	else if (sum.allowed)
		printf("%u GOT THROUGH\n", sum.allowed);
	printf("%u of %u denied, controls %u of %u\n", sum.denied, DRILL_ACTS, sum.controls, DRILL_CONTROLS);
}

int drill_report_print(const struct drill_report *r, const char *mode)
{
	print_rows(r);
	print_sum(r, mode);
	return drill_report_is_clean(r) ? CLI_OK : CLI_FAILED;
}

static struct json_object *json_row(const struct drill_line *line, const char *what, const char *layers)
{
	const char *name = drill_verdict_name(line->verdict);
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "what", json_object_new_string(what));
	json_object_object_add(o, "verdict", json_object_new_string(name ? name : "none"));
	json_object_object_add(o, "error", json_object_new_string(line->error));
	json_object_object_add(o, "parts", json_object_new_string(line->words));
	if (layers)
		json_object_object_add(o, "layers", json_object_new_string(layers));
	return o;
}

static void add_number(struct json_object *o, const char *key, unsigned value)
{
	json_object_object_add(o, key, json_object_new_uint64(value));
}

int drill_report_json(const struct drill_report *r, const char *mode)
{
	struct json_object *o = json_object_new_object(), *acts = json_object_new_array(),
			   *controls = json_object_new_array();
	struct drill_sum sum = drill_report_sum(r);
	int ret;

	for (unsigned i = 1; i <= DRILL_CONTROLS; i++)
		json_object_array_add(controls, json_row(&r->controls[i - 1], drill_control(i), NULL));
	for (unsigned i = 1; i <= DRILL_ACTS; i++)
		json_object_array_add(acts, json_row(&r->acts[i - 1], drill_act(i)->words, drill_act(i)->layers));
	json_object_object_add(o, "mode", json_object_new_string(mode));
	json_object_object_add(o, "inside", json_object_new_string(r->inside));
	add_number(o, "denied", sum.denied);
	add_number(o, "allowed", sum.allowed);
	add_number(o, "skipped", sum.skipped);
	add_number(o, "broken", sum.broken);
	add_number(o, "controls_ok", sum.controls);
	json_object_object_add(o, "complete", json_object_new_boolean(r->ended && !r->malformed));
	json_object_object_add(o, "controls", controls);
	json_object_object_add(o, "acts", acts);
	ret = json_print(o, 1);
	return ret ? ret : drill_report_is_clean(r) ? CLI_OK : CLI_FAILED;
}
