/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/init/network.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <string.h>

#include "agent/init/cards.h"
#include "agent/init/netlink.h"
#include "agent/init/sysctl.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"

#define RESOLV_CONF "/etc/resolv.conf"

/* Our own link-local address is all that a client has beside what is set here: nothing is asked, nobody believed. */
static void client_sysctls(const char *name)
{
	static const struct sysctl table[] = {
		{ "ipv4", "accept_redirects", "0" },
		{ "ipv6", "accept_ra", "0" },
		{ "ipv6", "accept_redirects", "0" },
		{ "ipv6", "autoconf", "0" },
		{ "ipv6", "use_tempaddr", "0" },
		{ "ipv6", "accept_dad", "0" },
		{ "ipv6", "dad_transmits", "0" },
	};

	(void)sysctl_write(name, table, sizeof(table) / sizeof(table[0]));
}

static int client_addresses(struct netlink *nl, int device, uint32_t index)
{
	uint8_t addr4[NETPLAN_ADDR], addr6[NETPLAN_ADDR];
	int r = netlink_up(nl, device, NETPLAN_MTU);

	netplan_addr4(index, addr4);
	netplan_addr6(index, addr6);
	if (r == 0)
		r = netlink_add_neighbour(nl, device, netplan_gateway4, netplan_gateway_mac);
	if (r == 0)
		r = netlink_add_neighbour(nl, device, netplan_gateway6, netplan_gateway_mac);
	if (r == 0)
		r = netlink_add_address(nl, device, addr4);
	if (r == 0)
		r = netlink_add_address(nl, device, addr6);
	if (r == 0)
		r = netlink_add_default(nl, device, netplan_gateway4);
	if (r == 0)
		r = netlink_add_default(nl, device, netplan_gateway6);
	return r;
}

static int client_resolver(void)
{
	static const char text[] = "nameserver " NETPLAN_RESOLVER4 "\nnameserver " NETPLAN_RESOLVER6 "\n";
	int fd cleanup_fd = open(RESOLV_CONF, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	return fd < 0 ? -errno : fd_write_all(fd, text, sizeof(text) - 1);
}

int network_set_up(struct netlink *nl, const char *name, uint32_t index)
{
	int r;

	client_sysctls(name);
	r = client_addresses(nl, (int)if_nametoindex(name), index);
	return r == 0 ? client_resolver() : r;
}

int network_client(uint32_t index)
{
	struct netlink nl = { .fd = -1 };
	uint8_t mac[NETPLAN_MAC];
	char name[IF_NAMESIZE];
	int r;

	netplan_mac(index, mac);
	cards_load_modules();
	if (!cards_find(mac, name))
		return 0;
	r = netlink_open(&nl);
	if (r == 0)
		r = network_set_up(&nl, name, index);
	netlink_close(&nl);
	if (r < 0)
		log_error("the network cannot be set up: %s", strerror(-r));
	return r;
}
