/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/net/packet.h"

#include <string.h>

static void put16(uint8_t *at, uint32_t n)
{
	at[0] = (uint8_t)(n >> 8);
	at[1] = (uint8_t)n;
}

static void put32(uint8_t *at, uint32_t n)
{
	put16(at, n >> 16);
	put16(at + 2, n);
}

static void put_ip(uint8_t *ip, const struct packet *p, size_t len)
{
	uint8_t client[NETPLAN_ADDR], far[NETPLAN_ADDR];
	uint32_t sum = 0;

	netplan_addr4(p->index, client);
	(void)netplan_parse(p->far, far);
	memset(ip, 0, 20);
	ip[0] = 0x45;
	put16(ip + 2, (uint32_t)len + 20);
	ip[6] = 0x40;
	ip[8] = 64;
	ip[9] = p->proto;
	memcpy(ip + 12, (p->to_client ? far : client) + 12, 4);
	memcpy(ip + 16, (p->to_client ? client : far) + 12, 4);
	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	put16(ip + 10, ~(sum + (sum >> 16)));
}

size_t packet_build(const struct packet *p, uint8_t frame[PACKET_MAX])
{
	size_t head = p->proto == 6 ? 20 : 8;
	uint8_t *l4 = frame + PACKET_L4;

	netplan_mac(p->index, p->to_client ? frame : frame + 6);
	memcpy(p->to_client ? frame + 6 : frame, netplan_gateway_mac, 6);
	put16(frame + 12, 0x0800);
	put_ip(frame + 14, p, head + p->len);
	memset(l4, 0, head);
	put16(l4, p->to_client ? p->port : p->local_port);
	put16(l4 + 2, p->to_client ? p->local_port : p->port);
	if (p->proto == 6) {
		put32(l4 + 4, p->seq);
		put32(l4 + 8, p->ack);
		l4[12] = 5 << 4;
		l4[13] = p->flags;
	} else {
		put16(l4 + 4, (uint32_t)(head + p->len));
	}
	if (p->len)
		memcpy(l4 + head, p->payload, p->len);
	return PACKET_L4 + head + p->len;
}

size_t packet_query(uint16_t id, const char *name, uint8_t message[512])
{
	size_t at = 12;

	memset(message, 0, 12);
	put16(message, id);
	message[2] = 1;
	message[5] = 1;
	while (*name) {
		size_t n = strcspn(name, ".");

		message[at++] = (uint8_t)n;
		memcpy(message + at, name, n);
		at += n;
		name += n + (name[n] == '.');
	}
	message[at++] = 0;
	put16(message + at, 1);
	put16(message + at + 2, 1);
	return at + 4;
}

size_t packet_answer(const uint8_t *query, size_t len, const char *addr, uint8_t message[512])
{
	static const uint8_t record[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4 };
	uint8_t parsed[NETPLAN_ADDR];

	(void)netplan_parse(addr, parsed);
	memcpy(message, query, len);
	message[2] = 0x81;
	message[3] = 0x80;
	message[7] = 1;
	memcpy(message + len, record, sizeof(record));
	memcpy(message + len + sizeof(record), parsed + 12, 4);
	return len + sizeof(record) + 4;
}
