/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/display.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"

/* The socket itself, found without following any symlink: what is looked at is what is connected to. */
static int open_socket(const char *path, struct stat *ret_st)
{
	const struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	int fd cleanup_fd = -1;

	if (path[0] != '/')
		return -EINVAL;
	fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
	if (fd < 0 || fstat(fd, ret_st) < 0)
		return -errno;
	if (!S_ISSOCK(ret_st->st_mode))
		return -ENOTSOCK;
	return steal_fd(&fd);
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
