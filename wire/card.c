/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/card.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "proto/netplan.h"
#include "proto/wire.h"
#include "wire/netlink.h"

_Static_assert(WIRE_NAME_MAX < IF_NAMESIZE, "a card's name is a device's");

static int sock = -1; /* of rtnetlink */
static int query = -1; /* any socket: asks for a device by its name */

int cards_begin(char ret_name[IF_NAMESIZE])
{
	struct if_nameindex *all = if_nameindex();
	int r = all ? 0 : -errno;

	for (struct if_nameindex *i = all; i && i->if_index; i++) {
		if (strcmp(i->if_name, "lo") == 0)
			continue;
		snprintf(ret_name, IF_NAMESIZE, "%s", i->if_name);
		r = -EEXIST;
	}
	if_freenameindex(all);
	if (r < 0)
		return r;
	sock = netlink_open();
	query = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return sock < 0 ? sock : query < 0 ? -errno : 0;
}

void cards_end(void)
{
	struct if_nameindex *all = if_nameindex();

	for (struct if_nameindex *i = all; i && i->if_index; i++) {
		if (strcmp(i->if_name, "lo") != 0)
			netlink_set_flags(sock, i->if_index, 0, IFF_UP);
	}
	if_freenameindex(all);
}

/* What the kernel does not know of a device that came from another namespace is set again. */
static int make_quiet(uint32_t ifindex)
{
	int r = netlink_set_flags(sock, ifindex, IFF_NOARP, IFF_NOARP | IFF_MULTICAST);

	if (r == 0)
		r = netlink_set_size(sock, ifindex, NETPLAN_MTU, CARD_QUEUE);
	if (r == 0)
		r = netlink_set_no_address(sock, ifindex);
	return r == -EAFNOSUPPORT ? 0 : r;
}

int card_make(uint32_t index, int *ret_queue)
{
	int fd cleanup_fd = open(CARD_NODE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	struct ifreq ifr = { .ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_TUN_EXCL) };
	struct card card;
	int r;

	if (fd < 0)
		return -errno;
	wire_name(index, ifr.ifr_name);
	if (ioctl(fd, TUNSETIFF, &ifr) < 0)
		return -errno;
	r = card_find(index, &card);
	if (r == 0)
		r = make_quiet(card.ifindex);
	if (r < 0)
		return r;
	*ret_queue = steal_fd(&fd);
	return 0;
}

int card_find(uint32_t index, struct card *ret_card)
{
	struct ifreq ifr = { .ifr_flags = 0 };

	wire_name(index, ifr.ifr_name);
	if (ioctl(query, SIOCGIFINDEX, &ifr) < 0)
		return -errno;
	ret_card->ifindex = (uint32_t)ifr.ifr_ifindex;
	if (ioctl(query, SIOCGIFFLAGS, &ifr) < 0)
		return -errno;
	ret_card->is_up = ifr.ifr_flags & IFF_UP;
	return 0;
}

int card_up(const struct card *card)
{
	int r = make_quiet(card->ifindex);

	return r < 0 ? r : netlink_set_flags(sock, card->ifindex, IFF_UP, IFF_UP);
}

int card_down(const struct card *card)
{
	return netlink_set_flags(sock, card->ifindex, 0, IFF_UP);
}

int card_move(const struct card *card, int ns)
{
	if (ioctl(ns, NS_GET_NSTYPE) != CLONE_NEWNET)
		return -EINVAL;
	return netlink_move(sock, card->ifindex, ns);
}
