/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "confine/cable.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "confine/option.h"

/* The fd, or -errno. */
static int receive(int sock, unsigned patience_ms)
{
	struct pollfd wait = { .fd = sock, .events = POLLIN };
	int n = poll(&wait, 1, (int)patience_ms), fd = -1;
	unsigned nfds = 0;
	ssize_t len;
	char byte;

	if (n <= 0)
		return n < 0 ? -errno : -ETIMEDOUT;
	len = fd_recv_packet(sock, &byte, 1, &fd, 1, &nfds);
	if (len == 0)
		return -EPIPE;
	if (len < 0)
		return (int)len;
	return nfds == 1 ? fd : -EBADMSG;
}

static int fetch(const char *path, unsigned patience_ms)
{
	int sock cleanup_fd = fd_unix_connect(path, SOCK_STREAM);
	int fd cleanup_fd = sock < 0 ? sock : receive(sock, patience_ms);
	int ret = fd < 0 ? fd : fd_set_cloexec(fd, false);

	return ret < 0 ? ret : steal_fd(&fd);
}

static int cable_one(char **arg, unsigned patience_ms, const char **ret_path)
{
	struct option_value path;
	char *value cleanup_free = NULL;
	int fd cleanup_fd = -1;
	int ret = option_find(*arg, "path", &path);

	if (ret <= 0)
		return ret < 0 ? ret : -EBADMSG;
	value = path.value;
	*ret_path = *arg + path.at + strlen(",path=");
	fd = fetch(value, patience_ms);
	if (fd < 0)
		return fd;
	ret = option_replace_by_fd(arg, &path, fd);
	if (ret == 0)
		steal_fd(&fd);
	return ret;
}

int cable_netdevs(char **argv, unsigned patience_ms, const char **ret_path)
{
	for (; argv[0] && argv[1]; argv++) {
		int ret;

		if (strcmp(argv[0], "-netdev") != 0 || strncmp(argv[1], "tap,", 4) != 0)
			continue;
		*ret_path = argv[1];
		ret = cable_one(&argv[1], patience_ms, ret_path);
		if (ret < 0)
			return ret;
	}
	return 0;
}
