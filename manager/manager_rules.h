/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rule files of this mode, read anew when they change, and the kernel's rules between the VMs that run. */
#ifndef MANAGER_MANAGER_RULES_H
#define MANAGER_MANAGER_RULES_H

#include <stdbool.h>

#define MANAGER_RULES_DIRS 2
#define MANAGER_RULES_FNS 4

struct manager;
struct vm;

typedef void (*manager_rules_fn)(struct manager *m);

/* Reads the rules and watches their folders. What is wrong with a file is logged, and no VM starts in system mode. -errno. */
int manager_rules_open(struct manager *m);
void manager_rules_close(struct manager *m);

/* The folder that vmosd itself writes rules to; borrowed. */
const char *manager_rules_folder(const struct manager *m);
/* Reads the files again, and has what they say in force when it returns. As rules_load(). */
int manager_rules_reload(struct manager *m);
/*
 * Has @fn called whenever other rules than before count: files were changed,
 * or the time of a rule is over. At most MANAGER_RULES_FNS, else -ENOSPC.
 */
int manager_rules_on_change(struct manager *m, manager_rules_fn fn);

/* Brings the kernel's rules between running VMs to the set in force, if that changed. System mode only. */
void manager_rules_apply(struct manager *m);
/* @vm begins or ends to run: what it may send to others and they to it. -errno: it must not run. */
int manager_rules_apply_vm(const struct vm *vm, bool runs);
/* A transfer from the one VM to the other begins or has ended. -errno: it must not begin. */
int manager_rules_apply_pair(const struct manager *m, const char *from, const char *to);

#endif
