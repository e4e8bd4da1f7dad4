/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/proc_note.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"

#define NOTE_MAX 64
#define STAT_MAX 4096
#define STAT_START 20 /* fields of /proc/PID/stat from its state to its start, proc(5) */

/* When @pid began, in the kernel's ticks. 0: there is none. */
static unsigned long long began(pid_t pid)
{
	char *text cleanup_free = NULL;
	char path[32], *at;
	size_t len;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (fd_read_file(path, STAT_MAX, &text, &len) < 0)
		return 0;
	at = strrchr(text, ')');
	for (unsigned i = 0; at && i < STAT_START; i++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at + 1, NULL, 10) : 0;
}

int proc_note_write(const char *path, pid_t pid)
{
	int fd cleanup_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	return dprintf(fd, "%d %llu\n", (int)pid, began(pid)) > 0 ? 0 : -EIO;
}

int proc_note_open(const char *path, pid_t *ret_pid)
{
	char *text cleanup_free = NULL;
	unsigned long long start;
	int fd cleanup_fd = -1;
	size_t len;
	int pid;

	if (fd_read_file(path, NOTE_MAX, &text, &len) < 0)
		return -ESRCH;
	if (sscanf(text, "%d %llu", &pid, &start) != 2 || pid <= 1 || start == 0)
		return -ESRCH;
	fd = pidfd_open(pid, 0);
	if (fd < 0)
		return -errno;
	if (began(pid) != start)
		return -ESRCH;
	*ret_pid = pid;
	return steal_fd(&fd);
}

int proc_note_kill(const char *path)
{
	pid_t pid;
	int fd cleanup_fd = proc_note_open(path, &pid);

	if (fd < 0)
		return fd;
	return pidfd_send_signal(fd, SIGKILL, NULL, 0) < 0 ? -errno : 0;
}
