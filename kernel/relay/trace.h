/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trace points of relays: /sys/kernel/tracing/events/vmos_relay/. Each names
 * its relay by the generation that CREATE gave it, and says how many bytes have
 * passed; what they are is never looked at.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vmos_relay

#if !defined(VMOS_RELAY_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define VMOS_RELAY_TRACE_H

#include <linux/tracepoint.h>

/* clang-format off */
DECLARE_EVENT_CLASS(vmos_relay,
	TP_PROTO(u32 generation, u64 moved, int value),
	TP_ARGS(generation, moved, value),
	TP_STRUCT__entry(
		__field(u32, generation)
		__field(u64, moved)
		__field(int, value)
	),
	TP_fast_assign(
		__entry->generation = generation;
		__entry->moved = moved;
		__entry->value = value;
	),
	TP_printk("generation=%u moved=%llu value=%d", __entry->generation, __entry->moved, __entry->value)
);

/* CREATE has come to its end; @value: 0. */
DEFINE_EVENT(vmos_relay, vmos_relay_create,
	TP_PROTO(u32 generation, u64 moved, int value),
	TP_ARGS(generation, moved, value));

/* A batch has been copied; @value: its bytes. */
DEFINE_EVENT(vmos_relay, vmos_relay_batch,
	TP_PROTO(u32 generation, u64 moved, int value),
	TP_ARGS(generation, moved, value));

/* There is nothing to do; @value: 1: for want of room in the target, 0: of bytes in the source. */
DEFINE_EVENT(vmos_relay, vmos_relay_sleep,
	TP_PROTO(u32 generation, u64 moved, int value),
	TP_ARGS(generation, moved, value));

/* A guest that waits has been rung for; @value: 1: the target's, 0: the source's. */
DEFINE_EVENT(vmos_relay, vmos_relay_ring,
	TP_PROTO(u32 generation, u64 moved, int value),
	TP_ARGS(generation, moved, value));

/* It is over; @value: the errno, as of VMOS_RELAY_IOC_STATE. */
DEFINE_EVENT(vmos_relay, vmos_relay_end,
	TP_PROTO(u32 generation, u64 moved, int value),
	TP_ARGS(generation, moved, value));
#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH kernel/relay
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
