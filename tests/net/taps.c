/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/net/taps.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_bridge.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"

static int write_file(const char *path, const char *text)
{
	int fd cleanup_fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

int taps_unshare(void)
{
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0)
		return -errno;
	/* Its own devices are in /sys only when that is mounted from inside. */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || mount("sysfs", "/sys", "sysfs", 0, NULL) < 0)
		return -errno;
	/* Without IPv6 a device that comes up says nothing by itself. */
	write_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
	write_file("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
	/* Where br_netfilter is loaded a bridge would check IP headers. */
	write_file("/proc/sys/net/bridge/bridge-nf-call-iptables", "0");
	write_file("/proc/sys/net/bridge/bridge-nf-call-ip6tables", "0");
	return 0;
}

/* An ioctl by a device's name. */
static int request(const char *name, unsigned long what, struct ifreq *ifr)
{
	int fd cleanup_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	snprintf(ifr->ifr_name, sizeof(ifr->ifr_name), "%s", name);
	return ioctl(fd, what, ifr) < 0 ? -errno : 0;
}

int taps_up(const char *name)
{
	struct ifreq ifr = { .ifr_mtu = 9000 };
	int r = request(name, SIOCSIFMTU, &ifr);

	if (r < 0)
		return r;
	ifr.ifr_flags = IFF_UP;
	return request(name, SIOCSIFFLAGS, &ifr);
}

static int open_device(const char *name, short flags)
{
	int fd cleanup_fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	struct ifreq ifr = { .ifr_flags = (short)(IFF_TAP | IFF_NO_PI | flags) };
	int r;

	if (fd < 0)
		return -errno;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (ioctl(fd, TUNSETIFF, &ifr) < 0)
		return -errno;
	r = taps_up(name);
	return r < 0 ? r : steal_fd(&fd);
}

int taps_open(const char *name)
{
	return open_device(name, 0);
}

int taps_open_vnet(const char *name)
{
	int fd cleanup_fd = open_device(name, IFF_VNET_HDR);

	if (fd < 0)
		return fd;
	if (ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) < 0)
		return -errno;
	return steal_fd(&fd);
}

int taps_send_as_host(const char *name, const void *data, size_t len)
{
	int fd cleanup_fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(name) };

	if (fd < 0)
		return -errno;
	return sendto(fd, data, len, 0, (const struct sockaddr *)&to, sizeof(to)) < 0 ? -errno : 0;
}

size_t taps_read(int fd, void *data, size_t size, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n = read(fd, data, size);

	if (n < 0 && errno == EAGAIN && ms > 0 && poll(&p, 1, ms) > 0)
		n = read(fd, data, size);
	return n < 0 ? 0 : (size_t)n;
}

unsigned taps_drain(int fd)
{
	uint8_t data[9014];
	unsigned n = 0;

	while (taps_read(fd, data, sizeof(data), 0) > 0)
		n++;
	return n;
}

int taps_bridge(const char *name)
{
	int fd cleanup_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	unsigned long ageing[4] = { BRCTL_SET_AGEING_TIME, 0 };
	struct ifreq ifr = { .ifr_data = (void *)ageing };
	char path[128];
	int r;

	if (fd < 0 || ioctl(fd, SIOCBRADDBR, name) < 0)
		return -errno;
	r = request(name, SIOCDEVPRIVATE, &ifr);
	/* With it a bridge reads what is in IP, for groups, and drops what does not parse. */
	snprintf(path, sizeof(path), "/sys/class/net/%s/bridge/multicast_snooping", name);
	if (r == 0)
		r = write_file(path, "0");
	return r < 0 ? r : taps_up(name);
}

int taps_left_out(const char *what, int r)
{
	const int reasons[] = { EPERM, EACCES, ENOENT, ENODEV, ENOSYS, EOPNOTSUPP };
	bool skipped = false;

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		skipped = skipped || r == -reasons[i];
	printf("%s: %s: %s\n", skipped ? "skipped" : "failed", what, strerror(-r));
	return skipped ? TAPS_SKIPPED : 1;
}

int taps_join(const char *bridge, const char *tap, int join)
{
	struct ifreq ifr = { .ifr_ifindex = (int)if_nametoindex(tap) };

	return request(bridge, join ? SIOCBRADDIF : SIOCBRDELIF, &ifr);
}
