/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real vmos-confine with the real QEMU: argv[1] is the program's path. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/landlock.h"
#include "base/paths.h"
#include "confine/narrow.h"
#include "tests/unit/child.h"

#define OUTPUT_MAX 65536

static const char *program;
static char folder[] = "/tmp/vmos-test-qemu-XXXXXX";
static char disk[64], outside[64], output[OUTPUT_MAX];

static int set_up(void **state)
{
	char path[64];
	int fd;

	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/vm", folder);
	snprintf(disk, sizeof(disk), "%s/vm/disk", folder);
	snprintf(outside, sizeof(outside), "%s/outside", folder);
	if (paths_mkdir(path) < 0)
		return -1;
	fd = open(disk, O_CREAT | O_WRONLY, 0600);
	if (fd < 0 || ftruncate(fd, 1 << 20) < 0)
		return -1;
	close(fd);
	return 0;
}

static int tear_down(void **state)
{
	return paths_remove(folder);
}

static void become(char *const *argv, const char *variable, const int *in, const int *out)
{
	if (variable)
		setenv("VMOS_CONFINE", variable, 1);
	else
		unsetenv("VMOS_CONFINE");
	dup2(in[0], STDIN_FILENO);
	dup2(out[1], STDOUT_FILENO);
	dup2(out[1], STDERR_FILENO);
	close(in[0]);
	close(in[1]);
	close(out[0]);
	close(out[1]);
	execv(program, argv);
	_exit(126);
}

/* Runs vmos-confine with @input on its standard input; all it says is in @output. Its exit status, -1: a signal. */
static int run(char *const *argv, const char *variable, const char *input)
{
	int in[2], out[2], status;
	ssize_t len;
	pid_t pid;

	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		become(argv, variable, in, out);
	close(in[0]);
	close(out[1]);
	signal(SIGPIPE, SIG_IGN);
	fd_write_all(in[1], input, strlen(input));
	close(in[1]);
	len = fd_read_all(out[0], output, sizeof(output) - 1);
	assert_true(len >= 0);
	output[len] = '\0';
	close(out[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int run_vm(const char *variable, const char *image, const char *monitor)
{
	char drive[128];
	char *argv[] = { "vmos-confine", "-machine", "q35", "-accel", "tcg", "-m", "64", "-nodefaults",
		"-no-user-config", "-display", "none", "-sandbox",
		"on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny", "-drive", drive, "-monitor",
		"stdio", NULL };

	snprintf(drive, sizeof(drive), "file=%s,format=raw,if=virtio", image);
	return run(argv, variable, monitor);
}

static const char *grant(void)
{
	static char variable[128];

	snprintf(variable, sizeof(variable), "rw=%s/vm", folder);
	return variable;
}

static void check_said(const char *text)
{
	if (!strstr(output, text))
		fail_msg("QEMU did not say '%s' but: %s", text, output);
}

static void test_version(void **state)
{
	char *argv[] = { "vmos-confine", "--version", NULL };

	assert_int_equal(run(argv, NULL, ""), 0);
	check_said("QEMU emulator version");
}

static void test_vm_runs(void **state)
{
	assert_int_equal(run_vm(grant(), disk, "info block\ninfo status\nquit\n"), 0);
	check_said("virtio0");
	check_said("VM status: running");
}

static void test_foreign_disk(void **state)
{
	int fd = open(outside, O_CREAT | O_WRONLY, 0600);

	if (landlock_abi() <= 0)
		skip(); /* this kernel has no Landlock */
	assert_int_equal(ftruncate(fd, 1 << 20), 0);
	close(fd);
	assert_int_equal(run_vm(grant(), outside, "quit\n"), 1);
	check_said("Permission denied");
	assert_int_equal(unlink(outside), 0);
}

/* QEMU's own monitor writes files at anybody's word: the best broken-out QEMU there is. */
static void test_monitor_writes(void **state)
{
	char commands[256], inside[64];

	if (landlock_abi() <= 0)
		skip(); /* this kernel has no Landlock */
	snprintf(inside, sizeof(inside), "%s/vm/dump", folder);
	snprintf(commands, sizeof(commands), "pmemsave 0 4096 \"%s\"\npmemsave 0 4096 \"%s\"\nquit\n", inside, outside);
	assert_int_equal(run_vm(grant(), disk, commands), 0);
	assert_int_equal(access(inside, F_OK), 0);
	assert_int_equal(access(outside, F_OK), -1);
}

static void test_monitor_network(void **state)
{
	char path[64], commands[512];
	int listener;

	snprintf(path, sizeof(path), "%s/vm/bus", folder);
	listener = fd_unix_listen(path, SOCK_STREAM, 4);
	assert_true(listener >= 0);
	snprintf(commands, sizeof(commands),
		"chardev-add socket,id=a,path=%s\nchardev-add socket,id=b,host=127.0.0.1,port=22\n"
		"chardev-add socket,id=c,path=%s2,server=on,wait=off\nquit\n",
		path, path);
	assert_int_equal(run_vm(grant(), disk, commands), 0);
	assert_int_equal(fd_set_nonblock(listener, true), 0);
	assert_int_equal(accept(listener, NULL, NULL), -1);
	check_said("Failed to create Unix socket: Operation not permitted");
	check_said("Failed to create socket");
	close(listener);
	snprintf(path, sizeof(path), "%s/vm/bus2", folder);
	assert_int_equal(access(path, F_OK), -1);
}

/* As libvirt asks a QEMU what it can do. */
static void test_probe(void **state)
{
	char qmp[128], pidfile[64], path[64], buf[256], *text;
	char *argv[] = { "vmos-confine", "-S", "-no-user-config", "-nodefaults", "-nographic", "-machine",
		"none,accel=kvm:tcg", "-qmp", qmp, "-pidfile", pidfile, "-daemonize", NULL };
	int fd;

	snprintf(path, sizeof(path), "%s/vm/qmp.monitor", folder);
	snprintf(qmp, sizeof(qmp), "unix:%s,server=on,wait=off", path);
	snprintf(pidfile, sizeof(pidfile), "%s/vm/qmp.pid", folder);
	assert_int_equal(run(argv, NULL, ""), 0);
	fd = fd_unix_connect(path, SOCK_STREAM);
	assert_true(fd >= 0);
	assert_true(read(fd, buf, sizeof(buf) - 1) > 0);
	assert_memory_equal(buf, "{\"QMP\"", 6);
	assert_int_equal(fd_read_file(pidfile, 32, &text, NULL), 0);
	assert_int_equal(kill((pid_t)strtol(text, NULL, 10), SIGTERM), 0);
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	free(text);
	close(fd);
}

static void test_bad_variable(void **state)
{
	assert_int_equal(run_vm("nonsense", disk, ""), 1);
	check_said("VMOS_CONFINE");
	if (landlock_abi() > 0) {
		assert_int_equal(run_vm("rw=/no/such/path", disk, ""), 1);
		check_said("/no/such/path: No such file or directory");
	}
}

static void test_no_server(void **state)
{
	char chardev[128];
	char *argv[] = { "vmos-confine", "-chardev", chardev, NULL };

	snprintf(chardev, sizeof(chardev), "socket,id=c,path=%s/none", folder);
	assert_int_equal(run(argv, grant(), ""), 1);
	check_said("nobody serves");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_vm_runs),
		cmocka_unit_test(test_foreign_disk),
		cmocka_unit_test(test_monitor_writes),
		cmocka_unit_test(test_monitor_network),
		cmocka_unit_test(test_probe),
		cmocka_unit_test(test_bad_variable),
		cmocka_unit_test(test_no_server),
	};

	if (argc != 2) {
		fprintf(stderr, "Usage: %s VMOS-CONFINE\n", argv[0]);
		return 2;
	}
	program = argv[1];
	if (access(NARROW_QEMU, X_OK) < 0) {
		printf("no " NARROW_QEMU " on this machine\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
