/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sees what happens to the folders of rules, also to one that is not there yet, or goes and comes back. */
#ifndef MANAGER_RULES_WATCH_H
#define MANAGER_RULES_WATCH_H

struct manager;

/* Calls manager_rules_reload() when a file or folder changes. Where that cannot be seen, a line of the log says so. */
void rules_watch_open(struct manager *m);
void rules_watch_close(struct manager *m);

#endif
