/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * viewer SOCKET: joins a VNC server without a password and looks at nothing until the server leaves.
 * Later versions of wayvnc give their compositor a pointer and a keyboard for as long as somebody looks only.
 */
#include <err.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

/* RFB 3.8: both name their version, the client takes one of the offered kinds of security. */
static const char version[] = "RFB 003.008\n";
static const char no_security = 1;
static const char shared = 1;

static void take(int fd, void *buf, size_t len)
{
	if (recv(fd, buf, len, MSG_WAITALL) != (ssize_t)len)
		errx(1, "the server left early");
}

static void give(int fd, const void *buf, size_t len)
{
	if (send(fd, buf, len, MSG_NOSIGNAL) != (ssize_t)len)
		err(1, "cannot write");
}

int main(int argc, char **argv)
{
	unsigned char count, kinds[255], result[4];
	char greeting[12], rest[4096];
	int fd = argc == 2 ? fd_unix_connect(argv[1], SOCK_STREAM) : -1;

	if (fd < 0)
		errx(1, "usage: viewer SOCKET, where a VNC server listens");
	take(fd, greeting, sizeof(greeting));
	give(fd, version, sizeof(version) - 1);
	take(fd, &count, sizeof(count));
	take(fd, kinds, count);
	if (!memchr(kinds, no_security, count))
		errx(1, "the server wants a password");
	give(fd, &no_security, sizeof(no_security));
	take(fd, result, sizeof(result));
	give(fd, &shared, sizeof(shared));
	while (read(fd, rest, sizeof(rest)) > 0)
		;
	return 0;
}
