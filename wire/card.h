/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cards in this process's network namespace: TAP devices with the names of
 * wire_name(), and nothing else but lo. A card says nothing by itself: it has no
 * address, asks for none, and knows no ARP. All return 0 or -errno.
 */
#ifndef WIRE_CARD_H
#define WIRE_CARD_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#define CARD_NODE "/dev/net/tun"
#define CARD_QUEUE 1000 /* frames that wait for QEMU, which takes them one by one; the kernel's own number is 500 */

struct card {
	uint32_t ifindex;
	bool is_up;
};

/* Before the first card. -EEXIST: there is a device but lo, whose name is in @ret_name; it is not ours. */
int cards_begin(char ret_name[IF_NAMESIZE]);
/* All of them come down. */
void cards_end(void);

/* A card that is down, and its queue; it is gone when the queue is closed. -EBUSY: there is one of this index. */
int card_make(uint32_t index, int *ret_queue);
/* -ENODEV: it is not here. */
int card_find(uint32_t index, struct card *ret_card);

int card_up(const struct card *card);
int card_down(const struct card *card);
/* To the network namespace @ns, where it is down. -EEXIST: there is one of its index. -EINVAL: @ns is something else. */
int card_move(const struct card *card, int ns);

#endif
