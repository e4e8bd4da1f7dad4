/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers of time servers, up to four in a row, as if to requests of ours: what is taken is a time with a sane error. */
#include "agent/ctl/sntp.h"
#include "tests/fuzz/fuzz.h"

#define AT_ORIGINATE 24
#define ENTRY (SNTP_PACKET + 1) /* a packet, and for how many 1/16 s it was waited */
#define BASE_MAX (1ll << 62) /* nsec: the year 2116 */
#define ERROR_MAX 20000000000ll

static uint64_t nonce_of(const uint8_t *packet)
{
	uint64_t nonce = 0;

	for (unsigned i = 0; i < 8; i++)
		nonce = nonce << 8 | packet[AT_ORIGINATE + i];
	return nonce;
}

static void check(const struct sntp_sample *s)
{
	require(s->error_ns >= 0 && s->error_ns < ERROR_MAX);
	require(s->base_ns > -BASE_MAX && s->base_ns < BASE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sntp_sample samples[SNTP_SERVERS_MAX], best;
	uint8_t *copy = fuzz_copy(data, size);
	unsigned n = 0;

	for (size_t at = 0; size - at >= ENTRY && n < SNTP_SERVERS_MAX; at += ENTRY) {
		const struct sntp_times times = { .sent_ns = 1000000000,
			.received_ns = 1000000000 + copy[at + SNTP_PACKET] * 62500000ll };

		if (sntp_read(copy + at, nonce_of(copy + at), &times, &samples[n]) < 0)
			continue;
		check(&samples[n++]);
	}
	if (sntp_choose(samples, n, &best) == 0) {
		check(&best);
		require(best.error_ns <= SNTP_SPREAD_NS);
	}
	free(copy);
	return 0;
}
