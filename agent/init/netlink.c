/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/init/netlink.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_MAX 256
#define ANSWER_MAX 1024
#define MAPPED 12 /* bytes before the IPv4 address in a mapped one */

/* A request that grows by attributes. None of ours comes near its end. */
struct request {
	struct nlmsghdr head;
	uint8_t body[REQUEST_MAX];
};

int netlink_open(struct netlink *nl)
{
	nl->seq = 0;
	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	return nl->fd < 0 ? -errno : 0;
}

void netlink_close(struct netlink *nl)
{
	if (nl->fd >= 0)
		close(nl->fd);
	nl->fd = -1;
}

static void begin(struct request *r, uint16_t type, uint16_t flags, const void *body, size_t len)
{
	*r = (struct request){ .head = { .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags } };
	memcpy(r->body, body, len);
	r->head.nlmsg_len = (uint32_t)NLMSG_SPACE(len);
}

static void add(struct request *r, uint16_t type, const void *data, size_t len)
{
	size_t at = NLMSG_ALIGN(r->head.nlmsg_len) - sizeof(r->head);
	struct rtattr attribute = { .rta_len = (uint16_t)RTA_LENGTH(len), .rta_type = type };

	memcpy(r->body + at, &attribute, sizeof(attribute));
	memcpy(r->body + at + RTA_LENGTH(0), data, len);
	r->head.nlmsg_len = (uint32_t)(sizeof(r->head) + at + RTA_SPACE(len));
}

static uint8_t family(const uint8_t addr[NETPLAN_ADDR])
{
	return netplan_is_ipv4(addr) ? AF_INET : AF_INET6;
}

static uint8_t all_bits(const uint8_t addr[NETPLAN_ADDR])
{
	return netplan_is_ipv4(addr) ? 32 : 128;
}

static void add_addr(struct request *r, uint16_t type, const uint8_t addr[NETPLAN_ADDR])
{
	if (netplan_is_ipv4(addr))
		add(r, type, addr + MAPPED, NETPLAN_ADDR - MAPPED);
	else
		add(r, type, addr, NETPLAN_ADDR);
}

/* Sends it and waits for the kernel's word. */
static int ask(struct netlink *nl, struct request *r)
{
	struct {
		struct nlmsghdr head;
		uint8_t body[ANSWER_MAX];
	} answer;
	struct nlmsgerr error;
	ssize_t n;

	r->head.nlmsg_seq = ++nl->seq;
	if (send(nl->fd, r, r->head.nlmsg_len, 0) < 0)
		return -errno;
	do {
		n = recv(nl->fd, &answer, sizeof(answer), 0);
		if (n < 0)
			return -errno;
		if ((size_t)n < sizeof(answer.head) + sizeof(error))
			return -EBADMSG;
	} while (answer.head.nlmsg_type != NLMSG_ERROR || answer.head.nlmsg_seq != nl->seq);
	memcpy(&error, answer.body, sizeof(error));
	return error.error;
}

int netlink_rename(struct netlink *nl, int device, const char *name)
{
	const struct ifinfomsg body = { .ifi_family = AF_UNSPEC, .ifi_index = device };
	struct request r;

	begin(&r, RTM_NEWLINK, 0, &body, sizeof(body));
	add(&r, IFLA_IFNAME, name, strlen(name) + 1);
	return ask(nl, &r);
}

int netlink_up(struct netlink *nl, int device, uint32_t mtu)
{
	const struct ifinfomsg body = {
		.ifi_family = AF_UNSPEC, .ifi_index = device, .ifi_flags = IFF_UP, .ifi_change = IFF_UP
	};
	struct request r;

	begin(&r, RTM_NEWLINK, 0, &body, sizeof(body));
	add(&r, IFLA_MTU, &mtu, sizeof(mtu));
	return ask(nl, &r);
}

int netlink_add_address(struct netlink *nl, int device, const uint8_t addr[NETPLAN_ADDR])
{
	const struct ifaddrmsg body = {
		.ifa_family = family(addr), .ifa_prefixlen = all_bits(addr), .ifa_index = (uint32_t)device
	};
	const uint32_t flags = IFA_F_NODAD | IFA_F_PERMANENT;
	struct request r;

	begin(&r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, &body, sizeof(body));
	add_addr(&r, IFA_LOCAL, addr);
	add_addr(&r, IFA_ADDRESS, addr);
	add(&r, IFA_FLAGS, &flags, sizeof(flags));
	return ask(nl, &r);
}

static struct rtmsg route(const uint8_t addr[NETPLAN_ADDR], uint8_t bits)
{
	return (struct rtmsg){
		.rtm_family = family(addr),
		.rtm_dst_len = bits,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_BOOT,
		.rtm_type = RTN_UNICAST,
	};
}

int netlink_add_route(struct netlink *nl, int device, const uint8_t net[NETPLAN_ADDR], uint8_t bits)
{
	struct rtmsg body = route(net, bits);
	struct request r;

	body.rtm_scope = netplan_is_ipv4(net) ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	begin(&r, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &body, sizeof(body));
	add_addr(&r, RTA_DST, net);
	add(&r, RTA_OIF, &device, sizeof(device));
	return ask(nl, &r);
}

int netlink_add_default(struct netlink *nl, int device, const uint8_t gateway[NETPLAN_ADDR])
{
	struct rtmsg body = route(gateway, 0);
	struct request r;

	body.rtm_scope = RT_SCOPE_UNIVERSE;
	body.rtm_flags = RTNH_F_ONLINK;
	begin(&r, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &body, sizeof(body));
	add_addr(&r, RTA_GATEWAY, gateway);
	add(&r, RTA_OIF, &device, sizeof(device));
	return ask(nl, &r);
}

int netlink_add_neighbour(
	struct netlink *nl, int device, const uint8_t addr[NETPLAN_ADDR], const uint8_t mac[NETPLAN_MAC])
{
	const struct ndmsg body = { .ndm_family = family(addr), .ndm_ifindex = device, .ndm_state = NUD_PERMANENT };
	struct request r;

	begin(&r, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, &body, sizeof(body));
	add_addr(&r, NDA_DST, addr);
	add(&r, NDA_LLADDR, mac, NETPLAN_MAC);
	return ask(nl, &r);
}
