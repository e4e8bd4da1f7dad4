/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows 1 … 18: the victim's disk and folder, files of the host, the shared root image. */
#include <fcntl.h>
#include <linux/stat.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "drill/actions.h"

/* Reads a little of @path: an open alone is not what an attacker wants. */
static void try_read(struct attempt *a, const char *name, const char *path)
{
	int fd cleanup_fd = attempt_open(path, O_RDONLY);
	char buf[16];

	attempt_part(a, name, fd < 0 ? -1 : try_call(SYS_pread64, fd, buf, sizeof(buf), 0));
}

static void try_open(struct attempt *a, const char *name, const char *path, int flags)
{
	int fd cleanup_fd = attempt_open(path, flags);

	attempt_part(a, name, fd);
}

static void read_disk(struct attempt *a)
{
	const char *disk = attempt_fact(a, B_DISK);

	if (disk)
		try_read(a, "read", disk);
}

static void write_disk(struct attempt *a)
{
	const char *disk = attempt_fact(a, B_DISK);

	if (!disk)
		return;
	try_open(a, "O_RDWR", disk, O_RDWR);
	try_open(a, "O_WRONLY", disk, O_WRONLY);
	try_open(a, "O_APPEND", disk, O_WRONLY | O_APPEND);
}

/* The size of @path by statx(2), or -1 with errno. */
static int64_t size_of(const char *path)
{
	struct statx st;

	return try_call(SYS_statx, AT_FDCWD, path, 0, STATX_SIZE | STATX_MODE, &st) < 0 ? -1 : (int64_t)st.stx_size;
}

static void stat_disk(struct attempt *a)
{
	const char *disk = attempt_fact(a, B_DISK);
	struct stat st;

	if (!disk)
		return;
	attempt_part(a, "statx", size_of(disk) < 0 ? -1 : 0);
	attempt_part(a, "newfstatat", try_call(SYS_newfstatat, AT_FDCWD, disk, &st, 0));
}

/* Only longer: a drill that gets through leaves the victim's data alone. */
static void truncate_disk(struct attempt *a)
{
	const char *disk = attempt_fact(a, B_DISK);
	int64_t size;

	if (!disk)
		return;
	size = size_of(disk);
	attempt_part(a, "truncate", try_call(SYS_truncate, disk, size < 0 ? 1LL << 40 : size + 4096));
}

static void list_folder(struct attempt *a)
{
	const char *dir = attempt_fact(a, B_DIR);
	int fd cleanup_fd = -1;
	char buf[1024];

	if (!dir)
		return;
	fd = attempt_open(dir, O_RDONLY | O_DIRECTORY);
	attempt_part(a, "getdents64", fd < 0 ? -1 : try_call(SYS_getdents64, fd, buf, sizeof(buf)));
}

static void create_in(struct attempt *a, const char *dir)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/vmos-drill-%d", dir, (int)getpid());
	try_open(a, "O_CREAT", path, O_CREAT | O_EXCL | O_WRONLY);
	if (a->verdict == DRILL_ALLOW)
		try_call(SYS_unlink, path);
	attempt_part(a, "mkdir", try_call(SYS_mkdir, path, 0700));
	if (a->verdict == DRILL_ALLOW)
		try_call(SYS_rmdir, path);
}

static void create_in_folder(struct attempt *a)
{
	const char *dir = attempt_fact(a, B_DIR);

	if (dir)
		create_in(a, dir);
}

/* A file that was made for this, or the log of B's console. */
static const char *file_of_victim(struct attempt *a, enum fact fact, char buf[4096])
{
	const char *dir = a->facts->value[B_DIR];

	if (a->facts->value[fact] || !dir)
		return attempt_fact(a, fact);
	snprintf(buf, 4096, "%s/console.log", dir);
	return buf;
}

static void rename_file(struct attempt *a)
{
	char buf[4096], to[4200];
	const char *from = file_of_victim(a, T_RENAME, buf);

	if (!from)
		return;
	snprintf(to, sizeof(to), "%s-taken", from);
	if (attempt_part(a, "rename", try_call(SYS_rename, from, to)) && from == buf)
		try_call(SYS_rename, to, from);
}

static void unlink_file(struct attempt *a)
{
	char buf[4096];
	const char *path = file_of_victim(a, T_UNLINK, buf);

	if (path)
		attempt_part(a, "unlink", try_call(SYS_unlink, path));
}

static void link_disk(struct attempt *a)
{
	const char *disk = attempt_fact(a, B_DISK);
	const char *dir = attempt_fact(a, A_DIR);
	char own[4096];

	if (!disk || !dir)
		return;
	snprintf(own, sizeof(own), "%s/vmos-drill-link", dir);
	if (attempt_part(a, "link", try_call(SYS_link, disk, own)))
		try_call(SYS_unlink, own);
}

static void chmod_disk(struct attempt *a)
{
	const char *disk = attempt_fact(a, B_DISK);
	struct statx st = { 0 };
	unsigned mode = 0600;

	if (!disk)
		return;
	if (try_call(SYS_statx, AT_FDCWD, disk, 0, STATX_MODE, &st) == 0)
		mode = st.stx_mode & 07777;
	attempt_part(a, "chmod", try_call(SYS_chmod, disk, mode));
	attempt_part(a, "fchmodat", try_call(SYS_fchmodat, AT_FDCWD, disk, mode));
}

static void set_attribute(struct attempt *a)
{
	static const char name[] = "user.vmos.drill";
	const char *disk = attempt_fact(a, B_DISK);

	if (disk && attempt_part(a, "setxattr", try_call(SYS_setxattr, disk, name, "1", 1, 0)))
		try_call(SYS_removexattr, disk, name);
}

static void watch_disk(struct attempt *a)
{
	const char *disk = attempt_fact(a, B_DISK);
	int fd cleanup_fd = -1;

	if (!disk)
		return;
	fd = (int)try_call(SYS_inotify_init1, IN_CLOEXEC);
	attempt_part(a, "inotify", fd < 0 ? -1 : try_call(SYS_inotify_add_watch, fd, disk, IN_ACCESS | IN_MODIFY));
}

static void read_secret(struct attempt *a)
{
	const char *path = attempt_fact(a, M_SECRET);

	if (path)
		try_read(a, "read", path);
}

static void write_open(struct attempt *a)
{
	const char *path = attempt_fact(a, M_OPEN);
	int fd cleanup_fd = -1;

	if (!path)
		return;
	fd = attempt_open(path, O_WRONLY);
	attempt_part(a, "write", fd < 0 ? -1 : try_call(SYS_pwrite64, fd, "x", 1, 0));
}

static void create_in_tmp(struct attempt *a)
{
	create_in(a, "/tmp");
}

static void write_root(struct attempt *a)
{
	const char *root = attempt_fact(a, A_ROOT);

	if (!root)
		return;
	try_open(a, "O_RDWR", root, O_RDWR);
	try_open(a, "O_WRONLY", root, O_WRONLY);
}

static void lock_root(struct attempt *a)
{
	const char *root = attempt_fact(a, A_ROOT);
	struct flock whole = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	int fd cleanup_fd = -1;

	if (!root)
		return;
	fd = attempt_open(root, O_RDONLY);
	attempt_part(a, "flock", fd < 0 ? -1 : try_call(SYS_flock, fd, LOCK_EX | LOCK_NB));
	attempt_part(a, "fcntl", fd < 0 ? -1 : try_call(SYS_fcntl, fd, F_OFD_SETLK, &whole));
}

/* By way of an fd that it has: the path is looked at again when /proc opens it. */
static void map_root(struct attempt *a)
{
	const char *root = attempt_fact(a, A_ROOT);
	int given cleanup_fd = -1, fd cleanup_fd = -1;
	char link[64];
	long at;

	if (!root)
		return;
	given = attempt_open(root, O_RDONLY);
	if (given < 0) {
		attempt_part(a, "open", given);
		return;
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", given);
	fd = attempt_open(link, O_RDWR);
	if (fd < 0) {
		attempt_part(a, "open again", fd);
		return;
	}
	at = try_call(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	attempt_part(a, "mmap", at);
	if (at > 0)
		try_call(SYS_munmap, at, 4096);
}

static const attempt_run runs[] = { read_disk, write_disk, stat_disk, truncate_disk, list_folder, create_in_folder,
	rename_file, unlink_file, link_disk, chmod_disk, set_attribute, watch_disk, read_secret, write_open,
	create_in_tmp, write_root, lock_root, map_root };

const struct family family_files = { 1, sizeof(runs) / sizeof(runs[0]), runs };
