/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two clients and a NET VM on a fabric, and what the parts of the injector test do with them. */
#ifndef TESTS_NET_SCENE_H
#define TESTS_NET_SCENE_H

#include "tests/net/forge.h"
#include "tests/net/packet.h"
#include "tests/net/stand.h"

#define SCENE_A 7 /* indexes of the clients */
#define SCENE_B 300
#define SCENE_FAR "198.51.100.7"

struct scene;

/* What the scene stands on. */
struct scene_fabric {
	struct stand_plug (*card)(const char *name); /* of a VM */
	void (*give)(struct scene *s, struct tap_msg *m, const char *name); /* sends NET or LINK with where it ends */
	double passes; /* seconds in which a vmos-tap that was killed may be missed by nobody */
};

struct scene {
	const struct scene_fabric *fabric;
	const char *program;
	struct stand_tap tap;
	struct stand_plug a, b, net; /* the cards of the VMs */
	struct forge_parties of_a, of_b;
	uint32_t generation;
};

/* Starts vmos-tap (@memory as in stand_tap_start()), with the links of both clients, without lists. */
void scene_start(struct scene *s, const char *program, int memory);
void scene_open(struct scene *s, const struct scene_fabric *fabric); /* the cards; once */
/* A list of @count targets. */
void scene_list(struct scene *s, uint32_t index, enum net_action fallback, const struct net_target *t, uint32_t count);
/* A list that is only its fallback. */
void scene_allow(struct scene *s, uint32_t index, enum net_action fallback);
struct net_target scene_name(enum net_action action, const char *name);

/* A marker goes from a client to the NET VM, or back: frames that came there before it. Dies if it never comes. */
unsigned scene_marker(struct scene *s, uint32_t index, bool to_client);
/* Both ways for both, so that nothing is under way any more. Frames of others that came. */
unsigned scene_settle(struct scene *s);

/* Takes what has come there. */
void scene_drain(const struct stand_plug *plug);
const struct stand_plug *scene_card(const struct scene *s, uint32_t index);
void scene_say(struct scene *s, const struct packet *p);
/* Waits for this frame where it goes to; others are left out. */
bool scene_hear(struct scene *s, const struct packet *p);
/* What begins a connection to port 443. */
struct packet scene_syn(uint32_t index, uint16_t local_port, const char *far);
/* Opens one of A to SCENE_FAR: the far end's SYN and ACK, which came. */
struct packet scene_connect(struct scene *s, uint16_t port);
/* The answer of TCP or ICMP to a client's packet: its flags, 0x100 for ICMP; 0: none within a second. */
unsigned scene_refusal(struct scene *s, const struct packet *p);
struct tap_stats scene_stats(struct scene *s, uint32_t index);
/* Waits for a TAP_LOG of the event about the client. */
struct tap_flow scene_log(struct scene *s, uint32_t index, enum tap_event event);

void test_filter(struct scene *s);
void test_bare(struct scene *s);
void test_names(struct scene *s);
void test_questions(struct scene *s);
void test_cut(struct scene *s);
void test_killed(struct scene *s);
void test_full(struct scene *s);
void test_orphan(struct scene *s);
void test_many(struct scene *s); /* with a vmos-tap of its own */

#endif
