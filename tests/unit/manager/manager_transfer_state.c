/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The states of a transfer, and what the ends of its two runs mean together. */
#include <errno.h>
#include <string.h>

#include "manager/transfer_state.h"
#include "tests/unit/unit.h"

/* All that may happen, written down once more; what is not here may not. */
static const struct {
	enum transfer_state from;
	enum transfer_event event;
	enum transfer_state to;
} all[] = {
	{ TRANSFER_ASKING, TRANSFER_E_ALLOW, TRANSFER_WAITING },
	{ TRANSFER_ASKING, TRANSFER_E_DENY, TRANSFER_DENIED },
	{ TRANSFER_ASKING, TRANSFER_E_FAIL, TRANSFER_FAILED },
	{ TRANSFER_ASKING, TRANSFER_E_CANCEL, TRANSFER_CANCELLED },
	{ TRANSFER_STARTING, TRANSFER_E_START, TRANSFER_STARTING },
	{ TRANSFER_STARTING, TRANSFER_E_HOLD, TRANSFER_WAITING },
	{ TRANSFER_STARTING, TRANSFER_E_BEGIN, TRANSFER_MOVING },
	{ TRANSFER_STARTING, TRANSFER_E_FAIL, TRANSFER_FAILED },
	{ TRANSFER_STARTING, TRANSFER_E_CANCEL, TRANSFER_CANCELLED },
	{ TRANSFER_STARTING, TRANSFER_E_RESUME, TRANSFER_STARTING },
	{ TRANSFER_WAITING, TRANSFER_E_START, TRANSFER_STARTING },
	{ TRANSFER_WAITING, TRANSFER_E_HOLD, TRANSFER_WAITING },
	{ TRANSFER_WAITING, TRANSFER_E_BEGIN, TRANSFER_MOVING },
	{ TRANSFER_WAITING, TRANSFER_E_FAIL, TRANSFER_FAILED },
	{ TRANSFER_WAITING, TRANSFER_E_CANCEL, TRANSFER_CANCELLED },
	{ TRANSFER_WAITING, TRANSFER_E_RESUME, TRANSFER_WAITING },
	{ TRANSFER_MOVING, TRANSFER_E_LOSE, TRANSFER_WAITING },
	{ TRANSFER_MOVING, TRANSFER_E_FINISH, TRANSFER_DONE },
	{ TRANSFER_MOVING, TRANSFER_E_FAIL, TRANSFER_FAILED },
	{ TRANSFER_MOVING, TRANSFER_E_CANCEL, TRANSFER_CANCELLED },
	{ TRANSFER_FAILED, TRANSFER_E_RESUME, TRANSFER_WAITING },
};

static int expected(unsigned state, unsigned event)
{
	for (size_t i = 0; i < COUNT(all); i++) {
		if (all[i].from == state && all[i].event == event)
			return (int)all[i].to;
	}
	return -EINVAL;
}

static void test_table(void **state)
{
	for (unsigned s = 0; s < TRANSFER_STATES; s++) {
		for (unsigned e = 0; e < TRANSFER_EVENTS; e++)
			assert_int_equal(
				transfer_state_next((enum transfer_state)s, (enum transfer_event)e), expected(s, e));
	}
	assert_int_equal(transfer_state_next(TRANSFER_STATES, TRANSFER_E_ALLOW), -EINVAL);
	assert_int_equal(transfer_state_next(TRANSFER_ASKING, TRANSFER_EVENTS), -EINVAL);
}

/* Nothing moves that was not allowed, and what is over stays so, but for a failure that is resumed. */
static void test_no_way_around(void **state)
{
	for (unsigned e = 0; e < TRANSFER_EVENTS; e++) {
		assert_int_not_equal(transfer_state_next(TRANSFER_ASKING, (enum transfer_event)e), TRANSFER_MOVING);
		assert_int_equal(transfer_state_next(TRANSFER_DENIED, (enum transfer_event)e), -EINVAL);
		assert_int_equal(transfer_state_next(TRANSFER_CANCELLED, (enum transfer_event)e), -EINVAL);
		assert_int_equal(transfer_state_next(TRANSFER_DONE, (enum transfer_event)e), -EINVAL);
	}
}

#define LOST                  \
	{                     \
		true, true, 0 \
	}
#define NEVER                   \
	{                       \
		false, false, 0 \
	}
#define STATUS(n)                \
	{                        \
		true, false, (n) \
	}

static const struct {
	struct transfer_end sender, receiver;
	struct transfer_verdict verdict;
} verdicts[] = {
	{ STATUS(0), STATUS(0), { TRANSFER_O_DONE, XFER_OK, false } },
	{ STATUS(XFER_R_SOME), STATUS(0), { TRANSFER_O_SOME, XFER_R_SOME, true } },
	{ STATUS(0), LOST, { TRANSFER_O_AGAIN, XFER_R_INTERNAL, false } },
	{ LOST, STATUS(0), { TRANSFER_O_AGAIN, XFER_R_INTERNAL, true } },
	{ LOST, STATUS(XFER_R_STREAM), { TRANSFER_O_AGAIN, XFER_R_INTERNAL, false } },
	{ STATUS(256 + 9), STATUS(XFER_R_STREAM), { TRANSFER_O_AGAIN, XFER_R_INTERNAL, false } },
	{ STATUS(256 + 13), LOST, { TRANSFER_O_AGAIN, XFER_R_INTERNAL, false } },
	{ NEVER, LOST, { TRANSFER_O_AGAIN, XFER_R_INTERNAL, false } },
	{ NEVER, STATUS(0), { TRANSFER_O_AGAIN, XFER_R_INTERNAL, true } },
	{ NEVER, STATUS(-EBUSY), { TRANSFER_O_AGAIN, XFER_R_INTERNAL, false } },
	{ NEVER, STATUS(-ENOENT), { TRANSFER_O_FAILED, XFER_R_USAGE, false } },
	{ NEVER, STATUS(-ENOSYS), { TRANSFER_O_FAILED, XFER_R_INTERNAL, false } },
	{ STATUS(256 + 13), STATUS(XFER_R_NO_SPACE), { TRANSFER_O_FAILED, XFER_R_NO_SPACE, false } },
	{ STATUS(XFER_R_NOT_FOUND), STATUS(XFER_R_STREAM), { TRANSFER_O_FAILED, XFER_R_NOT_FOUND, true } },
	{ STATUS(XFER_R_PATH), LOST, { TRANSFER_O_FAILED, XFER_R_PATH, true } },
	{ STATUS(0), STATUS(XFER_R_OPEN), { TRANSFER_O_FAILED, XFER_R_OPEN, false } },
	{ STATUS(256 + 13), STATUS(XFER_R_MISMATCH), { TRANSFER_O_ANEW, XFER_R_MISMATCH, false } },
	{ STATUS(0), STATUS(XFER_R_HASH), { TRANSFER_O_ANEW, XFER_R_HASH, false } },
	{ STATUS(-EBADMSG), STATUS(XFER_R_STREAM), { TRANSFER_O_FAILED, XFER_R_PROTOCOL, true } },
	{ STATUS(0), STATUS(-EBADMSG), { TRANSFER_O_FAILED, XFER_R_PROTOCOL, false } },
	{ STATUS(-EPERM), STATUS(XFER_R_STREAM), { TRANSFER_O_FAILED, XFER_R_REVOKED, true } },
	{ STATUS(1), STATUS(XFER_R_STREAM), { TRANSFER_O_FAILED, XFER_R_INTERNAL, true } },
	{ STATUS(200), STATUS(0), { TRANSFER_O_FAILED, XFER_R_INTERNAL, true } },
};

static void test_verdicts(void **state)
{
	for (size_t i = 0; i < COUNT(verdicts); i++) {
		struct transfer_verdict v = transfer_judge(&verdicts[i].sender, &verdicts[i].receiver);

		assert_int_equal(v.outcome, verdicts[i].verdict.outcome);
		assert_int_equal(v.reason, verdicts[i].verdict.reason);
		assert_int_equal(v.by_sender, verdicts[i].verdict.by_sender);
	}
}

/* Of all that two couriers may say, only two zeros (or a sender that left something out) are an end that is good. */
static void test_only_both_make_done(void **state)
{
	for (int32_t s = -200; s <= 330; s++) {
		for (int32_t r = -200; r <= 330; r++) {
			const struct transfer_end sender = { true, false, s }, receiver = { true, false, r };
			struct transfer_verdict v = transfer_judge(&sender, &receiver);

			assert_int_equal(v.outcome == TRANSFER_O_DONE, s == 0 && r == 0);
			if (v.outcome == TRANSFER_O_FAILED)
				assert_int_not_equal(v.reason, XFER_OK);
		}
	}
}

static void test_tries(void **state)
{
	struct transfer_tries tries = { 0 };
	struct xfer_point point = { 0 };

	assert_int_equal(transfer_tries_next(&tries), 200);
	assert_int_equal(transfer_tries_next(&tries), 400);
	for (unsigned i = 2; i < TRANSFER_TRIES_MAX; i++) {
		int delay = transfer_tries_next(&tries);

		assert_in_range(delay, 400, TRANSFER_DELAY_MAX);
		transfer_tries_point(&tries, &point);
	}
	assert_int_equal(transfer_tries_next(&tries), -ETIME);
	point.offset = XFER_DATA_MAX;
	transfer_tries_point(&tries, &point);
	assert_int_equal(transfer_tries_next(&tries), 200);
	point = (struct xfer_point){ .entry = 1 };
	transfer_tries_point(&tries, &point);
	assert_int_equal(transfer_tries_next(&tries), 200);
	point = (struct xfer_point){ .offset = 8 * XFER_DATA_MAX };
	transfer_tries_point(&tries, &point);
	assert_int_equal(transfer_tries_next(&tries), 400);
	point = (struct xfer_point){ .item = 1 };
	transfer_tries_point(&tries, &point);
	assert_int_equal(transfer_tries_next(&tries), 200);
}

static void test_names(void **state)
{
	enum transfer_kind kind;

	for (unsigned i = 0; i < TRANSFER_KINDS; i++) {
		assert_int_equal(transfer_kind_parse(transfer_kind_name((enum transfer_kind)i), &kind), 0);
		assert_int_equal(kind, i);
	}
	assert_int_equal(transfer_kind_parse("paste", &kind), -EINVAL);
	assert_string_equal(transfer_state_name(TRANSFER_DENIED), "denied");
	assert_false(transfer_may_resume(XFER_R_REVOKED));
	assert_true(transfer_may_resume(XFER_R_STALLED));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_no_way_around),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_only_both_make_done),
		cmocka_unit_test(test_tries),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
