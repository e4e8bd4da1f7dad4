/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps the entries of VMs' applications in the desktop's menu in step:
 * whatever changes about VMs, `vmos menu sync` is run a moment later, which
 * knows how. This program handles no list and no icon.
 */
#ifndef CENTER_MENU_H
#define CENTER_MENU_H

#include <gio/gio.h>

struct menu;

/* @mode: which vmosd, "system" or "session". Lives as long as the program. */
struct menu *menu_new(const char *mode);
/* vmosd, called @owner, is at the other end of @connection from now on. */
void menu_follow(struct menu *m, GDBusConnection *connection, const char *owner);
/* It is gone. The entries stay: they start it again. */
void menu_leave(struct menu *m);

#endif
