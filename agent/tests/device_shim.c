/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For tests without a VM: preloaded into a guest program, it makes
 * /dev/vmos-gui and /dev/vmos-ctl out of a memfd and two eventfds that the
 * test program passes on as VMOS_SHIM="memfd,to_guest,to_host,role". The
 * device's fd is the memfd; waiting for it and reading it go to the eventfd.
 */
#undef _FILE_OFFSET_BITS /* both names of open are defined below */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/uapi/vmos_channel.h"

int open(const char *path, int flags, ...);
int open64(const char *path, int flags, ...);
int ioctl(int fd, unsigned long request, ...);

static int shim_memfd = -1, shim_to_guest = -1, shim_to_host = -1;
static unsigned shim_role;

/* By inode: libwayland watches a duplicate of the fd it is given. */
static bool shim_is_device(int fd)
{
	struct stat a, b;

	return shim_memfd >= 0 && fstat(fd, &a) == 0 && fstat(shim_memfd, &b) == 0 && a.st_ino == b.st_ino &&
		a.st_dev == b.st_dev;
}

static int shim_open(const char *path, int flags, mode_t mode)
{
	static int (*next)(const char *, int, ...);
	const char *env = getenv("VMOS_SHIM");

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "open");
	if (strncmp(path, "/dev/vmos-", 10) != 0 || !env)
		return next(path, flags, mode);
	if (sscanf(env, "%d,%d,%d,%u", &shim_memfd, &shim_to_guest, &shim_to_host, &shim_role) != 4) {
		errno = ENODEV;
		return -1;
	}
	return fcntl(shim_memfd, F_DUPFD_CLOEXEC, 3);
}

int open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
	va_end(args);
	return shim_open(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
	va_end(args);
	return shim_open(path, flags, mode);
}

static int shim_info(struct vmos_info *info)
{
	struct stat st;

	if (fstat(shim_memfd, &st) < 0)
		return -1;
	*info = (struct vmos_info){ .size = (uint64_t)st.st_size, .role = shim_role, .mib_s = 10000 };
	return 0;
}

int ioctl(int fd, unsigned long request, ...)
{
	static int (*next)(int, unsigned long, ...);
	const uint64_t one = 1;
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "ioctl");
	if (!shim_is_device(fd))
		return next(fd, request, arg);
	if (request == VMOS_IOC_INFO)
		return shim_info(arg);
	if (request == VMOS_IOC_KICK)
		return write(shim_to_host, &one, sizeof(one)) == sizeof(one) ? 0 : -1;
	errno = ENOTTY;
	return -1;
}

ssize_t read(int fd, void *buf, size_t len)
{
	static ssize_t (*next)(int, void *, size_t);

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "read");
	return next(shim_is_device(fd) ? shim_to_guest : fd, buf, len);
}

int epoll_ctl(int epoll, int op, int fd, struct epoll_event *event)
{
	static int (*next)(int, int, int, struct epoll_event *);

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "epoll_ctl");
	return next(epoll, op, shim_is_device(fd) ? shim_to_guest : fd, event);
}
