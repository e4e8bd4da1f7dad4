/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A relay: one kernel thread, two ends. Three files: end.c has an end's memory
 * and doorbells, move.c the thread, main.c the device.
 *
 * Whatever lies in an end's memory may change at any time to anything. So each
 * word of a guest's is read once, and what is done depends on that copy and on
 * what CREATE was given; nothing that the relay wrote there is read back.
 */
#ifndef VMOS_RELAY_RELAY_H
#define VMOS_RELAY_RELAY_H

#include <linux/eventfd.h>
#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/sched/vhost_task.h>
#include <linux/wait.h>

#include "proto/uapi/vmos_relay.h"

/*
 * @region: the memfd
 * @folios, @nr_folios: what is pinned of it
 * @base: the area, mapped: @guest, @host and @data point into it
 * @len: bytes of the ring, a power of two
 * @kick: what the guest rings, where @wait stands in @queue
 * @call: what rings the guest
 * @task: whom @wait wakes
 */
struct relay_end {
	struct file *region;
	struct folio **folios;
	long nr_folios;
	void *base;
	const struct vmos_relay_side *guest;
	struct vmos_relay_side *host;
	u8 *data;
	u32 len;
	struct file *kick;
	struct eventfd_ctx *call;
	poll_table table;
	wait_queue_head_t *queue; /* NULL: not in it */
	wait_queue_entry_t wait;
	struct vhost_task *task;
};

/*
 * @task: the thread; NULL: not yet, or no more
 * @cred: of who opened the device; the file that we belong to keeps it
 * @gate: the file that @cred must be allowed to write
 * @made: CREATE came to its end: state can be asked for
 * @due: when what has passed would have, at the rate allowed; ns
 * @joined: both guests have taken part
 * @asleep: whose guest has been told that we wait; may be NULL
 * @moved, @batches, @sleeps, @ended: the thread writes, anybody reads
 * @queue: who waits for the end
 */
struct relay {
	struct mutex lock; /* of CREATE and REVOKE */
	struct vhost_task *task;
	const struct cred *cred;
	struct file *gate;
	struct relay_end source;
	struct relay_end target;
	bool made;
	u32 generation;
	u64 rate;
	u64 due;
	bool joined;
	struct relay_end *asleep;
	u64 moved;
	u64 batches;
	u64 sleeps;
	int ended;
	wait_queue_head_t queue;
};

/* Takes all that @arg names, or nothing. The caller's rights are asked. relay_end_put() of a zeroed end is legal. */
int relay_end_get(struct relay_end *end, const struct vmos_relay_end *arg);
void relay_end_put(struct relay_end *end);
/* From now on the guest's doorbell wakes @task, until relay_end_deaf() or relay_end_put(). */
int relay_end_hear(struct relay_end *end, struct vhost_task *task);
void relay_end_deaf(struct relay_end *end);
/* What the guest reads as the relay's generation; 0: it is over. */
void relay_end_announce(struct relay_end *end, u32 generation);

/* A step of the thread; false: nothing to do. And its end with its process. @data is a relay. */
bool relay_step(void *data);
void relay_killed(void *data);
/* Says once that the relay is over, to both guests and to who polls. */
void relay_ended(struct relay *relay, int error);

#endif
