/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows 39 … 47: signals and scheduling of other processes. SIGCONT, SIGWINCH
 * and SIGURG do no harm to who gets them; signal 0 would show nothing, as
 * Smack lets it through.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "drill/actions.h"

#define IOPRIO_WHO_PROCESS 1
#define IOPRIO_BEST_EFFORT_5 ((2 << 13) | 5)

static void kill_process(struct attempt *a)
{
	long long pid = attempt_number(a, T_SHEEP, 10);

	if (pid >= 0)
		attempt_part(a, "SIGKILL", try_call(SYS_kill, pid, SIGKILL));
}

static void signal_victim(struct attempt *a)
{
	long long qemu = attempt_number(a, B_PID, 10), pid = attempt_number(a, T_PID, 10);
	siginfo_t info = { .si_signo = SIGCONT, .si_code = SI_QUEUE };

	if (qemu >= 0)
		attempt_part(a, "QEMU", try_call(SYS_kill, qemu, SIGCONT));
	if (pid < 0)
		return;
	attempt_part(a, "kill", try_call(SYS_kill, pid, SIGCONT));
	attempt_part(a, "tkill", try_call(SYS_tkill, pid, SIGCONT));
	attempt_part(a, "tgkill", try_call(SYS_tgkill, pid, pid, SIGCONT));
	attempt_part(a, "rt_sigqueueinfo", try_call(SYS_rt_sigqueueinfo, pid, SIGCONT, &info));
}

/* A folder of /proc is a pidfd too. */
static void signal_by_pidfd(struct attempt *a)
{
	long long pid = attempt_number(a, T_PID, 10);
	int pidfd cleanup_fd = -1, dir cleanup_fd = -1;
	char path[64];

	if (pid < 0)
		return;
	pidfd = (int)try_call(SYS_pidfd_open, pid, 0);
	attempt_part(a, "pidfd_open", pidfd < 0 ? -1 : try_call(SYS_pidfd_send_signal, pidfd, SIGWINCH, NULL, 0));
	snprintf(path, sizeof(path), "/proc/%lld", pid);
	dir = attempt_open(path, O_PATH | O_DIRECTORY);
	if (dir >= 0 && try_call(SYS_pidfd_send_signal, dir, SIGWINCH, NULL, 0) < 0 && errno == EBADF) {
		close(dir);
		dir = attempt_open(path, O_RDONLY | O_DIRECTORY);
		attempt_part(a, "/proc", dir < 0 ? -1 : try_call(SYS_pidfd_send_signal, dir, SIGWINCH, NULL, 0));
		return;
	}
	attempt_part(a, "/proc", dir < 0 || errno ? -1 : 0);
}

static void signal_manager(struct attempt *a)
{
	long long pid = attempt_number(a, M_PID, 10), helper = attempt_number(a, M_HELPER, 10);

	if (pid >= 0)
		attempt_part(a, "vmosd", try_call(SYS_kill, pid, SIGCONT));
	if (helper >= 0)
		attempt_part(a, "its stand-in", try_call(SYS_kill, helper, SIGCONT));
}

/* The kernel sends the owner of a socket a signal when data comes: whoever that is said to be. */
static void signal_as_owner(struct attempt *a, long long pid)
{
	int pair[2];
	long ret;

	if (try_call(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, pair) < 0) {
		/* An eventfd signals nobody; what counts is whether an owner may be named at all. */
		pair[0] = (int)try_call(SYS_eventfd2, 0, 0);
		pair[1] = -1;
	}
	ret = try_call(SYS_fcntl, pair[0], F_SETOWN, pid);
	if (ret < 0) {
		attempt_part(a, "F_SETOWN", ret);
	} else if (pair[1] >= 0) {
		try_call(SYS_fcntl, pair[0], F_SETSIG, SIGURG);
		try_call(SYS_fcntl, pair[0], F_SETFL, O_ASYNC | O_NONBLOCK);
		try_call(SYS_write, pair[1], "x", 1);
		attempt_sent(a, "F_SETOWN");
	}
	close(pair[0]);
	if (pair[1] >= 0)
		close(pair[1]);
}

/* kill(-1) succeeds also when it reached nobody. */
static void signal_all(struct attempt *a)
{
	long long pid = attempt_number(a, T_PID, 10);

	if (try_call(SYS_kill, -1, SIGURG) < 0)
		attempt_part(a, "kill(-1)", -1);
	else
		attempt_sent(a, "kill(-1)");
	if (pid >= 0)
		signal_as_owner(a, pid);
}

static void set_priority(struct attempt *a)
{
	long long qemu = attempt_number(a, B_PID, 10), pid = attempt_number(a, T_PID, 10);

	if (qemu >= 0)
		attempt_part(a, "setpriority of QEMU", try_call(SYS_setpriority, PRIO_PROCESS, qemu, 1));
	if (pid >= 0)
		attempt_part(a, "setpriority", try_call(SYS_setpriority, PRIO_PROCESS, pid, 5));
}

static void set_affinity(struct attempt *a)
{
	long long pid = attempt_number(a, T_PID, 10);
	cpu_set_t first;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	if (pid >= 0)
		attempt_part(a, "sched_setaffinity", try_call(SYS_sched_setaffinity, pid, sizeof(first), &first));
}

static void set_io_priority(struct attempt *a)
{
	long long pid = attempt_number(a, T_PID, 10);

	if (pid >= 0)
		attempt_part(a, "ioprio_set", try_call(SYS_ioprio_set, IOPRIO_WHO_PROCESS, pid, IOPRIO_BEST_EFFORT_5));
}

static void set_limits(struct attempt *a)
{
	long long qemu = attempt_number(a, B_PID, 10), pid = attempt_number(a, T_PID, 10);
	struct rlimit limit = { 512, 512 };

	if (qemu >= 0)
		attempt_part(a, "get QEMU's", try_call(SYS_prlimit64, qemu, RLIMIT_NOFILE, NULL, &limit));
	limit = (struct rlimit){ 512, 512 };
	if (pid >= 0)
		attempt_part(a, "set", try_call(SYS_prlimit64, pid, RLIMIT_NOFILE, &limit, NULL));
}

static const attempt_run runs[] = { kill_process, signal_victim, signal_by_pidfd, signal_manager, signal_all,
	set_priority, set_affinity, set_io_priority, set_limits };

const struct family family_signals = { 39, sizeof(runs) / sizeof(runs[0]), runs };
