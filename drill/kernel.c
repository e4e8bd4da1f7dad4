/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows 65 … 67: calls no VM needs, new processes, and switches of the whole host. Nothing here changes the host when let through. */
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/reboot.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/klog.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "drill/actions.h"

#define KLOG_SIZE_UNREAD 9
#define KLOG_READ_ALL 3
#define REBOOT_NO_SUCH_COMMAND 0x5eed
#define KEXEC_NO_SUCH_FLAGS 0xfffful

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1 /* linux/userfaultfd.h since 5.11 */
#endif

static void try_fd(struct attempt *a, const char *name, long ret)
{
	if (attempt_part(a, name, ret))
		close((int)ret);
}

static void try_rings(struct attempt *a)
{
	struct io_uring_params plain = { 0 }, polled = { .flags = IORING_SETUP_SQPOLL };

	try_fd(a, "io_uring_setup", try_call(SYS_io_uring_setup, 1, &plain));
	try_fd(a, "SQPOLL", try_call(SYS_io_uring_setup, 1, &polled));
}

static void try_handles(struct attempt *a)
{
	union {
		struct file_handle handle;
		char space[sizeof(struct file_handle) + 128];
	} h = { .handle = { .handle_bytes = 128 } };
	int mount;
	long ret = try_call(SYS_name_to_handle_at, AT_FDCWD, "/usr", &h, &mount, 0);

	attempt_part(a, "name_to_handle_at", ret);
	if (ret < 0)
		h.handle = (struct file_handle){ .handle_bytes = 8, .handle_type = 1 };
	/* A handle that was made up is stale only to who may open handles. */
	attempt_reaches(a, "open_by_handle_at", try_call(SYS_open_by_handle_at, AT_FDCWD, &h, O_RDONLY), ESTALE);
}

static void unusual_calls(struct attempt *a)
{
	union bpf_attr map = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1 };

	try_rings(a);
	try_fd(a, "userfaultfd", try_call(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY));
	try_fd(a, "bpf", try_call(SYS_bpf, BPF_MAP_CREATE, &map, sizeof(map)));
	/* -2: the process's own keyring */
	attempt_part(a, "add_key", try_call(SYS_add_key, "user", "vmos-drill", "x", 1, -2));
	try_fd(a, "fanotify", try_call(SYS_fanotify_init, FAN_CLASS_NOTIF | FAN_REPORT_FID | FAN_CLOEXEC, O_RDONLY));
	try_handles(a);
}

/* A child made by @nr ends at once: beside QEMU's threads it could do little else. */
static void try_child(struct attempt *a, const char *name, unsigned long flags)
{
	long pid = try_call(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, 0);

	if (pid == 0)
		syscall(SYS_exit_group, 0);
	attempt_part(a, name, pid);
	if (pid > 0)
		try_call(SYS_wait4, pid, NULL, __WALL, NULL);
}

static void try_fork(struct attempt *a)
{
	long pid = try_call(SYS_fork);

	if (pid == 0)
		syscall(SYS_exit_group, 0);
	attempt_part(a, "fork", pid);
	if (pid > 0)
		try_call(SYS_wait4, pid, NULL, __WALL, NULL);
}

/* A file of its own that is no program: execve(2) gets as far as ENOEXEC where it would have run a real one. */
static void try_exec(struct attempt *a)
{
	const char *dir = attempt_fact(a, A_DIR);
	char *const no_words[] = { NULL };
	char path[4096];
	int fd;

	if (!dir)
		return;
	snprintf(path, sizeof(path), "%s/vmos-drill-program", dir);
	fd = (int)try_call(SYS_openat, AT_FDCWD, path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0700);
	if (fd < 0) {
		attempt_part(a, "file to execute", fd);
		return;
	}
	if (write(fd, "\1 no program", 12) != 12)
		errno = ENOSPC;
	close(fd);
	attempt_reaches(a, "execve", try_call(SYS_execve, path, no_words, no_words), ENOEXEC);
	attempt_reaches(a, "execveat", try_call(SYS_execveat, AT_FDCWD, path, no_words, no_words, 0), ENOEXEC);
	unlink(path);
}

/* Each would fail by EINVAL after the kernel had found that the caller may. */
static void try_power(struct attempt *a)
{
	char log[64];

	attempt_reaches(a, "reboot",
		try_call(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, REBOOT_NO_SUCH_COMMAND, NULL), EINVAL);
	attempt_reaches(a, "kexec_load", try_call(SYS_kexec_load, 0, 0, NULL, KEXEC_NO_SUCH_FLAGS), EINVAL);
	attempt_part(a, "syslog", try_call(SYS_syslog, KLOG_READ_ALL, log, sizeof(log)));
	attempt_part(a, "syslog size", try_call(SYS_syslog, KLOG_SIZE_UNREAD, NULL, 0));
}

static void new_processes(struct attempt *a)
{
	struct clone_args {
		uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	} none = { .exit_signal = 4096 }; /* no such signal: EINVAL where the call is let through */
	int own cleanup_fd = attempt_open("/proc/self/ns/uts", O_RDONLY);

	try_fork(a);
	try_child(a, "clone", 0);
	try_child(a, "user name space", CLONE_NEWUSER);
	attempt_reaches(a, "clone3", try_call(SYS_clone3, &none, sizeof(none)), EINVAL);
	try_exec(a);
	attempt_part(a, "unshare", try_call(SYS_unshare, CLONE_NEWNS));
	attempt_part(a, "setns", own < 0 ? -1 : try_call(SYS_setns, own, CLONE_NEWUTS));
	attempt_reaches(a, "mount", try_call(SYS_mount, "none", "/", "vmos-drill", 0, NULL), ENODEV);
	if (getuid() != 0)
		attempt_part(a, "setuid", try_call(SYS_setuid, 0));
	try_power(a);
}

static void try_switch(struct attempt *a, const char *name, const char *path)
{
	int fd cleanup_fd = attempt_open(path, O_WRONLY);

	attempt_part(a, name, fd);
}

/* Writes @text as this thread's label; whether it stuck is read back. */
static void try_relabel(struct attempt *a)
{
	static const char wanted[] = "vmos.drill.relabelled";
	int fd cleanup_fd = attempt_open("/proc/thread-self/attr/current", O_RDWR);
	char label[256] = "";

	if (fd >= 0 && try_call(SYS_write, fd, wanted, sizeof(wanted) - 1) > 0) {
		try_call(SYS_pread64, fd, label, sizeof(label) - 1, 0);
		attempt_effect(a, "own label", strncmp(label, wanted, sizeof(wanted) - 1) == 0);
	} else if (errno != EINVAL && errno != EOPNOTSUPP) {
		/* A kernel without such a module knows no labels: nothing to try. */
		attempt_part(a, "own label", -1);
	}
}

static void label_file(struct attempt *a)
{
	const char *disk = attempt_fact(a, A_DISK);
	static const char name[] = "security.SMACK64";
	char label[256];
	long len;

	if (!disk)
		return;
	/* The label it has already, so that a drill that gets through leaves the VM in order. */
	len = try_call(SYS_getxattr, disk, name, label, sizeof(label));
	if (len > 0)
		attempt_part(a, "label of its disk", try_call(SYS_setxattr, disk, name, label, len, 0));
}

static void own_label(struct attempt *a)
{
	try_relabel(a);
	label_file(a);
	if (access("/sys/fs/smackfs/version", F_OK) == 0 || errno == EACCES) {
		try_switch(a, "load2", "/sys/fs/smackfs/load2");
		try_switch(a, "onlycap", "/sys/fs/smackfs/onlycap");
	}
	try_switch(a, "core_pattern", "/proc/sys/kernel/core_pattern");
	try_switch(a, "modprobe", "/proc/sys/kernel/modprobe");
	try_switch(a, "sysrq", "/proc/sysrq-trigger");
	try_switch(a, "uevent_helper", "/sys/kernel/uevent_helper");
}

static const attempt_run runs[] = { unusual_calls, new_processes, own_label };

const struct family family_kernel = { 65, sizeof(runs) / sizeof(runs[0]), runs };
