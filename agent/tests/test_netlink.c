/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses, routes and neighbours as init sets them, on a card of a network namespace of our own. */
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/init/netlink.h"

#define INDEX 258 /* 10.137.1.2 */
#define TAP "/dev/net/tun"

static struct netlink nl;
static int device; /* 0: no namespace, or no TAP device, can be made here */

/* A card named "card"; it lives as long as the fd. */
static int make_card(void)
{
	struct ifreq request = { .ifr_name = "card", .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd = open(TAP, O_RDWR | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0)
		return -errno;
	return (int)if_nametoindex("card");
}

static int set_up(void **state)
{
	nl.fd = -1;
	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return 0;
	device = make_card();
	if (device <= 0) {
		device = 0;
		return 0;
	}
	return netlink_open(&nl);
}

static int tear_down(void **state)
{
	netlink_close(&nl);
	return 0;
}

static void need_card(void)
{
	if (!device)
		skip();
}

/* Whether a file below /proc/net has a line with both words. */
static bool has_line(const char *path, const char *word, const char *other)
{
	FILE *f = fopen(path, "re");
	bool found = false;
	char line[512];

	assert_non_null(f);
	while (!found && fgets(line, sizeof(line), f))
		found = strstr(line, word) && strstr(line, other);
	fclose(f);
	return found;
}

static bool has_address(const uint8_t *addr)
{
	struct ifaddrs *list, *at;
	bool found = false;

	assert_int_equal(getifaddrs(&list), 0);
	for (at = list; at && !found; at = at->ifa_next) {
		if (at->ifa_addr && at->ifa_addr->sa_family == AF_INET)
			found = memcmp(&((struct sockaddr_in *)(void *)at->ifa_addr)->sin_addr, addr + 12, 4) == 0;
		else if (at->ifa_addr && at->ifa_addr->sa_family == AF_INET6)
			found = memcmp(&((struct sockaddr_in6 *)(void *)at->ifa_addr)->sin6_addr, addr, 16) == 0;
	}
	freeifaddrs(list);
	return found;
}

static void test_rename_and_up(void **state)
{
	need_card();
	assert_int_equal(netlink_rename(&nl, device, "uplink"), 0);
	assert_int_equal(if_nametoindex("uplink"), device);
	assert_int_equal(netlink_up(&nl, device, 1400), 0);
	assert_int_equal(netlink_rename(&nl, 4711, "none"), -ENODEV);
	assert_int_equal(netlink_up(&nl, device, 1), -EINVAL);
}

static void test_addresses(void **state)
{
	uint8_t addr4[NETPLAN_ADDR], addr6[NETPLAN_ADDR];

	need_card();
	netplan_addr4(INDEX, addr4);
	netplan_addr6(INDEX, addr6);
	assert_false(has_address(addr4));
	for (int i = 0; i < 2; i++) { /* a second time is no error */
		assert_int_equal(netlink_add_address(&nl, device, addr4), 0);
		assert_int_equal(netlink_add_address(&nl, device, addr6), 0);
	}
	assert_true(has_address(addr4));
	assert_true(has_address(addr6));
	/* /128, not tentative: IFA_F_NODAD | IFA_F_PERMANENT */
	assert_true(has_line("/proc/net/if_inet6", "fd766d6f730000000000000000000102", " 80 00 82 "));
}

static void test_routes(void **state)
{
	uint8_t net4[NETPLAN_ADDR], net6[NETPLAN_ADDR];

	need_card();
	netplan_addr4(0, net4);
	netplan_addr6(0, net6);
	assert_int_equal(netlink_add_default(&nl, device, netplan_gateway4), 0);
	assert_int_equal(netlink_add_default(&nl, device, netplan_gateway6), 0);
	assert_int_equal(netlink_add_route(&nl, device, net4, 16), 0);
	assert_int_equal(netlink_add_route(&nl, device, net6, 112), 0);
	assert_true(has_line("/proc/net/route", "uplink\t00000000\t0101FEA9\t", "\t00000000\t"));
	assert_true(has_line("/proc/net/route", "uplink\t0000890A\t00000000\t", "\t0000FFFF\t"));
	assert_true(has_line("/proc/net/ipv6_route", "fe8000000000000050766dfffeff0001", "uplink"));
	assert_true(has_line("/proc/net/ipv6_route", "fd766d6f730000000000000000000000 70 ", "uplink"));
}

static void test_neighbours(void **state)
{
	need_card();
	assert_int_equal(netlink_add_neighbour(&nl, device, netplan_gateway4, netplan_gateway_mac), 0);
	assert_int_equal(netlink_add_neighbour(&nl, device, netplan_gateway6, netplan_gateway_mac), 0);
	/* permanent: ATF_PERM | ATF_COM */
	assert_true(has_line("/proc/net/arp", "169.254.1.1 ", "0x6         52:76:6d:ff:00:01"));
	assert_int_equal(netlink_add_neighbour(&nl, 4711, netplan_gateway4, netplan_gateway_mac), -ENODEV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rename_and_up),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_neighbours),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
