/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdbool.h>
#include <string.h>

#include "policy/likeness.h"
#include "proto/text.h"
#include "tests/unit/unit.h"

static void test_alike(void **state)
{
	static const char *const pairs[][2] = { { "work", "work" }, { "work", "Work" }, { "work", "vvork" },
		{ "work", "w0rk" }, { "mail", "rnail" }, { "bill", "bi1l" }, { "bill", "biIl" }, { "bank", "bank." },
		{ "bank", "bank_-" }, { "my-bank", "my_bank" }, { "admin", "aclrnin" }, { "safe", "5afe" } };

	for (size_t i = 0; i < COUNT(pairs); i++) {
		if (!likeness_is(pairs[i][0], pairs[i][1]) || !likeness_is(pairs[i][1], pairs[i][0]))
			fail_msg("%s is not like %s", pairs[i][0], pairs[i][1]);
	}
}

static void test_unlike(void **state)
{
	static const char *const pairs[][2] = { { "work", "works" }, { "work", "wok" }, { "work", "web" },
		{ "vm1", "vm2" }, { "vm1", "vm11" }, { "mail", "mall" }, { "a-b", "ab" }, { "net0", "net1" } };

	for (size_t i = 0; i < COUNT(pairs); i++) {
		if (likeness_is(pairs[i][0], pairs[i][1]))
			fail_msg("%s is like %s", pairs[i][0], pairs[i][1]);
	}
}

/* The longest names there are, of the widest shapes, and one that differs in the last letter. */
static void test_long(void **state)
{
	char a[VM_NAME_MAX + 1], b[VM_NAME_MAX + 1];

	memset(a, 'm', VM_NAME_MAX);
	a[VM_NAME_MAX] = '\0';
	memcpy(b, a, sizeof(b));
	assert_true(text_is_vm_name(a) && likeness_is(a, b));
	b[VM_NAME_MAX - 1] = 'w';
	assert_false(likeness_is(a, b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alike),
		cmocka_unit_test(test_unlike),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
