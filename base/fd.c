/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U /* Linux 6.3 */
#endif

#define FD_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
#define FD_SCM_MAX 253 /* the kernel's SCM_MAX_FD: no packet carries more */
#define FD_READ_STEP 4096

static int memfd_open(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd < 0 ? -errno : fd;
}

int fd_memfd_sealed(const char *name, size_t size)
{
	int fd cleanup_fd = memfd_open(name);

	if (fd < 0)
		return fd;
	if (ftruncate(fd, (off_t)size) < 0 || fcntl(fd, F_ADD_SEALS, FD_SEALS) < 0)
		return -errno;
	return steal_fd(&fd);
}

int fd_memfd_data(const char *name, const void *data, size_t len)
{
	int fd cleanup_fd = memfd_open(name);
	int ret;

	if (fd < 0)
		return fd;
	ret = fd_write_all(fd, data, len);
	if (ret < 0)
		return ret;
	if (fcntl(fd, F_ADD_SEALS, FD_SEALS | F_SEAL_WRITE) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	return steal_fd(&fd);
}

/* Opened again: of an fd that was opened for writing the one who gets it could write. */
int fd_memfd_ours(const char *name, size_t size, void **ret_map)
{
	char path[sizeof("/proc/self/fd/") + 3 * sizeof(int)];
	int fd cleanup_fd = memfd_open(name);
	int reader cleanup_fd = -1;
	void *map;

	if (fd < 0)
		return fd;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	reader = open(path, O_RDONLY | O_CLOEXEC);
	if (reader < 0 || ftruncate(fd, (off_t)size) < 0)
		return -errno;
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	if (fcntl(fd, F_ADD_SEALS, FD_SEALS | F_SEAL_FUTURE_WRITE) < 0) {
		int r = -errno;

		munmap(map, size);
		return r;
	}
	*ret_map = map;
	return steal_fd(&reader);
}

int fd_check_sealed(int fd, size_t size)
{
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals < 0 || (seals & FD_SEALS) != FD_SEALS)
		return -EBADFD;
	if (fstat(fd, &st) < 0 || st.st_size < 0 || (uintmax_t)st.st_size != size)
		return -EBADFD;
	return 0;
}

int fd_write_all(int fd, const void *buf, size_t len)
{
	const uint8_t *at = buf;

	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

ssize_t fd_read_all(int fd, void *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(fd, (uint8_t *)buf + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

/* Files of /proc say they are empty: the size is known only at the end. */
int fd_read_file(const char *path, size_t max, char **ret_buf, size_t *ret_len)
{
	int fd cleanup_fd = open(path, O_RDONLY | O_CLOEXEC);
	char *buf cleanup_free = NULL;
	size_t len = 0, cap = 0;

	if (fd < 0)
		return -errno;
	for (;;) {
		char *grown;
		ssize_t n;

		if (len == cap) {
			cap = cap ? cap * 2 : FD_READ_STEP;
			if (cap > max)
				cap = max + 1; /* one more byte tells "full" from "too long" */
			grown = realloc(buf, cap + 1);
			if (!grown)
				return -ENOMEM;
			buf = grown;
		}
		n = fd_read_all(fd, buf + len, cap - len);
		if (n < 0)
			return (int)n;
		len += (size_t)n;
		if (len > max)
			return -EFBIG;
		if (len < cap)
			break;
	}
	buf[len] = '\0';
	*ret_buf = steal_ptr(&buf);
	if (ret_len)
		*ret_len = len;
	return 0;
}

int fd_send_packet(int sock, const void *buf, size_t len, const int *fds, unsigned nfds)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * FD_SCM_MAX)];
	} control;
	struct iovec iov = { .iov_base = (void *)(uintptr_t)buf, .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	if (nfds > FD_SCM_MAX)
		return -EINVAL;
	if (nfds > 0) {
		struct cmsghdr *cmsg;

		memset(&control, 0, sizeof(control));
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * nfds);
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int) * nfds);
		memcpy(CMSG_DATA(cmsg), fds, sizeof(int) * nfds);
	}
	do {
		n = sendmsg(sock, &msg, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EMSGSIZE;
}

/* Takes all fds out of @msg: the first @cap to @dst, the others are closed. Their true number. */
static unsigned take_fds(struct msghdr *msg, int *dst, unsigned cap)
{
	unsigned total = 0;

	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		unsigned count;

		if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		count = (unsigned)((cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		for (unsigned i = 0; i < count; i++, total++) {
			int fd;

			memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(int), sizeof(fd));
			if (total < cap)
				dst[total] = fd;
			else
				close(fd);
		}
	}
	return total;
}

ssize_t fd_recv_packet(int sock, void *buf, size_t len, int *ret_fds, unsigned max_fds, unsigned *ret_nfds)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * FD_SCM_MAX)];
	} control;
	struct iovec iov = { .iov_base = buf, .iov_len = len };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	unsigned nfds;
	ssize_t n;

	do {
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	nfds = take_fds(&msg, ret_fds, max_fds);
	if ((msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) || nfds > max_fds) {
		fd_close_all(ret_fds, nfds < max_fds ? nfds : max_fds);
		return -EMSGSIZE;
	}
	if (ret_nfds)
		*ret_nfds = nfds;
	return n;
}

void fd_close_all(int *fds, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
}

static int change_flag(int fd, int get, int set, int flag, bool on)
{
	int flags = fcntl(fd, get);

	if (flags < 0)
		return -errno;
	if (fcntl(fd, set, on ? flags | flag : flags & ~flag) < 0)
		return -errno;
	return 0;
}

int fd_set_nonblock(int fd, bool on)
{
	return change_flag(fd, F_GETFL, F_SETFL, O_NONBLOCK, on);
}

int fd_set_cloexec(int fd, bool on)
{
	return change_flag(fd, F_GETFD, F_SETFD, FD_CLOEXEC, on);
}

/* An eventfd blocks only at 2^64 - 2; so close to it the reader has been told already. */
void fd_eventfd_kick(int fd)
{
	uint64_t one = 1;
	ssize_t n;

	do {
		n = write(fd, &one, sizeof(one));
	} while (n < 0 && errno == EINTR);
}

/* The eventfd must be non-blocking: clear means EAGAIN. */
unsigned long fd_eventfd_take(int fd)
{
	uint64_t count;
	ssize_t n;

	do {
		n = read(fd, &count, sizeof(count));
	} while (n < 0 && errno == EINTR);
	return n == sizeof(count) ? (unsigned long)count : 0;
}

static int unix_address(const char *path, struct sockaddr_un *ret)
{
	size_t len = strlen(path);

	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (len == 0)
		return -EINVAL;
	if (len >= sizeof(ret->sun_path))
		return -ENAMETOOLONG;
	memcpy(ret->sun_path, path, len + 1);
	return 0;
}

/* Removes a socket that nobody listens on any more. -EADDRINUSE: it is alive, or no socket. */
static int remove_stale(const char *path, int type)
{
	struct stat st;
	int fd;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EADDRINUSE;
	fd = fd_unix_connect(path, type | SOCK_NONBLOCK);
	if (fd >= 0)
		close(fd);
	if (fd != -ECONNREFUSED)
		return -EADDRINUSE;
	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

int fd_unix_listen(const char *path, int type, int backlog)
{
	struct sockaddr_un addr;
	int fd cleanup_fd = -1;
	int ret = unix_address(path, &addr);

	if (ret < 0)
		return ret;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	ret = bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ? -errno : 0;
	if (ret == -EADDRINUSE) {
		ret = remove_stale(path, type);
		if (ret < 0)
			return ret;
		ret = bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ? -errno : 0;
	}
	if (ret < 0)
		return ret;
	if (chmod(path, 0600) < 0 || listen(fd, backlog) < 0) {
		ret = -errno;
		unlink(path);
		return ret;
	}
	return steal_fd(&fd);
}

int fd_unix_connect(const char *path, int type)
{
	struct sockaddr_un addr;
	int fd cleanup_fd = -1;
	int ret = unix_address(path, &addr);

	if (ret < 0)
		return ret;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	do {
		ret = connect(fd, (struct sockaddr *)&addr, sizeof(addr));
	} while (ret < 0 && errno == EINTR);
	if (ret < 0)
		return -errno;
	return steal_fd(&fd);
}

int fd_peer(int sock, struct ucred *ret_cred)
{
	socklen_t len = sizeof(*ret_cred);

	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, ret_cred, &len) < 0)
		return -errno;
	return len == sizeof(*ret_cred) ? 0 : -EPERM;
}

int fd_check_peer(int sock)
{
	struct ucred cred;
	int ret = fd_peer(sock, &cred);

	if (ret < 0)
		return ret;
	return cred.uid == geteuid() || cred.uid == 0 ? 0 : -EPERM;
}

int fd_accept_own(int listener)
{
	int sock cleanup_fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (sock < 0)
		return -errno;
	if (fd_check_peer(sock) < 0) {
		log_warning("somebody else's process knocked and was turned away");
		return -EPERM;
	}
	return steal_fd(&sock);
}
