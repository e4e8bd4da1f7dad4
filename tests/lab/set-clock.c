/* SPDX-License-Identifier: GPL-2.0-or-later */
/* set-clock slew|step SECONDS: asks vmos-clock, as vmosd does. Static, for the lab. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "proto/clock.h"

int main(int argc, char **argv)
{
	struct clock_msg m = { .type = CLOCK_STEP };
	ssize_t n;
	int fd, r;

	if (argc != 3)
		return 2;
	if (strcmp(argv[1], "slew") == 0)
		m.type = CLOCK_SLEW;
	m.offset_ns = (int64_t)(strtod(argv[2], NULL) * 1e9);
	fd = fd_unix_connect(CLOCK_SOCKET, SOCK_SEQPACKET);
	r = fd < 0 ? fd : fd_send_packet(fd, &m, sizeof(m), NULL, 0);
	if (r == 0) {
		n = recv(fd, &m, sizeof(m), 0);
		r = n < 0 ? -errno : clock_check_reply(&m, (size_t)n);
	}
	if (r == 0)
		r = m.error;
	if (r < 0)
		fprintf(stderr, "%s\n", strerror(-r));
	return r < 0;
}
