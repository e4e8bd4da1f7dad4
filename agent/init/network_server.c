/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A NET VM's network. Its two devices are renamed to "inside" and "uplink", as
 * which all its files know them (agent/data/net/).
 *
 * All NET VMs look the same to their clients, and one NET VM may be another's
 * client: then the gateway's addresses are its own inside, and its gateway's
 * on its uplink. What makes both true at once:
 *
 * - The gateway's IPv4 address is local. The kernel takes a gateway that is
 *   local on another device (RTNH_F_ONLINK), and its hardware address is a
 *   permanent neighbour. Errors that the other NET VM sends come from that same
 *   address: accept_local on the uplink, and there no strict rp_filter, let them in.
 * - The gateway's link-local IPv6 address is the one that the kernel makes of
 *   the card's address; such an address counts on its own link only. Errors
 *   come from fd76:6d6f:7300:ffff::1, as they need an address that is good beyond it.
 * - The resolver's addresses are not local. nftables.conf turns what clients ask
 *   there to the addresses above; what this VM asks goes out to the other's resolver.
 *
 * Clients have no networks of their own: they are all behind one route, and
 * the host answers ARP and neighbour discovery for those that are there.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/init/cards.h"
#include "agent/init/netlink.h"
#include "agent/init/network.h"
#include "agent/init/sysctl.h"
#include "base/log.h"

#define INSIDE "inside"
#define UPLINK "uplink"
#define GATEWAY6_GLOBAL "fd76:6d6f:7300:ffff::1"
#define FILTER "/usr/share/vmos/net/nftables.conf"
#define FOLDER "/run/vmos-net"
#define CLIENTS FOLDER "/clients" /* dnsmasq's, see agent/data/net/dnsmasq.conf */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct sysctl all[] = {
	{ "ipv4", "accept_redirects", "0" },
	{ "ipv4", "secure_redirects", "0" },
	{ "ipv4", "send_redirects", "0" },
	{ "ipv4", "accept_source_route", "0" },
	{ "ipv4", "rp_filter", "0" }, /* the larger one of this and the device's counts */
	{ "ipv6", "accept_redirects", "0" },
	{ "ipv6", "accept_source_route", "0" },
};

static const struct sysctl inside[] = {
	{ "ipv4", "rp_filter", "1" },
	{ "ipv4", "send_redirects", "0" },
	{ "ipv4", "accept_redirects", "0" },
	{ "ipv4", "arp_ignore", "1" },
	{ "ipv4", "arp_announce", "2" },
	{ "ipv6", "accept_ra", "0" },
	{ "ipv6", "accept_redirects", "0" },
	{ "ipv6", "autoconf", "0" },
	{ "ipv6", "accept_dad", "0" },
	{ "ipv6", "dad_transmits", "0" },
};

static const struct sysctl uplink[] = {
	{ "ipv4", "rp_filter", "1" },
	{ "ipv4", "send_redirects", "0" },
	{ "ipv4", "accept_redirects", "0" },
	{ "ipv4", "arp_ignore", "1" },
	{ "ipv4", "arp_announce", "2" },
	{ "ipv6", "accept_redirects", "0" },
};

static const struct sysctl uplink_chained[] = {
	{ "ipv4", "rp_filter", "2" },
	{ "ipv4", "accept_local", "1" },
};

static const struct sysctl forwarding[] = {
	{ "ipv4", "forwarding", "1" },
	{ "ipv6", "forwarding", "1" },
};

static int filter_load(void)
{
	static char *const argv[] = { "/usr/sbin/nft", "-f", FILTER, NULL };
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		execv(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	return status == 0 ? 0 : -EPERM;
}

/* Who has which address, for those who ask by DHCP. */
static int clients_write(void)
{
	uint8_t mac[NETPLAN_MAC], addr[NETPLAN_ADDR];
	char mac_text[18], addr_text[NETPLAN_TEXT];
	FILE *f;

	if (mkdir(FOLDER, 0755) < 0 && errno != EEXIST)
		return -errno;
	f = fopen(CLIENTS, "we");
	if (!f)
		return -errno;
	for (uint32_t i = 1; i <= NETPLAN_INDEX_MAX; i++) {
		netplan_mac(i, mac);
		netplan_addr4(i, addr);
		netplan_format_mac(mac, mac_text);
		netplan_format(addr, addr_text);
		fprintf(f, "%s,%s\n", mac_text, addr_text);
	}
	return fclose(f) == 0 ? 0 : -errno;
}

/* The clients' networks: 10.137.0.0/16, fd76:6d6f:7300::/112. */
static int inside_routes(struct netlink *nl, int device)
{
	uint8_t net4[NETPLAN_ADDR], net6[NETPLAN_ADDR];
	int r;

	netplan_addr4(0, net4);
	netplan_addr6(0, net6);
	r = netlink_add_route(nl, device, net4, 16);
	return r == 0 ? netlink_add_route(nl, device, net6, 112) : r;
}

static int inside_set_up(struct netlink *nl)
{
	uint8_t global6[NETPLAN_ADDR];
	char name[IF_NAMESIZE];
	int device, r;

	if (!cards_find(netplan_gateway_mac, name))
		return -ENODEV;
	device = (int)if_nametoindex(name);
	r = netlink_rename(nl, device, INSIDE);
	if (r == 0)
		r = sysctl_write(INSIDE, inside, COUNT(inside));
	if (r == 0)
		r = netlink_up(nl, device, NETPLAN_MTU);
	if (r == 0)
		r = netlink_add_address(nl, device, netplan_gateway4);
	if (r == 0)
		r = netplan_parse(GATEWAY6_GLOBAL, global6);
	if (r == 0)
		r = netlink_add_address(nl, device, global6);
	return r == 0 ? inside_routes(nl, device) : r;
}

static int uplink_chain(struct netlink *nl, uint32_t index)
{
	int r = sysctl_write(UPLINK, uplink_chained, COUNT(uplink_chained));

	return r == 0 ? network_set_up(nl, UPLINK, index) : r;
}

static int uplink_set_up(struct netlink *nl, uint32_t index)
{
	char name[IF_NAMESIZE];
	uint8_t mac[NETPLAN_MAC];
	int r;

	netplan_mac(index, mac);
	if (index ? !cards_find(mac, name) : !cards_find_other(netplan_gateway_mac, name))
		return -ENODEV;
	r = netlink_rename(nl, (int)if_nametoindex(name), UPLINK);
	if (r == 0)
		r = sysctl_write(UPLINK, uplink, COUNT(uplink));
	return r == 0 && index ? uplink_chain(nl, index) : r;
}

/* The filter stands before any device is up, and nothing is forwarded before all else is done. */
static int set_up(struct netlink *nl, uint32_t index)
{
	int sides = 0, r = filter_load();

	if (r == 0)
		r = sysctl_write("all", all, COUNT(all));
	if (r < 0) {
		log_error("no network: the packet filter is not in force");
		return 0;
	}

	r = uplink_set_up(nl, index);
	if (r < 0)
		log_error("the uplink cannot be used: %s", strerror(-r));
	else if (!index)
		sides |= NETWORK_DYNAMIC;

	r = clients_write();
	if (r == 0)
		r = inside_set_up(nl);
	if (r == 0)
		r = sysctl_write("all", forwarding, COUNT(forwarding));
	if (r < 0)
		log_error("the clients have no network: %s", strerror(-r));
	else
		sides |= NETWORK_INSIDE;
	return sides;
}

int network_server(uint32_t index)
{
	struct netlink nl;
	int sides = 0, r;

	cards_load_modules();
	cards_load_drivers();
	r = netlink_open(&nl);
	if (r == 0)
		sides = set_up(&nl, index);
	else
		log_error("no network: %s", strerror(-r));
	netlink_close(&nl);
	return sides;
}
