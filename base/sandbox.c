/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/sandbox.h"

#include <errno.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/landlock.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1 /* clang */
#endif
#endif

#define SANDBOX_FDS_MAX 640 /* 250 links of 2 fds each, or 32 runs of 5, and what a helper is born with */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Should: poll fds that were given, memory, the time, an end. Mustn't: anything that names a file or a process. */
static const char *const core_calls[] = {
	"read",
	"write",
	"close",
	"lseek",
	"fcntl",
	"fstat",
	"ftruncate",
	"poll",
	"ppoll",
	"recvmsg",
	"sendmsg",
	"accept4",
	"getsockopt",
	"brk",
	"munmap",
	"mremap",
	"madvise",
	"futex",
	"restart_syscall",
	"clock_gettime",
	"getrandom",
	"rt_sigaction",
	"rt_sigprocmask",
	"rt_sigreturn",
	"getpid",
	"gettid",
	"geteuid",
	"exit",
	"exit_group",
#ifdef __SANITIZE_ADDRESS__
	/* What AddressSanitizer's allocator, stack unwinder and report need. */
	"prctl",
	"getrlimit",
	"sched_getaffinity",
	"sysinfo",
	"mincore",
	"tgkill",
#endif
};

/* What sd-event, standard I/O and a courier's streams need besides. */
static const char *const loop_calls[] = {
	"readv",
	"writev",
	"dup",
	"dup2",
	"dup3",
	"epoll_create1",
	"epoll_ctl",
	"epoll_wait",
	"epoll_pwait",
	"epoll_pwait2",
	"eventfd2",
	"signalfd4",
	"timerfd_create",
	"timerfd_settime",
	"timerfd_gettime",
	"recvfrom",
	"sendto",
	"shutdown",
	"membarrier",
	"rseq",
	"set_robust_list",
	"sched_yield",
	"clock_getres",
	"clock_nanosleep",
	"nanosleep",
	"gettimeofday",
	"time",
	"sigaltstack",
	"getppid",
	"getuid",
	"getgid",
	"getegid",
};

/* What a library tries and can do without: a terminal's size, a time zone, a locale, a bigger pipe, a second thread. */
static const struct {
	const char *name;
	int error;
} refused_calls[] = {
	{ "open", EACCES },
	{ "openat", EACCES },
	{ "openat2", ENOSYS },
	{ "access", EACCES },
	{ "faccessat", EACCES },
	{ "faccessat2", EACCES },
	{ "stat", EACCES },
	{ "lstat", EACCES },
	{ "statx", ENOSYS },
	{ "statfs", EACCES },
	{ "readlink", EACCES },
	{ "readlinkat", EACCES },
	{ "getcwd", EACCES },
	{ "ioctl", ENOTTY },
	{ "uname", EPERM },
	{ "inotify_init1", ENOSYS },
	{ "setsockopt", EPERM },
	{ "sched_setscheduler", EPERM },
	{ "setpriority", EPERM },
#ifdef __SANITIZE_ADDRESS__
	{ "clone", EPERM },
	{ "clone3", ENOSYS },
	{ "fork", EPERM },
	{ "vfork", EPERM },
	{ "pipe", EPERM },
	{ "pipe2", EPERM },
	{ "socketpair", EPERM },
	{ "wait4", ECHILD },
	{ "personality", EPERM },
	{ "ptrace", EPERM },
#endif
};

static int set_limit(__rlimit_resource_t resource, rlim_t value)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) < 0)
		return -errno;
	if (limit.rlim_max < value)
		value = limit.rlim_max;
	limit = (struct rlimit){ .rlim_cur = value, .rlim_max = value };
	return setrlimit(resource, &limit) < 0 ? -errno : 0;
}

/*
 * Should: end every way to more privilege, and to this process's memory.
 * Mustn't: limit the size of files (RLIMIT_FSIZE): a run's output may be one.
 */
int sandbox_start(void)
{
	int ret;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
#ifndef __SANITIZE_ADDRESS__ /* LeakSanitizer reads /proc/self and traces itself from a child */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	ret = set_limit(RLIMIT_NPROC, 0);
	if (ret < 0)
		return ret;
#endif
	ret = set_limit(RLIMIT_CORE, 0);
	if (ret < 0)
		return ret;
	return set_limit(RLIMIT_NOFILE, SANDBOX_FDS_MAX);
}

/* Should: refuse every path, TCP, abstract sockets and signals to others. Mustn't: touch fds that are open already. */
int sandbox_files(void)
{
	int abi = landlock_abi();
	int ruleset, ret;

	if (abi <= 0)
		return abi;
	ruleset = landlock_create(abi, LANDLOCK_FS_ALL, LANDLOCK_NET_ALL, LANDLOCK_SCOPE_ALL);
	if (ruleset < 0)
		return ruleset;
	ret = landlock_enter(ruleset);
	close(ruleset);
	return ret < 0 ? ret : abi;
}

/* Memory may be mapped and its protection changed, but nothing becomes code. */
static int allow_data_memory(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp no_exec = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	int ret = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, &no_exec);

	if (ret < 0)
		return ret;
	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, &no_exec);
}

/* glibc's fstat() is newfstatat() with an empty path: a flag tells it from one that names a file. */
static int allow_fstat(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp by_fd = SCMP_A3(SCMP_CMP_MASKED_EQ, 0x1000 /* AT_EMPTY_PATH */, 0x1000);
	const struct scmp_arg_cmp by_path = SCMP_A3(SCMP_CMP_MASKED_EQ, 0x1000, 0);
	int ret = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1, &by_fd);

	if (ret < 0)
		return ret;
	return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(newfstatat), 1, &by_path);
}

/* prlimit64(2) may ask for this process's limits, as getrlimit(3) does, and change none. tgkill(2): abort(3). */
static int allow_on_self(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp no_new = SCMP_A2(SCMP_CMP_EQ, 0, 0);
	const struct scmp_arg_cmp self = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0);
	int ret = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1, &no_new);

	if (ret < 0)
		return ret;
#ifdef __SANITIZE_ADDRESS__
	(void)self;
	return 0;
#else
	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &self);
#endif
}

static bool asked_for(const char *const *names, int nr)
{
	for (; names && *names; names++)
		if (seccomp_syscall_resolve_name(*names) == nr)
			return true;
	return false;
}

static int allow(scmp_filter_ctx filter, const char *name)
{
	int nr = seccomp_syscall_resolve_name(name);

	if (nr == __NR_SCMP_ERROR)
		return -EINVAL;
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, nr, 0);
}

static int allow_choice(scmp_filter_ctx filter, const struct sandbox_choice *choice)
{
	int nr = seccomp_syscall_resolve_name(choice->name), ret = 0;

	if (nr == __NR_SCMP_ERROR)
		return -EINVAL;
	for (size_t i = 0; i < choice->count && ret == 0; i++) {
		const struct scmp_arg_cmp first = SCMP_A0(SCMP_CMP_EQ, choice->firsts[i], 0);

		ret = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, nr, 1, &first);
	}
	return ret;
}

static int fill_filter(scmp_filter_ctx filter, const char *const *names, bool bare)
{
	int ret = 0;

	for (size_t i = 0; i < COUNT(core_calls) && ret == 0; i++)
		ret = allow(filter, core_calls[i]);
	for (size_t i = 0; i < COUNT(loop_calls) && ret == 0 && !bare; i++)
		ret = allow(filter, loop_calls[i]);
	for (size_t i = 0; names && names[i] && ret == 0; i++)
		ret = allow(filter, names[i]);
	for (size_t i = 0; i < COUNT(refused_calls) && ret == 0; i++) {
		int nr = seccomp_syscall_resolve_name(refused_calls[i].name);

		if (nr != __NR_SCMP_ERROR && !asked_for(names, nr))
			ret = seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint32_t)refused_calls[i].error), nr, 0);
	}
	if (ret == 0 && !asked_for(names, SCMP_SYS(mmap)) && !asked_for(names, SCMP_SYS(mprotect)))
		ret = allow_data_memory(filter);
	if (ret == 0)
		ret = allow_fstat(filter);
	if (ret == 0)
		ret = allow_on_self(filter);
	return ret;
}

/* Should: leave the calls listed. Mustn't: let a 32-bit call table in (libseccomp's default: only the native one). */
static int enter_filter(const char *const *names, const struct sandbox_choice *choice, bool bare)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int ret;

	if (!filter)
		return -ENOMEM;
	ret = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (ret == 0)
		ret = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (ret == 0)
		ret = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1); /* a library may have begun threads */
	if (ret == 0)
		ret = fill_filter(filter, names, bare);
	if (ret == 0 && choice)
		ret = allow_choice(filter, choice);
	if (ret == 0)
		ret = seccomp_load(filter);
	seccomp_release(filter);
	return ret;
}

int sandbox_calls_with(const char *const *names, const struct sandbox_choice *choice)
{
	return enter_filter(names, choice, false);
}

int sandbox_calls(const char *const *names)
{
	return enter_filter(names, NULL, false);
}

int sandbox_enter(const char *const *names)
{
	int r = sandbox_start();

	if (r >= 0)
		r = sandbox_files();
	if (r >= 0)
		r = sandbox_calls(names);
	return r < 0 ? r : 0;
}

int sandbox_calls_bare(const char *const *names)
{
	return enter_filter(names, NULL, true);
}
