/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows 69 … 73: what the queue of its network card is good for besides frames, and the host's other cards. */
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "drill/actions.h"

#define FDS_LOOKED_AT 256
#define NO_OWNER (-1l)

/* QEMU's end of its card; -1 after taking note that there is none: on VDE it is a socket. */
static int find_queue(struct attempt *a)
{
	for (int fd = 3; fd < FDS_LOOKED_AT; fd++) {
		char link[32], node[64] = "";

		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		if (readlink(link, node, sizeof(node) - 1) > 0 && strstr(node, "/net/tun"))
			return fd;
	}
	attempt_skip(a, "no TAP device");
	return -1;
}

/* A filter that lets all frames pass changes nothing. */
static void set_up_again(struct attempt *a)
{
	struct sock_filter pass = BPF_STMT(BPF_RET | BPF_K, 0xffffffff);
	struct sock_fprog program = { .len = 1, .filter = &pass };
	struct ifreq device = { .ifr_flags = IFF_TAP | IFF_NO_PI }, queue = { .ifr_flags = IFF_DETACH_QUEUE };
	int fd = find_queue(a);

	if (fd < 0)
		return;
	attempt_part(a, "TUNSETIFF", try_call(SYS_ioctl, fd, TUNSETIFF, &device));
	attempt_part(a, "TUNSETQUEUE", try_call(SYS_ioctl, fd, TUNSETQUEUE, &queue));
	if (attempt_part(a, "TUNATTACHFILTER", try_call(SYS_ioctl, fd, TUNATTACHFILTER, &program)))
		try_call(SYS_ioctl, fd, TUNDETACHFILTER, &program);
}

/* The device of a card goes with its QEMU; one that stays could be given to another. */
static void keep(struct attempt *a)
{
	int fd = find_queue(a);

	if (fd < 0)
		return;
	if (attempt_part(a, "TUNSETPERSIST", try_call(SYS_ioctl, fd, TUNSETPERSIST, 1l)))
		try_call(SYS_ioctl, fd, TUNSETPERSIST, 0l);
	if (attempt_part(a, "TUNSETOWNER", try_call(SYS_ioctl, fd, TUNSETOWNER, 0l)))
		try_call(SYS_ioctl, fd, TUNSETOWNER, NO_OWNER);
}

/* Of the device on the host. The kernel asks for no privilege, and Smack not at all: the number says neither read nor write. */
static void change_address(struct attempt *a)
{
	struct ifreq address = { 0 }, other;
	int fd = find_queue(a);

	if (fd < 0)
		return;
	try_call(SYS_ioctl, fd, SIOCGIFHWADDR, &address);
	other = address;
	other.ifr_hwaddr.sa_data[5] ^= 1;
	if (attempt_part(a, "SIOCSIFHWADDR", try_call(SYS_ioctl, fd, SIOCSIFHWADDR, &other)))
		try_call(SYS_ioctl, fd, SIOCSIFHWADDR, &address);
}

/* There the cards of a NET VM's other clients are. Last of those about a queue: a network that was entered is not left. */
static void enter_network(struct attempt *a)
{
	int fd = find_queue(a), ns cleanup_fd = -1;

	if (fd < 0)
		return;
	ns = (int)try_call(SYS_ioctl, fd, TUNGETDEVNETNS, 0l);
	if (attempt_part(a, "TUNGETDEVNETNS", ns))
		attempt_part(a, "setns", try_call(SYS_setns, ns, CLONE_NEWNET));
}

static void ask_by_socket(struct attempt *a)
{
	char list[1024];
	struct ifconf interfaces = { .ifc_len = sizeof(list), .ifc_buf = list };
	struct ifreq loopback = { .ifr_name = "lo" };
	int fd cleanup_fd = (int)try_call(SYS_socket, AF_UNIX, SOCK_DGRAM, 0);

	if (fd < 0) {
		attempt_part(a, "socket", -1);
		return;
	}
	attempt_part(a, "SIOCGIFCONF", try_call(SYS_ioctl, fd, SIOCGIFCONF, &interfaces));
	if (try_call(SYS_ioctl, fd, SIOCGIFFLAGS, &loopback) >= 0)
		attempt_part(a, "SIOCSIFFLAGS", try_call(SYS_ioctl, fd, SIOCSIFFLAGS, &loopback));
}

static const attempt_run runs[] = { set_up_again, keep, change_address, enter_network, ask_by_socket };

const struct family family_card = { 69, sizeof(runs) / sizeof(runs[0]), runs };
