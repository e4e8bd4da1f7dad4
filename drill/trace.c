/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows 33 … 38: into another process. Where it would hurt a running VM, the victim's stand-in is the target. */
#include <linux/kcmp.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "drill/actions.h"

static void seize(struct attempt *a, enum fact who, const char *name)
{
	long long pid = attempt_number(a, who, 10);
	int status;

	if (pid < 0)
		return;
	if (!attempt_part(a, name, try_call(SYS_ptrace, PTRACE_SEIZE, pid, 0, 0)))
		return;
	/* A tracer lets go only of who has stopped. It stops within moments, or this thread's end lets go. */
	try_call(SYS_ptrace, PTRACE_INTERRUPT, pid, 0, 0);
	for (int i = 0; i < 100 && try_call(SYS_wait4, pid, &status, __WALL | WNOHANG, NULL) == 0; i++)
		usleep(1000);
	try_call(SYS_ptrace, PTRACE_DETACH, pid, 0, 0);
}

static void trace(struct attempt *a)
{
	seize(a, B_PID, "seize");
	seize(a, T_PID, "seize its stand-in");
}

static bool target(struct attempt *a, long long *ret_pid, long long *ret_address)
{
	*ret_pid = attempt_number(a, T_PID, 10);
	*ret_address = attempt_number(a, T_ADDRESS, 16);
	return *ret_pid >= 0 && *ret_address > 0;
}

static void read_memory(struct attempt *a)
{
	char found[sizeof(FACTS_SECRET)] = "";
	struct iovec here = { found, sizeof(found) - 1 }, there = { NULL, sizeof(found) - 1 };
	long long pid, address;

	if (!target(a, &pid, &address))
		return;
	there.iov_base = (void *)address;
	if (try_call(SYS_process_vm_readv, pid, &here, 1, &there, 1, 0) < 0)
		attempt_part(a, "process_vm_readv", -1);
	else
		attempt_effect(a, "process_vm_readv", strcmp(found, FACTS_SECRET) == 0);
}

static void write_memory(struct attempt *a)
{
	char mark[] = "taken";
	struct iovec here = { mark, sizeof(mark) }, there = { NULL, sizeof(mark) };
	long long pid, address;

	if (!target(a, &pid, &address))
		return;
	there.iov_base = (void *)(address + (long long)sizeof(FACTS_SECRET));
	attempt_part(a, "process_vm_writev", try_call(SYS_process_vm_writev, pid, &here, 1, &there, 1, 0));
}

static void compare(struct attempt *a)
{
	long long pid = attempt_number(a, B_PID, 10);

	if (pid >= 0)
		attempt_part(a, "kcmp", try_call(SYS_kcmp, getpid(), pid, KCMP_FILE, 0, 0));
}

static void copy_fd(struct attempt *a)
{
	long long pid = attempt_number(a, T_PID, 10), number = attempt_number(a, T_FD, 10);
	int pidfd cleanup_fd = -1, taken cleanup_fd = -1;
	char buf[16];

	if (pid < 0 || number < 0)
		return;
	pidfd = (int)try_call(SYS_pidfd_open, pid, 0);
	if (pidfd < 0) {
		attempt_part(a, "pidfd_open", -1);
		return;
	}
	taken = (int)try_call(SYS_pidfd_getfd, pidfd, number, 0);
	if (attempt_part(a, "pidfd_getfd", taken) && try_call(SYS_pread64, taken, buf, sizeof(buf), 0) > 0)
		attempt_part(a, "and read", 0);
}

static void count_events(struct attempt *a)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CONTEXT_SWITCHES,
		.exclude_kernel = 1 };
	long long pid = attempt_number(a, B_PID, 10);
	int fd cleanup_fd = -1;

	if (pid < 0)
		return;
	fd = (int)try_call(SYS_perf_event_open, &attr, pid, -1, -1, 0);
	attempt_part(a, "perf_event_open", fd);
}

static const attempt_run runs[] = { trace, read_memory, write_memory, compare, copy_fd, count_events };

const struct family family_trace = { 33, sizeof(runs) / sizeof(runs[0]), runs };
