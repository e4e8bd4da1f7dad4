/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmos-courier with a guest that owns its side of the channel and means harm. */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "proto/apps.h"
#include "proto/channel.h"
#include "proto/ctl.h"
#include "proto/licence.h"
#include "proto/notification.h"
#include "proto/xfer.h"
#include "tests/hostile-courier/harness.h"
#include "tests/hostile-courier/tests.h"

#define RUNS 6
#define REQUEST_IDS 12

/* How a life of the courier is spent. */
enum plan { PLAN_ORDERLY, PLAN_FIELDS, PLAN_NOISE, PLAN_WORDS, PLAN_RACE, PLAN_EPOCHS, PLAN_ASKING, PLANS };

static const char *const plan_names[] = { "orderly", "fields", "noise", "words", "race", "epochs", "asking" };

struct attack {
	struct courier courier;
	struct channel channel;
	struct command commands[RUNS];
	struct licence *licence;
	int licence_fd;
	uint64_t rng;
	atomic_bool racing;
	unsigned long messages, requests;
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

/* A request whose blob is good; now and then of another kind, with a byte changed, or any bytes of the zone. */
static void make_request(struct ctl_request *r)
{
	static char *const strings[][4] = { { "web", "/home/user/a", "b", NULL },
		{ "", "https://example.org/", NULL } };
	uint32_t url = pick(2);
	uint8_t blob[256];
	int len = ctl_args_encode(strings[url], NULL, blob, sizeof(blob));

	*r = (struct ctl_request){ .id = 1 + pick(REQUEST_IDS), .files = boundary() };
	r->kind = url ? CTL_REQUEST_URL : CTL_REQUEST_SEND;
	if (!pick(200))
		r->kind = (uint8_t)(1 + pick(3));
	if (!pick(200))
		blob[pick((uint32_t)len)] = (uint8_t)next_random(&attack.rng);
	if (channel_reserve(&attack.channel, blob, (size_t)len, &r->blob) < 0 || !pick(500))
		r->blob = (struct blob_ref){ pick(VMOS_CTL_BLOB - CTL_ARGS_MAX), 5 + pick(CTL_ARGS_MAX - 5) };
}

/* Often the beginning of a list, or a whole one. */
static void make_app(struct ctl_app *m)
{
	static uint8_t blob[APP_WIRE_BYTES];
	struct app app = { .name = "x", .window = "x" };

	*m = (struct ctl_app){ .index = pick(40) ? 0 : pick(3), .count = 1 + pick(APPS_MAX) };
	if (pick(3) || m->index >= m->count)
		*m = (struct ctl_app){ .count = 1 };
	snprintf(app.id, sizeof(app.id), "app%03u", m->index);
	app_encode(&app, blob);
	if (!pick(50))
		blob[pick(sizeof(blob))] = (uint8_t)next_random(&attack.rng);
	if (channel_reserve(&attack.channel, blob, sizeof(blob), &m->blob) < 0)
		*m = (struct ctl_app){ 0 }; /* no room: a list of none */
}

/* Any bytes that end; now and then not even that. */
static void make_notify(struct ctl_notify *m)
{
	uint8_t blob[NOTIFICATION_WIRE_BYTES];

	*m = (struct ctl_notify){
		.id = 1 + pick(20), .timeout_ms = pick(NOTIFICATION_TIMEOUT_MAX), .urgency = (uint8_t)pick(3)
	};
	for (size_t i = 0; i < sizeof(blob); i++)
		blob[i] = (uint8_t)next_random(&attack.rng);
	blob[NOTIFICATION_APP_MAX - 1] = blob[NOTIFICATION_APP_MAX + NOTIFICATION_SUMMARY_MAX - 1] = 0;
	blob[sizeof(blob) - 1] = !pick(2000);
	if (channel_reserve(&attack.channel, blob, sizeof(blob), &m->blob) < 0)
		m->blob = (struct blob_ref){ pick(VMOS_CTL_BLOB - NOTIFICATION_WIRE_BYTES), NOTIFICATION_WIRE_BYTES };
}

/* A message that a guest could send, about a run that may live. */
static void make_message(struct ctl_msg *m, enum plan plan)
{
	static const uint16_t types[] = { CTL_STATS, CTL_STDIO, CTL_STDIO, CTL_STDIO, CTL_EXIT, CTL_STARTED, CTL_CREDIT,
		CTL_EOF, CTL_READY, CTL_BYE, CTL_OWNER, CTL_CLOCK, CTL_APP };
	uint32_t id = 1 + pick(RUNS + 1);

	memset(m, 0, sizeof(*m));
	/* What may come only once or now and then ends the session: seldom, so that it lives to see more. */
	m->head.type = types[pick(pick(4000) ? 4 : 13)];
	if (!pick(plan == PLAN_ASKING ? 2 : 400))
		m->head.type = pick(3) ? CTL_REQUEST : CTL_CANCEL;
	if (!pick(100))
		m->head.type = CTL_EXIT;
	if (!pick(300))
		m->head.type = CTL_APP;
	if (!pick(60))
		m->head.type = pick(4) ? CTL_NOTIFY : CTL_UNNOTIFY;
	if (m->head.type == CTL_STARTED)
		m->started = (struct ctl_started){ .id = id, .pid = 1 + pick(1000) };
	else if (m->head.type == CTL_EXIT)
		m->exit = (struct ctl_exit){ .id = id, .status = (int32_t)pick(256) - 2 };
	else if (m->head.type == CTL_STDIO)
		m->stdio = (struct ctl_stdio){ .id = id,
			.fd = (uint8_t)(1 + pick(2)),
			.blob = { pick(VMOS_CTL_BLOB - CTL_CHUNK), 1 + pick(4000) } };
	else if (m->head.type == CTL_REQUEST)
		make_request(&m->request);
	else if (m->head.type == CTL_CANCEL)
		m->cancel.id = 1 + pick(REQUEST_IDS);
	else if (m->head.type == CTL_OWNER)
		m->owner = (struct ctl_owner){ .id = id, .name = "x" };
	else if (m->head.type == CTL_CLOCK)
		m->clock = (struct ctl_clock){ .id = id, .realtime_ns = CTL_CLOCK_MAX };
	else if (m->head.type == CTL_APP)
		make_app(&m->app);
	else if (m->head.type == CTL_NOTIFY)
		make_notify(&m->notify);
	else if (m->head.type == CTL_UNNOTIFY)
		m->unnotify.id = 1 + pick(20);
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

	make_message(&m, plan);
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
	struct ctl_msg hello = { .head.type = CTL_HELLO,
		.hello = { .version = 1,
			.gos = CTL_GOS_LINUX,
			.features = CTL_FEATURE_OWNER | CTL_FEATURE_CLOCK | CTL_FEATURE_APPS | CTL_FEATURE_NOTIFY |
				CTL_FEATURE_RELAY } };
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

/* An ordinary run or a transfer's. */
static bool begin_command(uint32_t i, struct command *cmd)
{
	static const uint8_t flags[] = { 0, 0, CTL_RUN_SEND, CTL_RUN_SEND | CTL_RUN_PUBLIC, CTL_RUN_RECEIVE,
		CTL_RUN_URL };
	const struct helper_run req = { .id = i + 1, .rows = 24, .cols = 80, .flags = flags[pick(6)] };
	char *argv[] = { "x", "y", "0123456789abcdef", NULL };

	return command_transfer(
		&attack.courier, &req, argv, req.flags & CTL_RUN_TRANSFER ? attack.licence_fd : -1, cmd);
}

/* Whole transfers and parts of them, as a courier at the other end might hand them on. */
static void feed_command(const struct command *cmd)
{
	static uint8_t data[30000];
	const struct xfer_start start = { .version = 1, .items = 1 + pick(3), .bytes = boundary() };
	struct xfer_head head = { .type = XFER_START, .len = XFER_START_LEN };
	size_t len = pick(sizeof(data));

	xfer_head_put(data, &head);
	xfer_start_put(data + XFER_HEAD, &start);
	head = (struct xfer_head){
		.type = (uint16_t)(1 + pick(8)), .len = pick(2) ? 1 : boundary(), .value = boundary()
	};
	xfer_head_put(data + XFER_HEAD + XFER_START_LEN, &head);
	data[XFER_HEAD + XFER_START_LEN + XFER_HEAD] = 'a';
	(void)!write(cmd->in, data, len);
}

/* The commands write, read, resize, signal and leave as they please; all of it without waiting. */
static void play_command(uint32_t i)
{
	struct command *cmd = &attack.commands[i];

	__atomic_store_n(&attack.licence->allowed, pick(40) != 0, __ATOMIC_RELEASE);
	if (cmd->control < 0) {
		if (!begin_command(i, cmd))
			return;
		fd_set_nonblock(cmd->in, true);
		fd_set_nonblock(cmd->out, true);
		fd_set_nonblock(cmd->err, true);
		return;
	}
	feed_command(cmd);
	if (pick(4))
		drain(cmd->out);
	if (pick(4))
		drain(cmd->err);
	command_say(cmd, pick(2) ? RUNCTL_WINCH : RUNCTL_SIGNAL, (int32_t)pick(66), 0);
	if (!pick(8))
		command_close(cmd);
}

/* A transfer's first words, as they should be or with one byte changed: all later output is about them. */
static void say_transfer(const struct ctl_run *run)
{
	const struct xfer_start start = { .version = XFER_VERSION, .items = 1 };
	const bool sends = run->flags & CTL_RUN_SEND;
	struct ctl_msg m = { .head.type = CTL_STDIO, .stdio = { .id = run->id, .fd = (uint8_t)(1 + !pick(4)) } };
	uint8_t words[2 * XFER_HEAD + XFER_START_LEN + 1] = { 0 };
	struct xfer_head head = { .type = sends ? XFER_START : XFER_POINT };
	size_t len;
	struct msg raw;

	head.len = sends ? XFER_START_LEN : XFER_POINT_LEN;
	if (m.stdio.fd == 2)
		head = (struct xfer_head){ .type = XFER_PROBLEM, .len = 1 + pick(40), .value = 1 + pick(5) };
	xfer_head_put(words, &head);
	if (head.type == XFER_START)
		xfer_start_put(words + XFER_HEAD, &start);
	len = XFER_HEAD + head.len;
	if (head.type == XFER_START) {
		xfer_head_put(words + len, &(struct xfer_head){ .type = XFER_FILE, .len = 1, .value = boundary() });
		words[len + XFER_HEAD] = 'a';
		len += XFER_HEAD + 1;
	}
	if (!pick(6))
		words[pick((uint32_t)len)] ^= (uint8_t)next_random(&attack.rng);
	if (channel_reserve(&attack.channel, words, len, &m.stdio.blob) < 0 || ctl_encode(&m, &raw) < 0)
		return;
	if (!channel_send(&attack.channel, &raw))
		attack.messages++;
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
		if (m.run.flags & CTL_RUN_TRANSFER)
			say_transfer(&m.run);
		reply.head.type = CTL_STARTED;
		reply.started = (struct ctl_started){ .id = m.run.id, .pid = 5 };
	} else if (m.head.type == CTL_STDIO) {
		reply.head.type = CTL_CREDIT;
		reply.credit = (struct ctl_credit){ .id = m.stdio.id, .fd = 0, .bytes = m.stdio.blob.len };
	} else if (m.head.type == CTL_SIGNAL && !pick(4)) {
		reply.head.type = CTL_EXIT;
		reply.exit = (struct ctl_exit){ .id = m.signal.id, .status = 256 + (int32_t)m.signal.signo };
	}
	if (m.head.type == CTL_OWNER_REQ && pick(4)) {
		reply.head.type = CTL_OWNER;
		reply.owner = (struct ctl_owner){ .id = m.owner_req.id, .name = "curl" };
	}
	if (m.head.type == CTL_CLOCK_REQ && pick(4)) {
		reply.head.type = CTL_CLOCK;
		reply.clock = (struct ctl_clock){ .id = m.clock_req.id,
			.error_us = boundary() % (CTL_CLOCK_ERROR_MAX + 1),
			.realtime_ns = pick(2) ? CTL_CLOCK_MAX : CTL_CLOCK_MIN };
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

/* Of a program, seldom of the time: the guest may keep silent about that. */
static void ask_guest(void)
{
	struct helper_msg time_req = { .type = HELPER_CLOCK_REQ, .clock_req = { .id = 1, .server = "a.server" } };
	struct helper_msg m = { .type = HELPER_OWNER_REQ, .owner_req = { .id = 1 + pick(100), .proto = 6 } };

	m.owner_req.port = 1 + pick(65535);
	if (!pick(4))
		courier_send(&attack.courier, &m, NULL, 0);
	if (!pick(20))
		courier_send(&attack.courier, &time_req, NULL, 0);
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
	ask_guest();
}

/* vmosd answers some requests, some twice, and some that nobody made. */
static void answer_request(const struct helper_request *r)
{
	struct helper_msg m = { .type = HELPER_ANSWER };

	attack.requests++;
	for (uint32_t n = pick(3); n > 0; n--) {
		m.answer =
			(struct helper_answer){ .id = pick(8) ? r->id : 1 + pick(REQUEST_IDS), .status = 1 + pick(7) };
		courier_send(&attack.courier, &m, NULL, 0);
	}
}

static bool is_alive(void)
{
	struct helper_msg m;
	struct pollfd p = { .fd = attack.courier.sock, .events = POLLIN };

	while (poll(&p, 1, 0) > 0) {
		if (!courier_report(&attack.courier, &m, 0) || m.type == HELPER_FAILED)
			return false;
		if (m.type == HELPER_REQUEST)
			answer_request(&m.request);
	}
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
	attack.licence_fd = fd_memfd_sealed("licence", LICENCE_SIZE);
	CHECK(attack.licence_fd >= 0);
	attack.licence = mmap(NULL, LICENCE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, attack.licence_fd, 0);
	CHECK(attack.licence != MAP_FAILED);
	printf("# seed %llu\n", (unsigned long long)seed);
	for (unsigned i = 0; (uint64_t)time(NULL) < deadline; i++) {
		enum plan plan = (enum plan)(i % PLANS);

		refused[plan] += live(program, plan, deadline) != 0;
		lives[plan]++;
	}
	for (int i = 0; i < PLANS; i++)
		printf("# %s: %lu couriers, %lu of them refused the guest\n", plan_names[i], lives[i], refused[i]);
	printf("# %lu messages, %lu requests reached vmosd\nok 1 - no courier crashed or hung in %u s\n1..1\n",
		attack.messages, attack.requests, seconds);
	return 0;
}
