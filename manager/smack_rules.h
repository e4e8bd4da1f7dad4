/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel rules of a VM's helpers, of its windows' memory and between VMs.
 * Those of QEMU and its images are libvirt's to load. No rule ever names a
 * qemu or image label of one VM beside a label of another.
 */
#ifndef MANAGER_SMACK_RULES_H
#define MANAGER_SMACK_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/smack.h"

#define SMACK_RULES_MAX 8

struct smack_rule {
	char subject[SMACK_LABEL_MAX + 1], object[SMACK_LABEL_MAX + 1];
	const char *access; /* static */
};

/* The rules that @vm runs with, at most SMACK_RULES_MAX. Their number; -EINVAL: no VM name. */
int smack_rules_plan(const char *vm, struct smack_rule *ret_rules);
/* The one rule by which @from may send to @to. -EINVAL: no VM names, or one VM twice. */
int smack_rules_plan_pair(const char *from, const char *to, struct smack_rule *ret_rule);

/* Loads the plan of @vm before its helpers start, and asks the kernel whether it took it. -errno: do not start it. */
int smack_rules_start(const char *vm);
/* Takes the plan back when nothing of @vm runs any more, and every right to send from it. -errno, after all was tried. */
int smack_rules_stop(const char *vm);

/* Makes the kernel's rule from @from to @to as @allowed says; nothing to do: nothing done. -errno. */
int smack_rules_pair(const char *from, const char *to, bool allowed);

/* Lets the QEMU of @vm receive the queue of a card and set it up, or no longer: frames pass all the same. -errno. */
int smack_rules_card(const char *vm, bool allowed);
/* The same of vhost-vsock: whether @vm's QEMU may set its device up. */
int smack_rules_vsock(const char *vm, bool allowed);

#endif
