/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A frame's way: judged by frame.h, matched with a flow or decided by the list,
 * and sent on, answered, held or dropped. From the NET VM's side nothing begins.
 */
#ifndef TAP_PATH_H
#define TAP_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/nettarget.h"
#include "tap/tap.h"

void path_from_client(struct tap *t, struct link *l, const uint8_t *data, uint32_t len);
void path_from_net(struct tap *t, const uint8_t *data, uint32_t len);

/* What the link's list says of a flow, with the names that were good at @when; *ret_line as in struct tap_flow. */
enum net_action path_decide(
	struct tap *t, const struct link *l, const struct flow_key *key, uint64_t when, uint32_t *ret_line);
/* Makes the flow. False: there is no room. */
bool path_admit(struct tap *t, struct link *l, const struct flow_key *key, uint32_t line, bool answered);
/* Says no to a client's packet, so that its program need not wait for a timeout. */
void path_reject(struct tap *t, struct link *l, const struct flow_key *key, const uint8_t *data, uint32_t len);

/* Ends a flow, and tells why. CUT: TCP's ends get a RST. */
void path_end(struct tap *t, struct memory_flow *flow, enum tap_event event);
void path_cut_all(struct tap *t, struct link *l);
/* No flow of a client passes but through here, until path_decide_anew() says so. */
void path_hold_all(struct tap *t, uint32_t index);
void path_decide_anew(struct tap *t, struct link *l);

#endif
