/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/drill.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static const char prefix[] = "VMOS-DRILL ", seen_prefix[] = "VMOS-DRILL-SEEN ";

static const char *const verdicts[] = { [DRILL_DENY] = "deny",
	[DRILL_ALLOW] = "allow",
	[DRILL_SENT] = "sent",
	[DRILL_SKIP] = "skip",
	[DRILL_BROKEN] = "broken" };

/* What is left of a line. */
struct text {
	const char *at;
	size_t len;
};

static bool take_prefix(struct text *t, const char *word)
{
	size_t len = strlen(word);

	if (t->len < len || memcmp(t->at, word, len) != 0)
		return false;
	t->at += len;
	t->len -= len;
	return true;
}

/* The next word, ended by one blank, into @dst of @cap bytes; false: none, or too long. */
static bool take_word(struct text *t, char *dst, size_t cap)
{
	size_t n = 0;

	while (n < t->len && t->at[n] != ' ')
		n++;
	if (n == 0 || n >= cap || n == t->len)
		return false;
	memcpy(dst, t->at, n);
	dst[n] = '\0';
	t->at += n + 1;
	t->len -= n + 1;
	return true;
}

/* All that is left: 1 … DRILL_WORDS_MAX printable characters. */
static bool take_rest(struct text *t, char *dst)
{
	if (t->len == 0 || t->len > DRILL_WORDS_MAX || t->at[0] == ' ')
		return false;
	for (size_t i = 0; i < t->len; i++) {
		if (t->at[i] < 0x20 || t->at[i] > 0x7e)
			return false;
	}
	memcpy(dst, t->at, t->len);
	dst[t->len] = '\0';
	return true;
}

/* 1 … @max in decimal without leading zeroes. */
static bool parse_number(const char *word, unsigned max, unsigned *ret)
{
	unsigned n = 0;

	if (word[0] == '0' || word[0] == '\0')
		return false;
	for (; *word; word++) {
		if (*word < '0' || *word > '9')
			return false;
		n = n * 10 + (unsigned)(*word - '0');
		if (n > max)
			return false;
	}
	*ret = n;
	return true;
}

static bool is_error(const char *word)
{
	if (!strcmp(word, "-"))
		return true;
	for (; *word; word++) {
		if ((*word < 'A' || *word > 'Z') && (*word < '0' || *word > '9'))
			return false;
	}
	return true;
}

static enum drill_verdict find_verdict(const char *word)
{
	for (size_t i = DRILL_DENY; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		if (!strcmp(word, verdicts[i]))
			return (enum drill_verdict)i;
	}
	return DRILL_NONE;
}

static int parse_result(struct text t, const char *number, struct drill_line *ret)
{
	bool control = number[0] == 'c';
	char word[8];

	ret->kind = control ? DRILL_LINE_CONTROL : DRILL_LINE_ACT;
	if (!parse_number(number + control, control ? DRILL_CONTROLS : DRILL_ACTS, &ret->number))
		return -EBADMSG;
	if (!take_word(&t, word, sizeof(word)))
		return -EBADMSG;
	ret->verdict = find_verdict(word);
	if (ret->verdict == DRILL_NONE || !take_word(&t, ret->error, sizeof(ret->error)) || !is_error(ret->error))
		return -EBADMSG;
	return take_rest(&t, ret->words) ? 0 : -EBADMSG;
}

int drill_line_parse(const char *untrusted, size_t len, struct drill_line *ret)
{
	struct text t = { untrusted, len };
	char word[8];

	*ret = (struct drill_line){ 0 };
	if (take_prefix(&t, seen_prefix)) {
		ret->kind = DRILL_LINE_SEEN;
		return take_rest(&t, ret->words) ? 0 : -EBADMSG;
	}
	if (!take_prefix(&t, prefix))
		return -ENODATA;
	if (t.len == 3 && memcmp(t.at, "end", 3) == 0) {
		ret->kind = DRILL_LINE_END;
		return 0;
	}
	if (!take_word(&t, word, sizeof(word)))
		return -EBADMSG;
	if (strcmp(word, "in") != 0)
		return parse_result(t, word, ret);
	ret->kind = DRILL_LINE_INSIDE;
	return take_rest(&t, ret->words) ? 0 : -EBADMSG;
}

const char *drill_verdict_name(enum drill_verdict verdict)
{
	return verdicts[verdict];
}
