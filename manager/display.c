/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/display.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"

/* One step of the path. The kernel opens a symbolic link itself, which is then refused. */
static int open_step(int dir, const char *name, size_t len, struct stat *ret_st)
{
	char step[NAME_MAX + 1];
	int fd cleanup_fd = -1;

	if (len > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(step, name, len);
	step[len] = '\0';
	fd = openat(dir, step, O_PATH | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, ret_st) < 0)
		return -errno;
	return S_ISLNK(ret_st->st_mode) ? -ELOOP : steal_fd(&fd);
}

/*
 * The socket itself: what is looked at is what is connected to. Step by step,
 * as systemd's RestrictSUIDSGID= takes openat2(2) from a service.
 */
static int open_socket(const char *path, struct stat *ret_st)
{
	int fd cleanup_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (path[0] != '/')
		return -EINVAL;
	ret_st->st_mode = S_IFDIR;
	while (*(path += strspn(path, "/"))) {
		size_t len = strcspn(path, "/");
		int next = open_step(fd, path, len, ret_st);

		if (next < 0)
			return next;
		close(fd);
		fd = next;
		path += len;
	}
	return S_ISSOCK(ret_st->st_mode) ? steal_fd(&fd) : -ENOTSOCK;
}

int display_connect(const char *path, uid_t uid)
{
	struct stat st;
	struct ucred peer;
	char link[32];
	int file cleanup_fd = open_socket(path, &st);
	int sock cleanup_fd = -1;
	int r;

	if (file < 0)
		return file;
	if (uid != DISPLAY_ANY_UID && st.st_uid != uid)
		return -EPERM;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
	sock = fd_unix_connect(link, SOCK_STREAM | SOCK_NONBLOCK); /* who accepts nothing must not hold vmosd up */
	if (sock < 0)
		return sock;
	r = fd_peer(sock, &peer);
	if (r == 0)
		r = fd_set_nonblock(sock, false);
	if (r < 0)
		return r;
	return peer.uid == st.st_uid ? steal_fd(&sock) : -EPERM;
}

int display_owner(const char *path, uid_t *ret_uid)
{
	struct stat st;
	int fd cleanup_fd = open_socket(path, &st);

	if (fd < 0)
		return fd;
	*ret_uid = st.st_uid;
	return 0;
}
