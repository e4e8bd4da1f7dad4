// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The thread of a relay: looks, asks at the gate, copies a batch, says so. It is
 * one of the process that called CREATE, as vhost's are: Smack denies nothing
 * to a thread that is the kernel's own, and a gate that never closes is none.
 */
#include <linux/cred.h>
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "kernel/relay/relay.h"
#include "kernel/relay/trace.h"

/* How far ahead of its rate a relay may be: what it catches up after it was not scheduled. */
#define MOVE_AHEAD_NS (4 * NSEC_PER_MSEC)

static u32 move_generation(const struct relay_end *end)
{
	/* Pairs with a guest that sets its count to 0 before it joins. */
	return smp_load_acquire(&end->guest->generation);
}

static u64 move_count(const struct relay_end *end)
{
	/* Pairs with a guest that writes, or has read, the bytes before it counts them. */
	return smp_load_acquire(&end->guest->count);
}

/* 1: both guests take part. 0: not yet. */
static int move_joined(struct relay *relay)
{
	u32 source = move_generation(&relay->source);
	u32 target = move_generation(&relay->target);

	if (source == relay->generation && target == relay->generation)
		relay->joined = true;
	else if (relay->joined)
		return -ESTALE;
	return relay->joined;
}

/* Bytes that can be copied now, a batch at most. @ret_full: it is the target that has no room. */
static int move_look(struct relay *relay, bool *ret_full)
{
	u64 ready, held;
	int ret;

	*ret_full = false;
	ret = move_joined(relay);
	if (ret <= 0)
		return ret;

	ready = move_count(&relay->source) - relay->moved;
	held = relay->moved - move_count(&relay->target);
	if (ready > relay->source.len || held > relay->target.len)
		return -EPROTO;

	*ret_full = ready && held == relay->target.len;
	return min3(ready, relay->target.len - held, (u64)VMOS_RELAY_BATCH);
}

/*
 * Copies @n bytes; a ring may end on the way. Offsets come of @moved, which is
 * ours, and lengths of CREATE.
 */
static void move_copy(struct relay *relay, u32 n)
{
	const struct relay_end *source = &relay->source;
	const struct relay_end *target = &relay->target;
	u64 at = relay->moved;

	while (n) {
		u32 from = at & (source->len - 1);
		u32 to = at & (target->len - 1);
		u32 part = min3(n, source->len - from, target->len - to);

		memcpy(target->data + to, source->data + from, part);
		at += part;
		n -= part;
	}
}

/* Rings for a guest that said that it sleeps. */
static void move_tell(const struct relay *relay, const struct relay_end *end)
{
	if (!READ_ONCE(end->guest->waits))
		return;
	trace_vmos_relay_ring(relay->generation, relay->moved, end == &relay->target);
	eventfd_signal(end->call);
}

static int move_batch(struct relay *relay, u32 n)
{
	int ret;

	/* As who opened the device, whose rights the thread has: a rule taken back counts from here on. */
	ret = file_permission(relay->gate, MAY_WRITE);
	if (ret)
		return ret;

	move_copy(relay, n);
	WRITE_ONCE(relay->moved, relay->moved + n);
	WRITE_ONCE(relay->batches, relay->batches + 1);
	trace_vmos_relay_batch(relay->generation, relay->moved, n);
	/* The bytes are there before they count. */
	smp_store_release(&relay->target.host->count, relay->moved);
	/* They have been read before their place is free. */
	smp_store_release(&relay->source.host->count, relay->moved);
	/* Pairs with the guest's barrier between "I wait" and its last look. */
	smp_mb();
	move_tell(relay, &relay->target);
	move_tell(relay, &relay->source);
	return 0;
}

/* How long to wait until @n bytes more are within the rate; if not at all, they count as passed. ns */
static u64 move_pace(struct relay *relay, u32 n)
{
	u64 now = ktime_get_ns();

	if (!relay->rate)
		return 0;
	if (relay->due < now)
		relay->due = now;
	if (relay->due - now > MOVE_AHEAD_NS)
		return relay->due - now - MOVE_AHEAD_NS;
	relay->due += div64_u64((u64)n * NSEC_PER_SEC, relay->rate);
	return 0;
}

/*
 * Says what it waits for, and looks once more. True: there was nothing, so sleep
 * until a doorbell rings. Where it is the other end now that has to do something,
 * that one has not been told: it would not ring.
 */
static bool move_may_sleep(struct relay *relay, bool full)
{
	bool full_now;

	relay->asleep = full ? &relay->target : &relay->source;
	WRITE_ONCE(relay->asleep->host->waits, 1);
	/* The guest sees that we wait, or we see what it did. */
	smp_mb();
	if (move_look(relay, &full_now) || full_now != full)
		return false;
	WRITE_ONCE(relay->sleeps, relay->sleeps + 1);
	trace_vmos_relay_sleep(relay->generation, relay->moved, relay->asleep == &relay->target);
	return true;
}

static void move_awake(struct relay *relay)
{
	if (relay->asleep)
		WRITE_ONCE(relay->asleep->host->waits, 0);
	relay->asleep = NULL;
}

static bool move_pause(u64 ns)
{
	ktime_t timeout = ns_to_ktime(min_t(u64, ns, NSEC_PER_SEC));

	schedule_hrtimeout(&timeout, HRTIMER_MODE_REL);
	return true;
}

static void move_work(struct relay *relay, int n)
{
	const struct cred *own;
	int ret = n;

	if (n > 0) {
		own = override_creds(relay->cred);
		ret = move_batch(relay, n);
		revert_creds(own);
	}
	if (ret)
		relay_ended(relay, ret);
	cond_resched();
}

/*
 * We come in as one who is about to sleep, and leave that so until there is
 * work: whoever wakes us meanwhile, be it to end us, is not missed.
 */
bool relay_step(void *data)
{
	struct relay *relay = data;
	bool full;
	u64 ns;
	int n;

	move_awake(relay);
	if (READ_ONCE(relay->ended))
		return false;
	n = move_look(relay, &full);
	if (!n)
		return !move_may_sleep(relay, full);
	ns = n > 0 ? move_pace(relay, n) : 0;
	if (ns)
		return move_pause(ns);

	__set_current_state(TASK_RUNNING);
	move_work(relay, n);
	return true;
}

void relay_killed(void *data)
{
	relay_ended(data, -ESHUTDOWN);
}

void relay_ended(struct relay *relay, int error)
{
	if (cmpxchg(&relay->ended, 0, -error))
		return;
	trace_vmos_relay_end(relay->generation, READ_ONCE(relay->moved), -error);
	relay_end_announce(&relay->source, 0);
	relay_end_announce(&relay->target, 0);
	eventfd_signal(relay->source.call);
	eventfd_signal(relay->target.call);
	wake_up_interruptible(&relay->queue);
}
