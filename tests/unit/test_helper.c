/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "proto/gui.h"
#include "proto/helper.h"
#include "proto/runctl.h"
#include "proto/uapi/vmos_channel.h"
#include "tests/unit/unit.h"

#define SETUP_CTL .vm = "work", .rgb = 0x3465a4, .role = VMOS_ROLE_CTL, .epoch = 1, .region_size = VMOS_CTL_REGION
#define SETUP_GUI .vm = "work", .rgb = 0xffffff, .role = VMOS_ROLE_GUI, .epoch = 1, .region_size = VMOS_GUI_REGION

static const struct helper_msg requests[] = {
	{ .type = HELPER_SETUP, .nfds = 4, .setup = { SETUP_CTL } },
	{ .type = HELPER_SETUP, .nfds = 5, .setup = { SETUP_GUI } },
	{ .type = HELPER_RUN, .nfds = 5, .run = { .id = 1, .args_len = 5, .uid_class = 1, .flags = 3 } },
	{ .type = HELPER_SHUTDOWN },
	{ .type = HELPER_QUIT },
	{ .type = HELPER_QUERY },
	{ .type = HELPER_ADOPT },
	{ .type = HELPER_SETUP, .nfds = 4, .setup = { SETUP_GUI } }, /* no display */
	{ .type = HELPER_RESUMED },
};

static const struct helper_msg reports[] = {
	{ .type = HELPER_UP },
	{ .type = HELPER_GUEST, .guest = { .state = HELPER_GUEST_READY, .epoch = 1 } },
	{ .type = HELPER_STATS, .stats = { .windows = GUI_WINDOWS_MAX, .mem_total_kib = 1, .mem_used_kib = 1 } },
	{ .type = HELPER_FDS, .nfds = 3, .setup = { SETUP_GUI } },
	{ .type = HELPER_FAILED, .fail = { .reason = HELPER_REASON_PROTOCOL, .text = "COMMIT of an unknown window" } },
};

static void test_good(void **state)
{
	for (size_t i = 0; i < COUNT(requests); i++) {
		assert_int_equal(helper_check_request(&requests[i], sizeof(requests[i]), requests[i].nfds), 0);
		assert_int_equal(helper_check_report(&requests[i], sizeof(requests[i]), requests[i].nfds), -EBADMSG);
	}
	for (size_t i = 0; i < COUNT(reports); i++) {
		assert_int_equal(helper_check_report(&reports[i], sizeof(reports[i]), reports[i].nfds), 0);
		assert_int_equal(helper_check_request(&reports[i], sizeof(reports[i]), reports[i].nfds), -EBADMSG);
	}
}

static void test_size_and_fds(void **state)
{
	struct helper_msg m = requests[0];

	for (size_t len = 0; len < sizeof(m); len++)
		assert_int_equal(helper_check_request(&m, len, 4), -EBADMSG);
	assert_int_equal(helper_check_request(&m, sizeof(m) + 1, 4), -EBADMSG);
	for (unsigned nfds = 0; nfds < 12; nfds++) {
		assert_int_equal(helper_check_request(&m, sizeof(m), nfds), nfds == 4 ? 0 : -EBADMSG);
		m.nfds = nfds;
		assert_int_equal(helper_check_request(&m, sizeof(m), nfds), nfds == 4 ? 0 : -EBADMSG);
		m.nfds = 4;
	}
}

#define REFUSED(check, good, change)                          \
	do {                                                  \
		struct helper_msg m = (good);                 \
		change;                                       \
		if (check(&m, sizeof(m), m.nfds) != -EBADMSG) \
			fail_msg("taken: %s", #change);       \
	} while (0)

static void test_bounds(void **state)
{
	REFUSED(helper_check_request, requests[0], memset(m.setup.vm, 'a', sizeof(m.setup.vm)));
	REFUSED(helper_check_request, requests[0], m.setup.vm[0] = '/');
	REFUSED(helper_check_request, requests[0], m.setup.rgb = 0x1000000);
	REFUSED(helper_check_request, requests[0], m.setup.role = 3);
	REFUSED(helper_check_request, requests[1], m.setup.role = VMOS_ROLE_CTL);
	REFUSED(helper_check_request, requests[0], m.setup.epoch = 0);
	REFUSED(helper_check_request, requests[0], m.setup.region_size = VMOS_CTL_REGION - 4096);
	REFUSED(helper_check_request, requests[0], m.setup.region_size = 4096);
	REFUSED(helper_check_request, requests[0], m.setup.region_size = 1ull << 63);
	REFUSED(helper_check_request, requests[2], m.run.id = 0);
	REFUSED(helper_check_request, requests[2], m.run.args_len = 4);
	REFUSED(helper_check_request, requests[2], m.run.args_len = UINT32_MAX);
	REFUSED(helper_check_request, requests[2], m.run.uid_class = 2);
	REFUSED(helper_check_request, requests[2], m.run.flags = 4);
	REFUSED(helper_check_request, requests[3], m.type = 0);
	REFUSED(helper_check_request, requests[3], m.type = HELPER_RESUMED + 1);
	REFUSED(helper_check_report, reports[1], m.guest.state = HELPER_GUEST_READY + 1);
	REFUSED(helper_check_report, reports[2], m.stats.windows = GUI_WINDOWS_MAX + 1);
	REFUSED(helper_check_report, reports[2], m.stats.guest = 3);
	REFUSED(helper_check_report, reports[2], m.stats.mem_used_kib = 2);
	REFUSED(helper_check_report, reports[2], m.stats.disk_used = 1);
	REFUSED(helper_check_report, reports[4], m.fail.reason = 0);
	REFUSED(helper_check_report, reports[4], m.fail.reason = HELPER_REASON_SETUP + 1);
	REFUSED(helper_check_report, reports[4], m.fail.text[1] = '\n');
	REFUSED(helper_check_report, reports[4], m.fail.text[1] = '\x80');
	REFUSED(helper_check_report, reports[4], m.fail.text[1] = '\x7f');
	REFUSED(helper_check_report, reports[4], memset(m.fail.text, 'a', sizeof(m.fail.text)));
}

static void test_runctl(void **state)
{
	struct runctl m = { .type = RUNCTL_WINCH, .a = 24, .b = 80 };

	assert_int_equal(runctl_check_command(&m, sizeof(m)), 0);
	assert_int_equal(runctl_check_courier(&m, sizeof(m)), -EBADMSG);
	for (size_t len = 0; len < sizeof(m); len++)
		assert_int_equal(runctl_check_command(&m, len), -EBADMSG);
	m.b = 65536;
	assert_int_equal(runctl_check_command(&m, sizeof(m)), -EBADMSG);
	m = (struct runctl){ .type = RUNCTL_WINCH, .zero = 1 };
	assert_int_equal(runctl_check_command(&m, sizeof(m)), -EBADMSG);
	for (int signo = -1; signo < 70; signo++) {
		m = (struct runctl){ .type = RUNCTL_SIGNAL, .a = signo };
		assert_int_equal(runctl_check_command(&m, sizeof(m)), signo >= 1 && signo <= 64 ? 0 : -EBADMSG);
	}
	m = (struct runctl){ .type = RUNCTL_STARTED, .a = 1 };
	assert_int_equal(runctl_check_courier(&m, sizeof(m)), 0);
	assert_int_equal(runctl_check_command(&m, sizeof(m)), -EBADMSG);
	m.a = 0;
	assert_int_equal(runctl_check_courier(&m, sizeof(m)), -EBADMSG);
	m = (struct runctl){ .type = RUNCTL_EXIT, .a = 256 };
	assert_int_equal(runctl_check_courier(&m, sizeof(m)), -EBADMSG);
	m.a = 256 + 9;
	assert_int_equal(runctl_check_courier(&m, sizeof(m)), 0);
	m.b = 1;
	assert_int_equal(runctl_check_courier(&m, sizeof(m)), -EBADMSG);
	m = (struct runctl){ .type = RUNCTL_LOST };
	assert_int_equal(runctl_check_courier(&m, sizeof(m)), 0);
	m.type = 6;
	assert_int_equal(runctl_check_courier(&m, sizeof(m)), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_size_and_fds),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_runctl),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
