/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames that the TAP system makes itself: answers to ARP and ND, which never
 * cross; the no to a client's packet, from the far end (RST) or the gateway
 * (ICMP); the end of a TCP connection. Each returns its length, 0: there is none.
 * The frames answered have been judged by frame.h: their headers are there.
 */
#ifndef TAP_ANSWER_H
#define TAP_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/netplan.h"

#define ANSWER_MAX 600

/* @mac has the address that @request asks for. */
uint32_t answer_arp(const uint8_t *request, const uint8_t mac[NETPLAN_MAC], uint8_t ret[ANSWER_MAX]);
/* None to duplicate address detection (from ::). */
uint32_t answer_nd(const uint8_t *request, const uint8_t mac[NETPLAN_MAC], bool router, uint8_t ret[ANSWER_MAX]);

/* RFC 9293 3.10.7.1: to a segment for which there is no connection. None to a RST. */
uint32_t answer_reset(const uint8_t *frame, uint32_t len, uint8_t ret[ANSWER_MAX]);
/* Communication administratively prohibited: RFC 1812 5.2.7.1, RFC 4443 3.1; from the gateway. */
uint32_t answer_prohibited(const uint8_t *frame, uint32_t len, uint8_t ret[ANSWER_MAX]);
/* A datagram back to who sent @frame. */
uint32_t answer_udp(const uint8_t *frame, const uint8_t *payload, uint32_t len, uint8_t ret[ANSWER_MAX]);

/* A connection that ends, seen from the middle. */
struct answer_cut {
	bool ipv6;
	uint8_t client_mac[NETPLAN_MAC];
	uint8_t client[NETPLAN_ADDR], far[NETPLAN_ADDR];
	uint16_t client_port, far_port;
	uint32_t seq_sent,
		seq_received; /* what each end expects next: a RST counts only with this number, RFC 5961 3.2 */
};

uint32_t answer_cut(const struct answer_cut *cut, bool to_client, uint8_t ret[ANSWER_MAX]);

#endif
