/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Labels and rules of VMs, as plans: nothing is loaded. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manager/labels.h"
#include "manager/smack_rules.h"
#include "proto/text.h"
#include "tests/unit/unit.h"

#define NAMES 2000

static const char *const fixed[] = { LABEL_MANAGER, LABEL_LIBVIRT, LABEL_ROOT, LABEL_LOG, LABEL_OFF, LABEL_HOST, "^",
	"*", "?", "@" };
/* Names made to look like labels or parts of them. */
static const char *const tricky[] = { "a", "a.qemu", "a.image", "a.qemu.qemu", "a.gui.courier", "manager", "libvirt",
	"root", "off", "vmos", "vmos.a", "vmos.a.qemu", "qemu", "image", "inbox", "a-", "a.", "a..", "a.-", "0", "A" };

static void test_names(void **state)
{
	char label[SMACK_LABEL_MAX + 1];

	assert_int_equal(label_of("work", LABEL_QEMU, label), 0);
	assert_string_equal(label, "vmos.work.qemu");
	assert_int_equal(label_of("a.b", LABEL_INBOX, label), 0);
	assert_string_equal(label, "vmos.a.b.inbox");
	assert_int_equal(label_of("", LABEL_QEMU, label), -EINVAL);
	assert_int_equal(label_of("-a", LABEL_QEMU, label), -EINVAL);
	assert_int_equal(label_of("a/b", LABEL_QEMU, label), -EINVAL);
	assert_int_equal(label_of("a b", LABEL_QEMU, label), -EINVAL);
	assert_int_equal(label_of("a", LABEL_KINDS, label), -EINVAL);
}

/* A name of 1 to 40 bytes, of few different ones, so that near misses are common. */
static void random_name(uint64_t *seed, char name[VM_NAME_MAX + 1])
{
	static const char bytes[] = "ab.-_qemu";
	size_t len = 1 + unit_random(seed) % (unit_random(seed) % 4 ? 6 : VM_NAME_MAX);

	do {
		for (size_t i = 0; i < len; i++)
			name[i] = bytes[unit_random(seed) % (sizeof(bytes) - 1)];
		name[len] = '\0';
	} while (!text_is_vm_name(name));
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* As many different labels as there are different names, times the kinds, and none of them fixed. */
static void test_injective(void **state)
{
	static char names[NAMES + COUNT(tricky)][VM_NAME_MAX + 1],
		labels[COUNT(names) * LABEL_KINDS][SMACK_LABEL_MAX + 1];
	static char *by_name[COUNT(names)], *by_label[COUNT(labels)];
	size_t different_names = 1, different_labels = 1;
	uint64_t seed = 8;

	for (size_t i = 0; i < COUNT(names); i++) {
		if (i < NAMES)
			random_name(&seed, names[i]);
		else
			snprintf(names[i], sizeof(names[i]), "%s", tricky[i - NAMES]);
		by_name[i] = names[i];
		for (unsigned kind = 0; kind < LABEL_KINDS; kind++) {
			char *label = labels[i * LABEL_KINDS + kind];

			assert_int_equal(label_of(names[i], (enum label_kind)kind, label), 0);
			assert_true(smack_label_is_valid(label));
			for (size_t f = 0; f < COUNT(fixed); f++)
				assert_string_not_equal(label, fixed[f]);
			by_label[i * LABEL_KINDS + kind] = label;
		}
	}
	qsort(by_name, COUNT(by_name), sizeof(by_name[0]), by_text);
	qsort(by_label, COUNT(by_label), sizeof(by_label[0]), by_text);
	for (size_t i = 1; i < COUNT(by_name); i++)
		different_names += strcmp(by_name[i - 1], by_name[i]) != 0;
	for (size_t i = 1; i < COUNT(by_label); i++)
		different_labels += strcmp(by_label[i - 1], by_label[i]) != 0;
	assert_int_equal(different_labels, different_names * LABEL_KINDS);
}

/* Only what is a VM name becomes a label: each byte at each place. */
static void test_bytes(void **state)
{
	char label[SMACK_LABEL_MAX + 1];

	for (int c = 1; c < 256; c++) {
		for (int at = 0; at < 3; at++) {
			char name[] = "abc";

			name[at] = (char)c;
			assert_int_equal(label_of(name, LABEL_QEMU, label) == 0, text_is_vm_name(name));
		}
	}
}

static const struct smack_rule *find(const struct smack_rule *rules, int n, const char *subject, const char *object)
{
	for (int i = 0; i < n; i++) {
		if (strcmp(rules[i].subject, subject) == 0 && strcmp(rules[i].object, object) == 0)
			return &rules[i];
	}
	return NULL;
}

static void check_rule(const struct smack_rule *rules, int n, const char *subject, const char *object)
{
	const struct smack_rule *rule = find(rules, n, subject, object);
	const char *access = strcmp(subject, LABEL_LIBVIRT) == 0               ? "rwx"
		: strstr(object, ".inbox") || strcmp(object, LABEL_RELAY) == 0 ? "r"
									       : "rw";

	assert_non_null(rule);
	assert_string_equal(rule->access, access);
}

static void test_plan(void **state)
{
	struct smack_rule rules[SMACK_RULES_MAX];
	int n = smack_rules_plan("work", rules);

	assert_int_equal(n, 8);
	check_rule(rules, n, "vmos.work.qemu", "vmos.work.gui");
	check_rule(rules, n, "vmos.work.desktop", "vmos.work.gui");
	check_rule(rules, n, "_", "vmos.work.gui");
	check_rule(rules, n, "_", "vmos.work.desktop");
	check_rule(rules, n, "vmos.work.courier", "vmos.work.image");
	check_rule(rules, n, "vmos.work.courier", "vmos.work.inbox");
	check_rule(rules, n, "vmos.work.courier", "vmos.relay");
	check_rule(rules, n, "vmos.libvirt", "vmos.work.image");
	assert_int_equal(smack_rules_plan("no/name", rules), -EINVAL);
}

/* No label of another VM stands in a VM's plan, nor a fixed one but the host's, libvirtd's and that of relays. */
static void test_plan_is_own(void **state)
{
	for (size_t i = 0; i < COUNT(tricky); i++) {
		struct smack_rule rules[SMACK_RULES_MAX];
		int n = smack_rules_plan(tricky[i], rules);
		char prefix[64];

		snprintf(prefix, sizeof(prefix), "vmos.%s.", tricky[i]);
		for (int k = 0; k < n; k++) {
			const char *object = rules[k].object, *subject = rules[k].subject;

			if (strcmp(object, LABEL_RELAY) != 0) {
				assert_memory_equal(object, prefix, strlen(prefix));
				assert_null(strchr(object + strlen(prefix), '.'));
			}
			if (strcmp(subject, "_") != 0 && strcmp(subject, LABEL_LIBVIRT) != 0) {
				assert_memory_equal(subject, prefix, strlen(prefix));
				assert_null(strchr(subject + strlen(prefix), '.'));
			}
			assert_true(smack_access_is_valid(rules[k].access));
		}
	}
}

/* What one VM may do to another is one thing: its courier to the other's inbox. */
static void test_pair(void **state)
{
	struct smack_rule rule;

	assert_int_equal(smack_rules_plan_pair("work", "web", &rule), 0);
	assert_string_equal(rule.subject, "vmos.work.courier");
	assert_string_equal(rule.object, "vmos.web.inbox");
	assert_string_equal(rule.access, "w");
	assert_int_equal(smack_rules_plan_pair("work", "work", &rule), -EINVAL);
	assert_int_equal(smack_rules_plan_pair("work", "_", &rule), -EINVAL);
	assert_int_equal(smack_rules_plan_pair("*", "work", &rule), -EINVAL);
}

/* Without Smack nothing pretends to be loaded. */
static void test_without_smack(void **state)
{
	if (smack_is_active() == 1)
		skip();
	assert_true(smack_rules_start("work") < 0);
	assert_true(smack_rules_stop("work") < 0);
	assert_true(smack_rules_pair("work", "web", true) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_injective),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_plan_is_own),
		cmocka_unit_test(test_pair),
		cmocka_unit_test(test_without_smack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
