/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DNS messages over UDP (RFC 1035), as far as the names of a list need them:
 * what a client asks, and which addresses the resolver answered. Pure: bytes in,
 * a struct or -EBADMSG out. Names are lower case; one with other bytes than host
 * names have (net_name_is_valid()) is "": nothing is learnt for it.
 */
#ifndef TAP_DNS_H
#define TAP_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/nettarget.h"

#define DNS_PORT 53
#define DNS_HEADER 12
#define DNS_MESSAGE_MAX 1472 /* of UDP in one Ethernet frame */
#define DNS_RECORDS_MAX 256 /* of an answer section: as many as fit */
#define DNS_ADDRS_MAX 64 /* that are learnt of one answer */
#define DNS_CHAIN_MAX 16 /* CNAMEs one after another */
#define DNS_REFUSED_MAX (DNS_HEADER + 255 + 4) /* bytes of dns_refuse() */

enum dns_type { DNS_A = 1, DNS_CNAME = 5, DNS_AAAA = 28 };

struct dns_question {
	uint16_t id, type, class;
	uint16_t end; /* offset of what follows the question */
	char name[NET_NAME_MAX + 1];
};

struct dns_answer {
	struct dns_question question;
	uint32_t ttl; /* the shortest of the records that led to an address */
	uint32_t naddrs;
	uint8_t addrs[DNS_ADDRS_MAX][NETPLAN_ADDR];
};

/* A standard query with one question. */
int dns_parse_query(const uint8_t *untrusted, size_t len, struct dns_question *ret);
/* A response to one: its A and AAAA records that the question's name leads to, through CNAMEs in any order. */
int dns_parse_answer(const uint8_t *untrusted, size_t len, struct dns_answer *ret);
/* The REFUSED to a query that was parsed: its length. */
size_t dns_refuse(const uint8_t *query, const struct dns_question *question, uint8_t ret[DNS_REFUSED_MAX]);

#endif
