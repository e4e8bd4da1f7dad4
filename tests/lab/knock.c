/* SPDX-License-Identifier: GPL-2.0-or-later */
/* knock CID: comes to a VM's agent from a port that anybody may have, and succeeds if it is let in. Static, for the lab. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#include "proto/vstream.h"

#define WAIT_MS 20000

int main(int argc, char **argv)
{
	struct sockaddr_vm to = { .svm_family = AF_VSOCK, .svm_port = VSTREAM_PORT };
	static uint8_t memory[VSTREAM_MEMORY];
	int fd = socket(AF_VSOCK, SOCK_STREAM, 0);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct vstream s;
	const uint8_t *hello;
	uint8_t byte;
	size_t len;

	if (argc != 2)
		return 2;
	to.svm_cid = (unsigned)strtoul(argv[1], NULL, 10);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0) {
		perror("connect");
		return 3; /* that nobody is there shows nothing */
	}
	vstream_open(&s, memory, true, 1);
	len = vstream_pending(&s, &hello);
	(void)send(fd, hello, len, MSG_NOSIGNAL);
	if (poll(&p, 1, WAIT_MS) == 0) {
		puts("neither an answer nor a hang-up");
		return 0;
	}
	return recv(fd, &byte, 1, 0) == 1 ? 0 : 1;
}
