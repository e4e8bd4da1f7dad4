/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/netlink.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

struct setlink {
	struct nlmsghdr head;
	struct ifinfomsg info;
	uint8_t attributes[64];
};

int netlink_open(void)
{
	int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	return sock < 0 ? -errno : sock;
}

static struct setlink begin(uint32_t ifindex)
{
	return (struct setlink){
		.head = { .nlmsg_len = offsetof(struct setlink, attributes),
			.nlmsg_type = RTM_SETLINK,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.info = { .ifi_index = (int)ifindex },
	};
}

/* @len bytes, which with those before fit. */
static void put(struct setlink *m, unsigned short type, const void *data, size_t len)
{
	const struct rtattr head = { .rta_len = (unsigned short)RTA_LENGTH(len), .rta_type = type };
	uint8_t *at = (uint8_t *)m + m->head.nlmsg_len;

	memcpy(at, &head, sizeof(head));
	memcpy(at + RTA_LENGTH(0), data, len);
	m->head.nlmsg_len += (uint32_t)RTA_SPACE(len);
}

/* The kernel has answered before send() returns: one request, one answer. */
static int ask(int sock, const struct setlink *m)
{
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		uint8_t rest[128]; /* the request again */
	} answer;
	ssize_t n;

	if (send(sock, m, m->head.nlmsg_len, 0) < 0)
		return -errno;
	n = recv(sock, &answer, sizeof(answer), 0);
	if (n < 0)
		return -errno;
	if ((size_t)n < offsetof(__typeof__(answer), rest) || answer.head.nlmsg_type != NLMSG_ERROR)
		return -EBADMSG;
	return answer.error.error;
}

int netlink_set_flags(int sock, uint32_t ifindex, uint32_t flags, uint32_t mask)
{
	struct setlink m = begin(ifindex);

	m.info.ifi_flags = flags;
	m.info.ifi_change = mask;
	return ask(sock, &m);
}

int netlink_set_size(int sock, uint32_t ifindex, uint32_t mtu, uint32_t frames)
{
	struct setlink m = begin(ifindex);

	put(&m, IFLA_MTU, &mtu, sizeof(mtu));
	put(&m, IFLA_TXQLEN, &frames, sizeof(frames));
	return ask(sock, &m);
}

int netlink_set_no_address(int sock, uint32_t ifindex)
{
	const struct {
		struct rtattr inet6, mode;
		uint8_t none, zero[3];
	} spec = {
		.inet6 = { .rta_len = sizeof(spec), .rta_type = AF_INET6 },
		.mode = { .rta_len = RTA_LENGTH(1), .rta_type = IFLA_INET6_ADDR_GEN_MODE },
		.none = IN6_ADDR_GEN_MODE_NONE,
	};
	struct setlink m = begin(ifindex);

	put(&m, IFLA_AF_SPEC, &spec, sizeof(spec));
	return ask(sock, &m);
}

int netlink_move(int sock, uint32_t ifindex, int ns)
{
	const uint32_t fd = (uint32_t)ns;
	struct setlink m = begin(ifindex);

	put(&m, IFLA_NET_NS_FD, &fd, sizeof(fd));
	return ask(sock, &m);
}
