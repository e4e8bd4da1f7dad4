/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/init/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/init/mounts.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"

#define DISK "/dev/vdb"
#define LABEL "vmos-private"
#define MOUNT_POINT "/run/vmos-private"

/* The last bytes of the disk are not the file system's: there stands whether formatting has ended. */
#define TAIL_LEN 4096
#define TAIL_TEXT "vmOS: this disk is being formatted\n"
#define RESERVED_LEN (64u << 10)
#define DISK_MIN (16u << 20)

/* A blank disk has nothing in its first bytes nor in its last ones. */
#define BLANK_LEN (1u << 20)

/* ext4's superblock: Documentation/filesystems/ext4/super.rst */
#define SUPER_OFF 1024
#define SUPER_LEN 1024
#define SUPER_MAGIC_OFF 0x38
#define SUPER_STATE_OFF 0x3a
#define SUPER_STATE_ERRORS 2
#define SUPER_LABEL_OFF 0x78
#define SUPER_LABEL_LEN 16

enum disk_content {
	DISK_BLANK, /* or formatting was interrupted */
	DISK_OURS,
	DISK_OURS_BROKEN, /* the file system has noted errors */
	DISK_FOREIGN,
};

struct disk {
	int fd;
	uint64_t size;
};

static bool is_zero(const uint8_t *bytes, size_t len)
{
	return len == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0);
}

static int disk_read(const struct disk *d, uint64_t off, void *buf, size_t len)
{
	ssize_t n = pread(d->fd, buf, len, (off_t)off);

	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

static int disk_is_blank(const struct disk *d, bool *ret_blank)
{
	static uint8_t buf[BLANK_LEN];
	int r = disk_read(d, 0, buf, sizeof(buf));

	if (r < 0)
		return r;
	*ret_blank = is_zero(buf, sizeof(buf));
	if (!*ret_blank)
		return 0;
	r = disk_read(d, d->size - sizeof(buf), buf, sizeof(buf));
	*ret_blank = r == 0 && is_zero(buf, sizeof(buf));
	return r;
}

static enum disk_content super_judge(const uint8_t *super)
{
	static const char label[SUPER_LABEL_LEN] = LABEL;

	if (super[SUPER_MAGIC_OFF] != 0x53 || super[SUPER_MAGIC_OFF + 1] != 0xef)
		return DISK_FOREIGN;
	if (memcmp(super + SUPER_LABEL_OFF, label, sizeof(label)) != 0)
		return DISK_FOREIGN;
	return super[SUPER_STATE_OFF] & SUPER_STATE_ERRORS ? DISK_OURS_BROKEN : DISK_OURS;
}

static int disk_judge(const struct disk *d, enum disk_content *ret_content)
{
	uint8_t super[SUPER_LEN], tail[TAIL_LEN];
	bool blank = false;
	int r;

	r = disk_read(d, d->size - sizeof(tail), tail, sizeof(tail));
	if (r == 0)
		r = disk_read(d, SUPER_OFF, super, sizeof(super));
	if (r < 0)
		return r;
	*ret_content = DISK_BLANK;
	if (memcmp(tail, TAIL_TEXT, sizeof(TAIL_TEXT)) == 0)
		return 0;
	*ret_content = super_judge(super);
	if (*ret_content != DISK_FOREIGN)
		return 0;
	r = disk_is_blank(d, &blank);
	if (blank)
		*ret_content = DISK_BLANK;
	return r;
}

/* Runs a program to its end. Its exit status, or -errno. */
static int run(char *const *argv)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		execv(argv[0], argv);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}

static int tail_write(const struct disk *d, const char *text)
{
	char tail[TAIL_LEN] = { 0 };

	snprintf(tail, sizeof(tail), "%s", text);
	if (pwrite(d->fd, tail, sizeof(tail), (off_t)(d->size - sizeof(tail))) != sizeof(tail))
		return -errno;
	return fsync(d->fd) < 0 ? -errno : 0;
}

/* Formats, so that an interruption at any point is seen at the next start. */
static int disk_format(const struct disk *d)
{
	char size[24];
	char *const argv[] = { "/sbin/mkfs.ext4", "-q", "-F", "-L", LABEL, "-m", "0", "-J", "size=16", "-E",
		"nodiscard,lazy_itable_init=1,lazy_journal_init=1,root_owner=0:0", DISK, size, NULL };
	int r = tail_write(d, TAIL_TEXT);

	if (r < 0)
		return r;
	snprintf(size, sizeof(size), "%" PRIu64 "k", (d->size - RESERVED_LEN) / 1024);
	r = run(argv);
	if (r != 0)
		return r < 0 ? r : -EIO;
	return tail_write(d, "");
}

static int disk_repair(void)
{
	char *const argv[] = { "/sbin/e2fsck", "-p", DISK, NULL };
	int status = run(argv);

	/* 1: errors were corrected; see e2fsck(8) */
	if (status < 0)
		return status;
	return status <= 1 ? 0 : -EUCLEAN;
}

static int disk_prepare(const struct disk *d)
{
	enum disk_content content;
	int r = disk_judge(d, &content);

	if (r < 0) {
		log_error("the private disk cannot be read: %s", strerror(-r));
		return r;
	}
	switch (content) {
	case DISK_BLANK:
		r = disk_format(d);
		if (r < 0)
			log_error("the private disk cannot be formatted: %s", strerror(-r));
		break;
	case DISK_OURS_BROKEN:
		r = disk_repair();
		if (r < 0)
			log_error("the private disk's file system is damaged: repair it from the host by e2fsck");
		break;
	case DISK_FOREIGN:
		log_error("the private disk is neither blank nor a private disk of vmOS: it was left as it is");
		r = -EMEDIUMTYPE;
		break;
	case DISK_OURS:
		break;
	}
	return r;
}

static int disk_open(struct disk *d)
{
	d->fd = open(DISK, O_RDWR | O_CLOEXEC);
	if (d->fd < 0)
		return -errno;
	if (ioctl(d->fd, BLKGETSIZE64, &d->size) < 0)
		return -errno;
	return d->size < DISK_MIN ? -ENOSPC : 0;
}

/* Makes @path by @fill under another name first: it is there whole or not at all. */
static int make_whole(const char *path, uid_t owner, int (*fill)(const char *dir))
{
	char tmp[128];
	int r;

	if (access(path, F_OK) == 0)
		return 0;
	snprintf(tmp, sizeof(tmp), "%s.new", path);
	if (mkdir(tmp, 0755) < 0 && errno != EEXIST)
		return -errno;
	r = fill(tmp);
	if (r < 0)
		return r;
	if (chown(tmp, owner, owner) < 0)
		return -errno;
	return rename(tmp, path) < 0 ? -errno : 0;
}

static int fill_user(const char *dir)
{
	return mounts_copy_files("/etc/skel", dir, USER_UID, USER_GID);
}

static int fill_home(const char *dir)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/" USER_NAME, dir);
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	if (chown(path, USER_UID, USER_GID) < 0)
		return -errno;
	return fill_user(path);
}

static int fill_local(const char *dir)
{
	static const char *const names[] = { "bin", "etc", "games", "include", "lib", "sbin", "share", "src" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[160];

		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return -errno;
	}
	return 0;
}

/* The VM's own identity, made at the first start; D-Bus asks for it. */
static int machine_id(void)
{
	static const char path[] = MOUNT_POINT "/machine-id";
	uint8_t id[16];
	char text[2 * sizeof(id) + 2];
	int fd cleanup_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0444);
	int etc cleanup_fd = open("/etc/machine-id", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0444);

	if (fd < 0 || etc < 0)
		return -errno;
	if (fd_read_all(fd, text, sizeof(text) - 1) == sizeof(text) - 1)
		return fd_write_all(etc, text, sizeof(text) - 1);

	if (getrandom(id, sizeof(id), 0) != sizeof(id))
		return -errno;
	for (size_t i = 0; i < sizeof(id); i++)
		snprintf(text + 2 * i, 3, "%02x", id[i]);
	text[sizeof(text) - 2] = '\n';
	if (pwrite(fd, text, sizeof(text) - 1, 0) < 0)
		return -errno;
	return fd_write_all(etc, text, sizeof(text) - 1);
}

static int disk_mount(void)
{
	int r = mounts_one(DISK, MOUNT_POINT, "ext4", MS_NODEV | MS_NOATIME, "discard");

	if (r < 0)
		return r;
	r = make_whole(MOUNT_POINT "/home", 0, fill_home);
	if (r == 0)
		r = make_whole(MOUNT_POINT "/usr-local", 0, fill_local);
	if (r == 0)
		r = machine_id();
	if (r == 0)
		r = mounts_one(MOUNT_POINT "/home", "/home", NULL, MS_BIND, NULL);
	if (r == 0)
		r = mounts_one(MOUNT_POINT "/usr-local", "/usr/local", NULL, MS_BIND, NULL);
	return r;
}

int disk_start(void)
{
	struct disk d = { .fd = -1 };
	int r = disk_open(&d);

	if (r == -ENOSPC)
		log_error("the private disk is smaller than 16 MiB");
	else if (r < 0)
		log_error("there is no private disk: %s: %s", DISK, strerror(-r));
	else
		r = disk_prepare(&d);
	if (d.fd >= 0)
		close(d.fd);
	if (r < 0)
		return r;

	r = disk_mount();
	if (r < 0)
		log_error("the private disk cannot be used: %s", strerror(-r));
	return r;
}

static void unmount(const char *path)
{
	if (umount2(path, UMOUNT_NOFOLLOW) < 0 && errno == EBUSY) {
		mount(NULL, path, NULL, MS_REMOUNT | MS_RDONLY | MS_NODEV | MS_NOATIME, NULL);
		umount2(path, MNT_DETACH);
	}
}

void disk_stop(void)
{
	sync();
	unmount("/usr/local");
	unmount("/home");
	unmount(MOUNT_POINT);
	sync();
}
