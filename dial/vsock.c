/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dial/vsock.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "proto/vstream.h"

#define PORT_FIRST (VSTREAM_PORT_END / 2) /* the lower half is for services, as TCP's is */

int vsock_socket(void)
{
	int fd cleanup_fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_vm at = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY };

	if (fd < 0)
		return -errno;
	for (at.svm_port = VSTREAM_PORT_END - 1; at.svm_port >= PORT_FIRST; at.svm_port--) {
		if (bind(fd, (const struct sockaddr *)&at, sizeof(at)) == 0)
			return steal_fd(&fd);
		if (errno != EADDRINUSE)
			return -errno;
	}
	return -EADDRINUSE;
}

int vsock_connect(uint32_t cid)
{
	const struct sockaddr_vm to = { .svm_family = AF_VSOCK, .svm_cid = cid, .svm_port = VSTREAM_PORT };
	int fd cleanup_fd = vsock_socket();
	int r;

	if (fd < 0)
		return fd;
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0)
		return -errno;
	r = fd_set_nonblock(fd, true);
	return r < 0 ? r : steal_fd(&fd);
}
