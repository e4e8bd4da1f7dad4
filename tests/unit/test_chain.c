/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/chain.h"
#include "tests/unit/unit.h"

#define LINES 9

static char text[LINES * 256];
static size_t starts[LINES + 1];
static struct chain_head head, start;
static struct chain_verdict verdict;

/* A good log of LINES lines; starts[] says where each begins. */
static int make_log(void **state)
{
	size_t len = 0;

	head = start = CHAIN_START;
	for (unsigned i = 0; i < LINES; i++) {
		int n = snprintf(text + len, sizeof(text) - len, "{\"seq\":%u,\"event\":\"e%u\",\"prev\":\"%s\"}\n",
			i + 1, i * 7, head.hash);

		starts[i] = len;
		head.seq = i + 1;
		if (chain_hash(text + len, (size_t)n - 1, head.hash) < 0)
			return -1;
		len += (size_t)n;
	}
	starts[LINES] = len;
	return 0;
}

static enum chain_fault verify(const char *log, size_t len)
{
	struct chain_ends ends = { .start = start };
	char *copy = malloc(len ? len : 1); /* exactly as long: a sanitizer sees what reads beyond */

	assert_non_null(copy);
	memcpy(copy, log, len);
	ends.head = head;
	assert_int_equal(chain_verify(copy, len, &ends, &verdict), 0);
	free(copy);
	return verdict.fault;
}

static unsigned line_of(size_t at)
{
	unsigned i = 0;

	while (starts[i + 1] <= at)
		i++;
	return i + 1;
}

/* FIPS 180-4's example "abc", and nothing. */
static void test_hash(void **state)
{
	char hex[CHAIN_HEX + 1];

	assert_int_equal(chain_hash("abc", 3, hex), 0);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(chain_hash("", 0, hex), 0);
	assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void test_good(void **state)
{
	assert_int_equal(verify(text, starts[LINES]), CHAIN_GOOD);
	assert_int_equal(verdict.lines, LINES);
	head = CHAIN_START;
	assert_int_equal(verify("", 0), CHAIN_GOOD);
	assert_int_equal(verdict.lines, 0);
}

/* Its older lines are somewhere else, or gone: good only by a start that fits. */
static void test_later(void **state)
{
	const char *rest = text + starts[3];
	size_t len = starts[LINES] - starts[3];

	assert_int_equal(verify(rest, len), CHAIN_MISSING);
	assert_int_equal(verdict.seq, 1);
	assert_int_equal(verdict.missing, 3);
	start = chain_claimed_start(rest, len);
	assert_int_equal(start.seq, 3);
	assert_int_equal(verify(rest, len), CHAIN_GOOD);
	assert_int_equal(verdict.lines, LINES - 3);
	start.hash[0] ^= 1;
	assert_int_not_equal(verify(rest, len), CHAIN_GOOD);
	assert_int_equal(chain_claimed_start(text, starts[LINES]).seq, 0);
	assert_string_equal(chain_claimed_start(text, starts[LINES]).hash, CHAIN_START.hash);
	assert_int_equal(chain_claimed_start(rest, starts[4] - starts[3] - 1).seq, 0);
	assert_int_equal(chain_claimed_start("", 0).seq, 0);
}

/* Every bit of every byte: seen, and the line named is the one; where a newline goes, it and the next are one. */
static void test_flip(void **state)
{
	for (size_t at = 0; at < starts[LINES]; at++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			char old = text[at];
			enum chain_fault fault;

			text[at] = (char)(old ^ (1 << bit));
			fault = verify(text, starts[LINES]);
			text[at] = old;
			assert_int_not_equal(fault, CHAIN_GOOD);
			if (verdict.line != line_of(at))
				fail_msg("byte %zu, bit %u: line %u was changed, line %u named (%d)", at, bit,
					line_of(at), (unsigned)verdict.line, (int)fault);
			assert_int_equal(verdict.lines, verdict.line - 1);
		}
	}
}

/* The copy of the log without bytes @from to @to. */
static size_t without(char *copy, size_t from, size_t to)
{
	memcpy(copy, text, from);
	memcpy(copy + from, text + to, starts[LINES] - to);
	return starts[LINES] - (to - from);
}

static void test_removed(void **state)
{
	static char copy[sizeof(text)];

	for (unsigned i = 0; i < LINES; i++) {
		for (unsigned j = i + 1; j <= LINES; j++) {
			size_t len = without(copy, starts[i], starts[j]);

			assert_int_equal(verify(copy, len), j == LINES ? CHAIN_CUT : CHAIN_MISSING);
			assert_int_equal(verdict.line, j == LINES ? i : i + 1);
			assert_int_equal(verdict.seq, i + 1);
			assert_int_equal(verdict.missing, j - i);
			assert_int_equal(verdict.lines, i);
		}
	}
}

/* Cut at any byte. */
static void test_cut(void **state)
{
	for (size_t len = 0; len < starts[LINES]; len++) {
		enum chain_fault fault = verify(text, len);
		unsigned line = line_of(len);

		assert_int_equal(fault, starts[line - 1] == len ? CHAIN_CUT : CHAIN_TORN);
		assert_int_equal(verdict.line, fault == CHAIN_CUT ? line - 1 : line);
	}
}

static void test_swapped(void **state)
{
	static char copy[sizeof(text)];

	for (unsigned i = 0; i + 1 < LINES; i++) {
		size_t first = starts[i + 1] - starts[i], second = starts[i + 2] - starts[i + 1];

		memcpy(copy, text, starts[LINES]);
		memcpy(copy + starts[i], text + starts[i + 1], second);
		memcpy(copy + starts[i] + second, text + starts[i], first);
		assert_int_equal(verify(copy, starts[LINES]), CHAIN_MISSING);
		assert_int_equal(verdict.line, i + 1);
	}
}

/* A line repeated anywhere, and one made up with a number that fits. */
static void test_inserted(void **state)
{
	static char copy[2 * sizeof(text)];
	char forged[256];

	for (unsigned at = 0; at <= LINES; at++) {
		for (unsigned i = 0; i < LINES; i++) {
			size_t len = starts[i + 1] - starts[i];

			memcpy(copy, text, starts[at]);
			memcpy(copy + starts[at], text + starts[i], len);
			memcpy(copy + starts[at] + len, text + starts[at], starts[LINES] - starts[at]);
			assert_int_not_equal(verify(copy, starts[LINES] + len), CHAIN_GOOD);
			assert_int_equal(verdict.line, i == at ? at + 2 : at + 1);
		}
	}
	snprintf(forged, sizeof(forged), "{\"seq\":%u,\"prev\":\"%s\"}\n", LINES + 1, head.hash);
	memcpy(copy, text, starts[LINES]);
	memcpy(copy + starts[LINES], forged, strlen(forged));
	assert_int_equal(verify(copy, starts[LINES] + strlen(forged)), CHAIN_MISPLACED);
	assert_int_equal(verdict.line, LINES + 1);
}

/* A log that was written anew from some line on hangs together, but not with the head. */
static void test_rewritten(void **state)
{
	struct chain_head known = head;

	text[starts[4] + 20] = 'X';
	head = CHAIN_START;
	for (unsigned i = 0; i < LINES; i++) {
		memcpy(text + starts[i + 1] - 1 - 2 - CHAIN_HEX, head.hash, CHAIN_HEX);
		head.seq = i + 1;
		assert_int_equal(chain_hash(text + starts[i], starts[i + 1] - starts[i] - 1, head.hash), 0);
	}
	assert_int_equal(verify(text, starts[LINES]), CHAIN_GOOD);
	head = known;
	assert_int_equal(verify(text, starts[LINES]), CHAIN_CHANGED);
	assert_int_equal(verdict.line, LINES);
}

static void refused_line(const char *line)
{
	struct chain_head ret;

	assert_int_equal(chain_read_line(line, strlen(line), &ret), -EBADMSG);
}

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_line(void **state)
{
	static const char good[] = "{\"seq\":12,\"a\":1,\"prev\":\"" HASH "\"}";
	struct chain_head ret;

	assert_int_equal(chain_read_line(good, strlen(good), &ret), 0);
	assert_int_equal(ret.seq, 12);
	assert_string_equal(ret.hash, HASH);
	for (size_t len = 0; len < strlen(good); len++)
		assert_int_equal(chain_read_line(good, len, &ret), -EBADMSG);
	refused_line("{\"seq\":012,\"prev\":\"" HASH "\"}");
	refused_line("{\"seq\":0,\"prev\":\"" HASH "\"}");
	refused_line("{\"seq\":-1,\"prev\":\"" HASH "\"}");
	refused_line("{\"seq\":,\"prev\":\"" HASH "\"}");
	refused_line("{\"seq\":1x,\"prev\":\"" HASH "\"}");
	refused_line("{\"seq\":1234567890123456789,\"prev\":\"" HASH "\"}");
	refused_line("{\"seq\":1,\"prev\":\"" HASH "\"} ");
	refused_line("{\"seq\":1,\"a\":\"\t\",\"prev\":\"" HASH "\"}");
	refused_line("{\"seq\":1,\"prev\":\"F" HASH "\"}");
	refused_line("{\"seq\":1,\"prev\":\"ABCDEF6789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}");
}

static void test_head(void **state)
{
	static const char good[] = "12 " HASH "\n";
	struct chain_head ret;

	assert_int_equal(chain_read_head(good, strlen(good), &ret), 0);
	assert_int_equal(ret.seq, 12);
	assert_string_equal(ret.hash, HASH);
	for (size_t len = 0; len < strlen(good); len++)
		assert_int_equal(chain_read_head(good, len, &ret), -EBADMSG);
	assert_int_equal(chain_read_head("0 " HASH "\n", strlen(good) - 1, &ret), -EBADMSG);
	assert_int_equal(chain_read_head("12\t" HASH "\n", strlen(good), &ret), -EBADMSG);
	assert_int_equal(chain_read_head("12 " HASH "\n\n", strlen(good) + 1, &ret), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hash),
		cmocka_unit_test_setup(test_good, make_log),
		cmocka_unit_test_setup(test_later, make_log),
		cmocka_unit_test_setup(test_flip, make_log),
		cmocka_unit_test_setup(test_removed, make_log),
		cmocka_unit_test_setup(test_cut, make_log),
		cmocka_unit_test_setup(test_swapped, make_log),
		cmocka_unit_test_setup(test_inserted, make_log),
		cmocka_unit_test_setup(test_rewritten, make_log),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_head),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
