/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The addresses on the links between VMs and NET VMs. All of a VM's follow from
 * its index, and all NET VMs look the same to their clients: so a guest's set-up
 * never changes, whatever NET VM it uses, and what is forged is seen at once.
 *
 *	client	52:76:6d:00:hi:lo	10.137.hi.lo/32, fd76:6d6f:7300::INDEX/128, fe80:: of its MAC
 *	NET VM	52:76:6d:ff:00:01	169.254.1.1, fe80::5076:6dff:feff:1: the gateway
 *		its resolver		169.254.1.53, fd76:6d6f:7300:ffff::53
 *
 * An address is 16 bytes; an IPv4 one is mapped (::ffff:a.b.c.d, RFC 4291 2.5.5.2).
 */
#ifndef PROTO_NETPLAN_H
#define PROTO_NETPLAN_H

#include <stdbool.h>
#include <stdint.h>

#define NETPLAN_INDEX_MAX 4000
#define NETPLAN_MAC 6 /* bytes */
#define NETPLAN_ADDR 16
#define NETPLAN_TEXT 46 /* bytes of an address as text, with its NUL */

#define NETPLAN_GATEWAY4 "169.254.1.1"
#define NETPLAN_GATEWAY6 "fe80::5076:6dff:feff:1"
#define NETPLAN_RESOLVER4 "169.254.1.53"
#define NETPLAN_RESOLVER6 "fd76:6d6f:7300:ffff::53"
#define NETPLAN_MTU 1500

extern const uint8_t netplan_gateway_mac[NETPLAN_MAC];
extern const uint8_t netplan_gateway4[NETPLAN_ADDR], netplan_gateway6[NETPLAN_ADDR];
extern const uint8_t netplan_resolver4[NETPLAN_ADDR], netplan_resolver6[NETPLAN_ADDR];

/* @index: 1 … NETPLAN_INDEX_MAX. */
void netplan_mac(uint32_t index, uint8_t mac[NETPLAN_MAC]);
void netplan_addr4(uint32_t index, uint8_t addr[NETPLAN_ADDR]);
void netplan_addr6(uint32_t index, uint8_t addr[NETPLAN_ADDR]);
void netplan_link_local(const uint8_t mac[NETPLAN_MAC], uint8_t addr[NETPLAN_ADDR]); /* RFC 4291, appendix A */

/* Which client a MAC or an address is; 0: none. */
uint32_t netplan_index_of_mac(const uint8_t mac[NETPLAN_MAC]);
uint32_t netplan_index_of_addr(const uint8_t addr[NETPLAN_ADDR]);

bool netplan_is_ipv4(const uint8_t addr[NETPLAN_ADDR]);
bool netplan_is_within(const uint8_t addr[NETPLAN_ADDR], const uint8_t net[NETPLAN_ADDR], unsigned bits);
/* Loopback, multicast, link-local, unspecified, the links' own networks, and the one in which QEMU shows the host. */
bool netplan_is_reserved(const uint8_t addr[NETPLAN_ADDR]);
/* The same of a whole network: it lies in one of these. */
bool netplan_is_reserved_net(const uint8_t net[NETPLAN_ADDR], unsigned bits);

/* "10.1.2.3", "2001:db8::1". parse: 0 or -EINVAL. */
void netplan_format(const uint8_t addr[NETPLAN_ADDR], char text[NETPLAN_TEXT]);
int netplan_parse(const char *text, uint8_t addr[NETPLAN_ADDR]);
void netplan_format_mac(const uint8_t mac[NETPLAN_MAC], char text[18]);

#endif
