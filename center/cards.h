/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Notifications of VMs as cards of vmos-center's own, where the desktop has no
 * service for them: four at most, the newest on top, each for some seconds.
 */
#ifndef CENTER_CARDS_H
#define CENTER_CARDS_H

#include <stdbool.h>

#include "center/note.h"

#define CARDS_MAX 4

/* What became of the one that cards_show() got @userdata with. */
typedef void (*cards_fn)(void *userdata, enum notification_end how);

/* False: this compositor has no place for them. */
bool cards_open(cards_fn ended);
/* Shows it, or shows it anew. @n is borrowed until it has ended or is closed. False: there is no place. */
bool cards_show(const struct note *n, void *userdata);
/* Takes it away; it ends without a word. */
void cards_close(const void *userdata);

#endif
