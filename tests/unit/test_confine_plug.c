/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's cards in VDE switches, by libvdeplug: it loads its modules in a way that AddressSanitizer does not allow. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/paths.h"
#include "confine/option.h"
#include "confine/plug.h"
#include "confine/switch.h"
#include "tests/unit/unit.h"

static char folder[] = "/tmp/vmos-test-plug-XXXXXX";

static void test_option(void **state)
{
	struct option_value v;

	assert_int_equal(option_find("vde,id=n,sock=/a,,b/c,x=y", "sock", &v), 1);
	assert_string_equal(v.value, "/a,b/c");
	assert_int_equal(v.at, 8);
	assert_int_equal(v.len, strlen(",sock=/a,,b/c"));
	free(v.value);
	assert_int_equal(option_find("vde,id=a,,sock=/x", "sock", &v), 0); /* of the id's value */
	assert_int_equal(option_find("sock=/x", "sock", &v), 0); /* the kind */
	assert_int_equal(option_find("vde,socket=/x", "sock", &v), 0);
	assert_int_equal(option_find("vde,sock", "sock", &v), 0);
	assert_int_equal(option_find("vde,", "sock", &v), 0);
	assert_int_equal(option_find("", "sock", &v), 0);
	assert_int_equal(option_find("vde,sock=", "sock", &v), 1);
	assert_string_equal(v.value, "");
	free(v.value);
}

/* What would become other options of QEMU's, or another module of libvdeplug's, is refused. */
static void test_plug_arguments(void **state)
{
	static char *const bad[] = { "vde,sock=/x", "vde,id=n", "vde,id=,sock=/x", "vde,id=a,,b=c,sock=/x",
		"vde,id=a b,sock=/x" };
	char *argv[] = { "qemu", "-netdev", "user,id=u", "-netdev", "dgram,id=d,local.type=fd,local.str=9", "-netdev",
		NULL };
	struct plug plug;
	const char *at = NULL;

	assert_int_equal(plug_netdevs(argv, &at), 0);
	assert_string_equal(argv[2], "user,id=u");
	for (size_t i = 0; i < COUNT(bad); i++) {
		char *one[] = { "qemu", "-netdev", bad[i], NULL };

		assert_int_equal(plug_netdevs(one, &at), -EBADMSG);
		assert_ptr_equal(one[2], bad[i]);
	}
	assert_int_equal(plug_open("tap://tap0", 0, &plug), -EINVAL);
	assert_int_equal(plug_open("/a[port=3]", 0, &plug), -EINVAL);
	assert_true(plug_open("/no/such/switch", 0, &plug) < 0);
	assert_int_equal(plug.data, -1);
}

/* A real switch between two plugs, as it is started for a card. */
static void test_plugs(void **state)
{
	char dir[64], netdev[128], buf[64] = "";
	char *argv[] = { "qemu", "-netdev", netdev, NULL };
	struct plug other;
	const char *at;
	int data;
	pid_t pid;

	if (access(SWITCH_PROGRAM, X_OK) < 0)
		skip(); /* the package vde2 is not installed */
	assert_non_null(mkdtemp(folder));
	snprintf(dir, sizeof(dir), "%s/sw", folder);
	assert_int_equal(paths_mkdir(dir), 0);
	pid = fork();
	if (pid == 0)
		_exit(switch_main(dir));
	snprintf(netdev, sizeof(netdev), "vde,id=vmosnet7,sock=%s", dir);
	assert_int_equal(plug_netdevs(argv, &at), 0);
	assert_int_equal(sscanf(argv[2], "dgram,id=vmosnet7,local.type=fd,local.str=%d", &data), 1);
	assert_int_equal(fcntl(data, F_GETFD) & FD_CLOEXEC, 0);
	assert_int_equal(plug_open(dir, 0, &other), 0);
	assert_int_equal(write(data, "ffffffffffffaaaaaaaaaaaaTYhello", 31), 31);
	assert_int_equal(recv(other.data, buf, sizeof(buf), 0), 31);
	assert_memory_equal(buf + 26, "hello", 5);
	plug_close(&other);
	close(data);
	free(argv[2]);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(paths_remove(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_option),
		cmocka_unit_test(test_plug_arguments),
		cmocka_unit_test(test_plugs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
