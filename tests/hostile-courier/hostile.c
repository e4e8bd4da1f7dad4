/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmos-courier with a guest that owns its side of the channel and means harm. */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "proto/channel.h"
#include "proto/ctl.h"
#include "tests/hostile-courier/harness.h"
#include "tests/hostile-courier/tests.h"

#define RUNS 6

/* How a life of the courier is spent. */
enum plan { PLAN_ORDERLY, PLAN_FIELDS, PLAN_NOISE, PLAN_WORDS, PLAN_RACE, PLAN_EPOCHS, PLANS };

static const char *const plan_names[] = { "orderly", "fields", "noise", "words", "race", "epochs" };

struct attack {
	struct courier courier;
	struct channel channel;
	struct command commands[RUNS];
	uint64_t rng;
	atomic_bool racing;
	unsigned long messages;
};

static struct attack attack;

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static uint32_t pick(uint32_t n)
{
	return (uint32_t)(next_random(&attack.rng) % n);
}

static uint32_t boundary(void)
{
	static const uint32_t values[] = { 0, 1, 2, 3, 5, 255, 256, 320, 321, 1023, 1024, 1025, 0xffff, 0x10000,
		0x10001, CTL_WINDOW, CTL_WINDOW + 1, VMOS_CTL_BLOB, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff };

	return pick(4) ? values[pick(sizeof(values) / sizeof(*values))] : (uint32_t)next_random(&attack.rng);
}

static void kick(void)
{
	fd_eventfd_kick(attack.courier.notify_host);
}

/* A message that a guest could send, about a run that may live. */
static void make_message(struct ctl_msg *m)
{
	static const uint16_t types[] = { CTL_STATS, CTL_STDIO, CTL_STDIO, CTL_STDIO, CTL_EXIT, CTL_STARTED, CTL_CREDIT,
		CTL_EOF, CTL_READY, CTL_BYE };
	uint32_t id = 1 + pick(RUNS + 1);

	memset(m, 0, sizeof(*m));
	/* What may come only once or now and then ends the session: seldom, so that it lives to see more. */
	m->head.type = types[pick(pick(4000) ? 4 : 10)];
	if (!pick(100))
		m->head.type = CTL_EXIT;
	if (m->head.type == CTL_STARTED)
		m->started = (struct ctl_started){ .id = id, .pid = 1 + pick(1000) };
	else if (m->head.type == CTL_EXIT)
		m->exit = (struct ctl_exit){ .id = id, .status = (int32_t)pick(256) - 2 };
	else if (m->head.type == CTL_STDIO)
		m->stdio = (struct ctl_stdio){ .id = id,
			.fd = (uint8_t)(1 + pick(2)),
			.blob = { pick(VMOS_CTL_BLOB - CTL_CHUNK), 1 + pick(4000) } };
	else if (m->head.type == CTL_EOF)
		m->eof = (struct ctl_eof){ .id = id, .fd = 0 };
	else if (m->head.type == CTL_CREDIT)
		m->credit = (struct ctl_credit){ .id = id, .fd = 0, .bytes = 1 };
}

static void mangle(struct msg *raw, enum plan plan)
{
	uint32_t value = boundary();
	size_t width = (size_t)1 << pick(3);

	if (plan == PLAN_NOISE)
		for (size_t i = 0; i < MSG_SIZE; i++)
			raw->bytes[i] = (uint8_t)next_random(&attack.rng);
	else if (plan == PLAN_FIELDS && !pick(20))
		memcpy(raw->bytes + pick(16) * 4, &value, width);
}

static void send_one(enum plan plan)
{
	struct ctl_msg m;
	struct msg raw;

	make_message(&m);
	memset(&raw, 0, sizeof(raw));
	if (ctl_encode(&m, &raw) < 0)
		return;
	mangle(&raw, plan);
	if (!channel_send(&attack.channel, &raw))
		attack.messages++;
}

/* The 32-bit words of the header and the indices, and those the host holds for its own. */
static void scribble_word(uint64_t *rng)
{
	static const uint32_t offsets[] = { 0, 4, 64, 128, 192, 256 };
	uint32_t page = next_random(rng) % 8 ? VMOS_HDR_GUEST_OFF : (uint32_t)(next_random(rng) % 3) * 0x1000;
	uint32_t *word = (uint32_t *)(void *)(attack.courier.region + page + offsets[next_random(rng) % 6]);
	uint32_t old = __atomic_load_n(word, __ATOMIC_RELAXED);
	uint64_t r = next_random(rng);

	__atomic_store_n(word, r % 3 ? old + (uint32_t)(r >> 8) % 5 - 2 : (uint32_t)(r >> 16), __ATOMIC_RELAXED);
}

/* Writes into the ring and the blobs while the host reads them. */
static void *race_main(void *arg)
{
	uint64_t rng = *(uint64_t *)arg | 1;
	uint8_t *ring = attack.courier.region + VMOS_G2H_OFF;

	while (atomic_load(&attack.racing)) {
		uint64_t r = next_random(&rng);

		if (r % 64)
			ring[(r >> 8) % (VMOS_RING_LEN * VMOS_MSG_SIZE)] = (uint8_t)(r >> 40);
		else
			attack.courier.region[VMOS_BLOB_OFF + (r >> 8) % (2 * VMOS_CTL_BLOB)] = (uint8_t)(r >> 40);
		if (!(r % 100000))
			scribble_word(&rng);
	}
	return NULL;
}

static void leave(void)
{
	struct vmos_idx *own = (struct vmos_idx *)(void *)(attack.courier.region + VMOS_HDR_GUEST_OFF);

	__atomic_store_n(&own->epoch, pick(2) ? 0 : boundary(), __ATOMIC_RELEASE);
	kick();
}

static void greet(int tries)
{
	struct ctl_msg hello = { .head.type = CTL_HELLO, .hello = { .version = 1, .gos = CTL_GOS_LINUX } };
	struct ctl_msg ready = { .head.type = CTL_READY };
	struct msg raw;

	for (int i = 0; i < tries; i++) {
		if (!channel_guest_join(&attack.channel, attack.courier.region, VMOS_CTL_REGION, VMOS_ROLE_CTL))
			break;
		poll(NULL, 0, 1);
	}
	if (!ctl_encode(&hello, &raw))
		channel_send(&attack.channel, &raw);
	if (!ctl_encode(&ready, &raw))
		channel_send(&attack.channel, &raw);
	channel_flush(&attack.channel);
	kick();
}

static void drain(int fd)
{
	static uint8_t data[65536];

	while (fd >= 0 && read(fd, data, sizeof(data)) > 0)
		;
}

/* The commands write, read, resize, signal and leave as they please; all of it without waiting. */
static void play_command(uint32_t i)
{
	struct command *cmd = &attack.commands[i];
	static const uint8_t data[30000];

	if (cmd->control < 0) {
		if (!command_run(&attack.courier, i + 1, (char *[]){ "x", NULL }, cmd))
			return;
		fd_set_nonblock(cmd->in, true);
		fd_set_nonblock(cmd->out, true);
		fd_set_nonblock(cmd->err, true);
		return;
	}
	(void)!write(cmd->in, data, sizeof(data));
	if (pick(4))
		drain(cmd->out);
	if (pick(4))
		drain(cmd->err);
	command_say(cmd, pick(2) ? RUNCTL_WINCH : RUNCTL_SIGNAL, (int32_t)pick(66), 0);
	if (!pick(8))
		command_close(cmd);
}

/* What an agent would answer, most of the time: so runs get far enough to be worth attacking. */
static void answer(const struct msg *raw)
{
	struct ctl_msg m, reply;
	struct msg out;

	memset(&reply, 0, sizeof(reply));
	if (ctl_decode_host(raw, &m) < 0 || !pick(20))
		return;
	if (m.head.type == CTL_RUN) {
		reply.head.type = CTL_STARTED;
		reply.started = (struct ctl_started){ .id = m.run.id, .pid = 5 };
	} else if (m.head.type == CTL_STDIO) {
		reply.head.type = CTL_CREDIT;
		reply.credit = (struct ctl_credit){ .id = m.stdio.id, .fd = 0, .bytes = m.stdio.blob.len };
	} else if (m.head.type == CTL_SIGNAL && !pick(4)) {
		reply.head.type = CTL_EXIT;
		reply.exit = (struct ctl_exit){ .id = m.signal.id, .status = 256 + (int32_t)m.signal.signo };
	}
	if (reply.head.type && !ctl_encode(&reply, &out) && !channel_send(&attack.channel, &out))
		attack.messages++;
}

static void take_all(void)
{
	struct msg raw;

	while (channel_recv(&attack.channel, &raw) > 0)
		answer(&raw);
	if (channel_recv_done(&attack.channel))
		kick();
}

static void act(enum plan plan)
{
	uint32_t burst = 1 + pick(300);

	for (uint32_t i = 0; i < burst; i++)
		send_one(plan);
	if (plan == PLAN_WORDS)
		scribble_word(&attack.rng);
	if (plan == PLAN_EPOCHS && !pick(4)) {
		leave();
		greet(10);
	}
	channel_flush(&attack.channel);
	if (pick(8))
		kick();
	if (pick(4))
		take_all();
	play_command(pick(RUNS));
}

static bool is_alive(void)
{
	struct helper_msg m;
	struct pollfd p = { .fd = attack.courier.sock, .events = POLLIN };

	while (poll(&p, 1, 0) > 0)
		if (!courier_report(&attack.courier, &m, 0) || m.type == HELPER_FAILED)
			return false;
	return true;
}

/* Still alive: it must answer, and leave when told. */
static void ask_to_leave(void)
{
	struct helper_msg query = { .type = HELPER_QUERY }, quit = { .type = HELPER_QUIT }, m;

	if (courier_send(&attack.courier, &query, NULL, 0) && !courier_expect(&attack.courier, HELPER_STATS, &m))
		return;
	courier_send(&attack.courier, &quit, NULL, 0);
}

/* One life of a courier. Returns its exit code; a death by signal ends the test. */
static int live(const char *program, enum plan plan, uint64_t deadline)
{
	uint64_t race_seed = next_random(&attack.rng);
	struct helper_msg m;
	pthread_t racer;
	int status;

	courier_start(&attack.courier, program, 1 + pick(3));
	CHECK(courier_expect(&attack.courier, HELPER_UP, &m));
	for (int i = 0; i < RUNS; i++)
		attack.commands[i] = (struct command){ -1, -1, -1, -1 };
	greet(400);
	atomic_store(&attack.racing, plan == PLAN_RACE);
	if (plan == PLAN_RACE)
		CHECK(!pthread_create(&racer, NULL, race_main, &race_seed));
	for (int i = 0; i < 400 && is_alive() && (uint64_t)time(NULL) < deadline; i++)
		act(plan);
	if (plan == PLAN_RACE) {
		atomic_store(&attack.racing, false);
		pthread_join(racer, NULL);
	}
	if (is_alive())
		ask_to_leave();
	for (int i = 0; i < RUNS; i++)
		command_close(&attack.commands[i]);
	status = courier_reap(&attack.courier);
	if (!WIFEXITED(status))
		fprintf(stderr, "the courier died by signal %d under plan %s\n", WTERMSIG(status), plan_names[plan]);
	CHECK(WIFEXITED(status));
	CHECK(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == HELPER_REASON_PROTOCOL);
	return WEXITSTATUS(status);
}

int hostile(const char *program, unsigned seconds, uint64_t seed)
{
	uint64_t deadline = (uint64_t)time(NULL) + seconds;
	unsigned long lives[PLANS] = { 0 }, refused[PLANS] = { 0 };

	signal(SIGPIPE, SIG_IGN);
	attack.rng = seed | 1;
	printf("# seed %llu\n", (unsigned long long)seed);
	for (unsigned i = 0; (uint64_t)time(NULL) < deadline; i++) {
		enum plan plan = (enum plan)(i % PLANS);

		refused[plan] += live(program, plan, deadline) != 0;
		lives[plan]++;
	}
	for (int i = 0; i < PLANS; i++)
		printf("# %s: %lu couriers, %lu of them refused the guest\n", plan_names[i], lives[i], refused[i]);
	printf("# %lu messages\nok 1 - no courier crashed or hung in %u s\n1..1\n", attack.messages, seconds);
	return 0;
}
