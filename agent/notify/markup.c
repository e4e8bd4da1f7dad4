/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/notify/markup.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "proto/text.h"

#define RAW_MAX 2048 /* more than any field has room for */

static const struct {
	const char *name, *text;
} entities[] = {
	{ "&lt;", "<" },
	{ "&gt;", ">" },
	{ "&amp;", "&" },
	{ "&quot;", "\"" },
	{ "&apos;", "'" },
	{ "&#39;", "'" },
};

static bool is_name_end(char c)
{
	return c == '>' || c == '/' || c == ' ' || c == '\t' || c == '\n';
}

/* Bytes of a tag that is passed over; 0: here is none. */
static size_t tag_length(const char *at)
{
	static const char *const names[] = { "b", "i", "u", "a", "img", "br" };
	const char *name = at + 1 + (at[1] == '/'), *end = strchr(at, '>');

	if (!end)
		return 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncasecmp(name, names[i], strlen(names[i])) == 0 && is_name_end(name[strlen(names[i])]))
			return (size_t)(end - at) + 1;
	return 0;
}

/* Bytes of an entity, and what it stands for; 0: here is none. */
static size_t entity_length(const char *at, char *ret_char)
{
	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
		if (strncmp(at, entities[i].name, strlen(entities[i].name)) != 0)
			continue;
		*ret_char = entities[i].text[0];
		return strlen(entities[i].name);
	}
	return 0;
}

/* Line breaks and blanks in a row are one blank. */
static size_t put(char *raw, size_t len, char c)
{
	if (c == '\n' || c == '\r' || c == '\t')
		c = ' ';
	if (c == ' ' && (len == 0 || raw[len - 1] == ' '))
		return len;
	raw[len] = c;
	return len + 1;
}

static void flatten(const char *text, bool has_markup, char *dst, size_t cap)
{
	char raw[RAW_MAX], c;
	size_t len = 0, skip;

	while (*text && len < sizeof(raw)) {
		skip = has_markup && *text == '<' ? tag_length(text) : 0;
		if (skip > 0) {
			/* "a<br/>b" are two words */
			if (strncasecmp(text, "<br", 3) == 0)
				len = put(raw, len, ' ');
			text += skip;
			continue;
		}
		c = *text;
		skip = has_markup && c == '&' ? entity_length(text, &c) : 0;
		len = put(raw, len, c);
		text += skip > 0 ? skip : 1;
	}
	while (len > 0 && raw[len - 1] == ' ')
		len--;
	text_sanitise((const uint8_t *)raw, len, dst, cap);
}

void markup_strip(const char *text, char *dst, size_t cap)
{
	flatten(text, true, dst, cap);
}

void markup_keep(const char *text, char *dst, size_t cap)
{
	flatten(text, false, dst, cap);
}
