/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A chained log: what is read of a line is what stands there, a verdict stays
 * within the log, and no log is good but by hashing to its head.
 */
#include "base/chain.h"
#include "tests/fuzz/fuzz.h"

static void check_line(const char *line, size_t len)
{
	struct chain_head own;

	if (chain_read_line(line, len, &own) < 0)
		return;
	require(own.seq > 0 && strlen(own.hash) == CHAIN_HEX);
	require(memmem(line, len, own.hash, CHAIN_HEX) != NULL && !memchr(line, '\n', len));
}

/* @log against the head that its last line says it has, which a good log ends with. */
static void check_log(const char *log, size_t len)
{
	const struct chain_head start = chain_claimed_start(log, len);
	struct chain_head head = CHAIN_START, own;
	struct chain_verdict verdict;
	struct chain_ends ends;
	const char *last = log;
	size_t lines = 0;

	for (const char *p = log; p < log + len; p++) {
		if (*p != '\n')
			continue;
		lines++;
		if (p + 1 < log + len)
			last = p + 1;
	}
	if (len > 0 && log[len - 1] == '\n' && chain_read_line(last, (size_t)(log + len - last) - 1, &own) == 0) {
		head.seq = own.seq;
		require(chain_hash(last, (size_t)(log + len - last) - 1, head.hash) == 0);
	}
	ends = (struct chain_ends){ start, head };
	require(chain_verify(log, len, &ends, &verdict) == 0);
	require(verdict.lines <= lines && verdict.line <= lines + 1);
	require(verdict.fault != CHAIN_GOOD || verdict.lines == head.seq - start.seq);
	require(verdict.fault == CHAIN_GOOD || verdict.lines < lines + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = (char *)fuzz_copy(data, size);
	struct chain_head head;

	check_line(copy, size);
	check_log(copy, size);
	if (chain_read_head(copy, size, &head) == 0)
		require(head.seq > 0 && strlen(head.hash) == CHAIN_HEX);
	free(copy);
	return 0;
}
