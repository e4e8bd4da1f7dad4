/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trace points of the driver: /sys/kernel/tracing/events/vmos_guest/. What
 * is in a message is not seen here, as the kernel never reads one: the probes
 * of user space tell it (proto/probes.h).
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vmos_guest

#if !defined(VMOS_GUEST_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define VMOS_GUEST_TRACE_H

#include <linux/tracepoint.h>

/* clang-format off */
DECLARE_EVENT_CLASS(vmos_channel,
	TP_PROTO(const char *name, u64 count),
	TP_ARGS(name, count),
	TP_STRUCT__entry(
		__array(char, name, 16)
		__field(u64, count)
	),
	TP_fast_assign(
		strscpy(__entry->name, name, sizeof(__entry->name));
		__entry->count = count;
	),
	TP_printk("%s count=%llu", __entry->name, __entry->count)
);

/* The guest rings the host's doorbell; @count: how often it has. */
DEFINE_EVENT(vmos_channel, vmos_doorbell,
	TP_PROTO(const char *name, u64 count),
	TP_ARGS(name, count));

/* The host has rung; @count: interrupts that nobody has read yet, this one included. */
DEFINE_EVENT(vmos_channel, vmos_irq,
	TP_PROTO(const char *name, u64 count),
	TP_ARGS(name, count));

/* The agent found no interrupt and is about to sleep. */
DEFINE_EVENT(vmos_channel, vmos_sleep,
	TP_PROTO(const char *name, u64 count),
	TP_ARGS(name, count));

/* The agent has read; @count: the interrupts it was told of. */
DEFINE_EVENT(vmos_channel, vmos_wake,
	TP_PROTO(const char *name, u64 count),
	TP_ARGS(name, count));
#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH kernel/guest
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
