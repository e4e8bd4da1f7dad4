/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trace points of user space, provider "vmos": places in a program where perf,
 * bpftrace or SystemTap can look at a message on its way. One that nobody looks
 * at is a no-op instruction. Every program with a channel has those of
 * proto/channel.c:
 *
 * send, receive	type, seq, place in the ring
 * blob_put, blob_get	offset, length: the bytes that belong to the next send, the last receive
 * publish		messages of the burst, prod, whether the peer is rung for them
 * taken		cons, whether the peer, who waits for room, is rung for it
 * sleep		cons: the consumer found nothing and has armed wake_at
 * wake			cons: it looks again
 *
 * Each has three arguments, the rest of them 0, so that one line can print all.
 * Built where systemtap-sdt-dev is installed (meson's option "probes"): templates and the HOS always have them.
 */
#ifndef PROTO_PROBES_H
#define PROTO_PROBES_H

#ifdef VMOS_PROBES
#include <sys/sdt.h>

#define PROBE(name, a, b, c) DTRACE_PROBE3(vmos, name, a, b, c)
#else
#define PROBE(name, a, b, c) ((void)(a), (void)(b), (void)(c))
#endif

#endif
