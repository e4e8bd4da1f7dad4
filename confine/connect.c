/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "confine/connect.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "confine/option.h"

/* Whether the QEMU option list @options says that it listens. */
static bool is_server(const char *options)
{
	const char *at = strstr(options, ",server");

	return at && strncmp(at, ",server=off", 11) != 0;
}

static int connect_one(char **arg, const char **ret_path)
{
	struct option_value path;
	char *value cleanup_free = NULL;
	int fd cleanup_fd = -1;
	int ret = option_find(*arg, "path", &path);

	if (ret <= 0)
		return ret;
	value = path.value;
	fd = fd_unix_connect(value, SOCK_STREAM);
	if (fd < 0) {
		*ret_path = *arg + path.at + strlen(",path=");
		return fd;
	}
	ret = fd_set_cloexec(fd, false);
	if (ret < 0)
		return ret;
	ret = option_replace_by_fd(arg, &path, fd);
	if (ret == 0)
		steal_fd(&fd);
	return ret;
}

int connect_chardevs(char **argv, const char **ret_path)
{
	static const char kind[] = "socket,";

	for (; argv[0] && argv[1]; argv++) {
		int ret;

		if (strcmp(argv[0], "-chardev") != 0 || strncmp(argv[1], kind, sizeof(kind) - 1) != 0)
			continue;
		if (is_server(argv[1]))
			continue;
		ret = connect_one(&argv[1], ret_path);
		if (ret < 0)
			return ret;
	}
	return 0;
}
