/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "proto/tap.h"
#include "tests/unit/unit.h"

#define FLOW .index = 1, .generation = 2, .line = UINT32_MAX, .proto = NET_TCP, .port = 443

static const struct tap_msg requests[] = {
	{ .type = TAP_SETUP, .nfds = 2, .setup = { .net = "net0" } },
	{ .type = TAP_NET, .nfds = 2 },
	{ .type = TAP_LINK, .nfds = 2, .link = { .index = NETPLAN_INDEX_MAX } },
	{ .type = TAP_UNLINK, .id = { .index = 1 } },
	{ .type = TAP_LIST, .list = { .index = 1, .count = TAP_LINES_MAX, .fallback = NET_ASK } },
	{ .type = TAP_LINE,
		.line = { .index = 1,
			.number = TAP_LINES_MAX - 1,
			.target = { .action = NET_ALLOW,
				.kind = NET_NAME,
				.port_high = 65535,
				.name = "example.org" } } },
	{ .type = TAP_ANSWER, .answer = { .index = 1, .id = 1, .allow = 1 } },
	{ .type = TAP_FLOWS },
	{ .type = TAP_QUERY },
	{ .type = TAP_ADOPT },
	{ .type = TAP_QUIT },
	{ .type = TAP_SETUP, .nfds = 2 + TAP_KERNEL_FDS, .setup = { .net = "net0", .fabric = TAP_FABRIC_KERNEL } },
	{ .type = TAP_NET, .link = { .ifindex = INT32_MAX } },
	{ .type = TAP_LINK, .link = { .index = 1, .ifindex = 1 } },
};

static const struct tap_msg reports[] = {
	{ .type = TAP_UP },
	{ .type = TAP_STATE, .nfds = 1 },
	{ .type = TAP_HAVE, .id = { .index = 1 } },
	{ .type = TAP_QUESTION, .flow = { FLOW, .id = 7, .action = NET_ASK, .name = "example.org" } },
	{ .type = TAP_WITHDRAW, .id = { .index = 1, .id = 7 } },
	{ .type = TAP_FLOW, .flow = { FLOW, .action = NET_ALLOW } },
	{ .type = TAP_FLOWS_END },
	{ .type = TAP_LOG, .flow = { FLOW, .event = TAP_EVENT_NAME, .name = "a.b" } },
	{ .type = TAP_STATS, .stats = { .flows = TAP_FLOWS_MAX, .waiting = TAP_WAITING_MAX } },
	{ .type = TAP_FAILED, .fail = { .reason = TAP_REASON_PROTOCOL, .text = "why" } },
};

static void test_good(void **state)
{
	for (size_t i = 0; i < COUNT(requests); i++) {
		if (tap_check_request(&requests[i], sizeof(requests[i]), requests[i].nfds) < 0)
			fail_msg("refused: request %zu", i);
		assert_int_equal(tap_check_report(&requests[i], sizeof(requests[i]), requests[i].nfds), -EBADMSG);
	}
	for (size_t i = 0; i < COUNT(reports); i++) {
		if (tap_check_report(&reports[i], sizeof(reports[i]), reports[i].nfds) < 0)
			fail_msg("refused: report %zu", i);
		assert_int_equal(tap_check_request(&reports[i], sizeof(reports[i]), reports[i].nfds), -EBADMSG);
	}
}

static void test_size_and_fds(void **state)
{
	struct tap_msg m;

	for (size_t i = 0; i < COUNT(requests); i++) {
		m = requests[i];
		for (size_t len = 0; len < sizeof(m); len++)
			assert_int_equal(tap_check_request(&m, len, m.nfds), -EBADMSG);
		assert_int_equal(tap_check_request(&m, sizeof(m) + 1, m.nfds), -EBADMSG);
	}
	for (size_t i = 0; i < COUNT(requests); i++) {
		for (unsigned nfds = 0; nfds < TAP_FDS_MAX + 2; nfds++) {
			m = requests[i];
			m.nfds = nfds;
			assert_int_equal(
				tap_check_request(&m, sizeof(m), nfds), nfds == requests[i].nfds ? 0 : -EBADMSG);
			assert_int_equal(tap_check_request(&m, sizeof(m), nfds + 1), -EBADMSG);
		}
	}
}

#define REFUSED(check, good, change)                          \
	do {                                                  \
		struct tap_msg m = (good);                    \
		change;                                       \
		if (check(&m, sizeof(m), m.nfds) != -EBADMSG) \
			fail_msg("taken: %s", #change);       \
	} while (0)

static void test_request_bounds(void **state)
{
	REFUSED(tap_check_request, requests[0], memset(m.setup.net, 'a', sizeof(m.setup.net)));
	REFUSED(tap_check_request, requests[0], m.setup.net[0] = '/');
	REFUSED(tap_check_request, requests[2], m.link.index = 0);
	REFUSED(tap_check_request, requests[2], m.link.index = NETPLAN_INDEX_MAX + 1);
	REFUSED(tap_check_request, requests[3], m.id.index = 0);
	REFUSED(tap_check_request, requests[3], m.id.id = 1);
	REFUSED(tap_check_request, requests[4], m.list.index = 0);
	REFUSED(tap_check_request, requests[4], m.list.count++);
	REFUSED(tap_check_request, requests[4], m.list.fallback++);
	REFUSED(tap_check_request, requests[5], m.line.index = 0);
	REFUSED(tap_check_request, requests[5], m.line.number++);
	REFUSED(tap_check_request, requests[5], m.line.target.action = NET_ASK + 1);
	REFUSED(tap_check_request, requests[5], m.line.target.kind = NET_NETWORK + 1);
	REFUSED(tap_check_request, requests[5], m.line.target.name[0] = 'E');
	REFUSED(tap_check_request, requests[5], m.line.target.name[0] = 0);
	REFUSED(tap_check_request, requests[5], memset(m.line.target.name, 'a', sizeof(m.line.target.name)));
	REFUSED(tap_check_request, requests[6], m.answer.index = 0);
	REFUSED(tap_check_request, requests[6], m.answer.id = 0);
	REFUSED(tap_check_request, requests[6], m.answer.allow = 2);
	REFUSED(tap_check_request, requests[0], m.setup.fabric = TAP_FABRIC_KERNEL);
	REFUSED(tap_check_request, requests[11], m.setup.fabric = TAP_FABRIC_VDE);
	REFUSED(tap_check_request, requests[11], m.setup.fabric = TAP_FABRIC_KERNEL + 1);
	REFUSED(tap_check_request, requests[1], m.link.ifindex = 1);
	REFUSED(tap_check_request, requests[1], m.link.index = 1);
	REFUSED(tap_check_request, requests[12], m.link.rate_kib = 1);
	REFUSED(tap_check_request, requests[12], m.link.ifindex = 0);
	REFUSED(tap_check_request, requests[12], m.link.ifindex = 1u << 31);
	REFUSED(tap_check_request, requests[13], m.link.index = 0);
	REFUSED(tap_check_request, requests[13], m.link.ifindex = UINT32_MAX);
	REFUSED(tap_check_request, requests[7], m.type = 0);
	REFUSED(tap_check_request, requests[7], m.type = TAP_QUIT + 1);
}

static void test_report_bounds(void **state)
{
	REFUSED(tap_check_report, reports[1], m.nfds = 0);
	REFUSED(tap_check_report, reports[2], m.id.index = 0);
	REFUSED(tap_check_report, reports[2], m.id.id = 1);
	REFUSED(tap_check_report, reports[3], m.flow.id = 0);
	REFUSED(tap_check_report, reports[3], m.flow.index = 0);
	REFUSED(tap_check_report, reports[3], m.flow.event = 1);
	REFUSED(tap_check_report, reports[3], m.flow.action = NET_ALLOW);
	REFUSED(tap_check_report, reports[3], m.flow.proto = NET_ALL);
	REFUSED(tap_check_report, reports[3], m.flow.proto = 2);
	REFUSED(tap_check_report, reports[3], m.flow.line = TAP_LINES_MAX);
	REFUSED(tap_check_report, reports[3], m.flow.name[3] = '\n');
	REFUSED(tap_check_report, reports[3], m.flow.name[3] = '\x80');
	REFUSED(tap_check_report, reports[3], memset(m.flow.name, 'a', sizeof(m.flow.name)));
	REFUSED(tap_check_report, reports[4], m.id.id = 0);
	REFUSED(tap_check_report, reports[5], m.flow.id = 1);
	REFUSED(tap_check_report, reports[5], m.flow.event = TAP_EVENT_OPEN);
	REFUSED(tap_check_report, reports[5], m.flow.action = NET_ASK + 1);
	REFUSED(tap_check_report, reports[7], m.flow.event = 0);
	REFUSED(tap_check_report, reports[7], m.flow.event++);
	REFUSED(tap_check_report, reports[7], m.flow.name[0] = 0);
	REFUSED(tap_check_report, reports[8], m.stats.index = NETPLAN_INDEX_MAX + 1);
	REFUSED(tap_check_report, reports[8], m.stats.flows++);
	REFUSED(tap_check_report, reports[8], m.stats.waiting++);
	REFUSED(tap_check_report, reports[9], m.fail.reason = 0);
	REFUSED(tap_check_report, reports[9], m.fail.reason = TAP_REASON_PROTOCOL + 1);
	REFUSED(tap_check_report, reports[9], m.fail.text[1] = '\x7f');
	REFUSED(tap_check_report, reports[9], memset(m.fail.text, 'a', sizeof(m.fail.text)));
	REFUSED(tap_check_report, reports[9], m.type++);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_size_and_fds),
		cmocka_unit_test(test_request_bounds),
		cmocka_unit_test(test_report_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
