/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tap/ask.h"

#include <errno.h>
#include <string.h>

#include "tap/path.h"
#include "tap/report.h"

#define ASK_US (60 * FLOW_SECOND)

static bool is_same(const struct waiting *w, const struct flow_key *key)
{
	return w->state == WAITING_HELD && memcmp(&w->key, key, sizeof(*key)) == 0;
}

bool ask_is_held(const struct link *l, const struct flow_key *key)
{
	if (!l->nwaiting)
		return false;
	for (unsigned i = 0; i < TAP_WAITING_MAX; i++)
		if (is_same(&l->waiting[i], key))
			return true;
	return false;
}

static uint32_t next_id(struct tap *t)
{
	if (++t->last_question == 0)
		t->last_question = 1;
	return t->last_question;
}

static struct waiting *free_place(struct link *l)
{
	for (unsigned i = 0; i < TAP_WAITING_MAX; i++)
		if (l->waiting[i].state == WAITING_FREE)
			return &l->waiting[i];
	return NULL;
}

/* A no may come at once, and the next question behind it: their number has a limit, too. Two: it may be withdrawn. */
static bool may_ask(struct tap *t, struct link *l)
{
	return manager_is_there(t) && bucket_take(&l->questions, LINK_QUESTIONS, LINK_QUESTIONS_BURST, 1, t->now) &&
		bucket_take(&t->news, TAP_NEWS, TAP_NEWS, 2, t->now);
}

bool ask_hold(struct tap *t, struct link *l, const struct flow_key *key, uint32_t line, struct ask_frame frame)
{
	struct waiting *w = free_place(l);

	if (!w || frame.len > sizeof(w->frame) || !may_ask(t, l))
		return false;
	w->state = WAITING_HELD;
	w->told = false;
	w->id = next_id(t);
	w->line = line;
	w->key = *key;
	w->until = t->now + ASK_US;
	w->len = frame.len;
	memcpy(w->frame, frame.data, frame.len);
	l->nwaiting++;
	tap_arm(t);
	manager_pump(t);
	return true;
}

static void set_free(struct link *l, struct waiting *w)
{
	w->state = WAITING_FREE;
	l->nwaiting--;
}

/* It waits no longer; who has been asked is told so, by and by. */
static void withdraw(struct link *l, struct waiting *w)
{
	if (!w->told) {
		set_free(l, w);
		return;
	}
	w->state = WAITING_GONE;
	w->told = false;
}

static void release(struct tap *t, struct link *l, const struct waiting *w, bool answered)
{
	if (path_admit(t, l, &w->key, w->line, answered))
		path_from_client(t, l, w->frame, w->len);
}

static void refuse(struct tap *t, struct link *l, const struct waiting *w)
{
	l->stats.refused++;
	report_refusal(t, l, &w->key, w->line);
	path_reject(t, l, &w->key, w->frame, w->len);
}

void ask_answer(struct tap *t, const struct tap_answer *answer)
{
	struct link *l = tap_link(t, answer->index);
	struct waiting *w = NULL;

	for (unsigned i = 0; l && l->live && i < TAP_WAITING_MAX && !w; i++)
		if (l->waiting[i].state == WAITING_HELD && l->waiting[i].told && l->waiting[i].id == answer->id)
			w = &l->waiting[i];
	if (!w)
		return;
	tap_tick(t);
	set_free(l, w);
	if (answer->allow)
		release(t, l, w, true);
	else
		refuse(t, l, w);
}

void ask_decide_anew(struct tap *t, struct link *l)
{
	for (unsigned i = 0; l->nwaiting && i < TAP_WAITING_MAX; i++) {
		struct waiting *w = &l->waiting[i];
		enum net_action action;

		if (w->state != WAITING_HELD)
			continue;
		action = path_decide(t, l, &w->key, t->now, &w->line);
		if (action == NET_ASK)
			continue;
		withdraw(l, w);
		if (action == NET_ALLOW)
			release(t, l, w, false);
		else
			refuse(t, l, w);
	}
	manager_pump(t);
}

void ask_expire(struct tap *t, struct link *l)
{
	for (unsigned i = 0; l->nwaiting && i < TAP_WAITING_MAX; i++) {
		struct waiting *w = &l->waiting[i];

		if (w->state != WAITING_HELD || w->until > t->now)
			continue;
		withdraw(l, w);
		refuse(t, l, w);
	}
	manager_pump(t);
}

void ask_drop(struct tap *t, struct link *l)
{
	for (unsigned i = 0; i < TAP_WAITING_MAX; i++)
		if (l->waiting[i].state == WAITING_HELD)
			withdraw(l, &l->waiting[i]);
	manager_pump(t);
}

void ask_forget(struct link *l)
{
	for (unsigned i = 0; i < TAP_WAITING_MAX; i++)
		if (l->waiting[i].state == WAITING_GONE)
			set_free(l, &l->waiting[i]);
}

int ask_tell(struct tap *t, struct link *l)
{
	for (unsigned i = 0; l->nwaiting && i < TAP_WAITING_MAX; i++) {
		struct waiting *w = &l->waiting[i];
		int r;

		if (w->state == WAITING_FREE || w->told)
			continue;
		r = w->state == WAITING_HELD ? report_question(t, l, w) : report_withdrawal(t, l, w);
		if (r == -EAGAIN)
			return r;
		w->told = true;
		if (w->state == WAITING_GONE)
			set_free(l, w);
	}
	return 0;
}

uint32_t ask_count(const struct link *l)
{
	uint32_t count = 0;

	for (unsigned i = 0; l->nwaiting && i < TAP_WAITING_MAX; i++)
		count += l->waiting[i].state == WAITING_HELD;
	return count;
}
