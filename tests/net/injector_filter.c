/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every forged frame: none gets through vmos-tap, and each would get through a switch that all share. */
#include <stdio.h>
#include <string.h>

#include "tests/net/scene.h"

#define ROUNDS 100 /* of all forged frames, as fast as they go */
#define SWITCH_MIN 14 /* bytes of a frame that vde_switch carries */
#define SWITCH_MAX 1518
#define PACE 4 /* frames that a switch takes at once, whatever net.unix.max_dgram_qlen says */

static bool is_dns(const struct forge_kind *kind)
{
	return strncmp(kind->name, "dns", 3) == 0;
}

static const struct stand_plug *sender(const struct scene *s, const struct forge_kind *kind)
{
	return kind->side == FORGE_CLIENT ? &s->a : &s->net;
}

/* Each frame that must not pass, once; then in a flood. What came through, and what vmos-tap counted. */
static void forged(struct scene *s, enum forge_side side)
{
	struct tap_stats before = scene_stats(s, side == FORGE_CLIENT ? SCENE_A : 0), after;
	uint64_t counted;
	unsigned kinds = 0, carried = 0, through = 0;
	uint8_t frame[FORGE_MAX];
	double start = 0;

	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < forge_nkinds; i++) {
			const struct forge_kind *kind = &forge_kinds[i];
			size_t len;

			if (kind->side != side || forge_is_good(kind))
				continue;
			len = forge_build(kind, &s->of_a, frame);
			stand_send(sender(s, kind), frame, len);
			if (round > 0)
				continue;
			carried += len >= SWITCH_MIN;
			if (++kinds % PACE == 0)
				through += scene_settle(s);
		}
		if (round > 0)
			continue;
		through += scene_settle(s);
		after = scene_stats(s, side == FORGE_CLIENT ? SCENE_A : 0);
		counted = after.malformed + after.spoofed + after.refused -
			(before.malformed + before.spoofed + before.refused);
		stand_ok(counted == carried, "%u kinds of forged frames of %s: %llu judged", kinds,
			side == FORGE_CLIENT ? "a client" : "the NET VM", (unsigned long long)counted);
		start = stand_seconds();
	}
	through += scene_settle(s);
	stand_ok(through == 0, "%u frames at %.0f a second: %u got through", kinds * ROUNDS,
		kinds * (ROUNDS - 1) / (stand_seconds() - start), through);
}

/* A good frame passes and comes as it was sent; ARP and ND are answered instead. */
static bool passes(struct scene *s, const struct forge_kind *kind)
{
	const struct stand_plug *from = sender(s, kind);
	bool answered = kind->verdict == FRAME_ARP || kind->verdict == FRAME_ND;
	const struct stand_plug *to = (kind->side == FORGE_CLIENT) != answered ? &s->net : &s->a;
	uint8_t want[FORGE_MAX], frame[2048];
	size_t len = forge_build(kind, &s->of_a, want), n;

	stand_send(from, want, len);
	while ((n = stand_receive(to, frame, 1000)) > 0) {
		if (!answered && n == len && memcmp(frame, want, len) == 0)
			return true;
		if (kind->verdict == FRAME_ARP && n == 42 && frame[21] == 2 && memcmp(frame + 28, want + 38, 4) == 0)
			return true;
		if (kind->verdict == FRAME_ND && n == 86 && frame[54] == 136 && memcmp(frame + 62, want + 62, 16) == 0)
			return true;
	}
	return false;
}

static void good(struct scene *s, enum forge_side side)
{
	unsigned kinds = 0, passed = 0;

	for (size_t i = 0; i < forge_nkinds; i++) {
		const struct forge_kind *kind = &forge_kinds[i];

		/* What is no DNS message does not pass to the resolver; and nobody answers who asks for himself. */
		if (kind->side != side || !forge_is_good(kind) || is_dns(kind) || strstr(kind->name, "probe"))
			continue;
		kinds++;
		if (passes(s, kind))
			passed++;
		else
			printf("# %s did not pass\n", kind->name);
	}
	stand_ok(passed == kinds, "%u of %u kinds of good frames of %s", passed, kinds,
		side == FORGE_CLIENT ? "a client" : "the NET VM");
}

/* What begins at the NET VM ends there: no flow of client B is like these. */
static void inbound(struct scene *s)
{
	unsigned kinds = 0, through;
	uint8_t frame[FORGE_MAX];

	(void)scene_settle(s);
	for (size_t i = 0; i < forge_nkinds; i++) {
		const struct forge_kind *kind = &forge_kinds[i];

		if (kind->side != FORGE_NET || (kind->verdict != FRAME_FLOW && kind->verdict != FRAME_ERROR))
			continue;
		stand_send(&s->net, frame, forge_build(kind, &s->of_b, frame));
		kinds++;
	}
	through = scene_settle(s);
	stand_ok(through == 0, "%u kinds of frames from the NET VM that nobody waits for: %u got through", kinds,
		through);
}

void test_filter(struct scene *s)
{
	uint8_t frame[FORGE_MAX];
	size_t len = forge_build(&forge_kinds[0], &s->of_a, frame);

	/* Without a list nothing passes and nobody answers. */
	stand_send(&s->a, frame, len);
	stand_ok(stand_receive(&s->a, frame, 300) == 0, "a link without a list is dead");
	scene_allow(s, SCENE_A, NET_ALLOW);
	scene_allow(s, SCENE_B, NET_ALLOW);
	(void)scene_settle(s);
	good(s, FORGE_CLIENT);
	good(s, FORGE_NET);
	(void)scene_settle(s);
	inbound(s);
	forged(s, FORGE_CLIENT);
	forged(s, FORGE_NET);
}

/* The same frames on a switch that all share. */
void test_bare(struct scene *s)
{
	struct stand_plug a, others[2];
	unsigned kinds = 0, arrived = 0;

	stand_switch("shared");
	a = stand_plug("shared");
	others[0] = stand_plug("shared");
	others[1] = stand_plug("shared");
	for (size_t i = 0; i < forge_nkinds; i++) {
		uint8_t want[FORGE_MAX], frame[2048];
		const struct forge_kind *kind = &forge_kinds[i];
		size_t len = forge_build(kind, &s->of_a, want), n;

		if (forge_is_good(kind) || len < SWITCH_MIN || len > SWITCH_MAX)
			continue;
		kinds++;
		stand_send(&a, want, len);
		n = stand_receive(&others[0], frame, 1000);
		if (n >= len && memcmp(frame, want, len) == 0 && stand_receive(&others[1], frame, 1000) == n)
			arrived++;
		else
			printf("# %s (%zu bytes) did not arrive\n", kind->name, len);
	}
	stand_ok(arrived == kinds, "on a bare vde_switch %u of %u kinds arrive", arrived, kinds);
	stand_close(&a);
	stand_close(&others[0]);
	stand_close(&others[1]);
}
