/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmos-drill-target: what the drill's attacker reaches for, on the other side.
 *
 *   vmos-drill-target manager DIR PID      stands in for the manager; PID is the victim's QEMU
 *   vmos-drill-target victim DIR DISK      stands in for the victim's QEMU: its user, its label
 *
 * It prints one line of facts (drill/facts.h) on standard output, closes it,
 * and tells on standard input, where that is a socket, or else on standard
 * error, what arrived: the lines VMOS-DRILL-SEEN of proto/drill.h. It ends when
 * standard input does.
 */
#ifndef DRILL_TARGET_H
#define DRILL_TARGET_H

#include <stdbool.h>

#include "drill/facts.h"

struct target_role {
	const char *name;
	/* Makes what is to be reached and tells the facts of it. -errno. */
	int (*prepare)(const char *dir, const char *word);
	/* Some signal arrived. */
	void (*handle_signal)(int number);
	/* Looks for what leaves no event; called now and then, and before the end. */
	void (*look)(void);
	void (*finish)(void);
};

extern const struct target_role target_manager, target_victim;

/* Adds a fact to the line that will be printed. */
void target_fact(enum fact fact, const char *value);
void target_fact_number(enum fact fact, long long value, int base);

/* Something of @fd can be read: @handler is told @name, which it may pass to target_say(). -E2BIG. */
int target_watch(int fd, const char *name, void (*handler)(int fd, const char *name));

/* Says once that the effect @name arrived. */
void target_say(const char *name);

/* "DIR/name" in @buf; -ENAMETOOLONG. */
int target_path(char buf[4096], const char *dir, const char *name);

#endif
