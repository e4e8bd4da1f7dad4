/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/init/mounts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"

int mounts_one(const char *source, const char *target, const char *type, unsigned long flags, const char *data)
{
	if (mkdir(target, 0755) < 0 && errno != EEXIST)
		return -errno;
	/* Mounted already: by the initial RAM disk. */
	if (mount(source, target, type, flags, data) < 0 && errno != EBUSY)
		return -errno;
	return 0;
}

void mounts_make(void)
{
	static const struct {
		const char *target, *type;
		unsigned long flags;
		const char *data;
	} table[] = {
		{ "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
		{ "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "gid=5,mode=0620,ptmxmode=0666" },
		{ "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777" },
		{ "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=20%" },
		{ "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		int r = mounts_one(table[i].type, table[i].target, table[i].type, table[i].flags, table[i].data);

		if (r < 0)
			log_error("cannot mount %s: %s", table[i].target, strerror(-r));
	}
}

void mounts_network(const char *name)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd cleanup_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (name && sethostname(name, strlen(name)) < 0)
		log_warning("host name \"%s\": %s", name, strerror(errno));
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		log_warning("loopback device: %s", strerror(errno));
}

int mounts_runtime(void)
{
	if (mkdir("/run/user", 0755) < 0 && errno != EEXIST)
		return -errno;
	if (mkdir(USER_RUNTIME, 0700) < 0 && errno != EEXIST)
		return -errno;
	return chown(USER_RUNTIME, USER_UID, USER_GID) < 0 ? -errno : 0;
}

/* Whom the copies belong to. */
struct copy {
	uid_t uid;
	gid_t gid;
};

/* Copies @name between two directories. */
static int copy_file(int from, int to, const char *name, const struct stat *st)
{
	int in cleanup_fd = openat(from, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int out cleanup_fd = openat(to, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, st->st_mode & 0777);
	off_t left = st->st_size;

	if (in < 0 || out < 0)
		return -errno;
	while (left > 0) {
		ssize_t n = sendfile(out, in, NULL, (size_t)left);

		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		left -= n;
	}
	return 0;
}

static int copy_folder(int from, int to, const char *name, const struct copy *copy);

static int copy_entry(int from, int to, const char *name, const struct copy *copy)
{
	struct stat st;
	int r = 0;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISREG(st.st_mode))
		r = copy_file(from, to, name, &st);
	else if (S_ISDIR(st.st_mode))
		r = copy_folder(from, to, name, copy);
	else
		return 0;
	if (r < 0)
		return r;
	return fchownat(to, name, copy->uid, copy->gid, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

/* Copies all that is in folder @from, which is taken over. */
static int copy_all(int from, int to, const struct copy *copy)
{
	DIR *dir = fdopendir(from);
	struct dirent *entry;
	int r = 0;

	if (!dir) {
		r = -errno;
		close(from);
		return r;
	}
	while (r == 0 && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = copy_entry(dirfd(dir), to, entry->d_name, copy);
	closedir(dir);
	return r;
}

/* The image's own folders: they are as deep as they were made. */
static int copy_folder(int from, int to, const char *name, const struct copy *copy)
{
	int source, target cleanup_fd = -1;

	if (mkdirat(to, name, 0755) < 0 && errno != EEXIST)
		return -errno;
	target = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (target < 0)
		return -errno;
	source = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return source < 0 ? -errno : copy_all(source, target, copy);
}

int mounts_copy_files(const char *from, const char *to, uid_t uid, gid_t gid)
{
	const struct copy copy = { .uid = uid, .gid = gid };
	int target cleanup_fd = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int source = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (source < 0)
		return -errno;
	return copy_all(source, target, &copy);
}
