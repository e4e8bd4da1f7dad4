/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/manifest.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static const char word_chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
/* A kernel command line is split at spaces, quotes group words: neither quotes nor anything exotic is let in. */
static const char cmdline_chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.=,:/ -";

static bool copy_checked(const char *value, size_t len, const char *chars, char *dst, size_t cap)
{
	if (len >= cap)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (value[i] == '\0' || !strchr(chars, value[i]))
			return false;
	}
	memcpy(dst, value, len);
	dst[len] = '\0';
	return true;
}

static bool set_word(const char *value, size_t len, char *dst)
{
	/* A name that is a path's part must not be hidden or lead elsewhere. */
	return len > 0 && value[0] != '.' && value[0] != '-' &&
		copy_checked(value, len, word_chars, dst, MANIFEST_WORD_MAX + 1);
}

static bool set_name(struct manifest *m, const char *value, size_t len)
{
	return set_word(value, len, m->name);
}

static bool set_version(struct manifest *m, const char *value, size_t len)
{
	return set_word(value, len, m->version);
}

static bool set_architecture(struct manifest *m, const char *value, size_t len)
{
	return set_word(value, len, m->architecture);
}

static bool set_cmdline(struct manifest *m, const char *value, size_t len)
{
	return copy_checked(value, len, cmdline_chars, m->cmdline, sizeof(m->cmdline));
}

static bool set_size_root(struct manifest *m, const char *value, size_t len)
{
	uint64_t size = 0;

	if (len == 0 || len > 15)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (value[i] < '0' || value[i] > '9')
			return false;
		size = size * 10 + (uint64_t)(value[i] - '0');
	}
	m->size_root = size;
	return true;
}

static const struct {
	const char *key;
	bool (*set)(struct manifest *m, const char *value, size_t len);
} keys[] = {
	{ "name", set_name },
	{ "version", set_version },
	{ "architecture", set_architecture },
	{ "cmdline", set_cmdline },
	{ "size_root", set_size_root },
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

/* One line without its newline; @seen has one bit per key. */
static bool parse_line(struct manifest *m, const char *line, size_t len, unsigned *seen)
{
	const char *equals = memchr(line, '=', len);
	size_t key_len;

	if (len == 0 || line[0] == '#')
		return true;
	if (!equals || equals == line || memchr(line, '\0', len))
		return false;
	key_len = (size_t)(equals - line);
	for (size_t i = 0; i < KEYS; i++) {
		if (strlen(keys[i].key) != key_len || memcmp(keys[i].key, line, key_len) != 0)
			continue;
		if (*seen & 1u << i)
			return false;
		*seen |= 1u << i;
		return keys[i].set(m, equals + 1, len - key_len - 1);
	}
	return true;
}

int manifest_parse(const char *text, size_t len, struct manifest *ret_manifest, unsigned *ret_line)
{
	struct manifest m = { 0 };
	unsigned seen = 0, line = 0;

	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t line_len = end ? (size_t)(end - text) : len;

		line++;
		if (!parse_line(&m, text, line_len, &seen)) {
			*ret_line = line;
			return -EBADMSG;
		}
		text += line_len + (end ? 1 : 0);
		len -= line_len + (end ? 1 : 0);
	}
	*ret_line = 0;
	if (!m.name[0] || !m.version[0] || !m.architecture[0])
		return -EBADMSG;
	*ret_manifest = m;
	return 0;
}
