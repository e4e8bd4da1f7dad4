/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program of a VM's user that shows notifications as fast as the agent takes them: flood N. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "agent/common/notify.h"

int main(int argc, char **argv)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = NOTIFY_SOCKET };
	struct notify_packet p = { .kind = NOTIFY_SHOW, .urgency = NOTIFICATION_CRITICAL };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0), n = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 1;

	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		err(1, "%s", NOTIFY_SOCKET);
	snprintf(p.text.app, sizeof(p.text.app), "flood");
	for (int i = 1; i <= n; i++) {
		p.id = (uint32_t)i;
		snprintf(p.text.summary, sizeof(p.text.summary), "Flood %d", i);
		if (send(fd, &p, sizeof(p), 0) != sizeof(p))
			err(1, "after %d", i);
	}
	printf("%d\n", n);
	return 0;
}
