/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The contents of files by a relay: what vmos-files writes and reads is the
 * same stream of records as without one (proto/xfer.h), and what goes by the
 * channel has a FAR in the place of each DATA that is worth it.
 */
#ifndef AGENT_CTL_FAR_H
#define AGENT_CTL_FAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent/common/area.h"
#include "proto/xfer.h"

#define FAR_LEAST 4096 /* bytes of a DATA that goes by the relay: below that a FAR saves nothing */
#define FAR_PEEK 8192 /* bytes read at once where heads are to be found */
#define FAR_RECORD (XFER_HEAD + XFER_FAR_LEN)
#define FAR_MORE (XFER_HEAD + FAR_RECORD) /* that a read gives at most beyond what it took */

/* The sender's: from the program's output to the channel and the ring. */
struct far_source {
	struct area area;
	uint8_t peeked[FAR_PEEK];
	uint8_t head[XFER_HEAD];
	size_t have; /* of the head */
	uint64_t left; /* of a payload that goes on as it is */
	uint32_t bytes, far; /* of a payload that goes by the relay: in all, and still to come */
	uint64_t begin; /* the count at which it begins */
	bool bad; /* the program wrote a FAR itself */
	bool alone; /* no FARs any more: the relay is over, or this is no stream of records */
	bool ring; /* the host is to be rung for */
};

/*
 * Reads once from @fd, at most @max bytes, and puts what is to go by the channel
 * into @out, of @max + FAR_MORE bytes: @ret_len of them. As read(2), but -errno;
 * -ENOBUFS: the ring is full, the host will ring; -ESTALE: the relay ended amid a record; -EBADMSG: no program writes that.
 */
ssize_t far_source_read(struct far_source *s, int fd, size_t max, uint8_t *out, size_t *ret_len);

/* The receiver's: from the channel and the ring to the program's input. */
struct far_target {
	struct area area;
	uint8_t head[FAR_RECORD];
	size_t have; /* of the head, or of a FAR */
	size_t out, out_len; /* of the head: what has been written, and is to be */
	uint64_t left; /* of a payload that goes on as it is */
	uint32_t far; /* of one that lies in the ring, or will */
	bool ring; /* the host is to be rung for */
};

/*
 * Takes some of the @len bytes at @in, @ret_taken of them, and writes once to
 * @fd, or neither, where it needs more of them. 1: go on; 0: it needs more;
 * -EAGAIN and others of write(2); -ENOBUFS: what a FAR named has not come yet, the host will
 * ring; -ESTALE: and will not come any more; -EBADMSG: that is no FAR of this relay.
 */
int far_target_write(struct far_target *t, int fd, const uint8_t *in, size_t len, size_t *ret_taken);

#endif
