/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/net/scene.h"

#include <stdio.h>
#include <string.h>

#define MARKER_PORT 9
#define TRIES 50

void scene_open(struct scene *s, const struct scene_fabric *fabric)
{
	s->fabric = fabric;
	s->a = fabric->card("a");
	s->b = fabric->card("b");
	s->net = fabric->card("net");
	forge_parties(&s->of_a, SCENE_A, SCENE_B);
	forge_parties(&s->of_b, SCENE_B, SCENE_A);
}

static void give(struct scene *s, uint32_t type, const char *name, uint32_t index)
{
	struct tap_msg m = { .type = type, .link.index = index };

	s->fabric->give(s, &m, name);
}

void scene_start(struct scene *s, const char *program, int memory)
{
	s->program = program;
	stand_tap_start(&s->tap, program, memory);
	give(s, TAP_NET, "net", 0);
	give(s, TAP_LINK, "a", SCENE_A);
	give(s, TAP_LINK, "b", SCENE_B);
}

void scene_list(struct scene *s, uint32_t index, enum net_action fallback, const struct net_target *t, uint32_t count)
{
	struct tap_msg m = { .type = TAP_LIST,
		.list = { .index = index, .generation = ++s->generation, .count = count, .fallback = fallback } };

	stand_tap_send(&s->tap, &m, NULL);
	for (uint32_t i = 0; i < count; i++) {
		struct tap_msg line = { .type = TAP_LINE, .line = { index, s->generation, i, t[i] } };

		stand_tap_send(&s->tap, &line, NULL);
	}
}

void scene_allow(struct scene *s, uint32_t index, enum net_action fallback)
{
	scene_list(s, index, fallback, NULL, 0);
}

struct net_target scene_name(enum net_action action, const char *name)
{
	struct net_target t = { .action = (uint8_t)action, .kind = NET_NAME, .port_high = 65535 };

	snprintf(t.name, sizeof(t.name), "%s", name);
	return t;
}

void scene_drain(const struct stand_plug *plug)
{
	uint8_t frame[2048];

	while (stand_receive(plug, frame, 200) > 0)
		;
}

const struct stand_plug *scene_card(const struct scene *s, uint32_t index)
{
	return index == SCENE_A ? &s->a : &s->b;
}

void scene_say(struct scene *s, const struct packet *p)
{
	uint8_t frame[PACKET_MAX];
	size_t len = packet_build(p, frame);

	stand_send(p->to_client ? &s->net : scene_card(s, p->index), frame, len);
}

bool scene_hear(struct scene *s, const struct packet *p)
{
	uint8_t want[PACKET_MAX], frame[2048];
	size_t len = packet_build(p, want), n;

	while ((n = stand_receive(p->to_client ? scene_card(s, p->index) : &s->net, frame, 1000)) > 0)
		if (n == len && memcmp(frame, want, len) == 0)
			return true;
	return false;
}

struct packet scene_syn(uint32_t index, uint16_t local_port, const char *far)
{
	return (struct packet){ .index = index,
		.proto = 6,
		.flags = PACKET_SYN,
		.far = far,
		.local_port = local_port,
		.port = 443,
		.seq = 1000 };
}

struct packet scene_connect(struct scene *s, uint16_t port)
{
	struct packet p = scene_syn(SCENE_A, port, SCENE_FAR);

	scene_say(s, &p);
	CHECK(scene_hear(s, &p));
	p.to_client = true;
	p.flags = PACKET_SYN | PACKET_ACK;
	p.seq = 5000;
	p.ack = 1001;
	scene_say(s, &p);
	CHECK(scene_hear(s, &p));
	return p;
}

/* Frames until the one wanted: how many others; UINT32_MAX: it did not come. */
static unsigned wait_for(const struct stand_plug *plug, const uint8_t *want, size_t len)
{
	uint8_t frame[2048];
	unsigned others = 0;
	size_t n;

	while ((n = stand_receive(plug, frame, 300)) > 0) {
		if (n == len && memcmp(frame, want, len) == 0)
			return others;
		others++;
	}
	return UINT32_MAX;
}

unsigned scene_marker(struct scene *s, uint32_t index, bool to_client)
{
	static uint32_t number;
	struct packet p = { .index = index,
		.to_client = to_client,
		.proto = 17,
		.far = SCENE_FAR,
		.local_port = MARKER_PORT,
		.port = MARKER_PORT,
		.payload = &number,
		.len = sizeof(number) };
	uint8_t frame[PACKET_MAX];
	unsigned others = UINT32_MAX;
	size_t len;

	number++;
	len = packet_build(&p, frame);
	for (int i = 0; i < TRIES && others == UINT32_MAX; i++) {
		stand_send(to_client ? &s->net : scene_card(s, index), frame, len);
		others = wait_for(to_client ? scene_card(s, index) : &s->net, frame, len);
	}
	CHECK(others != UINT32_MAX);
	return others;
}

unsigned scene_settle(struct scene *s)
{
	unsigned others = 0;

	others += scene_marker(s, SCENE_A, false);
	others += scene_marker(s, SCENE_B, false);
	others += scene_marker(s, SCENE_A, true);
	others += scene_marker(s, SCENE_B, true);
	return others;
}

static bool is_port(const uint8_t *at, uint16_t port)
{
	return at[0] == port >> 8 && at[1] == (port & 0xff);
}

unsigned scene_refusal(struct scene *s, const struct packet *p)
{
	uint8_t frame[2048];
	size_t n;

	while ((n = stand_receive(scene_card(s, p->index), frame, 1000)) > 0) {
		const uint8_t *l4 = frame + PACKET_L4, *inner = l4 + 8 + 20;

		if (n >= PACKET_L4 + 20 && frame[23] == 6 && is_port(l4 + 2, p->local_port))
			return l4[13];
		if (n >= PACKET_L4 + 36 && frame[23] == 1 && l4[0] == 3 && l4[1] == 13 && is_port(inner, p->local_port))
			return 0x100;
	}
	return 0;
}

struct tap_stats scene_stats(struct scene *s, uint32_t index)
{
	struct tap_msg m = { .type = TAP_QUERY };
	struct tap_stats found = { 0 };

	stand_tap_send(&s->tap, &m, NULL);
	for (int i = 0; i < 3; i++) { /* the NET VM's side and both links */
		stand_tap_expect(&s->tap, TAP_STATS, &m);
		if (m.stats.index == index)
			found = m.stats;
	}
	return found;
}

struct tap_flow scene_log(struct scene *s, uint32_t index, enum tap_event event)
{
	struct tap_msg m;

	do {
		stand_tap_expect(&s->tap, TAP_LOG, &m);
	} while (m.flow.index != index || m.flow.event != event);
	return m.flow;
}
