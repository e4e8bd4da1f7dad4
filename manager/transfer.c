/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/transfer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/now.h"
#include "manager/errors.h"
#include "manager/manager.h"
#include "manager/manager_rules.h"
#include "manager/transfer_audit.h"

uint64_t transfer_now(void)
{
	return now_usec(CLOCK_MONOTONIC);
}

void transfer_set_text(struct transfer *t, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	free(t->text);
	t->text = text;
}

bool transfer_set_state(struct transfer *t, enum transfer_event event)
{
	int next = transfer_state_next(t->state, event);

	if (next < 0)
		return false;
	if ((enum transfer_state)next != t->state)
		log_debug("transfer %016llx: %s", (unsigned long long)t->job.id,
			transfer_state_name((enum transfer_state)next));
	t->state = (enum transfer_state)next;
	return true;
}

static int handle_shown_enough(sd_event_source *source, uint64_t usec, void *userdata)
{
	transfer_free(userdata);
	return 0;
}

static void answer_call(struct transfer *t)
{
	if (!t->call)
		return;
	if (t->state == TRANSFER_DONE)
		sd_bus_reply_method_return(t->call, NULL);
	else
		sd_bus_reply_method_errorf(t->call, t->state == TRANSFER_DENIED ? ERROR_DENIED : ERROR_FAILED, "%s",
			t->text ? t->text : "It was cancelled.");
	t->call = sd_bus_message_unref(t->call);
}

/* The state is one of those that are over. */
static void transfer_over(struct transfer *t)
{
	bool resumable = t->state == TRANSFER_FAILED && transfer_may_resume(t->reason);
	uint64_t keep = (resumable ? TRANSFER_KEEP_FAILED : TRANSFER_KEEP) * 1000000ull;

	transfer_decide_cancel(t);
	transfer_move_end(t);
	manager_rules_apply_pair(t->manager, t->job.from, t->job.to);
	transfer_journal_remove(t);
	transfer_audit(t);
	log_info("transfer %016llx from %s to %s: %s%s%s", (unsigned long long)t->job.id, t->job.from, t->job.to,
		transfer_state_name(t->state), t->text ? ": " : "", t->text ? t->text : "");
	transfer_bus_tell(t, true);
	answer_call(t);
	t->timer = sd_event_source_disable_unref(t->timer);
	if (sd_event_add_time_relative(t->manager->event, &t->timer, CLOCK_MONOTONIC, keep, 0, handle_shown_enough, t) <
		0)
		log_warning("transfer %016llx stays on the bus: memory is out", (unsigned long long)t->job.id);
	transfers_wake(t->manager);
}

void transfer_allow(struct transfer *t, const char *object, bool asked)
{
	if (!t->job.to[0] && object)
		snprintf(t->job.to, sizeof(t->job.to), "%s", object);
	t->job.allowed = true;
	t->job.asked = asked;
	if (!transfer_set_state(t, TRANSFER_E_ALLOW))
		return;
	if (transfer_journal_save(t) < 0)
		log_warning("transfer %016llx is not noted: it ends with vmosd", (unsigned long long)t->job.id);
	transfer_bus_tell(t, true);
	transfers_wake(t->manager);
}

void transfer_deny(struct transfer *t, const char *sentence)
{
	if (!transfer_set_state(t, TRANSFER_E_DENY))
		return;
	transfer_set_text(t, "%s", sentence);
	transfer_over(t);
}

void transfer_fail(struct transfer *t, enum xfer_reason reason, bool by_sender, const char *sentence)
{
	char *text cleanup_free = sentence ? NULL : transfer_text(t, reason, by_sender);

	if (!transfer_set_state(t, TRANSFER_E_FAIL))
		return;
	t->reason = reason;
	transfer_set_text(t, "%s", sentence ? sentence : text ? text : "Memory is out.");
	transfer_over(t);
}

void transfer_cancel(struct transfer *t, const char *sentence)
{
	if (!transfer_set_state(t, TRANSFER_E_CANCEL))
		return;
	transfer_set_text(t, "%s", sentence);
	transfer_over(t);
}

void transfer_hold(struct transfer *t, const char *sentence)
{
	bool same = t->state == TRANSFER_WAITING && t->text && strcmp(t->text, sentence) == 0;

	if (same || !transfer_set_state(t, TRANSFER_E_HOLD))
		return;
	transfer_set_text(t, "%s", sentence);
	transfer_bus_tell(t, true);
}

int transfer_resume(struct transfer *t)
{
	bool failed = t->state == TRANSFER_FAILED;

	if (failed && !transfer_may_resume(t->reason))
		return -EINVAL;
	if (!transfer_set_state(t, TRANSFER_E_RESUME))
		return -EINVAL;
	t->timer = sd_event_source_disable_unref(t->timer);
	t->tries.n = 0;
	t->not_before = 0;
	t->reason = XFER_OK;
	t->job.may_start = true;
	t->vm_asked[0] = t->vm_asked[1] = false;
	transfer_journal_save(t);
	transfer_bus_tell(t, true);
	transfers_wake(t->manager);
	return 0;
}

/* What was lost may be had again: soon, but not without end. */
static void transfer_again(struct transfer *t, const struct transfer_verdict *v)
{
	int delay = transfer_tries_next(&t->tries);

	if (delay < 0) {
		transfer_fail(t, v->reason, v->by_sender, NULL);
		return;
	}
	transfer_move_end(t);
	if (!transfer_set_state(t, TRANSFER_E_LOSE))
		return;
	t->not_before = transfer_now() + (uint64_t)delay * 1000;
	transfer_set_text(t, "The connection to VM %s broke; it goes on as soon as that VM answers.",
		v->by_sender ? t->job.from : t->job.to);
	manager_rules_apply_pair(t->manager, t->job.from, t->job.to);
	transfer_bus_tell(t, true);
	transfers_wake(t->manager);
}

static void transfer_anew(struct transfer *t, const struct transfer_verdict *v)
{
	if (t->renewed) {
		transfer_fail(t, v->reason, v->by_sender, NULL);
		return;
	}
	t->renewed = t->job.anew = true;
	t->done = t->whole = 0;
	t->tries = (struct transfer_tries){ 0 };
	transfer_journal_save(t);
	transfer_again(t, v);
}

/* The old pieces are gone, what comes now counts. A file to open keeps its other name in the staging folder. */
void transfer_begun(struct transfer *t)
{
	if (!t->job.anew || t->job.kind == TRANSFER_OPEN)
		return;
	t->job.anew = false;
	transfer_journal_save(t);
}

void transfer_moved(struct transfer *t, const struct transfer_end *sender, const struct transfer_end *receiver)
{
	struct transfer_verdict v = transfer_judge(sender, receiver);

	log_debug("transfer %016llx: sender %s %d, receiver %s %d", (unsigned long long)t->job.id,
		sender->lost            ? "lost"
			: sender->begun ? "ended"
					: "not begun",
		sender->status, receiver->lost ? "lost" : "ended", receiver->status);
	switch (v.outcome) {
	case TRANSFER_O_DONE:
	case TRANSFER_O_SOME:
		if (!transfer_set_state(t, TRANSFER_E_FINISH))
			return;
		t->total = t->done = t->done > t->total ? t->done : t->total;
		t->reason = v.reason;
		transfer_set_text(
			t, "%s", v.outcome == TRANSFER_O_SOME ? "All but what could not be read was sent." : "");
		transfer_over(t);
		break;
	case TRANSFER_O_AGAIN:
		transfer_again(t, &v);
		break;
	case TRANSFER_O_ANEW:
		transfer_anew(t, &v);
		break;
	case TRANSFER_O_FAILED:
		transfer_fail(t, v.reason, v.by_sender, NULL);
		break;
	}
}

/* A run that goes on counts from what is whole already: what has been shown is not taken back. */
void transfer_passed(struct transfer *t, uint64_t done, uint64_t total)
{
	uint64_t before;

	t->whole = t->whole > total ? t->whole : total;
	before = t->whole - total;
	if ((total == 0 || done <= total) && before + done > t->done)
		t->done = before + done;
	t->total = t->whole;
	transfer_bus_tell(t, false);
}

void transfer_problem(struct transfer *t, int error, const char *name)
{
	size_t len = strlen(name);
	char *line;

	for (unsigned i = 0; i < t->nproblems; i++) {
		/* a try before this one said so, too */
		if (strncmp(t->problems[i], name, len) == 0 && t->problems[i][len] == ':')
			return;
	}
	if (t->nproblems == TRANSFER_PROBLEMS_MAX || asprintf(&line, "%s: %s", name, strerror(error)) < 0)
		return;
	t->problems[t->nproblems++] = line;
	transfer_bus_tell(t, false);
}

int transfer_new(struct manager *m, const struct transfer_job *job, int args, struct transfer **ret_transfer)
{
	struct transfer *t = calloc(1, sizeof(*t)), **at = &m->transfers.list;
	char id[TRANSFER_ID_LEN + 1];
	struct timespec ts;

	if (!t) {
		close(args);
		return -ENOMEM;
	}
	t->manager = m;
	t->job = *job;
	t->args = args;
	transfer_move_init(t);
	while (!t->job.id) {
		if (getrandom(&t->job.id, sizeof(t->job.id), 0) != sizeof(t->job.id) || transfers_find(m, t->job.id))
			t->job.id = 0;
	}
	clock_gettime(CLOCK_REALTIME, &ts);
	if (!t->job.started)
		t->job.started = (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
	t->total = t->job.bytes;
	transfer_id_format(t->job.id, id);
	while (*at)
		at = &(*at)->next;
	*at = t;
	if (asprintf(&t->path, TRANSFER_BUS_PREFIX "/%s", id) < 0) {
		t->path = NULL;
		transfer_free(t);
		return -ENOMEM;
	}
	*ret_transfer = t;
	return 0;
}

void transfer_begin(struct transfer *t)
{
	t->state = TRANSFER_ASKING;
	transfer_decide(t);
	if (t->state == TRANSFER_ASKING) {
		transfer_journal_save(t);
		transfer_bus_tell(t, true);
	}
}

void transfer_free(struct transfer *t)
{
	struct transfer **at = &t->manager->transfers.list;

	while (*at && *at != t)
		at = &(*at)->next;
	if (*at)
		*at = t->next;
	transfer_decide_cancel(t);
	transfer_move_end(t);
	transfer_bus_removed(t);
	sd_bus_message_unref(t->call);
	sd_event_source_disable_unref(t->timer);
	sd_event_source_disable_unref(t->news);
	while (t->nproblems > 0)
		free(t->problems[--t->nproblems]);
	if (t->args >= 0)
		close(t->args);
	free(t->path);
	free(t->text);
	free(t);
}
