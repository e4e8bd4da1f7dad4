/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "confine/option.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ends at a single ','. */
static size_t length_of(const char *text)
{
	size_t len = 0;

	while (text[len] && (text[len] != ',' || text[len + 1] == ','))
		len += text[len] == ',' ? 2 : 1;
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

int option_find(const char *options, const char *key, struct option_value *ret)
{
	size_t key_len = strlen(key), at = length_of(options);

	while (options[at]) {
		const char *name = options + at + 1;
		size_t len = length_of(name);

		if (strncmp(name, key, key_len) == 0 && name[key_len] == '=') {
			*ret = (struct option_value){ .at = at, .len = len + 1 };
			ret->value = unescape(name + key_len + 1, len - key_len - 1);
			return ret->value ? 1 : -ENOMEM;
		}
		at += len + 1;
	}
	return 0;
}

int option_replace_by_fd(char **options, const struct option_value *value, int fd)
{
	char *replaced;

	if (asprintf(&replaced, "%.*s,fd=%d%s", (int)value->at, *options, fd, *options + value->at + value->len) < 0)
		return -ENOMEM;
	*options = replaced;
	return 0;
}
