/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tap/dns.h"

#include <errno.h>
#include <string.h>

#define POINTERS_MAX 32 /* compression, RFC 1035 4.1.4: of one name */
#define WIRE_NAME_MAX 255

#define QR 0x80 /* first byte of the flags */
#define OPCODE 0x78
#define RD 0x01
#define RCODE_REFUSED 5
#define CLASS_IN 1

/* Checks and consumes. */
struct reader {
	const uint8_t *data;
	size_t len, at;
};

struct record {
	char owner[NET_NAME_MAX + 1];
	uint16_t type, class, rdlen;
	uint32_t ttl;
	size_t rdata;
};

static int get_u16(struct reader *r, uint16_t *ret)
{
	if (r->len - r->at < 2)
		return -EBADMSG;
	*ret = (uint16_t)(r->data[r->at] << 8 | r->data[r->at + 1]);
	r->at += 2;
	return 0;
}

static int get_u32(struct reader *r, uint32_t *ret)
{
	uint16_t high, low;

	if (get_u16(r, &high) < 0 || get_u16(r, &low) < 0)
		return -EBADMSG;
	*ret = (uint32_t)high << 16 | low;
	return 0;
}

static int skip(struct reader *r, size_t n)
{
	if (r->len - r->at < n)
		return -EBADMSG;
	r->at += n;
	return 0;
}

/* The text of a name as it comes together. */
struct name_text {
	char *text;
	size_t len; /* of the text; what does not fit in is not a host's name */
	size_t wire;
	bool odd;
};

static int put_label(struct name_text *t, const uint8_t *label, unsigned n)
{
	t->wire += n + 1u;
	if (t->wire > WIRE_NAME_MAX - 1)
		return -EBADMSG;
	if (t->len)
		t->text[t->len++] = '.';
	for (unsigned i = 0; i < n; i++) {
		uint8_t c = label[i];

		if (c >= 'A' && c <= 'Z')
			c = (uint8_t)(c + 'a' - 'A');
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
			t->odd = true;
		t->text[t->len++] = (char)c;
	}
	return 0;
}

/* Follows a pointer: only backwards, so that it ends. Where the name goes on in the message stays @*resume. */
static int follow(struct reader *r, size_t start, size_t *resume)
{
	size_t target;
	uint16_t word;

	if (get_u16(r, &word) < 0)
		return -EBADMSG;
	target = word & 0x3fff;
	if (target >= start || target < DNS_HEADER)
		return -EBADMSG;
	if (!*resume)
		*resume = r->at;
	r->at = target;
	return 0;
}

static int get_name(struct reader *r, char ret[NET_NAME_MAX + 1])
{
	struct name_text t = { .text = ret };
	size_t start = r->at, resume = 0;
	unsigned pointers = 0;

	for (;;) {
		uint8_t n;

		if (r->at >= r->len)
			return -EBADMSG;
		n = r->data[r->at];
		if ((n & 0xc0) == 0xc0) {
			if (++pointers > POINTERS_MAX || follow(r, start, &resume) < 0)
				return -EBADMSG;
			start = r->at;
			continue;
		}
		r->at++;
		if (n == 0)
			break;
		if ((n & 0xc0) || r->len - r->at < n || put_label(&t, r->data + r->at, n) < 0)
			return -EBADMSG;
		r->at += n;
	}
	ret[t.odd ? 0 : t.len] = 0;
	if (resume)
		r->at = resume;
	return 0;
}

struct header {
	uint16_t id, flags, questions, answers;
};

static int get_header(struct reader *r, struct header *ret)
{
	if (get_u16(r, &ret->id) < 0 || get_u16(r, &ret->flags) < 0 || get_u16(r, &ret->questions) < 0 ||
		get_u16(r, &ret->answers) < 0)
		return -EBADMSG;
	return skip(r, 4);
}

static int get_question(struct reader *r, struct dns_question *ret)
{
	if (get_name(r, ret->name) < 0 || get_u16(r, &ret->type) < 0 || get_u16(r, &ret->class) < 0)
		return -EBADMSG;
	ret->end = (uint16_t)r->at;
	return 0;
}

static int parse_head(struct reader *r, bool response, struct dns_question *ret, struct header *h)
{
	if (r->len > DNS_MESSAGE_MAX || get_header(r, h) < 0 || h->questions != 1)
		return -EBADMSG;
	if (!!(h->flags >> 8 & QR) != response || (h->flags >> 8 & OPCODE))
		return -EBADMSG;
	ret->id = h->id;
	return get_question(r, ret);
}

int dns_parse_query(const uint8_t *untrusted, size_t len, struct dns_question *ret)
{
	struct reader r = { .data = untrusted, .len = len };
	struct header h;

	if (parse_head(&r, false, ret, &h) < 0 || h.answers != 0)
		return -EBADMSG;
	return 0;
}

static int get_record(struct reader *r, struct record *ret)
{
	if (get_name(r, ret->owner) < 0 || get_u16(r, &ret->type) < 0 || get_u16(r, &ret->class) < 0 ||
		get_u32(r, &ret->ttl) < 0 || get_u16(r, &ret->rdlen) < 0)
		return -EBADMSG;
	ret->rdata = r->at;
	return skip(r, ret->rdlen);
}

/* All of a section, or not one. */
static int check_records(struct reader r, uint16_t count)
{
	struct record record;

	if (count > DNS_RECORDS_MAX)
		return -EBADMSG;
	while (count--)
		if (get_record(&r, &record) < 0)
			return -EBADMSG;
	return 0;
}

static void shorten(struct dns_answer *a, uint32_t ttl)
{
	if (ttl < a->ttl)
		a->ttl = ttl;
}

/* Goes one CNAME further, if there is one of @name. */
static bool step(struct reader r, uint16_t count, char name[NET_NAME_MAX + 1], struct dns_answer *a)
{
	while (count--) {
		struct record record;
		struct reader target = r;

		if (get_record(&r, &record) < 0)
			return false;
		if (record.type != DNS_CNAME || record.class != CLASS_IN || strcmp(record.owner, name) != 0)
			continue;
		target.at = record.rdata;
		if (get_name(&target, name) < 0)
			name[0] = 0;
		shorten(a, record.ttl);
		return name[0];
	}
	return false;
}

static void put_addr(struct dns_answer *a, const struct reader *r, const struct record *record)
{
	uint8_t *addr = a->addrs[a->naddrs];

	if (a->naddrs == DNS_ADDRS_MAX)
		return;
	if (record->type == DNS_A && record->rdlen == 4) {
		memset(addr, 0, 10);
		memset(addr + 10, 0xff, 2);
		memcpy(addr + 12, r->data + record->rdata, 4);
	} else if (record->type == DNS_AAAA && record->rdlen == NETPLAN_ADDR) {
		memcpy(addr, r->data + record->rdata, NETPLAN_ADDR);
		if (netplan_is_ipv4(addr)) /* a mapped one is no address of IPv6 on the wire */
			return;
	} else {
		return;
	}
	shorten(a, record->ttl);
	a->naddrs++;
}

int dns_parse_answer(const uint8_t *untrusted, size_t len, struct dns_answer *ret)
{
	struct reader r = { .data = untrusted, .len = len };
	char name[NET_NAME_MAX + 1];
	struct header h;

	ret->naddrs = 0;
	ret->ttl = UINT32_MAX;
	if (parse_head(&r, true, &ret->question, &h) < 0 || check_records(r, h.answers) < 0)
		return -EBADMSG;
	if (!ret->question.name[0] || ret->question.class != CLASS_IN)
		return 0;
	memcpy(name, ret->question.name, sizeof(name));
	for (unsigned i = 0; i < DNS_CHAIN_MAX && step(r, h.answers, name, ret); i++)
		;
	while (h.answers--) {
		struct record record;

		if (get_record(&r, &record) < 0)
			return -EBADMSG;
		if (record.class == CLASS_IN && name[0] && strcmp(record.owner, name) == 0)
			put_addr(ret, &r, &record);
	}
	return 0;
}

size_t dns_refuse(const uint8_t *query, const struct dns_question *question, uint8_t ret[DNS_REFUSED_MAX])
{
	static const uint8_t counts[8] = { 0, 1 };

	if (question->end > DNS_REFUSED_MAX)
		return 0;
	memcpy(ret, query, 2);
	ret[2] = QR | (query[2] & RD);
	ret[3] = RCODE_REFUSED;
	memcpy(ret + 4, counts, sizeof(counts));
	memcpy(ret + DNS_HEADER, query + DNS_HEADER, question->end - (size_t)DNS_HEADER);
	return question->end;
}
