/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What vmosd is told of: flows, refusals, names, questions, numbers. */
#ifndef TAP_REPORT_H
#define TAP_REPORT_H

#include <stdint.h>

#include "tap/tap.h"

/* The log: at most LINK_LOGS a second of a link, and what vmosd has room for; the rest is counted. */
void report_flow_event(struct tap *t, struct link *l, const struct memory_flow *flow, enum tap_event event);
void report_refusal(struct tap *t, struct link *l, const struct flow_key *key, uint32_t line);
void report_name(struct tap *t, struct link *l, const uint8_t *addr, const char *name);

/* 0, or -EAGAIN: no room, try again. */
int report_question(struct tap *t, const struct link *l, const struct waiting *w);
int report_withdrawal(struct tap *t, const struct link *l, const struct waiting *w);
int report_have(struct tap *t, const struct link *l);
int report_flow(struct tap *t, struct memory_flow *flow);
/* @link NULL: the NET VM's side. */
int report_stats(struct tap *t, const struct link *link);

#endif
