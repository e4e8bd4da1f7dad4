/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plug SWITCH: opens a plug of a VDE switch and hands its two sockets on by the socket that is its fd 3. A program of
 * its own, without sanitizers: libvdeplug loads its modules with RTLD_DEEPBIND, at which AddressSanitizer gives up.
 */
#include <libvdeplug.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TRIES 100
#define SOCKET_FD 3

static int hand_on(const int fds[2])
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} control = { 0 };
	struct iovec iov = { .iov_base = (char[]){ 'p' }, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes)
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(2 * sizeof(int));
	memcpy(CMSG_DATA(cmsg), fds, 2 * sizeof(int));
	return sendmsg(SOCKET_FD, &msg, MSG_NOSIGNAL) == 1 ? 0 : 1;
}

int main(int argc, char **argv)
{
	char url[256], about[] = "test";
	VDECONN *conn = NULL;

	if (argc != 2)
		return 2;
	snprintf(url, sizeof(url), "vde://%s", argv[1]);
	for (int i = 0; i < TRIES && !conn; i++) {
		conn = vde_open(url, about, NULL);
		if (!conn)
			usleep(20000);
	}
	return conn ? hand_on((int[]){ vde_datafd(conn), vde_ctlfd(conn) }) : 1;
}
