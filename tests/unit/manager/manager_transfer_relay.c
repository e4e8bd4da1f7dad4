/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Transfers with a relay as vmosd runs them: the test plays the kernel's, a
 * socket each, and both couriers.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/paths.h"
#include "manager/relay.h"
#include "proto/ctl.h"
#include "proto/uapi/vmos_channel.h"
#include "tests/unit/manager/transfer_stand.h"
#include "tests/unit/unit.h"

static struct {
	int refuses; /* -errno; 0: one is made */
	unsigned made;
	struct relay_end from, to; /* of the newest */
	uint32_t generation;
	int bell; /* our end of the newest */
	int ended;
} kernel;

int relay_make(const struct relay_end *from, const struct relay_end *to, uint32_t generation)
{
	int pair[2];

	if (kernel.refuses)
		return kernel.refuses;
	if (kernel.bell > 0)
		close(kernel.bell);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
	assert_true(generation != 0 && generation != kernel.generation);
	kernel.bell = pair[1];
	kernel.made++;
	kernel.from = *from;
	kernel.to = *to;
	kernel.generation = generation;
	kernel.ended = 0;
	return pair[0];
}

int relay_ended(int fd)
{
	return kernel.ended;
}

uint64_t relay_close(int fd)
{
	close(fd);
	return 1;
}

static void end_by(int error)
{
	kernel.ended = error;
	assert_int_equal(write(kernel.bell, "", 1), 1);
}

/* Whether vmosd has the newest one open. */
static bool goes_on(void)
{
	char byte;

	return recv(kernel.bell, &byte, 1, MSG_DONTWAIT) != 0;
}

static int begin_test(void **state)
{
	int r = stand_setup(state);

	kernel.refuses = kernel.ended = 0;
	kernel.made = 0;
	if (r == 0)
		((struct stand *)*state)->m.relays = true;
	return r;
}

static void say_started(struct stand *s, const struct got *g, uint64_t relay)
{
	stand_say(s, g, &(struct runctl){ .type = RUNCTL_STARTED, .a = 1, .n = { relay } });
}

/* The receiver's run. */
static struct transfer *begin_one(struct stand *s, struct got *receiver)
{
	struct transfer *t;

	stand_allow(s, 0, "work", "web", RULE_WRITE);
	t = stand_begin(s, TRANSFER_SEND);
	assert_true(stand_take_run(s, 1, receiver));
	return t;
}

/* The receiver's run, whose agent takes part; then the sender's. */
static struct transfer *begin_joined(struct stand *s, struct got *receiver, struct got *sender)
{
	struct transfer *t = begin_one(s, receiver);

	say_started(s, receiver, receiver->msg.run.relay);
	stand_say_point(s, receiver, 0, 0, 0);
	assert_true(stand_take_run(s, 0, sender));
	return t;
}

static void test_both_join(void **state)
{
	struct stand *s = *state;
	struct got receiver, sender;
	struct transfer *t = begin_joined(s, &receiver, &sender);

	assert_int_equal(kernel.made, 1);
	assert_ptr_equal(kernel.from.region, &s->work->region[HELPER_COURIER]);
	assert_ptr_equal(kernel.to.region, &s->web->region[HELPER_COURIER]);
	assert_ptr_equal(kernel.from.identity, &s->work->identity);
	assert_int_equal(receiver.msg.run.relay, kernel.generation);
	assert_int_equal(receiver.msg.run.area, kernel.to.area);
	assert_int_equal(sender.msg.run.relay, kernel.generation);
	assert_int_equal(sender.msg.run.area, kernel.from.area);
	say_started(s, &sender, kernel.generation);
	stand_say_exit(s, &sender, 0);
	/* its last bytes may be under way */
	assert_true(goes_on());
	stand_say_exit(s, &receiver, 0);
	assert_int_equal(t->state, TRANSFER_DONE);
	assert_false(goes_on());
	assert_false(t->no_relay);
}

static void finish(struct stand *s, struct transfer *t, struct got *receiver, struct got *sender)
{
	stand_say_exit(s, sender, 0);
	stand_say_exit(s, receiver, 0);
	assert_int_equal(t->state, TRANSFER_DONE);
}

/* vmosd was not told to. */
static void test_not_wanted(void **state)
{
	struct stand *s = *state;
	struct got receiver, sender;
	struct transfer *t;

	s->m.relays = false;
	stand_allow(s, 0, "work", "web", RULE_WRITE);
	t = stand_begin(s, TRANSFER_SEND);
	stand_move(s, &receiver, &sender);
	assert_int_equal(kernel.made, 0);
	assert_int_equal(receiver.msg.run.relay | sender.msg.run.relay, 0);
	finish(s, t, &receiver, &sender);
}

/* The receiver's agent does not, or does not say: the sender's is not asked. */
static void test_receiver_does_not(void **state)
{
	struct stand *s = *state;
	struct got receiver, sender;
	struct transfer *t = begin_one(s, &receiver);

	assert_int_not_equal(receiver.msg.run.relay, 0);
	say_started(s, &receiver, 0);
	assert_false(goes_on());
	stand_say_point(s, &receiver, 0, 0, 0);
	assert_true(stand_take_run(s, 0, &sender));
	assert_int_equal(sender.msg.run.relay, 0);
	assert_int_equal(sender.msg.run.area, 0);
	finish(s, t, &receiver, &sender);
	t = begin_one(s, &receiver);
	assert_true(goes_on());
	stand_say_point(s, &receiver, 0, 0, 0);
	assert_true(stand_take_run(s, 0, &sender));
	assert_int_equal(sender.msg.run.relay | sender.msg.run.area, 0);
	assert_false(goes_on());
	finish(s, t, &receiver, &sender);
}

static void test_sender_does_not(void **state)
{
	struct stand *s = *state;
	struct got receiver, sender;
	struct transfer *t = begin_joined(s, &receiver, &sender);

	say_started(s, &sender, 0);
	assert_false(goes_on());
	finish(s, t, &receiver, &sender);
}

/* No device, no right, no memory: all goes as without one. */
static void test_refused(void **state)
{
	static const int errors[] = { -EOPNOTSUPP, -ENOENT, -EACCES, -EUSERS, -ENOMEM, -ENOTCONN };
	struct stand *s = *state;

	stand_allow(s, 0, "work", "web", RULE_WRITE);
	for (size_t i = 0; i < COUNT(errors); i++) {
		struct got receiver, sender;
		struct transfer *t;

		kernel.refuses = errors[i];
		t = stand_begin(s, TRANSFER_SEND);
		stand_move(s, &receiver, &sender);
		assert_int_equal(receiver.msg.run.relay | receiver.msg.run.area, 0);
		assert_int_equal(sender.msg.run.relay | sender.msg.run.area, 0);
		assert_int_equal(t->move.relay.fd, -1);
		finish(s, t, &receiver, &sender);
	}
	assert_int_equal(kernel.made, 0);
}

/* A VM by vsock has no areas, at whichever end it is. */
static void test_by_vsock(void **state)
{
	struct stand *s = *state;

	stand_allow(s, 0, "work", "web", RULE_WRITE);
	for (int i = 0; i < 2; i++) {
		struct got receiver, sender;
		struct transfer *t;

		s->work->config.vsock = i == 0;
		s->web->config.vsock = i == 1;
		t = stand_begin(s, TRANSFER_SEND);
		stand_move(s, &receiver, &sender);
		assert_int_equal(receiver.msg.run.relay | sender.msg.run.relay, 0);
		finish(s, t, &receiver, &sender);
	}
	assert_int_equal(kernel.made, 0);
}

/* A courier that says that its agent takes part in what nobody named. */
static void test_liar(void **state)
{
	struct stand *s = *state;
	struct got receiver;
	struct transfer *t = begin_one(s, &receiver);

	say_started(s, &receiver, kernel.generation + 1);
	assert_int_equal(t->state, TRANSFER_FAILED);
	assert_int_equal(t->reason, XFER_R_PROTOCOL);
	stand_drop_run(&receiver);
	kernel.refuses = -ENOENT;
	t = begin_one(s, &receiver);
	say_started(s, &receiver, 1);
	assert_int_equal(t->state, TRANSFER_FAILED);
	stand_drop_run(&receiver);
}

/* It ends by itself: the runs decide what becomes of the transfer, but it is not tried again. */
static void test_ends(void **state)
{
	struct stand *s = *state;
	struct got receiver, sender;
	struct transfer *t = begin_joined(s, &receiver, &sender);

	end_by(ESTALE);
	stand_step(s);
	assert_true(t->no_relay);
	assert_int_equal(t->state, TRANSFER_MOVING);
	stand_say_exit(s, &receiver, XFER_R_STREAM);
	stand_say_exit(s, &sender, XFER_R_STREAM);
	assert_int_equal(t->state, TRANSFER_WAITING);
	t->not_before = 0;
	transfer_settle(t);
	stand_step(s);
	assert_int_equal(t->state, TRANSFER_MOVING);
	stand_move(s, &receiver, &sender);
	assert_int_equal(kernel.made, 1);
	assert_int_equal(receiver.msg.run.relay, 0);
	finish(s, t, &receiver, &sender);
}

/* The rule is taken back: it goes with the licence. */
static void test_revoked(void **state)
{
	struct stand *s = *state;
	struct got receiver, sender;
	struct transfer *t = begin_joined(s, &receiver, &sender);

	stand_allow(s, 1, "work", "web", RULE_READ);
	transfers_rules_changed(&s->m);
	assert_int_equal(t->reason, XFER_R_REVOKED);
	assert_false(goes_on());
	stand_drop_run(&receiver);
	stand_drop_run(&sender);
}

/* No byte comes by it: that is no failure yet, but a try without it. */
static void test_stalls(void **state)
{
	struct stand *s = *state;
	struct got receiver, sender;
	struct transfer *t = begin_joined(s, &receiver, &sender);

	assert_non_null(t->move.timer);
	assert_true(sd_event_source_set_time_accuracy(t->move.timer, 1) >= 0);
	assert_true(sd_event_source_set_time_relative(t->move.timer, 0) >= 0);
	poll(NULL, 0, 20);
	stand_step(s);
	assert_int_equal(t->state, TRANSFER_WAITING);
	assert_true(t->no_relay);
	assert_false(goes_on());
	stand_drop_run(&receiver);
	stand_drop_run(&sender);
}

/* Each transfer of a VM has an area of its own, and what is free is used again. */
static void test_areas(void **state)
{
	struct stand *s = *state;
	struct got receivers[VMOS_AREAS];
	struct transfer *t[VMOS_AREAS];

	stand_allow(s, 0, "work", "web", RULE_WRITE);
	for (unsigned i = 0; i < VMOS_AREAS; i++) {
		t[i] = stand_begin(s, TRANSFER_SEND);
		assert_true(stand_take_run(s, 1, &receivers[i]));
		assert_int_equal(receivers[i].msg.run.area, i);
		assert_int_equal(kernel.from.area, i);
	}
	transfer_cancel(t[3], "enough");
	stand_step(s);
	stand_drop_run(&receivers[3]);
	t[3] = stand_begin(s, TRANSFER_SEND);
	assert_true(stand_take_run(s, 1, &receivers[3]));
	assert_int_equal(receivers[3].msg.run.area, 3);
	for (unsigned i = 0; i < VMOS_AREAS; i++)
		stand_drop_run(&receivers[i]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin_test, stand_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_both_join),
		TEST(test_not_wanted),
		TEST(test_receiver_does_not),
		TEST(test_sender_does_not),
		TEST(test_refused),
		TEST(test_by_vsock),
		TEST(test_liar),
		TEST(test_ends),
		TEST(test_revoked),
		TEST(test_stalls),
		TEST(test_areas),
	};
	int r;

	if (!mkdtemp(stand_folder))
		return 1;
	r = cmocka_run_group_tests(tests, NULL, NULL);
	paths_remove(stand_folder);
	return r;
}
