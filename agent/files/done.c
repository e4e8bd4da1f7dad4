/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/files/done.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"

#define KEPT_S (24 * 3600)
#define TEXT_MAX 16

/* The folder, made if it is not there. fd or -errno. */
static int open_folder(void)
{
	static const char *const parts[] = { ".local", "state", "vmos", "done" };
	const char *home = getenv("HOME");
	int fd cleanup_fd = home ? open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd < 0)
		return home ? -errno : -ENOENT;
	for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		int next;

		if (mkdirat(fd, parts[i], 0700) < 0 && errno != EEXIST)
			return -errno;
		next = openat(fd, parts[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0)
			return -errno;
		close(fd);
		fd = next;
	}
	return steal_fd(&fd);
}

uint32_t done_items(const char *id)
{
	int dir cleanup_fd = open_folder();
	int fd cleanup_fd = dir < 0 ? -1 : openat(dir, id, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char text[TEXT_MAX + 1] = "", *end;
	unsigned long n;

	if (fd < 0 || fd_read_all(fd, text, TEXT_MAX) <= 0)
		return 0;
	errno = 0;
	n = strtoul(text, &end, 10);
	return *end == '\n' && errno == 0 && n <= INT32_MAX ? (uint32_t)n : 0;
}

static void forget_old(int dir)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *entry;
	struct stat st;

	if (!d) {
		if (copy >= 0)
			close(copy);
		return;
	}
	while ((entry = readdir(d))) {
		if (fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
			time(NULL) - st.st_mtim.tv_sec > KEPT_S)
			(void)unlinkat(dir, entry->d_name, 0); /* next time */
	}
	closedir(d);
}

int done_note(const char *id, uint32_t items)
{
	int dir cleanup_fd = open_folder();
	int fd cleanup_fd = -1;
	char text[TEXT_MAX];
	int n = snprintf(text, sizeof(text), "%u\n", items), r;

	if (dir < 0)
		return dir;
	forget_old(dir);
	fd = openat(dir, id, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, text, (size_t)n);
	if (r == 0 && (fsync(fd) < 0 || fsync(dir) < 0))
		r = -errno;
	return r;
}
