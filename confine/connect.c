/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "confine/connect.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/fd.h"

static const char path_key[] = ",path=";

/* Whether the QEMU option list @options says that it listens. */
static bool is_server(const char *options)
{
	const char *at = strstr(options, ",server");

	return at && strncmp(at, ",server=off", 11) != 0;
}

/* Ends at a single ','; in a value QEMU writes a comma as ",,". */
static size_t value_length(const char *value)
{
	size_t len = 0;

	while (value[len] && (value[len] != ',' || value[len + 1] == ','))
		len += value[len] == ',' ? 2 : 1;
	return len;
}

static char *unescape(const char *value, size_t len)
{
	char *plain = malloc(len + 1);
	size_t out = 0;

	if (!plain)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		plain[out++] = value[i];
		if (value[i] == ',')
			i++;
	}
	plain[out] = '\0';
	return plain;
}

/* @options with "fd=N" where "path=…" stood. */
static char *replace_path(const char *options, const char *at, size_t path_len, int fd)
{
	char *replaced;

	if (asprintf(&replaced, "%.*s,fd=%d%s", (int)(at - options), options, fd,
		    at + sizeof(path_key) - 1 + path_len) < 0)
		return NULL;
	return replaced;
}

static int connect_one(char **arg, const char **ret_path)
{
	const char *at = strstr(*arg, path_key);
	char *path cleanup_free = NULL;
	int fd cleanup_fd = -1;
	char *replaced;
	size_t len;
	int ret;

	if (!at)
		return 0;
	len = value_length(at + sizeof(path_key) - 1);
	path = unescape(at + sizeof(path_key) - 1, len);
	if (!path)
		return -ENOMEM;
	fd = fd_unix_connect(path, SOCK_STREAM);
	if (fd < 0) {
		*ret_path = at + sizeof(path_key) - 1;
		return fd;
	}
	ret = fd_set_cloexec(fd, false);
	if (ret < 0)
		return ret;
	replaced = replace_path(*arg, at, len, fd);
	if (!replaced)
		return -ENOMEM;
	steal_fd(&fd);
	*arg = replaced;
	return 0;
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
