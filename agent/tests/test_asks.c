/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmos-agent without a VM, between commands that ask and a host that answers:
 *   test_asks AGENT SHIM [stream]
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "agent/common/ask.h"
#include "agent/tests/agent_host.h"
#include "base/fd.h"
#include "proto/xfer.h"

static char socket_path[64];

static void answer(uint32_t id, uint32_t status, uint32_t reason)
{
	const struct ctl_msg c = { .head.type = CTL_ANSWER,
		.answer = { .id = id, .status = status, .reason = reason, .done = 7, .total = 9 } };

	agent_host_send(&c);
}

static int command(void)
{
	int fd = fd_unix_connect(socket_path, SOCK_SEQPACKET);

	CHECK(fd >= 0);
	return fd;
}

static int command_ask(uint32_t kind, char *const *strings)
{
	static uint8_t packet[ASK_PACKET_MAX];
	struct ask_request r = { .kind = kind, .files = 3, .bytes = 1u << 20 };
	int fd = command(), len = ctl_args_encode(strings, NULL, packet + sizeof(r), CTL_ARGS_MAX);

	CHECK(len > 0);
	r.len = (uint32_t)len;
	memcpy(packet, &r, sizeof(r));
	CHECK(send(fd, packet, sizeof(r) + r.len, 0) == (ssize_t)(sizeof(r) + r.len));
	return fd;
}

static void command_hear(int fd, uint32_t status, uint32_t reason)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct ask_answer a;

	CHECK(poll(&p, 1, WAIT_MS) > 0);
	CHECK(ask_check_answer(&a, (size_t)recv(fd, &a, sizeof(a), 0)) == 0);
	CHECK(a.status == status && a.reason == reason);
	if (ask_is_final(&a))
		CHECK(recv(fd, &a, sizeof(a), 0) == 0);
}

static uint32_t hear_request(const char *path)
{
	static uint8_t blob[CTL_ARGS_MAX];
	char *strv[CTL_ARGC_MAX + 2];
	uint16_t argc, envc;
	struct ctl_msg c;

	CHECK(agent_host_hear(&c, WAIT_MS) && c.head.type == CTL_REQUEST);
	CHECK(carrier_blob(&host.carrier, c.request.blob, blob, sizeof(blob)) == 0);
	CHECK(ctl_args_check(blob, c.request.blob.len, &argc, &envc) == 0);
	ctl_args_fill(blob, argc, envc, strv);
	CHECK(c.request.files == 3 && c.request.bytes == 1u << 20 && strcmp(strv[1], path) == 0);
	return c.request.id;
}

#define STRINGS(...)                      \
	(char *const[])                   \
	{                                 \
		__VA_ARGS__, (char *)NULL \
	}

static void test_answers(void)
{
	int fd = command_ask(CTL_REQUEST_SEND, STRINGS("web", "/a"));
	uint32_t id = hear_request("/a");

	answer(id + 1, CTL_ANSWER_DONE, 0); /* of none */
	answer(id, CTL_ANSWER_ASKED, 0);
	command_hear(fd, CTL_ANSWER_ASKED, 0);
	answer(id, CTL_ANSWER_MOVING, 0);
	command_hear(fd, CTL_ANSWER_MOVING, 0);
	answer(id, CTL_ANSWER_FAILED, XFER_R_NO_SPACE);
	command_hear(fd, CTL_ANSWER_FAILED, XFER_R_NO_SPACE);
	close(fd);
}

static void test_hang_up(void)
{
	int fd = command_ask(CTL_REQUEST_URL, STRINGS("", "https://example.org/"));
	uint32_t id = hear_request("https://example.org/");
	struct ctl_msg c;

	close(fd);
	CHECK(agent_host_hear(&c, WAIT_MS) && c.head.type == CTL_CANCEL && c.cancel.id == id);
	answer(id, CTL_ANSWER_CANCELLED, 0);
	close(command()); /* without a word */
	CHECK(!agent_host_hear(&c, 200));
}

/* A big request, as large as may be. */
static void test_big(void)
{
	static char big[CTL_ARGS_MAX - 4 - 4];
	uint32_t id;
	int fd;

	memset(big, 'x', sizeof(big) - 1);
	fd = command_ask(CTL_REQUEST_SEND, STRINGS("web", big));
	id = hear_request(big);
	answer(id, CTL_ANSWER_DONE, 0);
	command_hear(fd, CTL_ANSWER_DONE, 0);
	close(fd);
}

static void test_too_many(void)
{
	uint32_t ids[ASK_MAX];
	int fds[ASK_MAX], one_more;

	for (int i = 0; i < ASK_MAX; i++) {
		fds[i] = command_ask(CTL_REQUEST_SEND, STRINGS("web", "a"));
		ids[i] = hear_request("a");
	}
	one_more = command();
	command_hear(one_more, CTL_ANSWER_FAILED, XFER_R_INTERNAL);
	close(one_more);
	for (int i = 0; i < ASK_MAX; i++) {
		answer(ids[i], CTL_ANSWER_DENIED, 0);
		command_hear(fds[i], CTL_ANSWER_DENIED, 0);
		close(fds[i]);
	}
	test_answers();
}

/* The courier was killed: what is open is asked again, what was given up is not. */
static void test_new_session(void)
{
	int stays = command_ask(CTL_REQUEST_SEND, STRINGS("web", "stays"));
	uint32_t id = hear_request("stays");
	int leaves = command_ask(CTL_REQUEST_SEND, STRINGS("web", "leaves"));
	struct ctl_msg c;

	hear_request("leaves");
	close(leaves);
	CHECK(agent_host_hear(&c, WAIT_MS) && c.head.type == CTL_CANCEL);
	agent_host_session(carrier_epoch(&host.carrier) + 1);
	CHECK(hear_request("stays") == id);
	CHECK(!agent_host_hear(&c, 200));
	answer(id, CTL_ANSWER_DONE, 0);
	command_hear(stays, CTL_ANSWER_DONE, 0);
	close(stays);
}

static void send_bad(const void *packet, size_t len)
{
	int fd = command();

	CHECK(send(fd, packet, len, 0) == (ssize_t)len);
	command_hear(fd, CTL_ANSWER_FAILED, XFER_R_USAGE);
	close(fd);
}

/* What the user's programs may say, they may say wrong: the agent lives on, the host hears nothing. */
static void test_bad_packets(void)
{
	static uint8_t packet[ASK_PACKET_MAX + 1];
	struct ask_request r = { .kind = CTL_REQUEST_SEND, .len = 10 };
	struct ctl_msg c;
	uint32_t x = 1;

	for (int n = 0; n < 20000; n++) {
		size_t len = 1 + (size_t)n % 200;

		memcpy(packet, &r, sizeof(r));
		for (size_t i = n % 2 ? sizeof(r) : 0; i < len; i++)
			packet[i] = (uint8_t)((x = x * 1664525 + 1013904223) >> 24);
		send_bad(packet, len);
	}
	r.len = CTL_ARGS_MAX + 1;
	memcpy(packet, &r, sizeof(r));
	send_bad(packet, sizeof(packet));
	CHECK(!agent_host_hear(&c, 100));
	test_answers();
}

/* More than one request of one command. */
static void test_talks_on(void)
{
	int fd = command_ask(CTL_REQUEST_SEND, STRINGS("web", "a"));
	uint32_t id = hear_request("a");
	struct ctl_msg c;

	CHECK(send(fd, "again", 5, 0) == 5);
	CHECK(agent_host_hear(&c, WAIT_MS) && c.head.type == CTL_CANCEL && c.cancel.id == id);
	answer(id, CTL_ANSWER_CANCELLED, 0);
	close(fd);
}

static void ask_owner(uint32_t id, uint8_t proto, uint16_t port)
{
	const struct ctl_msg c = { .head.type = CTL_OWNER_REQ,
		.owner_req = { .id = id, .proto = proto, .port = port } };

	agent_host_send(&c);
}

/* Not of the commands, but of the same agent: which program has a port. */
static void test_owner(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ctl_msg c;

	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&at, len) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&at, &len) == 0);
	ask_owner(3, IPPROTO_UDP, ntohs(at.sin_port));
	CHECK(agent_host_hear(&c, WAIT_MS) && c.head.type == CTL_OWNER && c.owner.id == 3);
	CHECK(strcmp(c.owner.name, "test_asks") == 0);
	close(fd);
	ask_owner(4, IPPROTO_UDP, ntohs(at.sin_port));
	CHECK(agent_host_hear(&c, WAIT_MS) && c.head.type == CTL_OWNER && c.owner.id == 4 && c.owner.name[0] == '\0');
}

static void ask_clock(uint32_t id, uint16_t port)
{
	struct ctl_msg c = { .head.type = CTL_CLOCK_REQ, .clock_req.id = id };

	snprintf(c.clock_req.server, sizeof(c.clock_req.server), "127.0.0.1:%u", port);
	agent_host_send(&c);
}

/* A time server's answer: that it is two hours later than here. RFC 5905, section 7.3. */
static void answer_time(int fd)
{
	uint8_t p[48], reply[48] = { 4 << 3 | 4, 1 };
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	uint32_t seconds = htonl((uint32_t)(time(NULL) + 7200 + 2208988800));

	CHECK(recvfrom(fd, p, sizeof(p), 0, (struct sockaddr *)&from, &len) == sizeof(p));
	memcpy(reply + 24, p + 40, 8);
	memcpy(reply + 32, &seconds, 4);
	memcpy(reply + 40, &seconds, 4);
	CHECK(sendto(fd, reply, sizeof(reply), 0, (struct sockaddr *)&from, len) == sizeof(reply));
}

/* What time a server says: one question at a time, and an answer to each. */
static void test_clock(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ctl_msg c;
	int64_t off;

	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&at, len) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&at, &len) == 0);
	ask_clock(5, ntohs(at.sin_port));
	ask_clock(6, ntohs(at.sin_port));
	CHECK(agent_host_hear(&c, WAIT_MS) && c.head.type == CTL_CLOCK);
	CHECK(c.clock.id == 6 && c.clock.status == CTL_CLOCK_FAILED);
	answer_time(fd);
	CHECK(agent_host_hear(&c, WAIT_MS) && c.head.type == CTL_CLOCK && c.clock.id == 5 &&
		c.clock.status == CTL_CLOCK_OK);
	off = (int64_t)(c.clock.realtime_ns / 1000000000) - time(NULL);
	CHECK(off >= 7200 - 3 && off <= 7200 + 3);
	close(fd);
	ask_clock(7, ntohs(at.sin_port));
	CHECK(agent_host_hear(&c, WAIT_MS) && c.clock.id == 7 && c.clock.status == CTL_CLOCK_NO_ANSWER);
}

#define RUN_TEST(f) (f(), printf("ok %d - %s\n", ++count, #f))

int main(int argc, char **argv)
{
	int count = 0;

	if (argc != 3 && argc != 4)
		return 2;
	host.carrier.streams = argc == 4 && strcmp(argv[3], "stream") == 0;
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	snprintf(socket_path, sizeof(socket_path), "/tmp/test-asks.%d.sock", (int)getpid());
	agent_host_start(&(struct agent_host_start){ argv[1], argv[2], "VMOS_ASK_SOCKET", socket_path });
	RUN_TEST(test_answers);
	RUN_TEST(test_hang_up);
	RUN_TEST(test_big);
	RUN_TEST(test_too_many);
	RUN_TEST(test_new_session);
	RUN_TEST(test_talks_on);
	RUN_TEST(test_bad_packets);
	RUN_TEST(test_owner);
	RUN_TEST(test_clock);
	agent_host_stop();
	unlink(socket_path);
	printf("ok %d - the agent ends well\n1..%d\n", count + 1, count + 1);
	return 0;
}
