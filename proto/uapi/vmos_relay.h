/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /dev/vmos_relay: bytes from one VM to another by a kernel thread, copied once
 * from the ctl region of the one into that of the other.
 *
 * Each end is an area of a region: a page that the guest writes, a page
 * that the relay writes, and a ring of bytes. In the source's the guest puts
 * bytes in and the relay takes them out; in the target's the relay puts them in
 * and the guest takes them out. Counts are of bytes since the relay was made,
 * so byte N of a ring lies at N modulo its length. That is all that the relay
 * reads of a guest: two counts, two wishes to be woken, two generations. What
 * the bytes are is the matter of those who sent and receive them.
 *
 * Fixed-width types alone, little endian.
 */
#ifndef VMOS_RELAY_H
#define VMOS_RELAY_H

#ifdef __KERNEL__
#include <linux/ioctl.h>
#include <linux/types.h>
#else
#include <linux/types.h>
#include <sys/ioctl.h>
#endif

#include "proto/uapi/vmos_channel.h"

#define VMOS_RELAY_GUEST_OFF 0u
#define VMOS_RELAY_HOST_OFF VMOS_PAGE_SIZE
#define VMOS_RELAY_DATA_OFF (2 * VMOS_PAGE_SIZE)

/* Of a ring: a power of two. */
#define VMOS_RELAY_LEN_MIN VMOS_PAGE_SIZE
#define VMOS_RELAY_LEN_MAX (4u << 20)
/* An area lies behind the rings and blobs of the channel; those of transfers are VMOS_AREA(). */
#define VMOS_RELAY_AREA_MIN VMOS_AREA_OFF
#define VMOS_RELAY_AREA_END VMOS_CTL_REGION
/* What passes between two looks at the gate: a revoke stops a relay within so many bytes. */
#define VMOS_RELAY_BATCH (64u << 10)
/* Relays of a host. */
#define VMOS_RELAY_MAX 1024

/*
 * What one side of an area tells the other, each word in a cache line of its own.
 * @count: bytes put in, or taken out, since the beginning; 0 then, free running
 * @waits: not 0: this side sleeps, ring for it when the other's count moves
 * @generation: the relay that this side takes part in; 0: in none. The relay's
 *              is written first; a guest sets its count to 0, then joins by
 *              writing the same number, and rings
 */
struct vmos_relay_side {
	__u64 count;
	__u8 pad0[56];
	__u32 waits;
	__u8 pad1[60];
	__u32 generation;
	__u8 pad2[60];
};

/*
 * @region: the sealed memfd of a ctl channel, open for reading and writing
 * @kick: eventfd that the guest rings
 * @call: eventfd that rings the guest
 * @len: bytes of the ring
 * @offset: of the area in the region, a multiple of VMOS_PAGE_SIZE
 */
struct vmos_relay_end {
	__s32 region;
	__s32 kick;
	__s32 call;
	__u32 len;
	__u64 offset;
};

/*
 * @gate: any file that who opened the device must be allowed to write: the
 *        kernel asks for that before each batch, as of him who opened it
 * @generation: not 0, and not that of an earlier relay of the same areas
 * @rate: bytes a second; 0: as fast as it goes
 * @reserved: 0
 */
struct vmos_relay_create {
	struct vmos_relay_end source;
	struct vmos_relay_end target;
	__s32 gate;
	__u32 generation;
	__u64 rate;
	__u64 reserved;
};

/*
 * @moved: bytes
 * @batches, @sleeps: how often it copied, and how often it found nothing to do
 * @ended: 0: it runs; else the errno it ended by: ESHUTDOWN revoked, EACCES the
 *         gate is closed, EPROTO a guest's count cannot be, ESTALE a guest left
 */
struct vmos_relay_state {
	__u64 moved;
	__u64 batches;
	__u64 sleeps;
	__u32 generation;
	__s32 ended;
};

/*
 * Two have a say. Who opens the device lends the relay his rights: its gate is
 * asked with them. Who calls CREATE must be allowed to read and write both
 * regions, as if he opened them then.
 *
 * CREATE: once for each time the device is opened (EBUSY). EBADF, EINVAL: an fd
 *         or a number is wrong. EACCES: not allowed. EBADFD: a region is not
 *         sealed, or not of a ctl channel's size. EUSERS: VMOS_RELAY_MAX.
 * REVOKE: when it returns no byte passes any more. Closing does the same, and so
 *         does the end of the process that called CREATE, whose thread it is.
 * poll: EPOLLIN | EPOLLHUP when it has ended.
 */
#define VMOS_RELAY_IOC_CREATE _IOW('V', 0x48, struct vmos_relay_create)
#define VMOS_RELAY_IOC_REVOKE _IO('V', 0x49)
#define VMOS_RELAY_IOC_STATE _IOR('V', 0x4a, struct vmos_relay_state)

#endif
