/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/net/forge.h"

#include <assert.h>
#include <err.h>
#include <string.h>

#include "tests/net/forge_base.h"

static const uint8_t *who(const struct forge_parties *p, unsigned name)
{
	static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	switch ((enum forge_who)name) {
	case CLIENT_MAC:
		return p->client.mac;
	case PEER_MAC:
		return p->peer.mac;
	case GATEWAY_MAC:
		return netplan_gateway_mac;
	case ALL_MAC:
		return broadcast;
	case CLIENT4:
		return p->client.addr4 + 12;
	case PEER4:
		return p->peer.addr4 + 12;
	case GATEWAY4:
		return netplan_gateway4 + 12;
	case RESOLVER4:
		return netplan_resolver4 + 12;
	case CLIENT6:
		return p->client.addr6;
	case CLIENT_LL:
		return p->client.link_local;
	case PEER6:
		return p->peer.addr6;
	case PEER_LL:
		return p->peer.link_local;
	case GATEWAY6:
		return netplan_gateway6;
	case RESOLVER6:
		return netplan_resolver6;
	}
	assert(0);
	return NULL;
}

static size_t length(unsigned name)
{
	if (name <= ALL_MAC)
		return 6;
	return name <= RESOLVER4 ? 4 : 16;
}

static void apply(struct forge_at *f, const struct forge_edit *e)
{
	switch ((enum forge_op)e->op) {
	case EDIT_NONE:
		break;
	case EDIT_SET:
		memcpy(f->data + e->at, e->bytes, e->len);
		break;
	case EDIT_PUT:
		memcpy(f->data + e->at, who(f->p, e->who), length(e->who));
		break;
	case EDIT_INSERT:
		memmove(f->data + e->at + e->len, f->data + e->at, f->len - e->at);
		memcpy(f->data + e->at, e->bytes, e->len);
		f->len += e->len;
		break;
	case EDIT_LENGTH:
		if (e->at > f->len)
			memset(f->data + f->len, 'x', e->at - f->len);
		f->len = e->at;
		break;
	}
}

static uint32_t sum(const uint8_t *p, size_t len)
{
	uint32_t s = 0;

	for (size_t i = 0; i < len; i++)
		s += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	return s;
}

static void put_sum(uint8_t *at, uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	at[0] = (uint8_t)(~s >> 8);
	at[1] = (uint8_t)~s;
}

/* The sum of TCP, UDP, ICMP and ICMPv6, where their header stands right behind the IP header. */
static void fix_l4(struct forge_at *f, size_t at, uint8_t proto, bool ipv6)
{
	static const uint8_t where[256] = { [1] = 2, [6] = 16, [17] = 6, [58] = 2 };
	uint8_t *field = f->data + at + where[proto];
	uint32_t s = proto == 1 ? 0 : proto + (uint32_t)(f->len - at);

	if (where[proto] == 0 || f->len < at + where[proto] + 2u)
		return;
	if (proto != 1)
		s += ipv6 ? sum(f->data + 22, 32) : sum(f->data + 26, 8);
	field[0] = field[1] = 0;
	put_sum(field, s + sum(f->data + at, f->len - at));
}

static void fix(struct forge_at *f, unsigned flags)
{
	const uint32_t type = f->len >= 14 ? frame_get16(f->data + 12) : 0;
	uint8_t *ip = f->data + 14;

	if (type == 0x0800 && f->len >= FRAME_AT4) {
		if (!(flags & KEEP_LENGTH))
			put16(ip + 2, (uint32_t)f->len - 14);
		if (ip[0] == 0x45 && !(flags & KEEP_INSIDE))
			fix_l4(f, FRAME_AT4, ip[9], false);
		ip[10] = ip[11] = 0;
		put_sum(ip + 10, sum(ip, ip[0] > 0x45 && ip[0] < 0x50 ? (ip[0] & 15) * 4u : 20));
		if (flags & WRONG_SUM)
			ip[11] ^= 1;
	}
	if (type == 0x86dd && f->len >= FRAME_AT6) {
		if (!(flags & KEEP_LENGTH))
			put16(ip + 4, (uint32_t)f->len - FRAME_AT6);
		if (!(flags & KEEP_INSIDE))
			fix_l4(f, FRAME_AT6, ip[6], true);
	}
}

size_t forge_build(const struct forge_kind *kind, const struct forge_parties *p, uint8_t data[FORGE_MAX])
{
	struct forge_at f = { .p = p, .data = data };

	kind->base(&f);
	fix(&f, 0);
	for (size_t i = 0; i < FORGE_EDITS; i++)
		apply(&f, &kind->edits[i]);
	assert(f.len <= FORGE_MAX);
	fix(&f, kind->flags);
	return f.len;
}

const struct forge_kind *forge_find(const char *name)
{
	for (size_t i = 0; i < forge_nkinds; i++) {
		if (strcmp(forge_kinds[i].name, name) == 0)
			return &forge_kinds[i];
	}
	errx(1, "there is no kind %s", name);
}

static void party(struct frame_client *c, uint32_t index)
{
	netplan_mac(index, c->mac);
	netplan_addr4(index, c->addr4);
	netplan_addr6(index, c->addr6);
	netplan_link_local(c->mac, c->link_local);
}

void forge_parties(struct forge_parties *ret, uint32_t index, uint32_t peer)
{
	party(&ret->client, index);
	party(&ret->peer, peer);
	netplan_parse("198.51.100.7", ret->far4);
	netplan_parse("2001:db8::7", ret->far6);
}
