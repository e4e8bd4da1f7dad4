/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many system calls vmos-desktop has left in its sandbox: each number of the table is tried in a process of its own. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "desktop/sandbox.h"
#include "tests/unit/unit.h"

#define CALLS 512 /* the table of this year's kernels ends below */
#define MOST 40

enum { ALLOWED = 10, REFUSED, NO_SANDBOX };

/* Two sets of arguments, as some calls are allowed with certain values only. */
static void try_call(long nr, bool on_self)
{
	static const int faults[] = { SIGSEGV, SIGILL, SIGBUS, SIGFPE };
	long r;

	for (size_t i = 0; i < COUNT(faults); i++)
		signal(faults[i], SIG_DFL); /* cmocka's handler would report them */
	alarm(5);
	if (desktop_sandbox() < 0)
		_exit(NO_SANDBOX);
	errno = 0;
	r = on_self ? syscall(nr, (long)getpid(), 0L, 0L, 0x1000L, 0L, 0L) : syscall(nr, 0L, 0L, 0L, 0L, 0L, 0L);
	_exit(r == -1 && (errno == EACCES || errno == ENOSYS || errno == EPERM || errno == ENOTTY || errno == ECHILD)
			? REFUSED
			: ALLOWED);
}

/* exit(2) and rt_sigreturn(2) do what they do. */
static bool is_allowed(long nr, bool on_self)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0)
		try_call(nr, on_self);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return WTERMSIG(status) != SIGSYS;
	assert_int_not_equal(WEXITSTATUS(status), NO_SANDBOX);
	return WEXITSTATUS(status) != REFUSED;
}

static void test_count(void **state)
{
	unsigned n = 0;

#ifdef __SANITIZE_ADDRESS__
	skip(); /* the sanitizer has a list of its own, and ends a child in its own way */
#endif
	for (long nr = 0; nr < CALLS; nr++)
		n += is_allowed(nr, false) || is_allowed(nr, true);
	print_message("%u system calls are left\n", n);
	assert_in_range(n, 20, MOST);
	assert_true(is_allowed(SYS_poll, false));
	assert_false(is_allowed(SYS_socket, false) || is_allowed(SYS_openat, false) || is_allowed(SYS_clone, false) ||
		is_allowed(SYS_execve, false) || is_allowed(SYS_epoll_wait, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_count) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
