/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "center/notes.h"

#include <string.h>

#include "center/cards.h"
#include "center/link.h"
#include "center/service.h"

#define NOTES_MAX 64 /* that the service may be showing; the oldest is forgotten for the next one */

/*
 * asked   the service has it, and has not said its number.
 * shown   by the service, under @service_id.
 * card    by a card.
 */
enum entry_state { ENTRY_ASKED, ENTRY_SHOWN, ENTRY_CARD };

struct entry {
	struct link *link; /* whose vmosd it is of */
	struct note *note; /* owned */
	enum entry_state state;
	uint32_t service_id; /* 0: none yet */
	unsigned calls; /* of the service, not answered */
	bool closed; /* to go as soon as the service has said its number */
};

static GQueue entries = G_QUEUE_INIT; /* of struct entry, the oldest first */

static void entry_free(struct entry *e)
{
	g_queue_remove(&entries, e);
	note_free(e->note);
	g_free(e);
}

static struct entry *find(const struct link *l, const char *vm, uint32_t id)
{
	for (GList *at = entries.head; at; at = at->next) {
		struct entry *e = at->data;

		if (e->link == l && !e->closed && e->note->id == id && strcmp(e->note->vm.name, vm) == 0)
			return e;
	}
	return NULL;
}

static struct entry *find_shown(uint32_t service_id)
{
	for (GList *at = entries.head; at; at = at->next) {
		struct entry *e = at->data;

		if (e->service_id == service_id && e->state != ENTRY_CARD)
			return e;
	}
	return NULL;
}

static void tell(const struct entry *e, enum notification_end how)
{
	static const char *const words[] = { [NOTIFICATION_EXPIRED] = "expired",
		[NOTIFICATION_DISMISSED] = "dismissed",
		[NOTIFICATION_CLOSED] = "closed",
		[NOTIFICATION_UNDEFINED] = "undefined",
		[NOTIFICATION_CLICKED] = "clicked" };

	if (e->note->id && !e->closed)
		link_tell_closed(e->link, e->note->vm.name, e->note->id, words[how]);
}

/* Takes it away from where it is shown, without a word to vmosd. One that the service still works at goes later. */
static void withdraw(struct entry *e)
{
	if (e->state == ENTRY_CARD)
		cards_close(e);
	else if (e->service_id)
		service_close(e->service_id);
	e->closed = true;
	if (e->calls == 0)
		entry_free(e);
}

static void show_card(struct entry *e)
{
	e->state = ENTRY_CARD;
	if (cards_show(e->note, e))
		return;
	tell(e, NOTIFICATION_UNDEFINED);
	entry_free(e);
}

static void handle_card_ended(void *userdata, enum notification_end how)
{
	tell(userdata, how);
	entry_free(userdata);
}

static void handle_shown(void *userdata, uint32_t id)
{
	struct entry *e = userdata;

	e->calls--;
	if (id)
		e->service_id = id;
	if (e->closed) {
		if (e->calls == 0)
			withdraw(e);
	} else if (id) {
		e->state = ENTRY_SHOWN;
	} else if (e->calls == 0 && e->state != ENTRY_CARD) {
		show_card(e);
	}
}

static void handle_ended(uint32_t id, enum notification_end how)
{
	struct entry *e = find_shown(id);

	if (!e || e->calls > 0)
		return;
	if (how == NOTIFICATION_CLICKED)
		service_close(id); /* some leave it there */
	tell(e, how);
	entry_free(e);
}

/* Cards show nothing that was seen already: the user may have sent it away. */
static void handle_lost(void)
{
	for (GList *at = entries.head, *next; at; at = next) {
		struct entry *e = at->data;

		next = at->next;
		if (e->state != ENTRY_SHOWN || e->calls > 0)
			continue;
		tell(e, NOTIFICATION_UNDEFINED);
		entry_free(e);
	}
}

void notes_open(void)
{
	static const struct service_handlers handlers = { handle_shown, handle_ended, handle_lost };

	cards_open(handle_card_ended);
	service_open(&handlers);
}

static void forget_oldest(void)
{
	for (GList *at = entries.head; at; at = at->next) {
		struct entry *e = at->data;

		if (e->state != ENTRY_SHOWN || e->calls > 0)
			continue;
		tell(e, NOTIFICATION_UNDEFINED);
		entry_free(e);
		return;
	}
}

void notes_show(struct link *l, struct note *n)
{
	struct entry *e = n->id ? find(l, n->vm.name, n->id) : NULL;

	if (e) {
		note_free(e->note);
		e->note = n;
	} else {
		if (g_queue_get_length(&entries) >= NOTES_MAX)
			forget_oldest();
		e = g_new0(struct entry, 1);
		*e = (struct entry){ .link = l, .note = n };
		g_queue_push_tail(&entries, e);
	}
	if (e->state != ENTRY_CARD && service_show(n, e->service_id, e))
		e->calls++;
	else
		show_card(e);
}

void notes_close(struct link *l, const char *vm, uint32_t id)
{
	for (GList *at = entries.head, *next; at; at = next) {
		struct entry *e = at->data;

		next = at->next;
		if (e->link == l && !e->closed && (id == 0 || e->note->id == id) && strcmp(e->note->vm.name, vm) == 0)
			withdraw(e);
	}
}
