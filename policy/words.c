/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/words.h"

#include <errno.h>
#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c);
}

static bool is_name_byte(char c)
{
	return is_alnum(c) || c == '_' || c == '.' || c == '-';
}

bool words_line(const char **at, const char *end, struct line *ret_line)
{
	const char *newline;

	if (*at == end)
		return false;
	newline = memchr(*at, '\n', (size_t)(end - *at));
	*ret_line = (struct line){ .start = *at, .at = *at, .end = newline ? newline : end };
	*at = newline ? newline + 1 : end;
	if (ret_line->end > ret_line->start && ret_line->end[-1] == '\r')
		ret_line->end--;
	return true;
}

int words_refuse(const struct line *l, const char *at, const char *sentence, struct ruleset_error *ret_error)
{
	ret_error->column = (uint32_t)(at - l->start) + 1;
	ret_error->sentence = sentence;
	return -EINVAL;
}

int words_check(const struct line *l, struct ruleset_error *ret_error)
{
	for (const char *p = l->start; p < l->end; p++) {
		if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7f)
			return words_refuse(l, p, "a control character: write plain text", ret_error);
	}
	return 0;
}

bool words_next(struct line *l, struct word *ret_word)
{
	while (l->at < l->end && is_blank(*l->at))
		l->at++;
	if (l->at == l->end || *l->at == '#')
		return false;
	ret_word->text = l->at;
	while (l->at < l->end && !is_blank(*l->at))
		l->at++;
	ret_word->len = (size_t)(l->at - ret_word->text);
	return true;
}

bool words_is(const struct word *w, const char *text)
{
	return w->len == strlen(text) && memcmp(w->text, text, w->len) == 0;
}

int words_name(struct line *l, const struct words_name *how, char ret_name[RULESET_NAME_MAX + 1],
	struct ruleset_error *ret_error)
{
	struct word w;
	bool special;

	if (!words_next(l, &w))
		return words_refuse(l, l->at, how->missing, ret_error);
	special = how->special && w.len == 1 && memchr("_^*?", w.text[0], 4);
	for (size_t i = 0; i < w.len && !special; i++) {
		if (i == 0 ? !is_alnum(w.text[0]) : !is_name_byte(w.text[i]))
			return words_refuse(l, w.text + i,
				"a VM name has letters, digits, '_', '.' and '-' only, and begins with a letter or a "
				"digit",
				ret_error);
	}
	if (w.len > RULESET_NAME_MAX)
		return words_refuse(l, w.text, "no VM has a name of more than 40 letters", ret_error);
	memcpy(ret_name, w.text, w.len);
	ret_name[w.len] = '\0';
	return 0;
}

/* "10m": a number and one of s, m, h, d. 0: it is none, or out of range. */
static uint32_t duration(const char *text, size_t len)
{
	static const struct {
		char unit;
		uint32_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < len && is_digit(text[i]) && n <= RULESET_FOR_MAX; i++)
		n = n * 10 + (uint64_t)(text[i] - '0');
	if (i == 0 || i + 1 != len)
		return 0;
	for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++) {
		if (text[i] == units[u].unit && n * units[u].seconds <= RULESET_FOR_MAX)
			return (uint32_t)(n * units[u].seconds);
	}
	return 0;
}

bool words_is_time(const struct word *w)
{
	return w->len > 4 && memcmp(w->text, "for=", 4) == 0;
}

int words_time(const struct line *l, const struct word *w, uint32_t *ret_seconds, struct ruleset_error *ret_error)
{
	*ret_seconds = duration(w->text + 4, w->len - 4);
	if (*ret_seconds == 0)
		return words_refuse(l, w->text + 4,
			"a time is a number and s, m, h or d, from 1s to 366d, as in for=10m", ret_error);
	return 0;
}
