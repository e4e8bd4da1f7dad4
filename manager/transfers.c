/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All transfers there are: taken up, looked at when something changed, and bounded. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/paths.h"
#include "manager/errors.h"
#include "manager/manager.h"
#include "manager/transfer.h"

static int handle_settle(sd_event_source *source, void *userdata)
{
	struct manager *m = userdata;
	struct transfer *next;

	for (struct transfer *t = m->transfers.list; t; t = next) {
		next = t->next; /* none but @t itself may be freed meanwhile, and that only by its timer */
		transfer_settle(t);
	}
	return 0;
}

void transfers_wake(struct manager *m)
{
	if (m->transfers.settle)
		sd_event_source_set_enabled(m->transfers.settle, SD_EVENT_ONESHOT);
}

int transfers_open(struct manager *m)
{
	int r = sd_event_add_defer(m->event, &m->transfers.settle, handle_settle, m);

	if (r >= 0)
		r = sd_event_source_set_enabled(m->transfers.settle, SD_EVENT_OFF);
	if (r < 0)
		return r;
	m->transfers.dir = paths_join(m->data, "transfers", NULL);
	if (!m->transfers.dir)
		return -ENOMEM;
	r = paths_mkdir(m->transfers.dir);
	if (r < 0) {
		log_error("The folder %s cannot be made: %s", m->transfers.dir, strerror(-r));
		return r;
	}
	return m->blind ? 0 : transfer_journal_load(m);
}

int transfers_run(struct manager *m)
{
	int r = 0;

	for (struct transfer *t = m->transfers.list; t && r == 0; t = t->next)
		r = transfer_bus_add(t, false);
	for (struct transfer *t = m->transfers.list, *next; t && r == 0; t = next) {
		next = t->next;
		if (!t->job.allowed)
			transfer_begin(t); /* the question went with the vmosd that asked it */
	}
	transfers_wake(m);
	return r;
}

void transfers_close(struct manager *m)
{
	/* the runs end with their control sockets; what the next vmosd needs is on the disk */
	while (m->transfers.list)
		transfer_free(m->transfers.list);
	sd_event_source_disable_unref(m->transfers.settle);
	m->transfers.settle = NULL;
	free(m->transfers.dir);
	m->transfers.dir = NULL;
}

struct transfer *transfers_find(const struct manager *m, uint64_t id)
{
	struct transfer *t = m->transfers.list;

	while (t && t->job.id != id)
		t = t->next;
	return t;
}

/* What is over is kept to be seen; of more than that the oldest goes. */
static void drop_oldest(const struct manager *m)
{
	struct transfer *oldest = NULL;
	unsigned n = 0;

	for (struct transfer *t = m->transfers.list; t; t = t->next) {
		if (!transfer_state_is_over(t->state))
			continue;
		oldest = oldest ? oldest : t;
		n++;
	}
	if (n > TRANSFERS_KEPT_MAX)
		transfer_free(oldest);
}

int transfers_room(const struct manager *m, sd_bus_error *ret_error)
{
	unsigned n = 0;

	drop_oldest(m);
	for (const struct transfer *t = m->transfers.list; t; t = t->next)
		n += !transfer_state_is_over(t->state);
	if (n < TRANSFERS_MAX)
		return 0;
	errors_set(ret_error, ERROR_BUSY,
		"%u transfers are under way or wait. Wait for some of them, or end them by \"vmos transfer cancel\".",
		n);
	return -EBUSY;
}

void transfers_rules_changed(struct manager *m)
{
	struct transfer *next;

	for (struct transfer *t = m->transfers.list; t; t = next) {
		const struct rule *rule;

		next = t->next;
		if (t->state == TRANSFER_ASKING || transfer_state_is_over(t->state) ||
			transfer_is_still_allowed(t, &rule))
			continue;
		transfer_revoke(t, rule);
	}
}

void transfers_forget_vm(struct manager *m, const char *name)
{
	struct transfer *next;

	for (struct transfer *t = m->transfers.list; t; t = next) {
		char text[VM_NAME_MAX + 32];

		next = t->next;
		if (transfer_state_is_over(t->state) ||
			(strcmp(t->job.from, name) != 0 && strcmp(t->job.to, name) != 0))
			continue;
		snprintf(text, sizeof(text), "VM %s was deleted.", name);
		transfer_cancel(t, text);
	}
}

bool transfers_move_between(const struct manager *m, const char *from, const char *to)
{
	const struct transfer *t = m->transfers.list;

	while (t &&
		(t->state != TRANSFER_MOVING || t->job.kind == TRANSFER_URL || strcmp(t->job.from, from) != 0 ||
			strcmp(t->job.to, to) != 0))
		t = t->next;
	return t != NULL;
}
