/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmos-dial connects to the agent of one VM for vmosd, which may not bind the
 * port that an agent believes, and ends. The request comes, and the connection
 * goes, by the socket it is born with, as fd 3. In system mode systemd starts
 * it; in session mode vmosd does, and the file has CAP_NET_BIND_SERVICE: so it
 * connects whoever starts it to his own VMs only, by their CIDs.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "dial/vsock.h"
#include "proto/dial.h"

#define SOCKET 3

static int usage(void)
{
	fprintf(stderr,
		"Usage: vmos-dial\n\n"
		"Connects to a VM by vsock for vmosd, which starts it, see vmosd(8).\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct dial_request request;
	struct dial_answer answer = { 0 };
	unsigned nfds = 0;
	int fd;
	ssize_t n;

	log_open("vmos-dial", NULL);
	n = fd_recv_packet(SOCKET, &request, sizeof(request), NULL, 0, &nfds);
	if (n == -EBADF || n == -ENOTSOCK)
		return usage();
	if (n < 0 || dial_check_request(&request, (size_t)n) < 0) {
		log_error("What came is no request of vmosd");
		return 1;
	}
	fd = dial_may(getuid(), request.cid) ? vsock_connect(request.cid) : -EPERM;
	if (fd < 0)
		answer.error = fd;
	return fd_send_packet(SOCKET, &answer, sizeof(answer), &fd, fd >= 0) < 0;
}
