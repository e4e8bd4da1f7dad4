/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/smack_rules.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "manager/labels.h"

/* In the table below: labels that are no VM's. */
#define HOST LABEL_KINDS
#define LIBVIRT (LABEL_KINDS + 1)
#define RELAY (LABEL_KINDS + 2)

/*
 * gui: QEMU and vmos-desktop exchange windows there, and the compositor maps
 * it. desktop: the compositor receives the memory of the frames. inbox: the
 * pipe by which files come, whose other end another VM's courier has. image: the
 * control channel; and libvirtd looks at a disk as the VM's user, so without
 * the capability by which it passes else, before it starts QEMU. relay: vmosd
 * opens the node as the courier; for the courier itself the mode is too narrow.
 */
static const struct {
	enum label_kind subject, object;
	const char *access;
} table[] = {
	{ LABEL_QEMU, LABEL_GUI, "rw" },
	{ LABEL_DESKTOP, LABEL_GUI, "rw" },
	{ HOST, LABEL_GUI, "rw" },
	{ HOST, LABEL_DESKTOP, "rw" },
	{ LABEL_COURIER, LABEL_IMAGE, "rw" },
	{ LABEL_COURIER, LABEL_INBOX, "r" },
	{ LABEL_COURIER, RELAY, "r" },
	{ LIBVIRT, LABEL_IMAGE, "rwx" },
};

#define TABLE_SIZE (sizeof(table) / sizeof(table[0]))
_Static_assert(TABLE_SIZE <= SMACK_RULES_MAX, "the plan fits");

static int name_label(const char *vm, enum label_kind kind, char *ret_label)
{
	static const char *const fixed[] = { LABEL_HOST, LABEL_LIBVIRT, LABEL_RELAY };

	if (kind < LABEL_KINDS)
		return label_of(vm, kind, ret_label);
	snprintf(ret_label, SMACK_LABEL_MAX + 1, "%s", fixed[kind - LABEL_KINDS]);
	return 0;
}

int smack_rules_plan(const char *vm, struct smack_rule *ret_rules)
{
	for (size_t i = 0; i < TABLE_SIZE; i++) {
		int r = name_label(vm, table[i].subject, ret_rules[i].subject);

		if (r == 0)
			r = name_label(vm, table[i].object, ret_rules[i].object);
		if (r < 0)
			return r;
		ret_rules[i].access = table[i].access;
	}
	return (int)TABLE_SIZE;
}

int smack_rules_plan_pair(const char *from, const char *to, struct smack_rule *ret_rule)
{
	int r;

	if (strcmp(from, to) == 0)
		return -EINVAL;
	r = label_of(from, LABEL_COURIER, ret_rule->subject);
	if (r == 0)
		r = label_of(to, LABEL_INBOX, ret_rule->object);
	ret_rule->access = "w";
	return r;
}

/* Loads a rule, and believes only what the kernel answers when asked. */
static int load(const struct smack_rule *rule)
{
	int r = smack_rule_load(rule->subject, rule->object, rule->access);

	if (r == 0)
		r = smack_may(rule->subject, rule->object, rule->access);
	return r == 0 ? -EBADE : r < 0 ? r : 0;
}

static int unload(const struct smack_rule *rule)
{
	int r = smack_rule_load(rule->subject, rule->object, "-");

	if (r == 0)
		r = smack_may(rule->subject, rule->object, rule->access);
	return r > 0 ? -EBADE : r;
}

int smack_rules_start(const char *vm)
{
	struct smack_rule rules[SMACK_RULES_MAX];
	int n = smack_rules_plan(vm, rules), r = 0;

	if (n < 0)
		return n;
	for (int i = 0; i < n && r == 0; i++)
		r = load(&rules[i]);
	if (r < 0)
		smack_rules_stop(vm);
	return r;
}

int smack_rules_stop(const char *vm)
{
	struct smack_rule rules[SMACK_RULES_MAX];
	int n = smack_rules_plan(vm, rules), result = 0, r;
	char courier[SMACK_LABEL_MAX + 1];

	if (n < 0)
		return n;
	for (int i = 0; i < n; i++) {
		r = unload(&rules[i]);
		result = result < 0 ? result : r;
	}
	label_of(vm, LABEL_COURIER, courier);
	r = smack_rule_revoke(courier);
	return result < 0 ? result : r;
}

/* The kernel is asked first: a rule that says no would make labels that it never forgets. */
int smack_rules_pair(const char *from, const char *to, bool allowed)
{
	struct smack_rule rule;
	int r = smack_rules_plan_pair(from, to, &rule);

	if (r == 0)
		r = smack_may(rule.subject, rule.object, rule.access);
	if (r < 0 || r == allowed)
		return r < 0 ? r : 0;
	return allowed ? load(&rule) : unload(&rule);
}

/* Of a device that all VMs share: whether @vm's QEMU may use it now. */
static int permit(const char *vm, const char *object, bool allowed)
{
	struct smack_rule rule = { .access = "rw" };
	int r = label_of(vm, LABEL_QEMU, rule.subject);

	snprintf(rule.object, sizeof(rule.object), "%s", object);
	if (r == 0)
		r = smack_may(rule.subject, rule.object, rule.access);
	if (r < 0 || r == allowed)
		return r < 0 ? r : 0;
	return allowed ? load(&rule) : unload(&rule);
}

int smack_rules_card(const char *vm, bool allowed)
{
	return permit(vm, LABEL_TUN, allowed);
}

int smack_rules_vsock(const char *vm, bool allowed)
{
	return permit(vm, LABEL_VSOCK, allowed);
}
