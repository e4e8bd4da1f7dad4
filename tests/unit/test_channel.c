/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "tests/unit/region.h"

static int send_number(struct channel *c, uint32_t number)
{
	struct msg m = numbered(number);

	return channel_send(c, &m);
}

static void test_layout(void **state)
{
	struct pair *p = pair_joined(VMOS_ROLE_GUI, 3);
	const struct vmos_hdr_host *h = pair_header(p);

	assert_memory_equal(p->base, "vmOS", 4);
	assert_int_equal(h->epoch, 3);
	assert_int_equal(h->region_pages, VMOS_GUI_REGION / 4096);
	assert_int_equal(h->heap_off, 0x30000 + (2 << 20));
	assert_int_equal(pair_guest_words(p)->epoch, 3);
	pair_free(p);
	p = pair_joined(VMOS_ROLE_CTL, 1);
	assert_int_equal(pair_header(p)->heap_off, VMOS_CTL_REGION);
	pair_free(p);
}

static void test_bad_region(void **state)
{
	struct pair *p = pair_new(VMOS_ROLE_CTL);
	struct channel *c = &p->host;

	assert_int_equal(channel_host_open(c, p->base, p->size - 4096, VMOS_ROLE_CTL, 1), -EINVAL);
	assert_int_equal(channel_host_open(c, p->base, 16 << 20, VMOS_ROLE_CTL, 1), -EINVAL);
	assert_int_equal(channel_host_open(c, p->base, p->size, 4, 1), -EINVAL);
	assert_int_equal(channel_host_open(c, p->base, p->size, VMOS_ROLE_CTL, 0), -EINVAL);
	assert_int_equal(channel_host_open(c, p->base, 0, VMOS_ROLE_CTL, 1), -EINVAL);
	pair_free(p);
}

static void test_guest_checks_header(void **state)
{
	struct pair *p = pair_new(VMOS_ROLE_CTL);
	struct channel *g = &p->guest;

	assert_int_equal(channel_guest_join(g, p->base, p->size, VMOS_ROLE_CTL), -EAGAIN);
	assert_int_equal(channel_host_open(&p->host, p->base, p->size, VMOS_ROLE_CTL, 1), 0);
	pair_header(p)->major++;
	assert_int_equal(channel_guest_join(g, p->base, p->size, VMOS_ROLE_CTL), -EPROTO);
	pair_header(p)->major--;
	assert_int_equal(channel_guest_join(g, p->base, p->size / 2, VMOS_ROLE_CTL), -EPROTO);
	assert_int_equal(channel_guest_join(g, p->base, p->size, VMOS_ROLE_GUI), -EPROTO);
	assert_int_equal(channel_guest_join(g, p->base, p->size, VMOS_ROLE_CTL), 0);
	pair_free(p);
}

static void test_no_peer(void **state)
{
	struct pair *p = pair_new(VMOS_ROLE_CTL);
	struct channel *h = &p->host;
	struct blob_ref ref;
	struct msg m;

	assert_int_equal(channel_host_open(h, p->base, p->size, VMOS_ROLE_CTL, 1), 0);
	pair_guest_words(p)->prod = 5; /* a guest that speaks before it joins is not heard */
	assert_int_equal(channel_poll(h), CHANNEL_WAITING);
	assert_int_equal(send_number(h, 1), -ENOTCONN);
	assert_int_equal(channel_reserve(h, "x", 1, &ref), -ENOTCONN);
	assert_int_equal(channel_recv(h, &m), 0);
	assert_int_equal(channel_room(h), 0);
	assert_false(channel_recv_done(h));
	assert_false(channel_flush(h));
	assert_true(channel_arm(h));
	pair_free(p);
}

static void check_ways(struct channel *from, struct channel *to)
{
	struct msg m;

	assert_true(channel_arm(to));
	assert_int_equal(send_number(from, 10), 0);
	assert_int_equal(channel_recv(to, &m), 0); /* not published yet */
	assert_int_equal(send_number(from, 11), 0);
	assert_true(channel_flush(from));
	assert_false(channel_flush(from));
	assert_int_equal(channel_recv(to, &m), 1);
	assert_int_equal(number_of(&m), 10);
	assert_int_equal(channel_recv(to, &m), 1);
	assert_int_equal(number_of(&m), 11);
	assert_int_equal(channel_recv(to, &m), 0);
	assert_false(channel_recv_done(to)); /* nobody waits for room */
}

static void test_both_ways(void **state)
{
	struct pair *p = pair_joined(VMOS_ROLE_CTL, 1);

	check_ways(&p->host, &p->guest);
	check_ways(&p->guest, &p->host);
	pair_free(p);
}

/* A consumer that is awake is not told; one that armed is told exactly once. */
static void test_notify_once(void **state)
{
	struct pair *p = pair_joined(VMOS_ROLE_CTL, 1);
	struct msg m;
	unsigned told = 0;

	for (uint32_t i = 0; i < 100; i++) {
		assert_int_equal(send_number(&p->host, i), 0);
		told += channel_flush(&p->host);
	}
	assert_int_equal(told, 1);
	assert_false(channel_arm(&p->guest)); /* something is there */
	while (channel_recv(&p->guest, &m) == 1)
		;
	channel_recv_done(&p->guest);
	assert_true(channel_arm(&p->guest));
	assert_int_equal(send_number(&p->host, 0), 0);
	assert_int_equal(send_number(&p->host, 1), 0);
	assert_true(channel_flush(&p->host));
	assert_int_equal(send_number(&p->host, 2), 0);
	assert_false(channel_flush(&p->host));
	pair_free(p);
}

static void test_full_ring_and_want(void **state)
{
	struct pair *p = pair_joined(VMOS_ROLE_CTL, 1);
	struct msg m;

	for (uint32_t i = 0; i < VMOS_RING_LEN; i++)
		assert_int_equal(send_number(&p->guest, i), 0);
	assert_int_equal(send_number(&p->guest, 0), -EAGAIN);
	assert_int_equal(channel_room(&p->guest), 0);
	channel_flush(&p->guest);
	assert_false(channel_want(&p->guest, true));
	assert_int_equal(channel_recv(&p->host, &m), 1);
	assert_int_equal(send_number(&p->guest, 0), -EAGAIN); /* taken, not given back */
	assert_true(channel_recv_done(&p->host)); /* it waits: tell it */
	assert_true(channel_want(&p->guest, true));
	assert_int_equal(send_number(&p->guest, VMOS_RING_LEN), 0);
	channel_want(&p->guest, false);
	channel_flush(&p->guest);
	for (uint32_t i = 1; i <= VMOS_RING_LEN; i++) {
		assert_int_equal(channel_recv(&p->host, &m), 1);
		assert_int_equal(number_of(&m), i);
	}
	assert_false(channel_recv_done(&p->host));
	pair_free(p);
}

static void test_sequence(void **state)
{
	struct pair *p = pair_joined(VMOS_ROLE_CTL, 1);
	struct msg m;
	struct msg_head head;

	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(send_number(&p->host, i), 0);
	channel_flush(&p->host);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(channel_recv(&p->guest, &m), 1);
		msg_head_get(&m, &head);
		assert_int_equal(head.seq, i);
	}
	pair_free(p);
}

static void drain(struct channel *c)
{
	struct msg m;

	while (channel_recv(c, &m) == 1)
		;
	channel_recv_done(c);
}

static void test_blob_room(void **state)
{
	struct pair *p = pair_joined(VMOS_ROLE_GUI, 1);
	struct channel *h = &p->host;
	uint8_t *blob = calloc(1, VMOS_GUI_BLOB + 1), *back = calloc(1, VMOS_GUI_BLOB);
	struct blob_ref ref;

	assert_int_equal(channel_reserve(h, blob, VMOS_GUI_BLOB + 1, &ref), -EMSGSIZE);
	assert_int_equal(channel_room(h), VMOS_GUI_BLOB);
	memset(blob, 0x5a, VMOS_GUI_BLOB);
	assert_int_equal(channel_reserve(h, blob, VMOS_GUI_BLOB, &ref), 0);
	assert_int_equal(send_number(h, 1), 0);
	assert_int_equal(channel_room(h), 0);
	assert_int_equal(channel_reserve(h, blob, 1, &ref), -EAGAIN);
	channel_flush(h);
	assert_int_equal(channel_blob(&p->guest, (struct blob_ref){ 0, VMOS_GUI_BLOB }, back, VMOS_GUI_BLOB), 0);
	assert_memory_equal(back, blob, VMOS_GUI_BLOB);
	drain(&p->guest);
	assert_int_equal(channel_room(h), VMOS_GUI_BLOB);
	free(blob);
	free(back);
	pair_free(p);
}

/* A blob is contiguous: what does not fit at the end starts at the beginning again. */
static void test_blob_wrap(void **state)
{
	struct pair *p = pair_joined(VMOS_ROLE_GUI, 1);
	struct channel *h = &p->host;
	uint8_t *blob = calloc(1, VMOS_GUI_BLOB);
	struct blob_ref ref;

	assert_int_equal(channel_reserve(h, blob, VMOS_GUI_BLOB / 2, &ref), 0);
	assert_int_equal(send_number(h, 1), 0);
	channel_flush(h);
	assert_int_equal(channel_reserve(h, blob, VMOS_GUI_BLOB / 4, &ref), 0);
	assert_int_equal(ref.off, VMOS_GUI_BLOB / 2);
	assert_int_equal(send_number(h, 2), 0);
	drain(&p->guest); /* gives back the first only */
	assert_int_equal(channel_room(h), VMOS_GUI_BLOB / 2);
	assert_int_equal(channel_reserve(h, blob, VMOS_GUI_BLOB / 2, &ref), 0);
	assert_int_equal(ref.off, 0);
	assert_int_equal(channel_reserve(h, blob, 64, &ref), -EAGAIN);
	assert_int_equal(send_number(h, 3), 0);
	channel_flush(h);
	drain(&p->guest);
	assert_int_equal(channel_room(h), VMOS_GUI_BLOB);
	free(blob);
	pair_free(p);
}

static void test_blob_bounds(void **state)
{
	struct pair *p = pair_joined(VMOS_ROLE_GUI, 1);
	const uint32_t zone = VMOS_GUI_BLOB;
	const struct {
		struct blob_ref ref;
		size_t cap;
		int ret;
	} cases[] = {
		{ { 0, 0 }, 0, 0 },
		{ { zone, 0 }, 0, 0 },
		{ { zone - 4, 4 }, 4, 0 },
		{ { zone - 4, 5 }, 8, -EBADMSG },
		{ { zone + 1, 0 }, 8, -EBADMSG },
		{ { 0, 5 }, 4, -EBADMSG },
		{ { UINT32_MAX, 2 }, 8, -EBADMSG },
		{ { 2, UINT32_MAX }, SIZE_MAX, -EBADMSG },
		{ { 1, zone }, SIZE_MAX, -EBADMSG },
	};
	uint8_t dst[8];

	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(channel_blob(&p->host, cases[i].ref, dst, cases[i].cap), cases[i].ret);
	pair_free(p);
}

/* Each side reads the other's zone. */
static void test_blob_zones(void **state)
{
	struct pair *p = pair_joined(VMOS_ROLE_CTL, 1);
	struct blob_ref ref;
	char dst[8];

	assert_int_equal(channel_reserve(&p->host, "host", 5, &ref), 0);
	assert_int_equal(channel_blob(&p->guest, ref, dst, sizeof(dst)), 0);
	assert_string_equal(dst, "host");
	assert_int_equal(channel_reserve(&p->guest, "guest", 6, &ref), 0);
	assert_int_equal(channel_blob(&p->host, ref, dst, sizeof(dst)), 0);
	assert_string_equal(dst, "guest");
	assert_memory_equal(p->base + VMOS_BLOB_OFF, "guest", 6);
	pair_free(p);
}

static void test_impossible_prod(void **state)
{
	static const uint32_t bad[] = { VMOS_RING_LEN + 1, UINT32_MAX, 0x80000000u };
	struct msg m;

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct pair *p = pair_joined(VMOS_ROLE_CTL, 1);

		pair_guest_words(p)->prod = bad[i];
		assert_int_equal(channel_recv(&p->host, &m), -EBADMSG);
		pair_guest_words(p)->prod = 0; /* too late: a broken session stays broken */
		assert_int_equal(channel_recv(&p->host, &m), -EBADMSG);
		assert_int_equal(send_number(&p->host, 1), -EBADMSG);
		assert_false(channel_arm(&p->host));
		pair_free(p);
	}
}

/* Ahead of what was given back by more than the ring holds, although not of what was taken. */
static void test_prod_runs_over(void **state)
{
	struct pair *p = pair_joined(VMOS_ROLE_CTL, 1);
	struct msg m;

	pair_guest_words(p)->prod = VMOS_RING_LEN;
	assert_int_equal(channel_recv(&p->host, &m), 1);
	pair_guest_words(p)->prod = VMOS_RING_LEN + 1;
	assert_int_equal(channel_recv(&p->host, &m), -EBADMSG);
	pair_free(p);
}

static void test_impossible_cons(void **state)
{
	static const uint32_t bad[] = { 3, UINT32_MAX, 0x80000000u };
	struct blob_ref ref;

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct pair *p = pair_joined(VMOS_ROLE_CTL, 1);

		assert_int_equal(send_number(&p->host, 1), 0);
		assert_int_equal(send_number(&p->host, 2), 0);
		channel_flush(&p->host);
		assert_int_equal(send_number(&p->host, 3), 0); /* queued only: the guest cannot have taken it */
		pair_guest_words(p)->cons = bad[i];
		assert_int_equal(i % 2 ? send_number(&p->host, 4) : channel_reserve(&p->host, "x", 1, &ref), -EBADMSG);
		assert_int_equal(channel_room(&p->host), 0);
		assert_true(channel_want(&p->host, true)); /* no sleep: the next send says why */
		pair_free(p);
	}
}

static void test_cons_runs_back(void **state)
{
	struct pair *p = pair_joined(VMOS_ROLE_CTL, 1);

	assert_int_equal(send_number(&p->host, 1), 0);
	assert_int_equal(send_number(&p->host, 2), 0);
	channel_flush(&p->host);
	pair_guest_words(p)->cons = 2;
	assert_int_equal(send_number(&p->host, 3), 0);
	pair_guest_words(p)->cons = 1;
	assert_int_equal(send_number(&p->host, 4), -EBADMSG);
	pair_free(p);
}

/* The agent dies (its module writes epoch 0) and comes back in the next session with all at 0. */
static void test_agent_dies(void **state)
{
	struct pair *p = pair_joined(VMOS_ROLE_CTL, 1);
	struct channel again;
	struct msg m;

	assert_int_equal(send_number(&p->guest, 1), 0);
	channel_flush(&p->guest);
	pair_guest_words(p)->epoch = 0;
	/* A new agent is quicker than the host: session 1 is used up, it must wait. */
	assert_int_equal(channel_guest_join(&again, p->base, p->size, p->role), -EAGAIN);
	assert_int_equal(channel_recv(&p->host, &m), 0);
	assert_int_equal(channel_poll(&p->host), CHANNEL_ENDED);
	assert_int_equal(send_number(&p->host, 1), -ENOTCONN);
	assert_int_equal(channel_host_open(&p->host, p->base, p->size, p->role, 2), 0);
	assert_int_equal(channel_poll(&p->host), CHANNEL_WAITING);
	assert_int_equal(channel_guest_join(&again, p->base, p->size, p->role), 0);
	assert_int_equal(channel_poll(&p->host), CHANNEL_JOINED);
	assert_int_equal(channel_recv(&p->host, &m), 0); /* nothing of the old session */
	check_ways(&p->host, &again);
	check_ways(&again, &p->host);
	pair_free(p);
}

/* The agent joins and dies before the host has looked: the host must not wait for a session that nobody can join. */
static void test_agent_dies_unseen(void **state)
{
	struct pair *p = pair_new(VMOS_ROLE_CTL);
	struct channel again;

	assert_int_equal(channel_host_open(&p->host, p->base, p->size, p->role, 1), 0);
	assert_int_equal(channel_poll(&p->host), CHANNEL_WAITING);
	assert_int_equal(channel_guest_join(&p->guest, p->base, p->size, p->role), 0);
	pair_guest_words(p)->epoch = 0;
	assert_int_equal(channel_guest_join(&again, p->base, p->size, p->role), -EAGAIN);
	assert_int_equal(channel_poll(&p->host), CHANNEL_ENDED);
	assert_int_equal(channel_host_open(&p->host, p->base, p->size, p->role, 2), 0);
	assert_int_equal(channel_guest_join(&again, p->base, p->size, p->role), 0);
	assert_int_equal(channel_poll(&p->host), CHANNEL_JOINED);
	check_ways(&p->host, &again);
	pair_free(p);
}

/* The host's process dies; its successor opens another session under the guest's feet. */
static void test_host_restarts(void **state)
{
	struct pair *p = pair_joined(VMOS_ROLE_CTL, 1);
	struct msg m;

	assert_int_equal(send_number(&p->host, 1), 0);
	channel_flush(&p->host);
	assert_int_equal(channel_host_open(&p->host, p->base, p->size, p->role, 1), 0);
	assert_int_equal(p->host.epoch, 2); /* 1 was open before */
	pair_host_words(p)->prod = 1; /* the new session's first message is none of the old one's */
	assert_int_equal(channel_recv(&p->guest, &m), 0);
	assert_int_equal(channel_poll(&p->guest), CHANNEL_ENDED);
	pair_host_words(p)->prod = 0;
	assert_int_equal(channel_guest_join(&p->guest, p->base, p->size, p->role), 0);
	assert_int_equal(channel_poll(&p->host), CHANNEL_JOINED);
	check_ways(&p->guest, &p->host);
	channel_host_close(&p->host);
	assert_int_equal(channel_poll(&p->guest), CHANNEL_ENDED);
	assert_int_equal(channel_guest_join(&p->guest, p->base, p->size, p->role), -EAGAIN);
	pair_free(p);
}

static void test_indices_wrap(void **state)
{
	struct pair *p = pair_joined(VMOS_ROLE_CTL, 1);
	const uint32_t start = UINT32_MAX - 4;
	struct msg m;

	p->guest.tx_prod = p->guest.tx_published = p->guest.tx_freed = start;
	p->host.rx_cons = p->host.rx_published = start;
	pair_guest_words(p)->prod = pair_host_words(p)->cons = start;
	for (uint32_t i = 0; i < 10; i++) {
		assert_true(channel_arm(&p->host));
		assert_int_equal(send_number(&p->guest, i), 0);
		assert_int_equal(send_number(&p->guest, i + 100), 0);
		assert_true(channel_flush(&p->guest));
		assert_int_equal(send_number(&p->guest, i + 200), 0);
		assert_false(channel_flush(&p->guest));
		for (uint32_t n = 0; n < 3; n++) {
			assert_int_equal(channel_recv(&p->host, &m), 1);
			assert_int_equal(number_of(&m), i + n * 100);
		}
		channel_recv_done(&p->host);
	}
	assert_int_equal(send_number(&p->guest, 1), 0);
	assert_int_equal(p->guest.tx_freed, start + 30);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_bad_region),
		cmocka_unit_test(test_guest_checks_header),
		cmocka_unit_test(test_no_peer),
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_notify_once),
		cmocka_unit_test(test_full_ring_and_want),
		cmocka_unit_test(test_sequence),
		cmocka_unit_test(test_blob_room),
		cmocka_unit_test(test_blob_wrap),
		cmocka_unit_test(test_blob_bounds),
		cmocka_unit_test(test_blob_zones),
		cmocka_unit_test(test_impossible_prod),
		cmocka_unit_test(test_prod_runs_over),
		cmocka_unit_test(test_impossible_cons),
		cmocka_unit_test(test_cons_runs_back),
		cmocka_unit_test(test_agent_dies),
		cmocka_unit_test(test_agent_dies_unseen),
		cmocka_unit_test(test_host_restarts),
		cmocka_unit_test(test_indices_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
