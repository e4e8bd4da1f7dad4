/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "confine/grants.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* Adds @path, which becomes the list's. */
static int add(struct grants *g, char *path, enum grant_kind kind)
{
	if (g->count == GRANTS_MAX) {
		free(path);
		return -E2BIG;
	}
	g->item[g->count++] = (struct grant){ .path = path, .kind = kind };
	return 0;
}

/* Reads one path up to an unescaped ':' or the end. -EINVAL: not absolute, or a backslash before another character. */
static int read_path(const char **at, char **ret_path)
{
	const char *from = *at;
	char *path cleanup_free = malloc(strlen(from) + 1);
	size_t len = 0;

	if (!path)
		return -ENOMEM;
	for (; *from && *from != ':'; from++) {
		if (*from == '\\' && *++from != ':' && *from != '\\')
			return -EINVAL;
		path[len++] = *from;
	}
	path[len] = '\0';
	if (path[0] != '/')
		return -EINVAL;
	*at = from;
	*ret_path = steal_ptr(&path);
	return 0;
}

/* "net=user", the only word without a path. 1: it was one; 0: it begins otherwise; -EINVAL: another network. */
static int read_net(struct grants *g, const char **at)
{
	static const char user[] = "net=user";

	if (strncmp(*at, "net=", 4) != 0)
		return 0;
	if (strncmp(*at, user, sizeof(user) - 1) != 0 || ((*at)[sizeof(user) - 1] && (*at)[sizeof(user) - 1] != ':'))
		return -EINVAL;
	*at += sizeof(user) - 1;
	g->net = true;
	return 1;
}

/* "ro=PATH", "rw=PATH" or "dev=PATH". */
static int read_file(struct grants *g, const char **at)
{
	static const char *const words[] = { [GRANT_READ] = "ro=", [GRANT_WRITE] = "rw=", [GRANT_DEVICE] = "dev=" };
	char *path;
	int ret;

	for (unsigned kind = 0; kind < sizeof(words) / sizeof(words[0]); kind++) {
		size_t len = strlen(words[kind]);

		if (strncmp(*at, words[kind], len) != 0)
			continue;
		*at += len;
		ret = read_path(at, &path);
		return ret < 0 ? ret : add(g, path, kind);
	}
	return -EINVAL;
}

int grants_add_variable(struct grants *g, const char *value)
{
	const char *at = value;

	for (;;) {
		int ret = read_net(g, &at);

		if (ret == 0)
			ret = read_file(g, &at);
		if (ret < 0 || *at == '\0')
			return ret < 0 ? ret : 0;
		at++;
	}
}

int grants_add_secrets(struct grants *g, char *const *argv)
{
	static const char json[] = "\"file\":\"", plain[] = ",file=";

	for (; argv[0] && argv[1]; argv++) {
		const char *at;
		char *path;
		bool is_json;
		int ret;

		if (strcmp(argv[0], "-object") != 0 || !strstr(argv[1], "secret"))
			continue;
		at = strstr(argv[1], json);
		is_json = at != NULL;
		at = is_json ? at + sizeof(json) - 1 : strstr(argv[1], plain);
		if (!at)
			continue;
		if (!is_json)
			at += sizeof(plain) - 1;
		path = strndup(at, strcspn(at, is_json ? "\"" : ","));
		ret = path ? add(g, path, GRANT_READ) : -ENOMEM;
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* The folder that holds the @len bytes of @path. NULL: none, or no memory. */
static char *folder_of(const char *path, size_t len)
{
	while (len > 0 && path[len - 1] != '/')
		len--;
	return len > 1 ? strndup(path, len - 1) : NULL;
}

int grants_add_probe(struct grants *g, char *const *argv)
{
	static const char unix_prefix[] = "unix:";

	for (; argv[0] && argv[1]; argv++) {
		const char *path = argv[1];
		char *folder;
		int ret;

		if (strcmp(argv[0], "-qmp") == 0 && strncmp(path, unix_prefix, sizeof(unix_prefix) - 1) == 0)
			path += sizeof(unix_prefix) - 1;
		else if (strcmp(argv[0], "-pidfile") != 0)
			continue;
		folder = folder_of(path, strcspn(path, ","));
		if (!folder)
			continue;
		ret = add(g, folder, GRANT_WRITE);
		if (ret < 0)
			return ret;
	}
	return 0;
}

void grants_finish(struct grants *g)
{
	for (unsigned i = 0; i < g->count; i++)
		free(g->item[i].path);
	g->count = 0;
	g->net = false;
}
