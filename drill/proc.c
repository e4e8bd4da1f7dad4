/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows 23 … 32: what /proc tells of the victim. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "drill/actions.h"

#define FDS_TRIED 32

/* "/proc/PID/what" of the fact @pid. NULL: not told. */
static const char *proc_path(struct attempt *a, enum fact pid, const char *what, char buf[64])
{
	long long number = attempt_number(a, pid, 10);

	if (number < 0)
		return NULL;
	snprintf(buf, 64, "/proc/%lld/%s", number, what);
	return buf;
}

static void read_of(struct attempt *a, const char *what)
{
	char buf[64], data[64];
	const char *path = proc_path(a, B_PID, what, buf);
	int fd cleanup_fd = -1;

	if (!path)
		return;
	fd = attempt_open(path, O_RDONLY);
	attempt_part(a, "read", fd < 0 ? -1 : try_call(SYS_read, fd, data, sizeof(data)));
}

static void open_of(struct attempt *a, const char *what, int flags)
{
	char buf[64];
	const char *path = proc_path(a, B_PID, what, buf);
	int fd cleanup_fd = -1;

	if (!path)
		return;
	fd = attempt_open(path, flags);
	attempt_part(a, "open", fd);
}

static void memory(struct attempt *a)
{
	long long address = attempt_number(a, T_ADDRESS, 16);
	char buf[64], found[sizeof(FACTS_SECRET)] = "";
	const char *path = proc_path(a, T_PID, "mem", buf);
	int fd cleanup_fd = -1;

	open_of(a, "mem", O_RDWR);
	if (!path || address < 0)
		return;
	fd = attempt_open(path, O_RDONLY);
	if (fd < 0)
		attempt_part(a, "read", -1);
	else if (try_call(SYS_pread64, fd, found, sizeof(found) - 1, address) > 0)
		attempt_effect(a, "read", strcmp(found, FACTS_SECRET) == 0);
}

static void environment(struct attempt *a)
{
	read_of(a, "environ");
}

static void maps(struct attempt *a)
{
	read_of(a, "maps");
}

static void command_line(struct attempt *a)
{
	read_of(a, "cmdline");
}

static void status(struct attempt *a)
{
	read_of(a, "status");
	read_of(a, "stat");
}

static void list_fds(struct attempt *a)
{
	char buf[64], entries[512];
	const char *path = proc_path(a, B_PID, "fd", buf);
	int fd cleanup_fd = -1;

	if (!path)
		return;
	fd = attempt_open(path, O_RDONLY | O_DIRECTORY);
	attempt_part(a, "getdents64", fd < 0 ? -1 : try_call(SYS_getdents64, fd, entries, sizeof(entries)));
}

/* B's disk by the way of the one who has it open: its path and its folder are not asked. */
static void reopen(struct attempt *a)
{
	char what[32], buf[64];
	long long number = attempt_number(a, T_FD, 10);
	const char *path;

	snprintf(what, sizeof(what), "fd/%lld", number);
	path = number < 0 ? NULL : proc_path(a, T_PID, what, buf);
	if (path) {
		int fd cleanup_fd = attempt_open(path, O_RDONLY);

		attempt_part(a, "open", fd);
	}
	for (int n = 0; n < FDS_TRIED && a->verdict != DRILL_ALLOW; n++) {
		int fd cleanup_fd = -1;

		snprintf(what, sizeof(what), "fd/%d", n);
		path = proc_path(a, B_PID, what, buf);
		fd = path ? attempt_open(path, O_RDONLY | O_NONBLOCK) : -1;
		if (fd >= 0)
			attempt_part(a, "open of QEMU's", fd);
	}
}

static void root(struct attempt *a)
{
	char buf[64], target[64];
	const char *path = proc_path(a, B_PID, "root", buf);

	if (!path)
		return;
	attempt_part(a, "readlink", try_call(SYS_readlink, path, target, sizeof(target)));
	open_of(a, "root/", O_RDONLY | O_DIRECTORY);
	open_of(a, "cwd/", O_RDONLY | O_DIRECTORY);
}

static void name_spaces(struct attempt *a)
{
	open_of(a, "ns/net", O_RDONLY);
	open_of(a, "ns/mnt", O_RDONLY);
}

/* Opened and left as it was. */
static void oom_score(struct attempt *a)
{
	open_of(a, "oom_score_adj", O_WRONLY);
}

static const attempt_run runs[] = { memory, environment, maps, command_line, status, list_fds, reopen, root,
	name_spaces, oom_score };

const struct family family_proc = { 23, sizeof(runs) / sizeof(runs[0]), runs };
