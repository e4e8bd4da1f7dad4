/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/apps.h"
#include "proto/ctl.h"
#include "proto/notification.h"
#include "proto/uapi/vmos_channel.h"
#include "tests/unit/unit.h"

#define HEAD(t) .type = (t), .seq = 77

/* One good message of each type; the stream messages of both directions. */
static const struct ctl_msg good[] = {
	{ .head = { HEAD(CTL_HELLO) }, .hello = { .version = 1, .gos = CTL_GOS_LINUX, .features = 9 } },
	{ .head = { HEAD(CTL_READY) }, .ready = { .boot_ns = 1ull << 40 } },
	{ .head = { HEAD(CTL_STATS) },
		.stats = { .cpu_permille = 1500,
			.mem_total_kib = 2,
			.mem_used_kib = 2,
			.disk_total = 8,
			.disk_used = 7 } },
	{ .head = { HEAD(CTL_BYE) } },
	{ .head = { HEAD(CTL_STARTED) }, .started = { .id = 1, .pid = 400 } },
	{ .head = { HEAD(CTL_STARTED) }, .started = { .id = 1, .pid = 1, .relay = UINT32_MAX } },
	{ .head = { HEAD(CTL_EXIT) }, .exit = { .id = 1, .status = -2 } },
	{ .head = { HEAD(CTL_REQUEST) },
		.request = { .id = 1,
			.files = 3,
			.kind = CTL_REQUEST_URL,
			.blob = { .off = 64, .len = CTL_ARGS_MAX },
			.bytes = 1ull << 40 } },
	{ .head = { HEAD(CTL_CANCEL) }, .cancel = { .id = 1 } },
	{ .head = { HEAD(CTL_OWNER) }, .owner = { .id = 1, .name = "a program's name of 39 characters, in ~" } },
	{ .head = { HEAD(CTL_CLOCK) },
		.clock = { .id = 1, .error_us = CTL_CLOCK_ERROR_MAX, .realtime_ns = CTL_CLOCK_MAX } },
	{ .head = { HEAD(CTL_CLOCK) }, .clock = { .id = 1, .status = CTL_CLOCK_STATUS_MAX } },
	{ .head = { HEAD(CTL_APP) },
		.app = { .index = APPS_MAX - 1,
			.count = APPS_MAX,
			.blob = { .off = VMOS_CTL_BLOB - APP_WIRE_BYTES, .len = APP_WIRE_BYTES } } },
	{ .head = { HEAD(CTL_APP) } },
	{ .head = { HEAD(CTL_NOTIFY) },
		.notify = { .id = UINT32_MAX,
			.timeout_ms = NOTIFICATION_TIMEOUT_MAX,
			.urgency = NOTIFICATION_CRITICAL,
			.blob = { .off = VMOS_CTL_BLOB - NOTIFICATION_WIRE_BYTES, .len = NOTIFICATION_WIRE_BYTES } } },
	{ .head = { HEAD(CTL_UNNOTIFY) }, .unnotify = { .id = 1 } },
	{ .head = { HEAD(CTL_STDIO) }, .stdio = { .id = 1, .fd = 1, .blob = { .off = 64, .len = CTL_CHUNK } } },
	{ .head = { HEAD(CTL_STDIO) }, .stdio = { .id = 1, .fd = 0, .blob = { .off = VMOS_CTL_BLOB - 1, .len = 1 } } },
	{ .head = { HEAD(CTL_EOF) }, .eof = { .id = 1, .fd = 2 } },
	{ .head = { HEAD(CTL_CREDIT) }, .credit = { .id = 1, .fd = 0, .bytes = CTL_WINDOW } },
	{ .head = { HEAD(CTL_CREDIT) }, .credit = { .id = 1, .fd = 2, .bytes = 1 } },
	{ .head = { HEAD(CTL_RUN) },
		.run = { .id = 1,
			.uid_class = CTL_UID_ROOT,
			.flags = CTL_RUN_PTY,
			.rows = 24,
			.cols = 80,
			.blob = { .off = 0, .len = CTL_ARGS_MAX } } },
	{ .head = { HEAD(CTL_RUN) },
		.run = { .id = 1,
			.flags = CTL_RUN_SEND,
			.blob = { .off = 0, .len = 5 },
			.relay = UINT32_MAX,
			.area = VMOS_AREAS - 1 } },
	{ .head = { HEAD(CTL_WINCH) }, .winch = { .id = 1, .rows = 50, .cols = 132 } },
	{ .head = { HEAD(CTL_SIGNAL) }, .signal = { .id = 1, .signo = 15 } },
	{ .head = { HEAD(CTL_SHUTDOWN) } },
	{ .head = { HEAD(CTL_TIME) }, .time = { .realtime_ns = UINT64_MAX } },
	{ .head = { HEAD(CTL_PING) }, .ping = { .cookie = 1 } },
	{ .head = { HEAD(CTL_STATS_REQ) } },
	{ .head = { HEAD(CTL_ANSWER) },
		.answer = { .id = 1,
			.status = CTL_ANSWER_FAILED,
			.reason = CTL_REASON_MAX,
			.done = 1,
			.total = UINT64_MAX } },
	{ .head = { HEAD(CTL_OWNER_REQ) }, .owner_req = { .id = 1, .proto = 6, .port = 65535 } },
	{ .head = { HEAD(CTL_CLOCK_REQ) }, .clock_req = { .id = 1, .server = "[2001:db8:aaaa:bbbb:cccc::1]:65535" } },
	{ .head = { HEAD(CTL_APPS_REQ) } },
	{ .head = { HEAD(CTL_NOTIFY_REQ) } },
	{ .head = { HEAD(CTL_NOTIFIED) }, .notified = { .id = 1, .how = NOTIFICATION_CLICKED } },
	{ .head = { HEAD(CTL_PONG) }, .ping = { .cookie = 1 } },
};

static const struct ctl_msg *good_of(uint16_t type)
{
	for (size_t i = 0; i < COUNT(good); i++)
		if (good[i].head.type == type)
			return &good[i];
	fail_msg("no good message of type %u", type);
	return NULL;
}

static int decode_any(const struct msg *m, struct ctl_msg *ret)
{
	return ctl_decode_guest(m, ret) == 0 ? 0 : ctl_decode_host(m, ret);
}

static void test_round_trip(void **state)
{
	for (size_t i = 0; i < COUNT(good); i++) {
		struct msg m;
		struct ctl_msg back;

		assert_int_equal(ctl_encode(&good[i], &m), 0);
		assert_int_equal(decode_any(&m, &back), 0);
		if (memcmp(&back, &good[i], sizeof(back)) != 0)
			fail_msg("%s does not survive", ctl_type_name(good[i].head.type));
	}
}

static void check_way(const struct ctl_msg *c, bool to_host, bool to_guest)
{
	struct msg m;
	struct ctl_msg back;

	assert_int_equal(ctl_encode(c, &m), 0);
	if (ctl_decode_guest(&m, &back) != (to_host ? 0 : -EBADMSG))
		fail_msg("%s to the host", ctl_type_name(c->head.type));
	if (ctl_decode_host(&m, &back) != (to_guest ? 0 : -EBADMSG))
		fail_msg("%s to the guest", ctl_type_name(c->head.type));
}

static void test_direction(void **state)
{
	for (size_t i = 0; i < COUNT(good); i++) {
		const struct ctl_msg *c = &good[i];
		uint16_t type = c->head.type;

		if (type == CTL_STDIO)
			check_way(c, c->stdio.fd != 0, c->stdio.fd == 0);
		else if (type == CTL_CREDIT)
			check_way(c, c->credit.fd == 0, c->credit.fd != 0);
		else if (type == CTL_EOF)
			check_way(c, true, true);
		else
			check_way(c, type <= CTL_UNNOTIFY || type == CTL_PONG, type >= CTL_RUN && type <= CTL_NOTIFIED);
	}
}

static void check_canonical(const struct msg *m)
{
	struct ctl_msg c;
	struct msg again;

	if (decode_any(m, &c) < 0)
		return;
	assert_int_equal(ctl_encode(&c, &again), 0);
	assert_memory_equal(again.bytes, m->bytes, MSG_SIZE);
}

static void test_mutations(void **state)
{
	uint64_t seed = 2;

	for (size_t i = 0; i < COUNT(good); i++) {
		for (size_t bit = 0; bit < MSG_SIZE * 8; bit++) {
			struct msg m;

			assert_int_equal(ctl_encode(&good[i], &m), 0);
			m.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
			check_canonical(&m);
		}
	}
	for (unsigned n = 0; n < 200000; n++) {
		struct msg m;

		assert_int_equal(ctl_encode(&good[n % COUNT(good)], &m), 0);
		for (unsigned changes = 1 + n % 6; changes > 0; changes--) {
			uint64_t r = unit_random(&seed);

			m.bytes[r % MSG_SIZE] = (uint8_t)(r >> 16);
		}
		check_canonical(&m);
	}
}

static void test_refused_leaves_result(void **state)
{
	struct msg m;
	struct ctl_msg c, before;

	memset(&c, 0x5a, sizeof(c));
	before = c;
	memset(&m, 0xff, sizeof(m));
	assert_int_equal(ctl_decode_guest(&m, &c), -EBADMSG);
	assert_int_equal(ctl_decode_host(&m, &c), -EBADMSG);
	assert_memory_equal(&c, &before, sizeof(c));
}

#define REFUSED(type, change)                                                   \
	do {                                                                    \
		struct ctl_msg c = *good_of(type);                              \
		struct msg m;                                                   \
		change;                                                         \
		if (ctl_encode(&c, &m) != -EINVAL)                              \
			fail_msg("%s taken: %s", ctl_type_name(type), #change); \
	} while (0)

static void test_bounds(void **state)
{
	REFUSED(CTL_HELLO, c.hello.gos = 3);
	REFUSED(CTL_HELLO, c.hello.version = 0);
	REFUSED(CTL_HELLO, c.head.win = 1);
	REFUSED(CTL_HELLO, c.head.serial = 1);
	REFUSED(CTL_HELLO, c.head.flags = 1);
	REFUSED(CTL_STATS, c.stats.mem_used_kib = 3);
	REFUSED(CTL_STATS, c.stats.disk_used = 9);
	REFUSED(CTL_STATS, c.stats.cpu_permille = UINT32_MAX);
	REFUSED(CTL_STARTED, c.started.id = 0);
	REFUSED(CTL_STARTED, c.started.pid = 0);
	REFUSED(CTL_STARTED, c.started.pid = 0x80000000u);
	REFUSED(CTL_EXIT, c.exit.status = 256);
	REFUSED(CTL_EXIT, c.exit.status = 321);
	REFUSED(CTL_EXIT, c.exit.status = -4096);
	REFUSED(CTL_STDIO, c.stdio.fd = 3);
	REFUSED(CTL_STDIO, c.stdio.blob.len = 0);
	REFUSED(CTL_STDIO, c.stdio.blob.len = CTL_CHUNK + 1);
	REFUSED(CTL_STDIO, c.stdio.blob.off = VMOS_CTL_BLOB - CTL_CHUNK + 1);
	REFUSED(CTL_STDIO, c.stdio.blob.off = UINT32_MAX);
	REFUSED(CTL_EOF, c.eof.fd = 3);
	REFUSED(CTL_CREDIT, c.credit.bytes = 0);
	REFUSED(CTL_CREDIT, c.credit.bytes = CTL_WINDOW + 1);
	REFUSED(CTL_RUN, c.run.id = 0);
	REFUSED(CTL_RUN, c.run.uid_class = 2);
	REFUSED(CTL_RUN, c.run.flags = 0x40);
	REFUSED(CTL_RUN, c.run.flags = CTL_RUN_PTY | CTL_RUN_SEND);
	REFUSED(CTL_RUN, c.run.blob.len = CTL_ARGS_MAX + 1);
	REFUSED(CTL_RUN, c.run.blob.len = 4);
	REFUSED(CTL_RUN, c.run.relay = 1);
	REFUSED(CTL_RUN, c.run.area = 1);
	REFUSED(CTL_RUN, (c.run.flags = CTL_RUN_URL, c.run.relay = 1));
	REFUSED(CTL_RUN, (c.run.flags = CTL_RUN_SEND, c.run.area = 1));
	REFUSED(CTL_RUN, (c.run.flags = CTL_RUN_RECEIVE, c.run.relay = 1, c.run.area = VMOS_AREAS));
	REFUSED(CTL_SIGNAL, c.signal.signo = 0);
	REFUSED(CTL_SIGNAL, c.signal.signo = 65);
	REFUSED(CTL_WINCH, c.winch.id = 0);
	REFUSED(CTL_REQUEST, c.request.id = 0);
	REFUSED(CTL_REQUEST, c.request.kind = 0);
	REFUSED(CTL_REQUEST, c.request.kind = CTL_REQUEST_URL + 1);
	REFUSED(CTL_REQUEST, c.request.blob.len = 4);
	REFUSED(CTL_REQUEST, c.request.blob.len = CTL_ARGS_MAX + 1);
	REFUSED(CTL_REQUEST, c.request.blob.off = VMOS_CTL_BLOB - CTL_ARGS_MAX + 1);
	REFUSED(CTL_CANCEL, c.cancel.id = 0);
	REFUSED(CTL_ANSWER, c.answer.id = 0);
	REFUSED(CTL_ANSWER, c.answer.status = 0);
	REFUSED(CTL_ANSWER, c.answer.status = CTL_ANSWER_FAILED + 1);
	REFUSED(CTL_ANSWER, c.answer.reason = CTL_REASON_MAX + 1);
}

static void test_owner_bounds(void **state)
{
	struct ctl_msg none = { .head = { HEAD(CTL_OWNER) }, .owner.id = 1 };
	struct msg raw;

	REFUSED(CTL_OWNER_REQ, c.owner_req.id = 0);
	REFUSED(CTL_OWNER_REQ, c.owner_req.proto = 0);
	REFUSED(CTL_OWNER_REQ, c.owner_req.proto = 2);
	REFUSED(CTL_OWNER_REQ, c.owner_req.port = 0);
	REFUSED(CTL_OWNER, c.owner.id = 0);
	REFUSED(CTL_OWNER, memset(c.owner.name, 'a', sizeof(c.owner.name))); /* no NUL */
	REFUSED(CTL_OWNER, c.owner.name[3] = '\n');
	REFUSED(CTL_OWNER, c.owner.name[3] = '\x7f');
	REFUSED(CTL_OWNER, c.owner.name[3] = '\x80');
	REFUSED(CTL_OWNER, c.owner.name[3] = '\0'); /* something behind the NUL */
	assert_int_equal(ctl_encode(&none, &raw), 0);
	for (uint32_t proto = 0; proto < 256; proto++) {
		bool ping = proto == 1 || proto == 58, port = proto == 6 || proto == 17;

		assert_int_equal(ctl_owner_ok(proto, 0), ping);
		assert_int_equal(ctl_owner_ok(proto, 1), ping || port);
	}
}

static void test_clock_bounds(void **state)
{
	REFUSED(CTL_CLOCK, c.clock.id = 0);
	REFUSED(CTL_CLOCK, c.clock.status = CTL_CLOCK_STATUS_MAX + 1);
	REFUSED(CTL_CLOCK, c.clock.status = CTL_CLOCK_UNSURE); /* with a time all the same */
	REFUSED(CTL_CLOCK, (c.clock.status = CTL_CLOCK_UNSURE, c.clock.realtime_ns = 0));
	REFUSED(CTL_CLOCK, (c.clock.status = CTL_CLOCK_UNSURE, c.clock.error_us = 0));
	REFUSED(CTL_CLOCK, c.clock.error_us = CTL_CLOCK_ERROR_MAX + 1);
	REFUSED(CTL_CLOCK, c.clock.realtime_ns = CTL_CLOCK_MAX + 1);
	REFUSED(CTL_CLOCK, c.clock.realtime_ns = CTL_CLOCK_MIN - 1);
	REFUSED(CTL_CLOCK, c.clock.realtime_ns = 0);
	REFUSED(CTL_APP, c.app.index = APPS_MAX);
	REFUSED(CTL_APP, c.app.count = APPS_MAX + 1);
	REFUSED(CTL_APP, c.app.count = 0); /* with an index and a blob all the same */
	REFUSED(CTL_APP, (c.app.count = 0, c.app.index = 0));
	REFUSED(CTL_APP, c.app.blob.len = APP_WIRE_BYTES - 1);
	REFUSED(CTL_APP, c.app.blob.off++);
	REFUSED(CTL_CLOCK_REQ, c.clock_req.id = 0);
	REFUSED(CTL_CLOCK_REQ, memset(c.clock_req.server, 0, CTL_SERVER_MAX));
	REFUSED(CTL_CLOCK_REQ, memset(c.clock_req.server, 'a', CTL_SERVER_MAX)); /* no NUL */
	REFUSED(CTL_CLOCK_REQ, c.clock_req.server[CTL_SERVER_MAX - 1] = 'a'); /* something behind the NUL */
	REFUSED(CTL_CLOCK_REQ, c.clock_req.server[3] = ' ');
}

static void test_servers(void **state)
{
	static const struct {
		const char *text, *host; /* NULL: refused */
		uint16_t port;
	} all[] = {
		{ "2.debian.pool.ntp.org", "2.debian.pool.ntp.org", 123 },
		{ "192.0.2.1:1123", "192.0.2.1", 1123 },
		{ "[::1]", "::1", 123 },
		{ "[2001:db8::1]:65535", "2001:db8::1", 65535 },
		{ "a.host.name.of.more.characters.than.it.", "a.host.name.of.more.characters.than.it.", 123 },
		{ "", NULL, 0 },
		{ "-a", NULL, 0 },
		{ "host:", NULL, 0 },
		{ "host:0", NULL, 0 },
		{ "host:65536", NULL, 0 },
		{ "host:99999999999999999999", NULL, 0 },
		{ "host:12a", NULL, 0 },
		{ "host name", NULL, 0 },
		{ "host\n", NULL, 0 },
		{ "::1", NULL, 0 },
		{ "[::1", NULL, 0 },
		{ "[]:1", NULL, 0 },
		{ "[::1]123", NULL, 0 },
		{ "h\xc3\xb6st", NULL, 0 },
		{ "a.host.name.of.more.characters.than.it.m", NULL, 0 },
	};
	char host[CTL_SERVER_MAX];
	uint16_t port;

	for (size_t i = 0; i < COUNT(all); i++) {
		if (ctl_server_parse(all[i].text, host, &port) != (all[i].host ? 0 : -EINVAL))
			fail_msg("\"%s\"", all[i].text);
		if (!all[i].host)
			continue;
		assert_string_equal(host, all[i].host);
		assert_int_equal(port, all[i].port);
	}
}

/* Copies exactly @len bytes to the heap, so that a sanitizer sees every byte read beyond. */
static int check_args(const uint8_t *blob, size_t len, uint16_t *ret_argc, uint16_t *ret_envc)
{
	uint8_t *copy = malloc(len ? len : 1);
	int ret;

	assert_non_null(copy);
	memcpy(copy, blob, len);
	ret = ctl_args_check(copy, len, ret_argc, ret_envc);
	free(copy);
	return ret;
}

static void test_args_round_trip(void **state)
{
	static char *const argv[] = { "foot", "", "-e", "a b", NULL };
	static char *const envv[] = { "A=1", "=", NULL };
	uint8_t blob[64];
	char *strv[8];
	uint16_t argc, envc;
	int len = ctl_args_encode(argv, envv, blob, sizeof(blob));

	assert_int_equal(len, 4 + 5 + 1 + 3 + 4 + 4 + 2);
	assert_int_equal(ctl_args_encode(argv, envv, NULL, 0), len);
	assert_int_equal(check_args(blob, (size_t)len, &argc, &envc), 0);
	assert_int_equal(argc, 4);
	assert_int_equal(envc, 2);
	ctl_args_fill(blob, argc, envc, strv);
	for (int i = 0; i < 4; i++)
		assert_string_equal(strv[i], argv[i]);
	assert_null(strv[4]);
	assert_string_equal(strv[5], "A=1");
	assert_string_equal(strv[6], "=");
	assert_null(strv[7]);
}

static void test_args_without_environment(void **state)
{
	static char *const argv[] = { "x", NULL };
	uint8_t blob[8];
	char *strv[3] = { "", "", "" };
	uint16_t argc, envc;
	int len = ctl_args_encode(argv, NULL, blob, sizeof(blob));

	assert_int_equal(len, 6);
	assert_int_equal(check_args(blob, 6, &argc, &envc), 0);
	ctl_args_fill(blob, argc, envc, strv);
	assert_string_equal(strv[0], "x");
	assert_null(strv[1]);
	assert_null(strv[2]);
}

/* Cut anywhere, or with one byte more, a blob is refused. */
static void test_args_truncated(void **state)
{
	static char *const argv[] = { "foot", "-e", NULL };
	static char *const envv[] = { "A=1", NULL };
	uint8_t blob[64] = { 0 };
	uint16_t argc, envc;
	int len = ctl_args_encode(argv, envv, blob, sizeof(blob));

	assert_true(len > 0);
	for (size_t cut = 0; cut < (size_t)len; cut++)
		assert_int_equal(check_args(blob, cut, &argc, &envc), -EBADMSG);
	assert_int_equal(check_args(blob, (size_t)len + 1, &argc, &envc), -EBADMSG);
}

static void test_args_bad(void **state)
{
	uint16_t argc, envc;

	assert_int_equal(check_args((const uint8_t *)"\0\0\0\0", 4, &argc, &envc), -EBADMSG); /* no program */
	assert_int_equal(check_args((const uint8_t *)"\1\0\1\0a\0b\0", 8, &argc, &envc), -EBADMSG); /* no '=' */
	assert_int_equal(check_args((const uint8_t *)"\1\0\1\0a\0b=\0", 9, &argc, &envc), 0);
	assert_int_equal(check_args((const uint8_t *)"\xff\xff\0\0a\0", 6, &argc, &envc), -EBADMSG);
	assert_int_equal(check_args((const uint8_t *)"\1\0\xff\xff"
						     "a\0",
				 6, &argc, &envc),
		-EBADMSG);
}

static void test_args_limits(void **state)
{
	char *many[CTL_ARGC_MAX + 2] = { NULL };
	char *none[] = { NULL };
	static char big[CTL_ARGS_MAX];
	static uint8_t blob[CTL_ARGS_MAX + 8];
	char *one[] = { big, NULL };
	uint16_t argc, envc;

	for (size_t i = 0; i < CTL_ARGC_MAX; i++)
		many[i] = "=";
	assert_int_equal(ctl_args_encode(many, many, blob, sizeof(blob)), 4 + 2 * 2 * CTL_ARGC_MAX);
	assert_int_equal(ctl_args_check(blob, 4 + 2 * 2 * CTL_ARGC_MAX, &argc, &envc), 0);
	many[CTL_ARGC_MAX] = "=";
	assert_int_equal(ctl_args_encode(many, NULL, blob, sizeof(blob)), -E2BIG);
	assert_int_equal(ctl_args_encode(none, NULL, blob, sizeof(blob)), -E2BIG);
	memset(big, 'x', CTL_ARGS_MAX - 5);
	assert_int_equal(ctl_args_encode(one, NULL, blob, sizeof(blob)), CTL_ARGS_MAX);
	assert_int_equal(ctl_args_check(blob, CTL_ARGS_MAX, &argc, &envc), 0);
	big[CTL_ARGS_MAX - 5] = 'x';
	assert_int_equal(ctl_args_encode(one, NULL, blob, sizeof(blob)), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_direction),
		cmocka_unit_test(test_mutations),
		cmocka_unit_test(test_refused_leaves_result),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_owner_bounds),
		cmocka_unit_test(test_clock_bounds),
		cmocka_unit_test(test_servers),
		cmocka_unit_test(test_args_round_trip),
		cmocka_unit_test(test_args_without_environment),
		cmocka_unit_test(test_args_truncated),
		cmocka_unit_test(test_args_bad),
		cmocka_unit_test(test_args_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
