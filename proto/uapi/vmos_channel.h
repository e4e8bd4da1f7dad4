/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Layout of a channel's region: one sealed memfd that a guest sees as BAR 2 of
 * an ivshmem-doorbell device. Shared by the host programs, the guest agent and
 * the guest's kernel module, so it includes nothing but fixed-width types.
 *
 * All fields are little endian. "host writes" zones are read-only in the guest
 * by its module's mmap; a hostile guest kernel can still scribble anywhere, so
 * the host keeps private copies of everything it writes and never reads its
 * own zones back.
 */
#ifndef VMOS_CHANNEL_H
#define VMOS_CHANNEL_H

#ifdef __KERNEL__
#include <linux/ioctl.h>
#include <linux/types.h>
#else
#include <linux/types.h>
#include <sys/ioctl.h>
#endif

#define VMOS_REGION_MAGIC 0x534f6d76u /* "vmOS" */
#define VMOS_REGION_MAJOR 1
#define VMOS_REGION_MINOR 0

#define VMOS_PAGE_SIZE 4096u

#define VMOS_HDR_HOST_OFF 0x00000u /* host writes */
#define VMOS_HDR_GUEST_OFF 0x01000u /* guest writes */
#define VMOS_IDX_HOST_OFF 0x02000u /* host writes */
#define VMOS_G2H_OFF 0x10000u /* guest writes: ring_len messages */
#define VMOS_H2G_OFF 0x20000u /* host writes: ring_len messages */
#define VMOS_BLOB_OFF 0x30000u /* G2H blobs (guest writes), then H2G blobs (host writes) */

#define VMOS_RING_LEN 1024u
#define VMOS_MSG_SIZE 64u

#define VMOS_ROLE_CTL 1u
#define VMOS_ROLE_GUI 2u
#define VMOS_ROLE_AUDIO 3u

#define VMOS_CTL_REGION (32u << 20)
#define VMOS_CTL_BLOB (8u << 20)
#define VMOS_GUI_REGION (256u << 20)
#define VMOS_GUI_BLOB (1u << 20)
#define VMOS_AUDIO_REGION (512u << 10)
#define VMOS_AUDIO_BLOB (64u << 10)

/*
 * Areas of relays, behind the blobs of a ctl region, whose header names no
 * heap: a page that the guest writes, a page that the relay writes, and a ring
 * of bytes. See vmos_relay.h. An older driver lets nobody map one to write.
 */
#define VMOS_AREAS 8u
#define VMOS_AREA_RING (1u << 20)
#define VMOS_AREA_SIZE (2 * VMOS_PAGE_SIZE + VMOS_AREA_RING)
#define VMOS_AREA_OFF (VMOS_BLOB_OFF + 2 * VMOS_CTL_BLOB)
#define VMOS_AREA(n) (VMOS_AREA_OFF + (n)*VMOS_AREA_SIZE)

/* At VMOS_HDR_HOST_OFF. A change of @epoch opens a new session: see proto/channel.h. */
struct vmos_hdr_host {
	__u32 magic;
	__u16 major;
	__u16 minor;
	__u32 role;
	__u32 region_pages;
	__u32 ring_len;
	__u32 blob_len;
	__u64 heap_off;
	__u32 features;
	__u32 epoch; /* 0: no host process serves this channel */
};

/*
 * At VMOS_HDR_GUEST_OFF and VMOS_IDX_HOST_OFF: what one side tells the other,
 * each word in a cache line of its own.
 * @epoch, @features: guest only: the session it has joined (0: none) and the
 *                    features it accepts
 * @joined: guest only: the last session ever joined; the module's last close
 *          leaves it, so the next agent does not join a session in use again
 * @prod: messages written to the ring this side fills, free running
 * @cons: messages taken from the ring the other side fills, free running
 * @wake_at: this side sleeps: notify it when the other's prod passes this value
 * @want: not 0: this side waits for room, notify it when cons moves
 */
struct vmos_idx {
	__u32 epoch;
	__u32 features;
	__u32 joined;
	__u8 pad0[52];
	__u32 prod;
	__u8 pad1[60];
	__u32 cons;
	__u8 pad2[60];
	__u32 wake_at;
	__u8 pad3[60];
	__u32 want;
	__u8 pad4[60];
};

/* ivshmem peer ids: the doorbell register takes (peer << 16 | vector). */
#define VMOS_PEER_GUEST 0
#define VMOS_PEER_HOST 1

/*
 * /dev/vmos-ctl, /dev/vmos-gui and /dev/vmos-audio.
 * mmap: offsets are region offsets; a mapping that touches a zone the host
 *       writes must be read-only (else EACCES).
 * read: blocks until an interrupt came since the last read, gives a __u64
 *       count of interrupts (EAGAIN with O_NONBLOCK); poll: EPOLLIN likewise.
 * One opener at a time (EBUSY). The last close sets hdr_guest.epoch to 0 and
 * notifies the host, so a dead agent is seen at once.
 */
struct vmos_info {
	__u64 size; /* bytes of the region */
	__u32 role;
	__u32 mib_s; /* bandwidth of writes measured at probe */
};

#define VMOS_IOC_INFO _IOR('V', 0x40, struct vmos_info)
#define VMOS_IOC_KICK _IO('V', 0x41)
#define VMOS_IOC_EVENTFD _IOW('V', 0x42, __s32) /* also signal this eventfd; -1: none */

#endif
