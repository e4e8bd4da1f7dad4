/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>

#include "base/fd.h"
#include "base/landlock.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "tests/unit/child.h"

static bool nothing(void)
{
	return true;
}

static bool only_files(void)
{
	return sandbox_start() == 0 && sandbox_files() >= 0;
}

static bool only_calls(void)
{
	return sandbox_start() == 0 && sandbox_calls(NULL) == 0;
}

static bool all_stages(void)
{
	return only_files() && sandbox_calls(NULL) == 0;
}

static bool with_names(void)
{
	static const char *const names[] = { "socket", "memfd_create", NULL };

	return sandbox_start() == 0 && sandbox_calls(names) == 0;
}

static bool with_choice(void)
{
	static const unsigned families[] = { AF_NETLINK, AF_UNIX };

	return sandbox_start() == 0 && sandbox_calls_with(NULL, &(struct sandbox_choice){ "socket", families, 2 }) == 0;
}

static bool with_executable_memory(void)
{
	static const char *const names[] = { "mmap", "mprotect", NULL };

	return sandbox_start() == 0 && sandbox_calls(names) == 0;
}

static bool act_open(void)
{
	return open("/etc/passwd", O_RDONLY) >= 0;
}

static bool act_open_root(void)
{
	return open("/", O_RDONLY | O_DIRECTORY) >= 0;
}

static bool act_make_file(void)
{
	return open("/tmp", O_TMPFILE | O_RDWR, 0600) >= 0;
}

static bool act_mkdir(void)
{
	return mkdir("/tmp/vmos-test-sandbox", 0700) == 0 && rmdir("/tmp/vmos-test-sandbox") == 0;
}

static bool act_exec(void)
{
	char *argv[] = { "sh", "-c", "exit 42", NULL };

	execv("/bin/sh", argv);
	return false;
}

static bool act_tcp(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd >= 0 && bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0;
}

static bool act_signal_parent(void)
{
	return kill(getppid(), 0) == 0;
}

static bool act_unix_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
}

static bool act_connect(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = "/nowhere" };

	return connect(0, (struct sockaddr *)&addr, sizeof(addr)) < 0 && errno != EPERM;
}

static bool act_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid > 0;
}

static bool act_ptrace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

static bool act_memfd(void)
{
	return memfd_create("test", 0) >= 0;
}

static bool act_map_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool act_make_code(void)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at != MAP_FAILED && mprotect(at, 4096, PROT_READ | PROT_EXEC) == 0;
}

static bool act_raise_limit(void)
{
	const struct rlimit limit = { 10, 10 };

	return setrlimit(RLIMIT_CPU, &limit) == 0;
}

static bool act_unshare(void)
{
	return syscall(SYS_unshare, 0) == 0;
}

#ifdef __x86_64__
static bool act_other_call_table(void)
{
	long ret;

	__asm__ volatile("int $0x80" : "=a"(ret) : "a"(20 /* getpid */) : "memory");
	return ret > 0;
}
#endif

static void test_start(void **state)
{
	struct rlimit limit;
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		bool ok = sandbox_start() == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 &&
			getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max == 0 &&
			getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max <= 640;
#ifndef __SANITIZE_ADDRESS__
		ok = ok && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
#endif
		_exit(ok ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_files(void **state)
{
	static const struct child_act acts[] = {
		{ "open", act_open },
		{ "open /", act_open_root },
		{ "make a file", act_make_file },
		{ "make a folder", act_mkdir },
		{ "exec", act_exec },
	};

	if (landlock_abi() <= 0)
		skip(); /* this kernel has no Landlock */
	child_check_refused(nothing, only_files, acts, COUNT(acts));
}

static void test_files_by_abi(void **state)
{
	static const struct child_act tcp = { "TCP", act_tcp }, signal_parent = { "signal", act_signal_parent };

	if (landlock_abi() >= 4)
		child_check_refused(nothing, only_files, &tcp, 1);
	if (landlock_abi() >= 6)
		child_check_refused(nothing, only_files, &signal_parent, 1);
}

static void test_calls(void **state)
{
	static const struct child_act acts[] = {
		{ "open", act_open },
		{ "make a folder", act_mkdir },
		{ "exec", act_exec },
		{ "TCP socket", act_tcp },
		{ "UNIX socket", act_unix_socket },
		{ "connect", act_connect },
		{ "signal", act_signal_parent },
		{ "fork", act_fork },
		{ "ptrace", act_ptrace },
		{ "memfd", act_memfd },
		{ "map code", act_map_code },
		{ "make code", act_make_code },
		{ "set a limit", act_raise_limit },
		{ "unshare", act_unshare },
	};

	child_check_refused(nothing, only_calls, acts, COUNT(acts));
	child_check_refused(nothing, all_stages, acts, COUNT(acts));
}

#ifdef __x86_64__
static void test_other_call_table(void **state)
{
	static const struct child_act act = { "32-bit call", act_other_call_table };

	if (!child_done(nothing, act.act))
		skip(); /* this kernel has no 32-bit calls at all */
	child_check_refused(nothing, only_calls, &act, 1);
}
#endif

/* A call outside the list is death, not an error a hostile program could try again after. */
static void test_calls_kill(void **state)
{
	int status = child_status(only_calls, act_unshare);

	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

static void test_names(void **state)
{
	static const char *const unknown[] = { "no_such_call", NULL };

	assert_true(child_done(with_names, act_unix_socket));
	assert_true(child_done(with_names, act_memfd));
	assert_true(child_refused(with_names, act_exec));
	assert_true(child_done(with_executable_memory, act_make_code));
	assert_int_equal(sandbox_calls(unknown), -EINVAL);
	assert_true(child_done(with_choice, act_unix_socket));
	assert_true(child_refused(with_choice, act_tcp));
	assert_int_equal(sandbox_calls_with(NULL, &(struct sandbox_choice){ .name = unknown[0] }), -EINVAL);
}

/* What every helper does must go on: its loop, packets with fds, memory, time, log lines, limits read by libraries. */
static bool act_work(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct timespec now;
	struct rlimit limit;
	struct stat st;
	int fds[2] = { eventfd(0, EFD_NONBLOCK), 0 };
	int epoll = epoll_create1(EPOLL_CLOEXEC), timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	char *memory = malloc(8 << 20);

	if (fds[0] < 0 || epoll < 0 || timer < 0 || !memory)
		return false;
	memset(memory, 1, 8 << 20);
	memory = realloc(memory, 64 << 20);
	free(memory);
	fd_eventfd_kick(fds[0]);
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fds[0], &event) < 0 || epoll_wait(epoll, &event, 1, 0) != 1)
		return false;
	log_info("%s", strerror(EACCES));
	return clock_gettime(CLOCK_MONOTONIC, &now) == 0 && getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
		fstat(fds[0], &st) == 0 && fcntl(fds[0], F_GETFL) >= 0 && dup(fds[0]) >= 0;
}

static int inherited[2];

static bool act_packets(void)
{
	int got[2];
	unsigned nfds;
	char buf[4];

	return fd_send_packet(inherited[0], "abc", 3, inherited, 2) == 0 &&
		fd_recv_packet(inherited[1], buf, sizeof(buf), got, 2, &nfds) == 3 && nfds == 2 &&
		fd_check_peer(inherited[0]) == 0;
}

static void test_work_goes_on(void **state)
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, inherited), 0);
	assert_true(child_done(all_stages, act_work));
	assert_true(child_done(all_stages, act_packets));
	close(inherited[0]);
	close(inherited[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_files_by_abi),
		cmocka_unit_test(test_calls),
#ifdef __x86_64__
		cmocka_unit_test(test_other_call_table),
#endif
		cmocka_unit_test(test_calls_kill),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_work_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
