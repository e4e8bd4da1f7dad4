/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/decision.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "manager/agents.h"
#include "manager/audit.h"
#include "manager/decision_reason.h"
#include "manager/manager.h"
#include "policy/palette.h"
#include "proto/text.h"

#define USEC 1000000ull
#define ASKER_MAX 63
#define RULE_TEXT_MAX 512

/* A question, open or about to be decided. */
struct decision {
	struct decision *next; /* decisions.first */
	struct manager *manager;
	enum question_kind kind;
	char subject[VM_NAME_MAX + 1], object[VM_NAME_MAX + 1]; /* object "": any of rules */
	char claim[DECISION_CLAIM_MAX + 1], asker[ASKER_MAX + 1];
	decision_fn done;
	void *userdata;

	struct rule *rules; /* what it rests on: copies, as the set may be replaced; owned */
	struct candidate *candidates; /* one for each of them; owned */
	size_t nrules;

	struct asked asked; /* for the agent */
	char subject_color[8], object_color[8], rule_text[RULE_TEXT_MAX];
	struct asking *asking;
	sd_event_source *timer;
};

static uint64_t now(const struct manager *m, clockid_t id)
{
	struct timespec ts;

	if (m->decisions.clock)
		return m->decisions.clock(id);
	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * USEC + (uint64_t)ts.tv_nsec / 1000;
}

static uint32_t timeout(const struct manager *m)
{
	return m->decisions.timeout ? m->decisions.timeout : DECISION_TIMEOUT;
}

/* "#888888" for a name that no VM has. */
static void color_of(const struct manager *m, const char *name, char color[8])
{
	const struct vm *vm = m->vms;

	while (vm && strcmp(vm->config.name, name) != 0)
		vm = vm->next;
	palette_format(vm ? vm->config.rgb : 0x888888, color);
}

static void decision_free(struct decision *d)
{
	sd_event_source_disable_unref(d->timer);
	free(d->rules);
	free(d->candidates);
	free(d);
}

static int decision_new(struct manager *m, const struct question *q, struct decision **ret)
{
	struct decision *d;

	if ((unsigned)q->kind >= QUESTION_KINDS || strnlen(q->subject, VM_NAME_MAX + 1) > VM_NAME_MAX ||
		strnlen(q->object, VM_NAME_MAX + 1) > VM_NAME_MAX)
		return -EINVAL;
	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	d->manager = m;
	d->kind = q->kind;
	memcpy(d->subject, q->subject, strlen(q->subject) + 1);
	memcpy(d->object, q->object, strlen(q->object) + 1);
	if (q->claim)
		text_sanitise((const uint8_t *)q->claim, strlen(q->claim), d->claim, sizeof(d->claim));
	if (q->asker)
		text_sanitise((const uint8_t *)q->asker, strlen(q->asker), d->asker, sizeof(d->asker));
	d->asked.bytes = q->bytes;
	d->asked.files = q->files;
	*ret = d;
	return 0;
}

/* -errno: there is no record of it. */
static int decision_audit(const struct decision *d, const struct decision_case *c)
{
	static const char *const verdicts[] = { "allowed", "denied", "expired", "cancelled" };
	int (*record)(struct audit * a, const char *event, ...) =
		c->verdict == VERDICT_ALLOWED ? audit_write : audit_note;
	char bytes[24], place[PATH_MAX + 16] = "";

	snprintf(bytes, sizeof(bytes), "%" PRIu64, d->asked.bytes);
	if (c->rule)
		snprintf(place, sizeof(place), "%s:%u", rules_file_of(c->rules, c->rule), c->rule->line);
	log_debug("decision: %s from %s to %s: %s by %s (%s)", decision_kind_name(d->kind), d->subject,
		c->object[0] ? c->object : "?", verdicts[c->verdict], decision_by_name(c->by), place);
	return record(d->manager->audit, "decision", "kind", decision_kind_name(d->kind), "subject", d->subject,
		"object", c->object, "claim", d->claim, "bytes", bytes, "asker", d->asker, "verdict",
		verdicts[c->verdict], "by", decision_by_name(c->by), "rule", place, NULL);
}

/* Who was asked knows, and a guest that tries again and again is told of once. */
static void notify(struct decision *d, const struct decision_case *c)
{
	struct decision_mark mark = { .kind = (int)d->kind, .at = now(d->manager, CLOCK_BOOTTIME) };
	struct notice notice = { decision_kind_name(d->kind), d->subject, d->subject_color, c->object, d->object_color,
		d->claim, d->manager->decisions.reason };

	if (!c->rule || !c->rule->notify || c->by == DECISION_BY_AGENT)
		return;
	memcpy(mark.subject, d->subject, sizeof(d->subject));
	memcpy(mark.object, d->object, sizeof(d->object));
	if (decision_is_marked(&d->manager->decisions.memory.notified, &mark))
		return;
	decision_mark(&d->manager->decisions.memory.notified, &mark);
	color_of(d->manager, d->subject, d->subject_color);
	color_of(d->manager, c->object, d->object_color);
	agents_notify(d->manager, &notice);
}

static void unlink_decision(struct decision *d)
{
	struct decision **at = &d->manager->decisions.first;

	while (*at && *at != d)
		at = &(*at)->next;
	if (*at)
		*at = d->next;
}

/* Writes it down, tells who asked, frees it. */
static void settle(struct decision *d, enum verdict verdict, enum decision_by by, const char *object)
{
	struct manager *m = d->manager;
	const char *pair = object[0] || d->nrules == 0 ? object : d->rules[0].object;
	struct decision_case c = { verdict, by, d->kind, d->subject, object,
		ruleset_find(&m->rules.set, d->subject, pair), &m->rules };

	unlink_decision(d);
	asking_cancel(d->asking);
	d->asking = NULL;
	if (decision_audit(d, &c) < 0 && verdict == VERDICT_ALLOWED) {
		c.verdict = VERDICT_DENIED;
		c.by = DECISION_BY_NO_RECORD;
	}
	decision_reason_write(&c, m->decisions.reason, sizeof(m->decisions.reason));
	notify(d, &c);
	d->done(c.verdict, c.rule, object, d->userdata);
	decision_free(d);
}

static bool is_over(const struct manager *m, const struct rule *rule)
{
	return rules_is_expired(&m->rules, rule, (time_t)(now(m, CLOCK_REALTIME) / USEC));
}

/* Whether @rule, which is asked about @d, grants it, be it by asking. */
static bool grants(const struct decision *d, const struct rule *rule)
{
	return rule && (rule->access & decision_kind_access(d->kind)) && !is_over(d->manager, rule);
}

static int rest_on(struct decision *d, const struct rule *rule)
{
	struct rule *rules = realloc(d->rules, (d->nrules + 1) * sizeof(*rules));
	struct candidate *candidates;

	if (!rules)
		return -ENOMEM;
	d->rules = rules;
	candidates = realloc(d->candidates, (d->nrules + 1) * sizeof(*candidates));
	if (!candidates)
		return -ENOMEM;
	d->candidates = candidates;
	rules[d->nrules] = *rule;
	candidates[d->nrules] = (struct candidate){ { 0 }, { 0 } };
	memcpy(candidates[d->nrules].name, rule->object, sizeof(rule->object));
	color_of(d->manager, rule->object, candidates[d->nrules].color);
	d->nrules++;
	return 0;
}

/* The VMs that could be meant where no object is named. */
static int find_candidates(struct decision *d)
{
	int r = 0;

	for (const struct vm *vm = d->manager->vms; vm && r == 0; vm = vm->next) {
		const struct rule *rule = ruleset_find(&d->manager->rules.set, d->subject, vm->config.name);

		if (strcmp(vm->config.name, d->subject) != 0 && grants(d, rule))
			r = rest_on(d, rule);
	}
	return r;
}

/* "file:line" of the rule, or of the first of many. */
static void write_rule_text(struct decision *d)
{
	const struct rule *rule = &d->rules[0];

	snprintf(d->rule_text, sizeof(d->rule_text), "%s:%u%s", rules_file_of(&d->manager->rules, rule), rule->line,
		d->nrules > 1 ? ", …" : "");
}

static void fill_asked(struct decision *d)
{
	color_of(d->manager, d->subject, d->subject_color);
	color_of(d->manager, d->object, d->object_color);
	write_rule_text(d);
	d->asked.id = ++d->manager->decisions.last_id;
	d->asked.kind = decision_kind_name(d->kind);
	d->asked.subject = d->subject;
	d->asked.subject_color = d->subject_color;
	d->asked.object = d->object;
	d->asked.object_color = d->object[0] ? d->object_color : "";
	d->asked.claim = d->claim;
	d->asked.rule = d->rule_text;
	d->asked.timeout = timeout(d->manager);
	d->asked.candidates = d->candidates;
	d->asked.ncandidates = d->object[0] ? 0 : d->nrules;
}

static struct decision_mark refusal(const struct decision *d)
{
	struct decision_mark mark = { .kind = (int)d->kind, .at = now(d->manager, CLOCK_BOOTTIME) };

	memcpy(mark.subject, d->subject, sizeof(d->subject));
	memcpy(mark.object, d->object, sizeof(d->object));
	return mark;
}

static void remember_no(struct decision *d)
{
	const struct decision_mark mark = refusal(d);

	decision_mark(&d->manager->decisions.memory.refused, &mark);
}

static int handle_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct decision *d = userdata;

	remember_no(d);
	settle(d, VERDICT_EXPIRED, DECISION_BY_TIMEOUT, d->object);
	return 0;
}

/* The rule that @d rests on for @object, as it was when the question was put; NULL: @object is none that was asked about. */
static const struct rule *rule_put(const struct decision *d, const char *object)
{
	for (size_t i = 0; i < d->nrules; i++) {
		if (strcmp(d->rules[i].object, object) == 0)
			return &d->rules[i];
	}
	return NULL;
}

static bool is_unchanged(const struct decision *d, const struct rule *was)
{
	const struct rule *is = ruleset_find(&d->manager->rules.set, was->subject, was->object);

	return is && decision_same_rule(was, is);
}

static void handle_yes(struct decision *d, const char *untrusted_object)
{
	const char *chosen = d->object[0] ? d->object : untrusted_object;
	const struct rule *rule = rule_put(d, chosen);

	if (!rule) {
		log_warning("An agent says yes to a VM that was not among the candidates: it counts as a no");
		remember_no(d);
		settle(d, VERDICT_DENIED, DECISION_BY_AGENT, d->object);
		return;
	}
	if (!is_unchanged(d, rule)) {
		settle(d, VERDICT_CANCELLED, DECISION_BY_RULE, d->object);
		return;
	}
	if (rule->ask)
		decision_memory_yes(&d->manager->decisions.memory, rule, decision_kind_access(d->kind),
			now(d->manager, CLOCK_BOOTTIME));
	settle(d, VERDICT_ALLOWED, DECISION_BY_AGENT, rule->object);
}

static void handle_answer(enum agents_answer answer, const char *untrusted_object, void *userdata)
{
	struct decision *d = userdata;

	d->asking = NULL; /* it frees itself */
	if (answer == AGENTS_YES) {
		handle_yes(d, untrusted_object);
		return;
	}
	if (answer == AGENTS_NONE) {
		settle(d, VERDICT_DENIED, DECISION_BY_NO_AGENT, d->object);
		return;
	}
	remember_no(d);
	settle(d, VERDICT_DENIED, answer == AGENTS_FORGED ? DECISION_BY_FORGED : DECISION_BY_AGENT, d->object);
}

static bool is_flood(const struct decision *d)
{
	unsigned all = 0, own = 0;

	for (const struct decision *open = d->manager->decisions.first; open; open = open->next) {
		all++;
		own += strcmp(open->subject, d->subject) == 0;
	}
	return all >= DECISION_OPEN_MAX || own >= DECISION_OPEN_MAX_VM;
}

/* As decision_make(): 1 when there is nothing to wait for. */
static int ask(struct decision *d, struct decision **ret)
{
	struct manager *m = d->manager;
	const struct decision_mark mark = refusal(d);
	enum decision_by by = DECISION_BYS;
	int r;

	if (decision_is_marked(&m->decisions.memory.refused, &mark))
		by = DECISION_BY_JUST_REFUSED;
	else if (is_flood(d))
		by = DECISION_BY_FLOOD;
	if (by != DECISION_BYS) {
		settle(d, VERDICT_DENIED, by, d->object);
		return 1;
	}
	fill_asked(d);
	r = sd_event_add_time_relative(m->event, &d->timer, CLOCK_BOOTTIME, timeout(m) * USEC, 0, handle_timeout, d);
	if (r < 0) {
		decision_free(d);
		return r;
	}
	if (agents_ask(m, &d->asked, handle_answer, d, &d->asking) < 0) {
		settle(d, VERDICT_DENIED, DECISION_BY_NO_AGENT, d->object);
		return 1;
	}
	d->next = m->decisions.first;
	m->decisions.first = d;
	*ret = d;
	return 0;
}

static int decide_any(struct decision *d, struct decision **ret)
{
	int r = find_candidates(d);

	if (r < 0) {
		decision_free(d);
		return r;
	}
	if (d->nrules > 0)
		return ask(d, ret);
	settle(d, VERDICT_DENIED, DECISION_BY_RULE, "");
	return 1;
}

/* Smack's answer for the pair, which is that of its last rule but for equal names and the special labels. */
static int decide_pair(struct decision *d, struct decision **ret)
{
	struct manager *m = d->manager;
	unsigned access = decision_kind_access(d->kind);
	bool allowed = ruleset_decide(&m->rules.set, d->subject, d->object) & access;
	const struct rule *rule = ruleset_find(&m->rules.set, d->subject, d->object);
	bool by_rule =
		rule && (rule->access & access) && strcmp(d->subject, d->object) != 0 && strcmp(d->object, "*") != 0;
	int r;

	if (allowed && by_rule && rule->ask &&
		!decision_memory_allows(&m->decisions.memory, rule, access, now(m, CLOCK_BOOTTIME))) {
		r = rest_on(d, rule);
		if (r == 0)
			return ask(d, ret);
		decision_free(d);
		return r;
	}
	if (allowed && by_rule && is_over(m, rule))
		settle(d, VERDICT_DENIED, DECISION_BY_RULE_OVER, d->object);
	else if (allowed && by_rule && rule->ask)
		settle(d, VERDICT_ALLOWED, DECISION_BY_MEMORY, d->object);
	else
		settle(d, allowed ? VERDICT_ALLOWED : VERDICT_DENIED, DECISION_BY_RULE, d->object);
	return 1;
}

int decision_make(struct manager *m, const struct question *q, decision_fn done, void *userdata, struct decision **ret)
{
	struct decision *d;
	int r = decision_new(m, q, &d);

	if (r < 0)
		return r;
	d->done = done;
	d->userdata = userdata;
	*ret = NULL;
	return d->object[0] ? decide_pair(d, ret) : decide_any(d, ret);
}

void decision_cancel(struct decision *d)
{
	if (!d)
		return;
	log_info("decision: %s from %s to %s: withdrawn by who asked for it", decision_kind_name(d->kind), d->subject,
		d->object[0] ? d->object : "?");
	if (strcmp(d->asker, "guest") == 0)
		remember_no(d); /* or windows could be made to come and go */
	unlink_decision(d);
	asking_cancel(d->asking);
	decision_free(d);
}

const char *decision_reason(const struct manager *m)
{
	return m->decisions.reason;
}

static bool is_stale(const struct decision *d)
{
	for (size_t i = 0; i < d->nrules; i++) {
		if (!is_unchanged(d, &d->rules[i]))
			return true;
	}
	return false;
}

static struct decision *find_stale(const struct manager *m)
{
	struct decision *d = m->decisions.first;

	while (d && !is_stale(d))
		d = d->next;
	return d;
}

void decision_rules_changed(struct manager *m)
{
	struct decision *d;

	if (m->decisions.generation == m->rules.generation)
		return;
	m->decisions.generation = m->rules.generation;
	decision_memory_review(&m->decisions.memory, &m->rules.set);
	while ((d = find_stale(m)))
		settle(d, VERDICT_CANCELLED, DECISION_BY_RULE, d->object);
}

void decision_finish(struct manager *m)
{
	while (m->decisions.first)
		settle(m->decisions.first, VERDICT_CANCELLED, DECISION_BY_END, m->decisions.first->object);
}
