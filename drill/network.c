/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows 55 … 60: the network, and sockets that speak to the kernel. */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "drill/actions.h"

#define WAIT_MS 1000
#define DISCARD_PORT 9

static int open_socket(int family, int type, int protocol)
{
	return (int)try_call(SYS_socket, family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
}

/* Connects within WAIT_MS. 0, or -1 with errno; EINPROGRESS: no answer. */
static int connect_wait(int fd, const struct sockaddr_in *address)
{
	struct pollfd wait = { .fd = fd, .events = POLLOUT };
	int error = EINPROGRESS;
	socklen_t len = sizeof(error);

	if (try_call(SYS_connect, fd, address, sizeof(*address)) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return -1;
	if (poll(&wait, 1, WAIT_MS) == 1)
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	errno = error;
	return error ? -1 : 0;
}

/* Without a listener to be reached, the host's answer that there is none is as good: one got there. */
static void tcp(struct attempt *a)
{
	long long port = facts_number(a->facts, M_TCP, 10);
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(port < 0 ? DISCARD_PORT : (uint16_t)port) };
	int fd cleanup_fd = open_socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		attempt_part(a, "socket", -1);
	else if (connect_wait(fd, &address) < 0 && errno == EINPROGRESS)
		attempt_effect(a, "connect", false);
	else
		attempt_reaches(a, "connect", errno ? -1 : 0, ECONNREFUSED);
}

/* A packet may be dropped on its way though the call succeeded: without an echo, the receiver must say. */
static void udp(struct attempt *a)
{
	long long port = facts_number(a->facts, M_UDP, 10);
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(port < 0 ? DISCARD_PORT : (uint16_t)port) };
	struct pollfd wait = { .events = POLLIN };
	int fd cleanup_fd = open_socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0) {
		attempt_part(a, "socket", -1);
		return;
	}
	if (try_call(SYS_sendto, fd, "drill", 5, MSG_NOSIGNAL, &address, sizeof(address)) < 0) {
		attempt_part(a, "sendto", -1);
		return;
	}
	wait.fd = fd;
	if (port < 0 || poll(&wait, 1, WAIT_MS) == 1)
		attempt_part(a, "sendto", 0);
	else
		attempt_sent(a, "sendto");
}

/* What leaves the host needs no answer. */
static void off_host(struct attempt *a)
{
	const char *text = attempt_fact(a, M_OFFHOST);
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(DISCARD_PORT) };
	int tcp_fd cleanup_fd = -1, udp_fd cleanup_fd = -1;

	if (!text || inet_pton(AF_INET, text, &address.sin_addr) != 1)
		return;
	udp_fd = open_socket(AF_INET, SOCK_DGRAM, 0);
	attempt_part(a, "UDP",
		udp_fd < 0 ? -1 : try_call(SYS_sendto, udp_fd, "x", 1, MSG_NOSIGNAL, &address, sizeof(address)));
	tcp_fd = open_socket(AF_INET, SOCK_STREAM, 0);
	if (tcp_fd < 0) {
		attempt_part(a, "TCP", -1);
		return;
	}
	attempt_reaches(a, "TCP", try_call(SYS_connect, tcp_fd, &address, sizeof(address)), EINPROGRESS);
}

static void vsock(struct attempt *a)
{
	struct sockaddr_vm address = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_HOST, .svm_port = DISCARD_PORT };
	int fd cleanup_fd = open_socket(AF_VSOCK, SOCK_STREAM, 0);

	/* Where nobody listens the socket itself is as far as one gets. */
	if (attempt_part(a, "socket", fd) && try_call(SYS_connect, fd, &address, sizeof(address)) == 0)
		attempt_part(a, "connect", 0);
}

static void netlink(struct attempt *a)
{
	struct {
		struct nlmsghdr header;
		struct rtgenmsg body;
	} ask = { { sizeof(ask), RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 }, { AF_UNSPEC } };
	int fd cleanup_fd = open_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	char answer[512];

	if (fd < 0)
		attempt_part(a, "socket", -1);
	else if (try_call(SYS_write, fd, &ask, sizeof(ask)) < 0)
		attempt_part(a, "ask", -1);
	else
		attempt_part(a, "interfaces", try_call(SYS_recvfrom, fd, answer, sizeof(answer), 0, NULL, NULL));
}

static void try_socket(struct attempt *a, const char *name, int family, int type, int protocol)
{
	int fd cleanup_fd = open_socket(family, type, protocol);

	attempt_part(a, name, fd);
}

static void raw(struct attempt *a)
{
	try_socket(a, "packet", AF_PACKET, SOCK_RAW, 0);
	try_socket(a, "raw", AF_INET, SOCK_RAW, IPPROTO_ICMP);
	try_socket(a, "ping", AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
}

static const attempt_run runs[] = { tcp, udp, off_host, vsock, netlink, raw };

const struct family family_network = { 55, sizeof(runs) / sizeof(runs[0]), runs };
