/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/identity.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/paths.h"

#define COUNT (IDENTITY_UID_MAX - IDENTITY_UID_MIN + 1)

static void test_pick(void **state)
{
	const uint32_t used[] = { 64102, 64100, 0, 1000, 64100 };

	assert_int_equal(identity_pick(NULL, 0), IDENTITY_UID_MIN);
	assert_int_equal(identity_pick(used, 5), 64101);
	assert_int_equal(identity_pick(used, 1), 64100);
}

/* Property: each of the ids is given once, then there is none. */
static void test_pick_all(void **state)
{
	uint32_t used[COUNT];

	for (size_t i = 0; i < COUNT; i++) {
		used[i] = identity_pick(used, i);
		assert_true(identity_uid_is_valid(used[i]));
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(used[i], used[j]);
	}
	assert_int_equal(identity_pick(used, COUNT), 0);
	assert_false(identity_uid_is_valid(0));
	assert_false(identity_uid_is_valid(IDENTITY_UID_MIN - 1));
	assert_false(identity_uid_is_valid(IDENTITY_UID_MAX + 1));
}

/* The id of a folder that is still there is not given again, even if no VM has it. */
static void test_scan(void **state)
{
	char dir[] = "/tmp/vmos-identity.XXXXXX";
	uint32_t used[4] = { 7 };
	char path[64];

	if (geteuid() != 0)
		skip();
	assert_non_null(mkdtemp(dir));
	for (unsigned i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/vm%u", dir, i);
		assert_int_equal(mkdir(path, 0710), 0);
		assert_int_equal(chown(path, 0, i < 2 ? IDENTITY_UID_MIN + i : 1000), 0);
	}
	assert_int_equal(identity_scan_owners(dir, used, 1, 4), 3);
	assert_int_equal(identity_pick(used, 3), IDENTITY_UID_MIN + 2);
	assert_int_equal(identity_scan_owners(dir, used, 1, 2), 2);
	assert_int_equal(identity_scan_owners("/nonexistent", used, 1, 4), 1);
	paths_remove(dir);
}

/* In session mode nothing is given away, and the peer must be ourselves. */
static void test_session(void **state)
{
	const struct identity id = { .apart = false, .uid = 64100, .vm = "work" };
	int pair[2];
	pid_t pid = 0;

	assert_int_equal(identity_own_folder(&id, "/nonexistent"), 0);
	assert_int_equal(identity_own_file(&id, "/nonexistent"), 0);
	assert_int_equal(identity_label_fd(&id, -1, LABEL_IMAGE), 0);
	assert_int_equal(identity_become(&id, LABEL_COURIER), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(identity_check_peer(&id, pair[0], &pid), 0);
	assert_int_equal(pid, getpid());
	close(pair[0]);
	close(pair[1]);
}

/* In system mode a peer of another id is refused, root's too, and nothing goes on without Smack. */
static void test_system(void **state)
{
	const struct identity id = { .apart = true, .uid = 64100, .vm = "work" };
	const struct identity nobody = { .apart = true, .uid = 64100, .vm = "../work" };
	char dir[] = "/tmp/vmos-identity.XXXXXX";
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(identity_check_peer(&id, pair[0], NULL), -EPERM);
	assert_int_equal(identity_label_fd(&nobody, pair[0], LABEL_IMAGE), -EINVAL);
	assert_int_equal(identity_become(&nobody, LABEL_COURIER), -EINVAL);
	close(pair[0]);
	close(pair[1]);
	assert_non_null(mkdtemp(dir));
	if (access("/sys/fs/smackfs/load2", F_OK) < 0) {
		struct stat st;

		assert_true(identity_become(&id, LABEL_COURIER) < 0);
		assert_int_equal(stat(dir, &st), 0);
		assert_int_equal(st.st_uid, geteuid());
	}
	assert_int_equal(geteuid(), getuid());
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pick),
		cmocka_unit_test(test_pick_all),
		cmocka_unit_test(test_scan),
		cmocka_unit_test(test_session),
		cmocka_unit_test(test_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
