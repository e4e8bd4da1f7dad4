/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tap/dns.h"
#include "tests/unit/unit.h"

/* A message as it is put together. */
struct message {
	uint8_t data[DNS_MESSAGE_MAX];
	size_t len;
};

static void put16(struct message *m, unsigned v)
{
	m->data[m->len++] = (uint8_t)(v >> 8);
	m->data[m->len++] = (uint8_t)v;
}

static void put_name(struct message *m, const char *name)
{
	while (*name) {
		size_t n = strcspn(name, ".");

		m->data[m->len++] = (uint8_t)n;
		memcpy(m->data + m->len, name, n);
		m->len += n;
		name += n + (name[n] == '.');
	}
	m->data[m->len++] = 0;
}

static void begin(struct message *m, unsigned flags, unsigned answers, const char *name, unsigned type)
{
	m->len = 0;
	put16(m, 0x1234);
	put16(m, flags);
	put16(m, 1);
	put16(m, answers);
	put16(m, 0);
	put16(m, 0);
	put_name(m, name);
	put16(m, type);
	put16(m, 1);
}

static void head(struct message *m, unsigned type, unsigned ttl, unsigned len)
{
	put16(m, type);
	put16(m, 1);
	put16(m, ttl >> 16);
	put16(m, ttl);
	put16(m, len);
}

static void put_a(struct message *m, const char *owner, unsigned ttl, uint8_t host)
{
	put_name(m, owner);
	head(m, DNS_A, ttl, 4);
	memcpy(m->data + m->len, (uint8_t[]){ 192, 0, 2, host }, 4);
	m->len += 4;
}

static void put_cname(struct message *m, const char *owner, unsigned ttl, const char *target)
{
	put_name(m, owner);
	head(m, DNS_CNAME, ttl, (unsigned)strlen(target) + 2);
	put_name(m, target);
}

/* On the heap, exactly as long as it is: the sanitizer sees a byte that is read beyond. */
static int parse(const struct message *m, size_t len, struct dns_answer *ret)
{
	uint8_t *copy = malloc(len ? len : 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, m->data, len);
	r = dns_parse_answer(copy, len, ret);
	free(copy);
	return r;
}

static void test_query(void **state)
{
	struct dns_question q;
	struct message m;

	begin(&m, 0x0100, 0, "WWW.Example.org", DNS_AAAA);
	assert_int_equal(dns_parse_query(m.data, m.len, &q), 0);
	assert_string_equal(q.name, "www.example.org");
	assert_int_equal(q.id, 0x1234);
	assert_int_equal(q.type, DNS_AAAA);
	assert_int_equal(q.end, m.len);
	for (size_t len = 0; len < m.len; len++)
		assert_int_equal(dns_parse_query(m.data, len, &q), -EBADMSG);
	m.data[2] |= 0x80; /* a response */
	assert_int_equal(dns_parse_query(m.data, m.len, &q), -EBADMSG);
	m.data[2] = 0x29; /* an update */
	assert_int_equal(dns_parse_query(m.data, m.len, &q), -EBADMSG);
	m.data[2] = 1;
	m.data[5] = 2; /* two questions */
	assert_int_equal(dns_parse_query(m.data, m.len, &q), -EBADMSG);
	m.data[5] = 1;
	m.data[7] = 1; /* with an answer in it */
	assert_int_equal(dns_parse_query(m.data, m.len, &q), -EBADMSG);
}

static void test_odd_names(void **state)
{
	char label[65] = { 0 };
	struct dns_question q;
	struct message m;

	begin(&m, 0, 0, "a b.example", DNS_A);
	assert_int_equal(dns_parse_query(m.data, m.len, &q), 0);
	assert_string_equal(q.name, "");
	begin(&m, 0, 0, "", DNS_A);
	assert_int_equal(dns_parse_query(m.data, m.len, &q), 0);
	assert_string_equal(q.name, "");
	memset(label, 'a', 64);
	begin(&m, 0, 0, label, DNS_A);
	assert_int_equal(dns_parse_query(m.data, m.len, &q), -EBADMSG);
	begin(&m, 0, 0, "a.b", DNS_A);
	m.data[13] = '.'; /* a dot within a label is none between two */
	assert_int_equal(dns_parse_query(m.data, m.len, &q), 0);
	assert_string_equal(q.name, "");
}

static void test_long_name(void **state)
{
	char name[300] = { 0 };
	struct dns_question q;
	struct message m;

	for (int i = 0; i < 253; i++)
		name[i] = i % 2 ? '.' : 'a';
	begin(&m, 0, 0, name, DNS_A);
	assert_int_equal(dns_parse_query(m.data, m.len, &q), 0);
	assert_string_equal(q.name, name);
	name[253] = '.';
	name[254] = 'a';
	begin(&m, 0, 0, name, DNS_A);
	assert_int_equal(dns_parse_query(m.data, m.len, &q), -EBADMSG);
}

static void test_answer(void **state)
{
	struct dns_answer a;
	struct message m;

	begin(&m, 0x8180, 5, "www.example.org", DNS_A);
	put_a(&m, "cdn.example.net", 30, 2); /* before the CNAMEs that lead to it */
	put_cname(&m, "WWW.example.org", 500, "alias.example.org");
	put_cname(&m, "alias.example.org", 200, "cdn.example.net");
	put_a(&m, "cdn.example.net", 300, 1);
	put_a(&m, "other.example.net", 300, 9); /* nobody asked for it */
	assert_int_equal(parse(&m, m.len, &a), 0);
	assert_string_equal(a.question.name, "www.example.org");
	assert_int_equal(a.naddrs, 2);
	assert_int_equal(a.ttl, 30);
	assert_int_equal(a.addrs[0][15] + a.addrs[1][15], 3);
	assert_true(netplan_is_ipv4(a.addrs[0]));
	for (size_t len = 0; len < m.len; len++)
		assert_int_equal(parse(&m, len, &a), -EBADMSG);
	m.data[2] &= 0x7f;
	assert_int_equal(parse(&m, m.len, &a), -EBADMSG);
}

static void test_aaaa(void **state)
{
	static const uint8_t addr[NETPLAN_ADDR] = { 0x20, 1, 0xd, 0xb8, [15] = 7 };
	struct dns_answer a;
	struct message m;

	begin(&m, 0x8180, 3, "v6.example", DNS_AAAA);
	for (int i = 0; i < 3; i++) {
		put16(&m, 0xc00c); /* the question's name */
		head(&m, DNS_AAAA, 60, i == 1 ? 15 : 16); /* the second one is too short */
		memcpy(m.data + m.len, addr, 16);
		m.len += i == 1 ? 15 : 16;
	}
	memset(m.data + m.len - 16, 0, 10); /* the third is a mapped one */
	memset(m.data + m.len - 6, 0xff, 2);
	assert_int_equal(parse(&m, m.len, &a), 0);
	assert_int_equal(a.naddrs, 1);
	assert_memory_equal(a.addrs[0], addr, sizeof(addr));
}

static void test_loops(void **state)
{
	struct dns_answer a;
	struct message m;

	begin(&m, 0x8180, 2, "a.example", DNS_A);
	put_cname(&m, "a.example", 60, "b.example");
	put_cname(&m, "b.example", 60, "a.example");
	assert_int_equal(parse(&m, m.len, &a), 0);
	assert_int_equal(a.naddrs, 0);
	begin(&m, 0x8180, 1, "a.example", DNS_A);
	put16(&m, 0xc000 | (unsigned)m.len); /* a pointer to itself */
	head(&m, DNS_A, 60, 4);
	m.len += 4;
	assert_int_equal(parse(&m, m.len, &a), -EBADMSG);
	begin(&m, 0x8180, 1, "a.example", DNS_A);
	put16(&m, 0xc000 | (unsigned)(m.len + 2)); /* forwards */
	head(&m, DNS_A, 60, 4);
	m.len += 4;
	assert_int_equal(parse(&m, m.len, &a), -EBADMSG);
	begin(&m, 0x8180, 1, "a.example", DNS_A);
	put16(&m, 0xc002); /* into the header */
	head(&m, DNS_A, 60, 4);
	m.len += 4;
	assert_int_equal(parse(&m, m.len, &a), -EBADMSG);
}

static void test_many(void **state)
{
	struct dns_answer a;
	struct message m;

	begin(&m, 0x8180, 80, "m.example", DNS_A);
	for (uint8_t i = 0; i < 80; i++) {
		put16(&m, 0xc00c);
		head(&m, DNS_A, 60, 4);
		memcpy(m.data + m.len, (uint8_t[]){ 192, 0, 2, i }, 4);
		m.len += 4;
	}
	assert_int_equal(parse(&m, m.len, &a), 0);
	assert_int_equal(a.naddrs, DNS_ADDRS_MAX);
	m.data[6] = 0xff; /* more than there are */
	assert_int_equal(parse(&m, m.len, &a), -EBADMSG);
}

static void test_refuse(void **state)
{
	uint8_t out[DNS_REFUSED_MAX];
	struct dns_question q;
	struct dns_answer a;
	struct message m;
	size_t len;

	begin(&m, 0x0100, 0, "no.example", DNS_A);
	len = m.len;
	m.data[11] = 1; /* an OPT record follows */
	memset(m.data + m.len, 0, 11);
	m.data[m.len + 2] = 41;
	m.len += 11;
	assert_int_equal(dns_parse_query(m.data, m.len, &q), 0);
	assert_int_equal(dns_refuse(m.data, &q, out), len);
	assert_int_equal(dns_parse_answer(out, len, &a), 0);
	assert_int_equal(a.question.id, 0x1234);
	assert_string_equal(a.question.name, "no.example");
	assert_int_equal(out[3] & 15, 5);
	assert_int_equal(out[2], 0x81);
	assert_int_equal(out[11], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_odd_names),
		cmocka_unit_test(test_long_name),
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_aaaa),
		cmocka_unit_test(test_loops),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_refuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
