/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way to vmosd: on the system bus, the user's own, or both. Wherever it
 * appears this program registers with it, and takes questions from it alone.
 */
#ifndef CENTER_LINK_H
#define CENTER_LINK_H

#include <gio/gio.h>
#include <stdbool.h>

#include "center/note.h"
#include "center/question.h"

struct link;

/* What a link takes. */
struct link_handlers {
	/* @q is the callee's; @invocation is to be answered once by link_answer(). */
	void (*ask)(struct link *l, struct question *q, GDBusMethodInvocation *invocation);
	void (*cancel)(struct link *l, uint32_t id);
	void (*notify)(const struct question *q); /* borrowed */
	/* A VM's program shows something; @n is the callee's. It is taken back; @id 0: all that the VM shows is. */
	void (*show)(struct link *l, struct note *n);
	void (*close)(struct link *l, const char *vm, uint32_t id);
	/* vmosd is there: called @owner, on @connection. */
	void (*found)(struct link *l, GDBusConnection *connection, const char *owner);
	/* vmosd left: its questions are void. */
	void (*lost)(struct link *l);
};

enum link_where { LINK_SYSTEM, LINK_SESSION };

enum link_where link_where(const struct link *l);

/* Opens it, or tries again and again in the background: a bus of vmosd's own comes with vmosd. */
struct link *link_new(enum link_where where, const struct link_handlers *handlers);
/* @verdict: "no", "yes", or, to a lasting question, "once", "session", "always". */
void link_answer(GDBusMethodInvocation *invocation, const char *verdict, const char *object);

/* What became of a notification: "expired", "dismissed", "clicked" and the like. */
void link_tell_closed(struct link *l, const char *vm, uint32_t id, const char *how);

#endif
