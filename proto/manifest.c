/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/manifest.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define WORD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"

/* A kernel command line is split at spaces, quotes group words: neither quotes nor anything exotic is let in. */
static const char word_chars[] = WORD, release_chars[] = WORD "+~", cmdline_chars[] = WORD "=,:/ ";

const char *const manifest_file_names[MANIFEST_FILES] = { "kernel", "initrd", "root.erofs" };
const uint64_t manifest_size_max[MANIFEST_FILES] = { 64ull << 20, 256ull << 20, 16ull << 30 };

enum value {
	VALUE_WORD, /* may be a path's part: neither hidden nor an option */
	VALUE_RELEASE,
	VALUE_CMDLINE, /* may be empty */
	VALUE_KIND,
	VALUE_HASH,
	VALUE_NUMBER,
};

#define FIELD(key, value, member)                                                                     \
	{                                                                                             \
		key, value, offsetof(struct manifest, member), sizeof(((struct manifest *)0)->member) \
	}

/* In the order in which they are written. */
static const struct key {
	const char *name;
	enum value value;
	size_t offset, cap;
} keys[] = {
	FIELD("name", VALUE_WORD, name),
	FIELD("version", VALUE_WORD, version),
	FIELD("architecture", VALUE_WORD, architecture),
	FIELD("suite", VALUE_WORD, suite),
	FIELD("kind", VALUE_KIND, kind),
	FIELD("kernel", VALUE_RELEASE, kernel),
	FIELD("cmdline", VALUE_CMDLINE, cmdline),
	FIELD("roothash", VALUE_HASH, roothash),
	FIELD("data_blocks", VALUE_NUMBER, data_blocks),
	FIELD("size_kernel", VALUE_NUMBER, size[MANIFEST_KERNEL]),
	FIELD("sha256_kernel", VALUE_HASH, sha256[MANIFEST_KERNEL]),
	FIELD("size_initrd", VALUE_NUMBER, size[MANIFEST_INITRD]),
	FIELD("sha256_initrd", VALUE_HASH, sha256[MANIFEST_INITRD]),
	FIELD("size_root", VALUE_NUMBER, size[MANIFEST_ROOT]),
	FIELD("sha256_root", VALUE_HASH, sha256[MANIFEST_ROOT]),
	FIELD("source", VALUE_HASH, source),
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

static bool is_of(const char *value, size_t len, const char *chars)
{
	for (size_t i = 0; i < len; i++) {
		if (value[i] == '\0' || !strchr(chars, value[i]))
			return false;
	}
	return true;
}

static bool is_word(const char *value, size_t len, const char *chars)
{
	return len > 0 && value[0] != '.' && value[0] != '-' && is_of(value, len, chars);
}

static bool is_text(enum value kind, const char *value, size_t len)
{
	switch (kind) {
	case VALUE_WORD:
		return is_word(value, len, word_chars);
	case VALUE_RELEASE:
		return is_word(value, len, release_chars);
	case VALUE_CMDLINE:
		return is_of(value, len, cmdline_chars);
	case VALUE_KIND:
		return len == 3 && (!memcmp(value, "app", 3) || !memcmp(value, "net", 3));
	case VALUE_HASH:
		return len == MANIFEST_HASH && is_of(value, len, "0123456789abcdef");
	case VALUE_NUMBER:
		break;
	}
	return len > 0 && len <= 15 && is_of(value, len, "0123456789");
}

static bool set_key(struct manifest *m, const struct key *key, const char *value, size_t len)
{
	char *field = (char *)m + key->offset;
	uint64_t number = 0;

	if (!is_text(key->value, value, len))
		return false;
	if (key->value != VALUE_NUMBER) {
		if (len >= key->cap)
			return false;
		memcpy(field, value, len);
		field[len] = '\0';
		return true;
	}
	for (size_t i = 0; i < len; i++)
		number = number * 10 + (uint64_t)(value[i] - '0');
	memcpy(field, &number, sizeof(number));
	return true;
}

/* The index of the key that the @len bytes of @name are; KEYS: none. */
static size_t find_key(const char *name, size_t len)
{
	size_t i = 0;

	while (i < KEYS && (strlen(keys[i].name) != len || memcmp(keys[i].name, name, len) != 0))
		i++;
	return i;
}

int manifest_set(struct manifest *m, const char *key, const char *value, size_t len)
{
	size_t i = find_key(key, strlen(key));

	if (i == KEYS)
		return -ENOENT;
	return set_key(m, &keys[i], value, len) ? 0 : -EBADMSG;
}

/* One line without its newline; @seen has one bit per key. */
static bool parse_line(struct manifest *m, const char *line, size_t len, unsigned *seen)
{
	const char *equals = memchr(line, '=', len);
	size_t key_len, i;

	if (len == 0 || line[0] == '#')
		return true;
	if (!equals || equals == line || memchr(line, '\0', len))
		return false;
	key_len = (size_t)(equals - line);
	i = find_key(line, key_len);
	if (i == KEYS)
		return true;
	if (*seen & 1u << i)
		return false;
	*seen |= 1u << i;
	return set_key(m, &keys[i], equals + 1, len - key_len - 1);
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

int manifest_check(const struct manifest *m)
{
	for (size_t i = 0; i < KEYS; i++) {
		const char *field = (const char *)m + keys[i].offset;
		uint64_t number = 1;

		if (keys[i].value == VALUE_NUMBER)
			memcpy(&number, field, sizeof(number));
		else if (keys[i].value != VALUE_CMDLINE && !field[0])
			return -EBADMSG;
		if (number == 0)
			return -EBADMSG;
	}
	for (unsigned i = 0; i < MANIFEST_FILES; i++) {
		if (m->size[i] > manifest_size_max[i])
			return -EBADMSG;
	}
	return m->data_blocks < (m->size[MANIFEST_ROOT] + MANIFEST_BLOCK - 1) / MANIFEST_BLOCK ? 0 : -EBADMSG;
}

/* Text that is written; it ends with a NUL, and what does not fit shows in full. */
struct out {
	char *text;
	size_t size, len;
	bool full;
};

static void put(struct out *o, const char *text)
{
	size_t len = strlen(text);

	o->full = o->full || len >= o->size - o->len;
	if (o->full)
		return;
	memcpy(o->text + o->len, text, len + 1);
	o->len += len;
}

static void put_number(struct out *o, uint64_t number)
{
	char digits[24], *at = digits + sizeof(digits) - 1;

	*at = '\0';
	do {
		*--at = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	put(o, at);
}

static void put_key(struct out *o, const struct manifest *m, const struct key *key)
{
	const char *field = (const char *)m + key->offset;
	uint64_t number;

	put(o, key->name);
	put(o, "=");
	if (key->value == VALUE_NUMBER) {
		memcpy(&number, field, sizeof(number));
		put_number(o, number);
	} else {
		put(o, field);
	}
	put(o, "\n");
}

static void set_cmdline(struct manifest *m)
{
	struct out o = { .text = m->cmdline, .size = sizeof(m->cmdline) };

	memset(m->cmdline, 0, sizeof(m->cmdline));
	put(&o, "vmos.kind=");
	put(&o, m->kind);
	put(&o, " vmos.roothash=");
	put(&o, m->roothash);
	put(&o, " vmos.rootblocks=");
	put_number(&o, m->data_blocks);
}

int manifest_format(struct manifest *m, char *ret_text, size_t size)
{
	struct out o = { .text = ret_text, .size = size, .full = size == 0 };

	if (manifest_check(m) < 0)
		return -EBADMSG;
	set_cmdline(m);
	for (size_t i = 0; i < KEYS; i++)
		put_key(&o, m, &keys[i]);
	return o.full ? -EMSGSIZE : (int)o.len;
}
