/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/common/ask.h"
#include "tests/unit/unit.h"

struct packet {
	uint8_t bytes[256];
	size_t len;
};

static struct packet make(const struct ask_request *head, char *const *strings)
{
	struct packet p = { 0 };
	struct ask_request r = *head;
	int len = ctl_args_encode(strings, NULL, p.bytes + sizeof(r), sizeof(p.bytes) - sizeof(r));

	assert_true(len > 0);
	r.len = (uint32_t)len;
	memcpy(p.bytes, &r, sizeof(r));
	p.len = sizeof(r) + r.len;
	return p;
}

/* A copy of exactly its length, which a sanitizer guards, and which must stay as it is. */
static int check(const struct packet *p, size_t len, struct ask_request *ret)
{
	uint8_t *copy = malloc(len ? len : 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, p->bytes, len);
	r = ask_check_request(copy, len, ret);
	assert_memory_equal(copy, p->bytes, len);
	free(copy);
	return r;
}

#define STRINGS(...)                      \
	(char *const[])                   \
	{                                 \
		__VA_ARGS__, (char *)NULL \
	}

static const struct ask_request send = { .kind = CTL_REQUEST_SEND, .files = 2, .bytes = 5 };

static void test_request(void **state)
{
	struct packet p = make(&send, STRINGS("web", "/a", "b"));
	struct ask_request back = { 0 };

	assert_int_equal(check(&p, p.len, &back), 0);
	assert_int_equal(back.kind, CTL_REQUEST_SEND);
	assert_int_equal(back.files, 2);
	assert_int_equal(back.bytes, 5);
	assert_int_equal(back.len, p.len - sizeof(back));
	for (size_t cut = 0; cut < p.len; cut++)
		assert_int_equal(check(&p, cut, &back), -EBADMSG);
	assert_int_equal(check(&p, p.len + 1, &back), -EBADMSG);
}

#define REFUSED(change, ...)                                              \
	do {                                                              \
		struct ask_request r = send, back;                        \
		struct packet p;                                          \
		change;                                                   \
		p = make(&r, STRINGS(__VA_ARGS__));                       \
		if (check(&p, p.len, &back) != -EBADMSG)                  \
			fail_msg("taken: %s, %s", #change, #__VA_ARGS__); \
	} while (0)

static void test_bounds(void **state)
{
	REFUSED(r.kind = 0, "web", "a");
	REFUSED(r.kind = CTL_REQUEST_URL + 1, "web", "a");
	REFUSED(r.kind = 256 + CTL_REQUEST_SEND, "web", "a");
	REFUSED(r.zero = 1, "web", "a");
	REFUSED(r.kind = CTL_REQUEST_SEND, "web");
	REFUSED(r.kind = CTL_REQUEST_SEND, "we/b", "a");
	REFUSED(r.kind = CTL_REQUEST_OPEN, "web", "a", "b");
	REFUSED(r.kind = CTL_REQUEST_URL, "web", "file:///a");
}

static void test_environment(void **state)
{
	static char *const env[] = { "A=1", NULL };
	struct packet p = { 0 };
	struct ask_request r = send;
	int len = ctl_args_encode(STRINGS("web", "a"), env, p.bytes + sizeof(r), sizeof(p.bytes) - sizeof(r));

	assert_true(len > 0);
	r.len = (uint32_t)len;
	memcpy(p.bytes, &r, sizeof(r));
	assert_int_equal(check(&p, sizeof(r) + r.len, &r), -EBADMSG);
}

static void test_answer(void **state)
{
	struct ask_answer a = { .status = CTL_ANSWER_ASKED };

	for (size_t len = 0; len < 2 * sizeof(a); len++)
		assert_int_equal(ask_check_answer(&a, len), len == sizeof(a) ? 0 : -EBADMSG);
	for (uint32_t status = 0; status < 10; status++) {
		bool known = status >= CTL_ANSWER_ASKED && status <= CTL_ANSWER_FAILED;

		a.status = status;
		assert_int_equal(ask_check_answer(&a, sizeof(a)), known ? 0 : -EBADMSG);
		assert_int_equal(ask_is_final(&a), status >= CTL_ANSWER_DONE);
	}
	a = (struct ask_answer){ .status = CTL_ANSWER_FAILED, .reason = CTL_REASON_MAX + 1 };
	assert_int_equal(ask_check_answer(&a, sizeof(a)), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
