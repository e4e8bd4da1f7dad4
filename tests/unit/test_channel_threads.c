/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two sides at once: no message or wake-up is lost, and no peer can bring the host out of its region. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/unit/region.h"

#define MESSAGES 1000000u
#define BLOB_MAX 3000u
#define PATIENCE_MS 20000
#define RACES 400000u

struct stress {
	struct pair *pair;
	struct channel *from, *to;
	int wake_from, wake_to; /* eventfds */
	unsigned sleeps_from, sleeps_to;
	const char *failure; /* NULL: none */
};

/* Sleeps until @fd is kicked. False: nobody did, a wake-up is lost. */
static bool sleep_on(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (poll(&p, 1, PATIENCE_MS) != 1)
		return false;
	fd_eventfd_take(fd);
	return true;
}

/* Long spells of single messages, where the consumer is about to sleep each time, between those of many at once. */
static uint32_t flush_every(uint32_t number)
{
	return number / 8192 % 2 ? 1 : 17;
}

static size_t blob_size(uint32_t number)
{
	if (number % 3 == 0)
		return 0;
	return number * 2654435761u % (flush_every(number) == 1 ? 16 : BLOB_MAX);
}

static int queue(struct channel *c, uint32_t number, const uint8_t *pattern)
{
	struct msg m = numbered(number);
	struct msg_writer w;
	struct blob_ref ref;
	int ret = channel_reserve(c, pattern + number % 256, blob_size(number), &ref);

	if (ret < 0)
		return ret;
	msg_writer_init(&w, &m);
	msg_put_u32(&w, number);
	msg_put_u32(&w, ref.off);
	msg_put_u32(&w, ref.len);
	return channel_send(c, &m);
}

/* A pause of changing length, so that the consumer is met at every point on its way to sleep. */
static void pause_a_little(uint32_t number)
{
	if (flush_every(number) == 1)
		for (volatile uint32_t i = 0; i < number * 7 % 1024; i++)
			;
}

static void *handle_producer(void *arg)
{
	struct stress *s = arg;
	static uint8_t pattern[BLOB_MAX + 256];
	uint32_t number = 0;

	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (uint8_t)(i * 7);
	while (number < MESSAGES) {
		int ret = queue(s->from, number, pattern);

		if (ret == 0) {
			number++;
			pause_a_little(number);
			if (number % flush_every(number) == 0 && channel_flush(s->from))
				fd_eventfd_kick(s->wake_to);
			continue;
		}
		if (ret != -EAGAIN) {
			s->failure = "send failed";
			return NULL;
		}
		if (channel_flush(s->from))
			fd_eventfd_kick(s->wake_to);
		if (channel_want(s->from, true))
			continue;
		s->sleeps_from++;
		if (!sleep_on(s->wake_from)) {
			s->failure = "the producer was not woken";
			return NULL;
		}
		channel_want(s->from, false);
	}
	if (channel_flush(s->from))
		fd_eventfd_kick(s->wake_to);
	return NULL;
}

static bool check_one(struct stress *s, const struct msg *m, uint32_t expected)
{
	uint8_t blob[BLOB_MAX];
	struct msg_reader r;
	struct blob_ref ref;

	msg_reader_init(&r, m);
	if (msg_get_u32(&r) != expected)
		return false;
	ref.off = msg_get_u32(&r);
	ref.len = msg_get_u32(&r);
	if (ref.len != blob_size(expected) || channel_blob(s->to, ref, blob, sizeof(blob)) < 0)
		return false;
	for (size_t i = 0; i < ref.len; i++)
		if (blob[i] != (uint8_t)((expected % 256 + i) * 7))
			return false;
	return true;
}

static void *handle_consumer(void *arg)
{
	struct stress *s = arg;
	uint32_t number = 0;

	while (number < MESSAGES) {
		struct msg m;
		int ret, taken = 0;

		while (taken < CHANNEL_BATCH && (ret = channel_recv(s->to, &m)) == 1) {
			if (!check_one(s, &m, number)) {
				s->failure = "a message or blob is not what was sent";
				return NULL;
			}
			number++;
			taken++;
		}
		if (channel_recv_done(s->to))
			fd_eventfd_kick(s->wake_from);
		if (taken > 0 || !channel_arm(s->to))
			continue;
		s->sleeps_to++;
		if (!sleep_on(s->wake_to)) {
			s->failure = "the consumer was not woken";
			return NULL;
		}
	}
	return NULL;
}

static void run_stress(uint32_t role, bool to_host)
{
	struct pair *p = pair_joined(role, 1);
	struct stress s = { .pair = p, .from = to_host ? &p->guest : &p->host, .to = to_host ? &p->host : &p->guest };
	pthread_t producer, consumer;

	s.wake_from = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	s.wake_to = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	assert_int_equal(pthread_create(&producer, NULL, handle_producer, &s), 0);
	assert_int_equal(pthread_create(&consumer, NULL, handle_consumer, &s), 0);
	pthread_join(producer, NULL);
	pthread_join(consumer, NULL);
	if (s.failure)
		fail_msg("%s", s.failure);
	print_message("producer slept %u times, consumer %u times\n", s.sleeps_from, s.sleeps_to);
	close(s.wake_from);
	close(s.wake_to);
	pair_free(p);
}

static void test_stress_to_host(void **state)
{
	run_stress(VMOS_ROLE_GUI, true);
}

static void test_stress_to_guest(void **state)
{
	run_stress(VMOS_ROLE_GUI, false);
}

struct scribbler {
	struct pair *pair;
	bool stop;
};

/* A guest kernel that owns the region: random, boundary and almost right values in every word, ring and blob. */
static void *handle_scribble(void *arg)
{
	struct scribbler *s = arg;
	uint64_t seed = 4;

	while (!__atomic_load_n(&s->stop, __ATOMIC_RELAXED)) {
		struct vmos_idx *g = pair_guest_words(s->pair);
		uint32_t *const words[] = { &g->epoch, &g->prod, &g->cons, &g->wake_at, &g->want, &g->joined,
			&pair_host_words(s->pair)->prod, &pair_host_words(s->pair)->cons, &pair_header(s->pair)->epoch,
			&pair_header(s->pair)->blob_len, &pair_header(s->pair)->ring_len };
		uint64_t r = unit_random(&seed);
		uint32_t *word = words[r % COUNT(words)];
		uint32_t near = __atomic_load_n(&pair_host_words(s->pair)->cons, __ATOMIC_RELAXED);
		uint32_t value = r & 64 ? (uint32_t)(r >> 32) : near + (uint32_t)(r >> 32) % 8;

		__atomic_store_n(word, word == &g->epoch && r & 128 ? 1 : value, __ATOMIC_RELEASE);
		__atomic_store_n((uint64_t *)(void *)(s->pair->base + VMOS_G2H_OFF + (r >> 20) % 0x10000 / 8 * 8), r,
			__ATOMIC_RELAXED);
	}
	return NULL;
}

/* What holds whatever the peer writes: our private counters stay in step and the blob zone is never overdrawn. */
static void check_sane(const struct channel *c)
{
	assert_true(c->is_host && c->blob_len == VMOS_GUI_BLOB && c->size == VMOS_GUI_REGION);
	assert_true(c->tx_prod - c->tx_freed <= VMOS_RING_LEN);
	assert_true(c->tx_blob_head - c->tx_blob_tail <= c->blob_len);
	assert_true(c->rx_cons - c->rx_published <= VMOS_RING_LEN);
}

static void race_once(struct channel *c, uint64_t r)
{
	uint8_t blob[256] = { 0 };
	struct blob_ref ref = { .off = (uint32_t)r, .len = (uint32_t)(r >> 40) };
	struct msg m = numbered(1);

	channel_poll(c);
	if (r & 1)
		channel_recv(c, &m);
	if (r & 2)
		channel_recv_done(c);
	if (r & 4 && channel_reserve(c, blob, r >> 8 & 255, &ref) == 0)
		assert_true(ref.off + ref.len <= VMOS_GUI_BLOB);
	if (r & 8)
		channel_send(c, &m);
	if (r & 16)
		channel_flush(c);
	if (r & 32)
		channel_want(c, r & 64);
	channel_arm(c);
	channel_blob(c, ref, blob, sizeof(blob));
	assert_true(channel_room(c) <= VMOS_GUI_BLOB);
	check_sane(c);
}

static void test_racing_peer(void **state)
{
	struct pair *p = pair_joined(VMOS_ROLE_GUI, 1);
	struct scribbler s = { .pair = p };
	uint64_t seed = 5;
	unsigned sessions = 0;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, handle_scribble, &s), 0);
	for (unsigned n = 0; n < RACES; n++) {
		if (p->host.state == CHANNEL_ENDED || p->host.broken || n % 64 == 0) {
			assert_int_equal(channel_host_open(&p->host, p->base, p->size, p->role, 1), 0);
			p->host.epoch = 1; /* what the scribbler writes now and then, so that sessions begin */
			sessions += channel_poll(&p->host) == CHANNEL_JOINED;
		}
		race_once(&p->host, unit_random(&seed));
	}
	__atomic_store_n(&s.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	assert_true(sessions > 100);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stress_to_host),
		cmocka_unit_test(test_stress_to_guest),
		cmocka_unit_test(test_racing_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
