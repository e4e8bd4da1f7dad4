/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's engine of one NET VM (tap/bpf/filter.bpf.c): loads the program
 * and puts it on TAP devices, and has its tables. Frames of flows in the table
 * go from one device to the other in the kernel. All else that may pass comes
 * to a handler here, which decides, adds the flow, and sends the frame on.
 *
 * Fails closed: a device must be down until its link is added, since before
 * that its frames reach the host's network. From then on nothing does, and
 * nothing of the host's reaches a guest, also when this process is gone: the
 * kernel passes frames up to the time that tc_keep() says. While it is not said
 * again all of them come to the handler; so it need be said only while flows
 * are in the table.
 *
 * Loading and links need CAP_BPF, CAP_NET_ADMIN and CAP_NET_RAW, and CAP_PERFMON,
 * without which the kernel refuses what compilers do: an index into memory with
 * other bounds on another path, a part of a spilled pointer. What is left
 * is done with fds alone: tc_share() and tc_adopt() give it to a process that
 * has no privilege and no file, and needs bpf(2) to look up, update and delete
 * in the tables. It can send to any device of the network namespace in which
 * tc_open() was called: there should be no other than these.
 */
#ifndef TAP_TC_H
#define TAP_TC_H

#include <stddef.h>
#include <stdint.h>

#include "tap/bpf/maps.h"

#define TC_FDS 7

struct tc;

/* A frame that the kernel does not pass on by itself; of more than FRAME_MAX bytes only the head is there. */
typedef void (*tc_handler)(const struct tc_event *event, void *userdata);

/* -EPERM: not permitted here; other -errno. */
int tc_open(struct tc **ret_tc);
void tc_close(struct tc *tc); /* programs stay on their devices */

/* The fds are the caller's, borrowed; adopted ones are closed by tc_close(). */
void tc_share(const struct tc *tc, int fds[TC_FDS]);
int tc_adopt(struct tc **ret_tc, const int fds[TC_FDS]);

/* The kernel passes frames for so long from now on; 0: none from now on. */
int tc_keep(struct tc *tc, unsigned seconds);

/*
 * The device of the NET VM's inside, and that of the client @index; both
 * replace an earlier one, and whoever had a device of this number before.
 */
int tc_set_net(struct tc *tc, int ifindex);
int tc_add_client(struct tc *tc, uint32_t index, int ifindex);
/* What flows of the client may bring it and take from it, in KiB a second; 0: no limit. tc_add_client() leaves it. */
int tc_limit(struct tc *tc, uint32_t index, uint32_t rate_kib);
/* Its device stays filtered, its flows and its limit are gone. Of TC_NET: nothing goes there any more. */
void tc_del_client(struct tc *tc, uint32_t index);

/* Takes the filter off a device; its frames reach the host's network from then on. */
int tc_detach(int ifindex);

/* -ENOSPC: there are TC_FLOWS_MAX. A flow that is there already goes on counting. */
int tc_flow_add(struct tc *tc, const struct tc_key *key);
int tc_flow_del(struct tc *tc, const struct tc_key *key); /* cut when it returns; -ENOENT */
/* The same, with the last that was known of it. */
int tc_flow_take(struct tc *tc, const struct tc_key *key, struct tc_flow *ret_flow);
int tc_flow_get(struct tc *tc, const struct tc_key *key, struct tc_flow *ret_flow);
void tc_key_of(const struct tc_event *event, struct tc_key *ret_key);

/* The next key behind @key, NULL: the first; -ENOENT: there is none. A key that was deleted begins anew. */
int tc_flow_next(struct tc *tc, const struct tc_key *key, struct tc_key *ret_key);

/* Readable when frames wait. tc_read() hands each, @max at most, to the handler, and says how many there were. */
void tc_on_frame(struct tc *tc, tc_handler handler, void *userdata);
int tc_fd(const struct tc *tc);
unsigned tc_read(struct tc *tc, unsigned max);

/* A frame to a device. Never blocks. */
int tc_send(struct tc *tc, uint32_t ifindex, const void *data, size_t len);

int tc_counters(struct tc *tc, uint32_t index, struct tc_counters *ret_counters);

#endif
