/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A part of the network, as lines of the lists of policy/netlist.h name it and as vmos-tap is told it. */
#ifndef PROTO_NETTARGET_H
#define PROTO_NETTARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/netplan.h"

#define NET_NAME_MAX 253 /* RFC 1035 2.3.4, without the root's dot */
#define NET_TARGET_TEXT 288 /* bytes of a TARGET as text, with its NUL */

enum net_action { NET_DENY, NET_ALLOW, NET_ASK };
enum net_kind { NET_ANY, NET_NAME, NET_BELOW, NET_NETWORK }; /* BELOW: *.name; the name without "*." is kept */
enum net_proto { NET_ALL = 0, NET_ICMP = 1, NET_TCP = 6, NET_UDP = 17 }; /* IANA's numbers; ICMP: ICMPv6 too */

/* What a line means, without whose it is. */
struct net_target {
	uint8_t action, kind, proto; /* the enums above */
	uint8_t bits; /* of NETWORK: 0 … 128; an IPv4 network has 96 + its own */
	uint16_t port_low, port_high; /* 0, 65535: all. Only with TCP, UDP or ALL; a port on ALL means TCP and UDP */
	uint8_t addr[NETPLAN_ADDR]; /* of NETWORK, its host bits 0 */
	char name[NET_NAME_MAX + 1]; /* of NAME and BELOW, lower case, no trailing dot */
};

/* As it is written in a file. */
void net_target_format(const struct net_target *target, char text[NET_TARGET_TEXT]);

/* Every field in range, and no two that contradict each other. */
bool net_target_is_valid(const struct net_target *target);

/* Is it a NETWORK of IPv4? One of IPv6 never means IPv4 addresses, so ::/0 does not either. */
bool net_target_is_ipv4(const struct net_target *target);

/*
 * A host name as targets have them and as vmos-tap learns them: labels of [a-z0-9_-], 1 … 63 bytes, no dot at the end,
 * and the last label is no number (RFC 1123 2.1: else it could be read as an address).
 */
bool net_name_is_valid(const char *name);

#endif
