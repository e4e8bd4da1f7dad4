/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names, questions, and the end of what is not allowed any longer. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "tap/flow.h"
#include "tap/memory.h"
#include "tests/net/scene.h"

#define RESOLVER NETPLAN_RESOLVER4

/* Asks for a name; whether the question reached the NET VM. */
static bool ask(struct scene *s, uint16_t id, const char *name, struct packet *p, uint8_t query[512])
{
	*p = (struct packet){ .index = SCENE_A, .proto = 17, .far = RESOLVER, .local_port = 5000, .port = 53 };
	p->payload = query;
	p->len = packet_query(id, name, query);
	scene_say(s, p);
	return scene_hear(s, p);
}

static bool refused_by_us(struct scene *s, uint16_t id)
{
	uint8_t frame[2048];
	size_t n;

	while ((n = stand_receive(&s->a, frame, 1000)) > 0)
		if (n > PACKET_L4 + 20 && frame[23] == 17 && frame[PACKET_L4 + 8] == id >> 8 &&
			frame[PACKET_L4 + 9] == (id & 0xff))
			return (frame[PACKET_L4 + 11] & 15) == 5;
	return false;
}

static void answers(struct scene *s)
{
	uint8_t query[512], message[512], forged[512];
	struct packet question, answer;
	struct tap_flow log;

	stand_ok(ask(s, 1, "example.org", &question, query), "a query for a name of the list passes");
	answer = question;
	answer.to_client = true;
	answer.payload = forged;
	answer.len = packet_answer(query, question.len, "203.0.113.66", forged);
	forged[1]++; /* another id */
	scene_say(s, &answer);
	stand_ok(!scene_hear(s, &answer), "an answer that nobody waits for does not pass");
	answer.payload = message;
	answer.len = packet_answer(query, question.len, "203.0.113.5", message);
	scene_say(s, &answer);
	stand_ok(scene_hear(s, &answer), "the answer passes");
	log = scene_log(s, SCENE_A, TAP_EVENT_NAME);
	stand_ok(strcmp(log.name, "example.org") == 0 && log.addr[12] == 203 && log.addr[15] == 5,
		"vmosd hears of the name and the address");
	scene_say(s, &answer);
	stand_ok(!scene_hear(s, &answer), "the same answer does not pass again");
	stand_ok(!ask(s, 2, "tunnel.attacker.example", &question, query) && refused_by_us(s, 2),
		"a query for another name is refused");
}

void test_names(struct scene *s)
{
	const struct net_target list = scene_name(NET_ALLOW, "example.org");
	struct packet p = scene_syn(SCENE_A, 6001, "203.0.113.5"), udp = { .index = SCENE_A, .proto = 17 };
	struct tap_flow log;

	scene_list(s, SCENE_A, NET_DENY, &list, 1);
	answers(s);
	scene_say(s, &p);
	stand_ok(scene_hear(s, &p), "an address that the name was answered with can be reached");
	log = scene_log(s, SCENE_A, TAP_EVENT_OPEN);
	stand_ok(log.line == 0 && log.port == 443 && strcmp(log.name, "example.org") == 0,
		"the log names line and name");
	p = scene_syn(SCENE_A, 6002, "203.0.113.66");
	scene_say(s, &p);
	stand_ok(scene_refusal(s, &p) & PACKET_RST, "another address cannot: a RST comes back");
	log = scene_log(s, SCENE_A, TAP_EVENT_DENY);
	stand_ok(log.local_port == 6002 && log.addr[15] == 66, "the log says so");
	udp.far = "203.0.113.66";
	udp.local_port = udp.port = 7000;
	scene_say(s, &udp);
	stand_ok(scene_refusal(s, &udp) == 0x100, "to UDP \"prohibited\" comes back");
	p = scene_syn(SCENE_A, 6003, RESOLVER);
	p.port = 53;
	scene_say(s, &p);
	stand_ok(scene_refusal(s, &p) & PACKET_RST, "no DNS by TCP where only names are allowed");
	stand_ok(stand_receive(&s->net, (uint8_t[2048]){ 0 }, 100) == 0, "none of this reached the NET VM");
}

static struct tap_flow question(struct scene *s)
{
	struct tap_msg m;

	stand_tap_expect(&s->tap, TAP_QUESTION, &m);
	return m.flow;
}

static void answer(struct scene *s, uint32_t id, uint32_t allow)
{
	struct tap_msg m = { .type = TAP_ANSWER, .answer = { SCENE_A, id, allow } };

	stand_tap_send(&s->tap, &m, NULL);
}

/* More than may wait. */
static void too_many(struct scene *s)
{
	unsigned asked = 0, withdrawn = 0;
	struct tap_msg m;

	for (uint16_t i = 0; i < TAP_WAITING_MAX + 10; i++) {
		struct packet p = scene_syn(SCENE_A, (uint16_t)(7000 + i), "203.0.113.9");

		scene_say(s, &p);
		asked += stand_tap_report(&s->tap, &m, 300) && m.type == TAP_QUESTION;
	}
	stand_ok(asked == TAP_WAITING_MAX, "of %u flows %u wait, the others are refused", TAP_WAITING_MAX + 10, asked);
	scene_allow(s, SCENE_A, NET_ALLOW);
	while (withdrawn < asked && stand_tap_report(&s->tap, &m, 2000))
		withdrawn += m.type == TAP_WITHDRAW;
	stand_ok(withdrawn == asked, "a list that allows them withdraws %u questions", withdrawn);
	m.flow.port = 0;
	for (uint16_t i = 0; i < TAP_WAITING_MAX; i++) {
		struct packet p = scene_syn(SCENE_A, (uint16_t)(7000 + i), "203.0.113.9");

		m.flow.port += scene_hear(s, &p);
	}
	stand_ok(m.flow.port == TAP_WAITING_MAX, "and all %u packets go on", m.flow.port);
}

void test_questions(struct scene *s)
{
	struct packet p = scene_syn(SCENE_A, 6101, "203.0.113.5");
	uint8_t frame[2048];
	struct tap_flow q;

	scene_allow(s, SCENE_A, NET_ASK);
	scene_drain(&s->net); /* the RST of what a list that asks has cut */
	scene_say(s, &p);
	q = question(s);
	stand_ok(q.local_port == 6101 && q.port == 443 && strcmp(q.name, "example.org") == 0,
		"the question names ports and name");
	scene_say(s, &p);
	stand_ok(stand_receive(&s->net, frame, 200) == 0, "the packet is held, and the next one, too");
	answer(s, q.id, 1);
	stand_ok(scene_hear(s, &p) && stand_receive(&s->net, frame, 100) == 0, "a yes lets it go on, once");
	p.to_client = true;
	p.flags = PACKET_SYN | PACKET_ACK;
	scene_say(s, &p);
	stand_ok(scene_hear(s, &p), "the far end's answer passes");
	scene_allow(s, SCENE_A, NET_ASK);
	p.flags = PACKET_ACK;
	scene_say(s, &p);
	stand_ok(scene_hear(s, &p), "what the user allowed goes on under a list that asks");
	p = scene_syn(SCENE_A, 6102, "203.0.113.5");
	scene_say(s, &p);
	q = question(s);
	answer(s, q.id, 0);
	stand_ok(scene_refusal(s, &p) & PACKET_RST, "a no is a RST");
	answer(s, q.id, 1);
	stand_ok(stand_receive(&s->net, frame, 200) == 0, "a second answer changes nothing");
	too_many(s);
}

static bool hears_reset(const struct stand_plug *plug, uint32_t seq)
{
	uint8_t frame[2048];
	size_t n;

	while ((n = stand_receive(plug, frame, 1000)) > 0) {
		const uint8_t *tcp = frame + PACKET_L4;

		if (n == PACKET_L4 + 20 && frame[23] == 6 && (tcp[13] & PACKET_RST))
			return ((uint32_t)tcp[4] << 24 | (uint32_t)tcp[5] << 16 | (uint32_t)tcp[6] << 8 | tcp[7]) ==
				seq;
	}
	return false;
}

void test_cut(struct scene *s)
{
	struct packet p = scene_connect(s, 6201);
	struct tap_flow log;
	double start;

	p.flags = PACKET_ACK;
	sleep(1); /* the log has room again */
	start = stand_seconds();
	scene_allow(s, SCENE_A, NET_DENY);
	log = scene_log(s, SCENE_A, TAP_EVENT_CUT);
	stand_ok(log.action == NET_DENY, "a list that denies it cuts a running flow: %.1f ms",
		1e3 * (stand_seconds() - start));
	stand_ok(hears_reset(&s->a, 5001), "the client gets a RST that counts");
	stand_ok(hears_reset(&s->net, 1001), "the far end, too");
	scene_say(s, &p);
	stand_ok(!scene_hear(s, &p), "nothing of it passes any longer");
}

void test_killed(struct scene *s)
{
	struct packet p, back;
	int memory;

	scene_allow(s, SCENE_A, NET_ALLOW);
	p = scene_connect(s, 6301);
	memory = s->tap.memory;
	stand_ok(stand_tap_stop(&s->tap, false) == 128 + 9, "vmos-tap is killed");
	p.flags = PACKET_ACK;
	usleep((useconds_t)(s->fabric->passes * 1e6));
	scene_say(s, &p);
	stand_ok(!scene_hear(s, &p), "nothing passes while it is dead");
	scene_start(s, s->program, memory);
	scene_say(s, &p);
	stand_ok(!scene_hear(s, &p), "nor before a list has come");
	scene_allow(s, SCENE_B, NET_ALLOW);
	scene_allow(s, SCENE_A, NET_ALLOW);
	(void)scene_marker(s, SCENE_A, false);
	scene_say(s, &p);
	stand_ok(scene_hear(s, &p), "the connection goes on, from the far end");
	back = p;
	back.to_client = false;
	scene_say(s, &back);
	stand_ok(scene_hear(s, &back), "and from the client");
	back.local_port++;
	scene_say(s, &back);
	stand_ok(scene_hear(s, &back), "a connection that was not known goes on, as the list allows it");
	p.local_port += 2;
	scene_say(s, &p);
	stand_ok(!scene_hear(s, &p), "but not from the far end");
}

/* A memory full of A's open flows, as a run before would have left it. */
static int full_memory(const char *far)
{
	int fd = fd_memfd_sealed("tap", TAP_MEMORY_SIZE);
	struct memory *memory = mmap(NULL, TAP_MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	struct timespec now;

	CHECK(fd >= 0 && memory != MAP_FAILED);
	clock_gettime(CLOCK_BOOTTIME, &now);
	memory->magic = MEMORY_MAGIC;
	for (uint32_t i = 0; i < MEMORY_FLOWS; i++) {
		struct memory_flow *flow = &memory->flows[i];

		*flow = (struct memory_flow){ .used = 1,
			.index = SCENE_A,
			.proto = NET_TCP,
			.state = FLOW_OPEN,
			.local_port = (uint16_t)(1 + i),
			.port = 443,
			.line = UINT32_MAX,
			.last = (uint64_t)now.tv_sec * 1000000 };
		flow->began = flow->last;
		CHECK(netplan_parse(far, flow->addr) == 0);
	}
	munmap(memory, TAP_MEMORY_SIZE);
	return fd;
}

/* The worst list: of one kind, and no line matches. */
static void cut_all(struct scene *s)
{
	struct net_target *list = calloc(10000, sizeof(*list));
	struct tap_msg m = { .type = TAP_FLOWS };
	double start, last;

	CHECK(list);
	for (uint32_t i = 0; i < 10000; i++)
		list[i] = (struct net_target){ .action = NET_ALLOW,
			.kind = NET_ANY,
			.proto = NET_TCP,
			.port_low = (uint16_t)(444 + i),
			.port_high = (uint16_t)(445 + i) };
	start = stand_seconds();
	scene_list(s, SCENE_A, NET_DENY, list, 10000);
	last = stand_seconds();
	stand_tap_send(&s->tap, &m, NULL);
	stand_tap_expect(&s->tap, TAP_FLOWS_END, &m);
	last = stand_seconds() - last;
	stand_ok(last < 0.1 * STAND_SLOW,
		"a list of 10000 lines cuts %u flows in %.1f ms (%.1f ms with its way to vmos-tap)", MEMORY_FLOWS,
		1e3 * last, 1e3 * (stand_seconds() - start));
	stand_ok(scene_stats(s, SCENE_A).flows == 0, "all of them");
	free(list);
}

/* More than the socket takes at once. */
static void list_flows(struct scene *s)
{
	struct tap_msg m = { .type = TAP_FLOWS };
	unsigned flows = 0;

	stand_tap_send(&s->tap, &m, NULL);
	do {
		CHECK(stand_tap_report(&s->tap, &m, 5000));
		flows += m.type == TAP_FLOW && m.flow.index == SCENE_A && m.flow.port == 443;
	} while (m.type != TAP_FLOWS_END);
	stand_ok(flows == MEMORY_FLOWS, "vmosd is told of %u flows", flows);
}

void test_full(struct scene *s)
{
	struct packet p = { .index = SCENE_A, .proto = 6, .flags = PACKET_ACK, .far = SCENE_FAR, .port = 443 };
	struct tap_stats stats;
	double start;

	stand_tap_stop(&s->tap, false);
	scene_start(s, s->program, full_memory(SCENE_FAR));
	scene_allow(s, SCENE_A, NET_ALLOW);
	list_flows(s);
	start = stand_seconds();
	for (uint32_t i = 0; i < 100000; i++) {
		struct packet q = scene_syn(SCENE_A, (uint16_t)(1 + i % 60000), "203.0.113.77");

		q.port = (uint16_t)(1 + i / 60000);
		scene_say(s, &q);
	}
	start = stand_seconds() - start;
	stats = scene_stats(s, SCENE_A);
	stand_ok(stats.flows == MEMORY_FLOWS && stats.full > 0 && stats.limited > 0,
		"100000 SYNs at %.0f a second into a full table: %u flows, %llu refused as full, %llu limited",
		1e5 / start, stats.flows, (unsigned long long)stats.full, (unsigned long long)stats.limited);
	p.local_port = 5;
	for (int i = 0; i < 20 && stats.index; i++) {
		scene_say(s, &p);
		if (scene_hear(s, &p))
			stats.index = 0;
	}
	stand_ok(stats.index == 0, "a flow that was open before goes on");
	cut_all(s);
}

void test_orphan(struct scene *s)
{
	struct packet p;
	struct tap_msg m;
	unsigned have = 0;

	scene_allow(s, SCENE_A, NET_ASK);
	scene_allow(s, SCENE_B, NET_ALLOW);
	(void)scene_marker(s, SCENE_B, false);
	close(s->tap.sock);
	s->tap.sock = -1;
	(void)scene_marker(s, SCENE_B, false);
	stand_ok(true, "without vmosd what is allowed goes on");
	scene_drain(&s->a); /* RSTs of all that was cut */
	p = scene_syn(SCENE_A, 6401, "203.0.113.5");
	scene_say(s, &p);
	stand_ok(scene_refusal(s, &p) & PACKET_RST, "what would be asked is refused");
	stand_tap_adopt(&s->tap);
	stand_tap_expect(&s->tap, TAP_STATE, &m);
	stand_ok(strcmp(m.setup.net, "net0") == 0, "a new vmosd gets the memory");
	for (; have < 2; have++)
		stand_tap_expect(&s->tap, TAP_HAVE, &m);
	stand_ok(have == 2, "and hears of both links");
	m = (struct tap_msg){ .type = 99 };
	stand_tap_send(&s->tap, &m, NULL); /* what is no message is left out */
	m = (struct tap_msg){ .type = TAP_UNLINK, .id.index = SCENE_B };
	stand_tap_send(&s->tap, &m, NULL);
	p = scene_syn(SCENE_B, 6402, "203.0.113.5");
	scene_say(s, &p);
	stand_ok(!scene_hear(s, &p), "a link that is taken away is dead");
	stand_ok(stand_tap_stop(&s->tap, true) == 0, "it leaves when it is told to");
}

/* As many links as there may be, and one more. Their switches are not real: their ends are kept, then closed. */
void test_many(struct scene *s)
{
	int ends[TAP_LINKS_MAX + 1][2];
	unsigned there = 0;
	struct tap_msg m;

	stand_tap_start(&s->tap, s->program, -1);
	for (uint32_t i = 0; i <= TAP_LINKS_MAX; i++) {
		int data[2], control[2];

		CHECK(!socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, data));
		CHECK(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control));
		m = (struct tap_msg){ .type = TAP_LINK, .link.index = i + 1 };
		stand_tap_send(&s->tap, &m, &(struct stand_plug){ data[1], control[1] });
		close(data[1]);
		close(control[1]);
		ends[i][0] = data[0];
		ends[i][1] = control[0];
		scene_allow(s, i + 1, NET_ALLOW);
	}
	m = (struct tap_msg){ .type = TAP_QUERY };
	stand_tap_send(&s->tap, &m, NULL);
	while (stand_tap_report(&s->tap, &m, 500))
		there += m.type == TAP_STATS && m.stats.index;
	stand_ok(there == TAP_LINKS_MAX, "%u links, and not one more", there);
	for (uint32_t i = 0; i <= TAP_LINKS_MAX; i++)
		fd_close_all(ends[i], 2);
	m = (struct tap_msg){ .type = TAP_QUERY };
	stand_tap_send(&s->tap, &m, NULL);
	stand_tap_expect(&s->tap, TAP_STATS, &m);
	stand_ok(stand_tap_stop(&s->tap, true) == 0, "it outlives the end of all their switches");
}
