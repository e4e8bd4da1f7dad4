/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DNS messages of clients and resolvers: what is read of them is within bounds, and a REFUSED is an answer to its query. */
#include "tap/dns.h"
#include "tests/fuzz/fuzz.h"

static void check_question(const struct dns_question *q, size_t size)
{
	require(q->end > DNS_HEADER && q->end <= size);
	require(strnlen(q->name, sizeof(q->name)) < sizeof(q->name));
	for (const char *c = q->name; *c; c++)
		require(*c > ' ' && *c < 0x7f && !(*c >= 'A' && *c <= 'Z'));
}

static void check_query(const uint8_t *data, size_t size)
{
	uint8_t out[DNS_REFUSED_MAX];
	struct dns_answer back;
	struct dns_question q;
	size_t len;

	if (dns_parse_query(data, size, &q) < 0)
		return;
	check_question(&q, size);
	len = dns_refuse(data, &q, out);
	require(len > DNS_HEADER && len <= sizeof(out));
	require(dns_parse_answer(out, len, &back) == 0);
	require(back.naddrs == 0 && back.question.id == q.id && strcmp(back.question.name, q.name) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = fuzz_copy(data, size);
	static struct dns_answer a;

	check_query(copy, size);
	if (dns_parse_answer(copy, size, &a) == 0) {
		check_question(&a.question, size);
		require(a.naddrs <= DNS_ADDRS_MAX);
		require(a.naddrs == 0 || a.question.name[0]);
	}
	free(copy);
	return 0;
}
