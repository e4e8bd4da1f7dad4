/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/chain.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/digest.h"

#define BEGIN "{\"seq\":"
#define MIDDLE ",\"prev\":\""
#define END "\"}"

int chain_hash(const char *line, size_t len, char ret_hex[CHAIN_HEX + 1])
{
	struct digest *d = digest_new();
	int r = d ? digest_add(d, line, len) : -ENOMEM;

	if (r == 0)
		r = digest_end(d, ret_hex);
	digest_free(d);
	return r;
}

static bool is_hash(const char *text)
{
	for (unsigned i = 0; i < CHAIN_HEX; i++) {
		if (!((text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f')))
			return false;
	}
	return true;
}

/* A number from 1, without leading zeroes, of at most 18 digits. Its length; 0: there is none. */
static size_t read_number(const char *text, size_t len, uint64_t *ret)
{
	size_t n = 0;

	*ret = 0;
	for (; n < len && text[n] >= '0' && text[n] <= '9'; n++) {
		if (n == 18 || (n == 0 && text[n] == '0'))
			return 0;
		*ret = *ret * 10 + (uint64_t)(text[n] - '0');
	}
	return n;
}

static bool has_control(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] < ' ')
			return true;
	}
	return false;
}

int chain_read_line(const char *untrusted_line, size_t len, struct chain_head *ret)
{
	const size_t begin = sizeof(BEGIN) - 1, middle = sizeof(MIDDLE) - 1, end = sizeof(END) - 1;
	const size_t tail = middle + CHAIN_HEX + end;
	const char *at;
	size_t digits;

	if (len < begin + 1 + tail || has_control(untrusted_line, len) || memcmp(untrusted_line, BEGIN, begin) != 0)
		return -EBADMSG;
	digits = read_number(untrusted_line + begin, len - begin - tail, &ret->seq);
	if (digits == 0 || untrusted_line[begin + digits] != ',')
		return -EBADMSG;
	at = untrusted_line + len - tail;
	if (memcmp(at, MIDDLE, middle) != 0 || !is_hash(at + middle) || memcmp(at + middle + CHAIN_HEX, END, end) != 0)
		return -EBADMSG;
	memcpy(ret->hash, at + middle, CHAIN_HEX);
	ret->hash[CHAIN_HEX] = '\0';
	return 0;
}

int chain_read_head(const char *untrusted_text, size_t len, struct chain_head *ret)
{
	size_t digits = read_number(untrusted_text, len, &ret->seq);

	if (digits == 0 || len != digits + 1 + CHAIN_HEX + 1 || untrusted_text[digits] != ' ' ||
		!is_hash(untrusted_text + digits + 1) || untrusted_text[len - 1] != '\n')
		return -EBADMSG;
	memcpy(ret->hash, untrusted_text + digits + 1, CHAIN_HEX);
	ret->hash[CHAIN_HEX] = '\0';
	return 0;
}

/* The walk along a log. */
struct walk {
	const char *at, *end;
	const struct chain_head *head;
	struct chain_head last; /* of the line before: number and hash */
	struct chain_verdict *verdict;
};

struct line {
	const char *text;
	size_t len;
	bool ends;
};

/* False: there is no further line. */
static bool peek(const struct walk *w, const char *at, struct line *ret)
{
	const char *newline;

	if (at == w->end)
		return false;
	newline = memchr(at, '\n', (size_t)(w->end - at));
	*ret = (struct line){ at, (size_t)((newline ? newline : w->end) - at), newline != NULL };
	return true;
}

static int found(struct walk *w, enum chain_fault fault, uint64_t line)
{
	w->verdict->fault = fault;
	w->verdict->line = line;
	return 0;
}

static int found_missing(struct walk *w, enum chain_fault fault, uint64_t line, uint64_t last)
{
	w->verdict->seq = w->last.seq + 1;
	w->verdict->missing = last - w->last.seq;
	return found(w, fault, line);
}

/* Whether what follows @line, the next line or the head, has @hash as its. */
static bool is_vouched_for(const struct walk *w, const struct line *line, const char *hash)
{
	struct chain_head next_head;
	struct line next;

	if (!peek(w, line->text + line->len + 1, &next))
		return strcmp(w->head->hash, hash) == 0;
	return chain_read_line(next.text, next.len, &next_head) == 0 && strcmp(next_head.hash, hash) == 0;
}

/* The link from the line before to @line. A line that the next one vouches for is as it was written. */
static int check_link(struct walk *w, const struct line *line, const struct chain_head *own, const char *hash)
{
	const uint64_t number = w->verdict->lines + 1;
	const bool links = strcmp(own->hash, w->last.hash) == 0;

	if (links)
		return own->seq == w->last.seq + 1 ? 0 : found(w, CHAIN_CHANGED, number);
	if (own->seq > w->last.seq + 1)
		return found_missing(w, CHAIN_MISSING, number, own->seq - 1);
	if (own->seq <= w->last.seq)
		return found(w, CHAIN_MISPLACED, number);
	if (number > 1 && is_vouched_for(w, line, hash)) {
		w->verdict->lines--;
		return found(w, CHAIN_CHANGED, number - 1);
	}
	return found(w, CHAIN_CHANGED, number);
}

static int check_line(struct walk *w, const struct line *line)
{
	const uint64_t number = w->verdict->lines + 1;
	char hash[CHAIN_HEX + 1];
	struct chain_head own;
	int r;

	if (!line->ends)
		return found(w, CHAIN_TORN, number);
	if (chain_read_line(line->text, line->len, &own) < 0)
		return found(w, CHAIN_UNREADABLE, number);
	if (w->last.seq >= w->head->seq)
		return found(w, CHAIN_MISPLACED, number);
	r = chain_hash(line->text, line->len, hash);
	if (r == 0)
		r = check_link(w, line, &own, hash);
	if (r < 0 || w->verdict->fault)
		return r;
	w->last.seq = own.seq;
	memcpy(w->last.hash, hash, sizeof(hash));
	w->verdict->lines++;
	return 0;
}

struct chain_head chain_claimed_start(const char *untrusted_log, size_t len)
{
	const char *newline = len ? memchr(untrusted_log, '\n', len) : NULL;
	struct chain_head first;

	if (!newline || chain_read_line(untrusted_log, (size_t)(newline - untrusted_log), &first) < 0)
		return CHAIN_START;
	first.seq--; /* its hash is that of the line before */
	return first;
}

int chain_verify(const char *untrusted_log, size_t len, const struct chain_ends *ends, struct chain_verdict *ret)
{
	const struct chain_head *head = &ends->head;
	struct walk w = { .at = untrusted_log, .end = untrusted_log + len, .head = head, .verdict = ret };
	struct line line;

	w.last = ends->start;
	*ret = (struct chain_verdict){ 0 };
	while (peek(&w, w.at, &line)) {
		int r = check_line(&w, &line);

		if (r < 0 || ret->fault)
			return r;
		w.at = line.text + line.len + 1;
	}
	if (w.last.seq < head->seq)
		return found_missing(&w, CHAIN_CUT, ret->lines, head->seq);
	if (strcmp(w.last.hash, head->hash) == 0)
		return 0;
	ret->lines--;
	return found(&w, CHAIN_CHANGED, ret->lines + 1);
}
