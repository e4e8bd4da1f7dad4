/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What base/smack.c decides without a kernel; what the kernel says to it is tried in tests/lab. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/smack.h"
#include "tests/unit/unit.h"

static void test_label(void **state)
{
	static const char *const good[] = { "_", "^", "*", "?", "@", "a", "0", "vmos.work.qemu", "a_b-c.D9", "x." };
	static const char *const bad[] = { "", "-", "-a", ".a", "_a", "__", "**", "a b", "a/b", "a\"", "a\\", "a'",
		"a\n", "\303\244", "a\303\244", "a*", "a\177", "a\001", " a", "a " };

	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(smack_label_is_valid(good[i]));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(smack_label_is_valid(bad[i]));
}

static void test_label_length(void **state)
{
	char label[SMACK_LABEL_MAX + 2];

	memset(label, 'a', sizeof(label));
	label[SMACK_LABEL_MAX + 1] = '\0';
	assert_false(smack_label_is_valid(label));
	label[SMACK_LABEL_MAX] = '\0';
	assert_true(smack_label_is_valid(label));
}

/* Every byte: only what the kernel keeps whole (smk_parse_label_len() in smack_access.c) may pass. */
static void test_label_bytes(void **state)
{
	for (int c = 1; c < 256; c++) {
		char label[] = { 'a', (char)c, 'b', '\0' };
		bool kept = c > ' ' && c <= '~' && !strchr("/\"\\'", c);

		if (smack_label_is_valid(label))
			assert_true(kept);
	}
}

static void test_access(void **state)
{
	assert_true(smack_access_is_valid("-"));
	assert_true(smack_access_is_valid("rwxatl"));
	assert_true(smack_access_is_valid("w"));
	assert_false(smack_access_is_valid(""));
	assert_false(smack_access_is_valid("--"));
	assert_false(smack_access_is_valid("r-"));
	assert_false(smack_access_is_valid("b")); /* logs instead of deciding */
	assert_false(smack_access_is_valid("rw "));
	assert_false(smack_access_is_valid("R"));
}

static void test_list(void **state)
{
	assert_true(smack_list_has("lockdown,capability,landlock,yama,smack", "smack"));
	assert_true(smack_list_has("smack\n", "smack"));
	assert_true(smack_list_has("_ vmos.manager vmos.libvirt ", "vmos.libvirt"));
	assert_false(smack_list_has("capability,smackish,xsmack", "smack"));
	assert_false(smack_list_has("smac", "smack"));
	assert_false(smack_list_has("", "smack"));
	assert_false(smack_list_has(" \n", "smack"));
}

static void test_rule(void **state)
{
	char text[32];

	assert_int_equal(smack_rule_format(text, sizeof(text), "a.qemu", "a.image", "rwl"), 18);
	assert_string_equal(text, "a.qemu a.image rwl");
	assert_int_equal(smack_rule_format(text, 18, "a.qemu", "a.image", "rwl"), -EMSGSIZE);
	assert_int_equal(smack_rule_format(text, sizeof(text), "a b", "c", "r"), -EINVAL);
	assert_int_equal(smack_rule_format(text, sizeof(text), "a", "c\n_ _ rwx", "r"), -EINVAL);
	assert_int_equal(smack_rule_format(text, sizeof(text), "a", "b", "rwz"), -EINVAL);
}

/* Nothing is written where an argument is bad, on any kernel. */
static void test_refused(void **state)
{
	int fd = fd_memfd_sealed("smack", 4096);

	assert_true(fd >= 0);
	assert_int_equal(smack_self_set("a b"), -EINVAL);
	assert_int_equal(smack_path_set("/", "a/b"), -EINVAL);
	assert_int_equal(smack_fd_set(fd, ""), -EINVAL);
	assert_int_equal(smack_fd_set(-1, "a"), -EBADF);
	assert_int_equal(smack_rule_load("a", "b", "q"), -EINVAL);
	assert_int_equal(smack_rule_revoke("-a"), -EINVAL);
	assert_int_equal(smack_may("a", "b", ""), -EINVAL);
	close(fd);
}

/* A kernel without Smack says so, and does not pretend. */
static void test_without_smack(void **state)
{
	char text[SMACK_LABEL_MAX + 1];

	if (smack_is_active() == 1)
		skip();
	assert_false(smack_fs_is_mounted());
	assert_true(smack_rule_load("a", "b", "r") < 0);
	assert_true(smack_rule_revoke("a") < 0);
	assert_true(smack_may("a", "b", "r") < 0);
	assert_true(smack_fs_read("onlycap", text, sizeof(text)) < 0);
	assert_true(smack_fs_write("ptrace", "2") < 0);
	assert_true(smack_self_set("a") < 0);
	assert_int_equal(smack_process_get(-1, text), -EINVAL);
	assert_int_equal(smack_path_get("/nowhere", text), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_label),
		cmocka_unit_test(test_label_length),
		cmocka_unit_test(test_label_bytes),
		cmocka_unit_test(test_access),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_rule),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_without_smack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
