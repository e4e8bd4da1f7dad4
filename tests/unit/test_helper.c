/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "proto/apps.h"
#include "proto/ctl.h"
#include "proto/gui.h"
#include "proto/helper.h"
#include "proto/notification.h"
#include "proto/uapi/vmos_channel.h"
#include "tests/unit/unit.h"

#define SETUP_CTL .vm = "work", .rgb = 0x3465a4, .role = VMOS_ROLE_CTL, .epoch = 1, .region_size = VMOS_CTL_REGION
#define SETUP_VSOCK .vm = "work", .role = VMOS_ROLE_CTL, .epoch = 1, .carrier = HELPER_CARRIER_VSOCK
#define SETUP_GUI .vm = "work", .rgb = 0xffffff, .role = VMOS_ROLE_GUI, .epoch = 1, .region_size = VMOS_GUI_REGION
#define SETUP_AUDIO .vm = "work", .role = VMOS_ROLE_AUDIO, .epoch = 1, .region_size = VMOS_AUDIO_REGION

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
	{ .type = HELPER_RUN, .nfds = 6, .run = { .id = 1, .args_len = 5, .flags = CTL_RUN_SEND | CTL_RUN_PUBLIC } },
	{ .type = HELPER_RUN, .nfds = 6, .run = { .id = 1, .args_len = 5, .flags = CTL_RUN_RECEIVE } },
	{ .type = HELPER_RUN, .nfds = 5, .run = { .id = 1, .args_len = 5, .flags = CTL_RUN_URL } },
	{ .type = HELPER_ANSWER, .answer = { .id = 1, .status = CTL_ANSWER_FAILED, .reason = CTL_REASON_MAX } },
	{ .type = HELPER_CLIP_GIVE, .nfds = 1, .clip = { .mime = HELPER_MIME_PNG, .len = HELPER_CLIP_MAX } },
	{ .type = HELPER_CLIP_NOTE, .note = { .bad = 1, .text = "The rules do not allow it." } },
	{ .type = HELPER_OWNER_REQ, .owner_req = { .id = 1, .proto = 17, .port = 65535 } },
	{ .type = HELPER_OWNER_REQ, .owner_req = { .id = 1, .proto = 58, .port = 0 } },
	{ .type = HELPER_SETUP, .nfds = 5, .setup = { SETUP_AUDIO } },
	{ .type = HELPER_SETUP, .nfds = 4, .setup = { SETUP_AUDIO } }, /* no sound server */
	{ .type = HELPER_AUDIO_SET, .audio_set = { .volume = HELPER_VOLUME_MAX, .muted = 1, .microphone = 1 } },
	{ .type = HELPER_CLOCK_REQ, .clock_req = { .id = 1, .server = "time.example.org:1123" } },
	{ .type = HELPER_NOTIFIED, .notified = { .id = 1, .how = NOTIFICATION_CLICKED } },
	{ .type = HELPER_RUN,
		.nfds = 6,
		.run = { .id = 1,
			.args_len = 5,
			.flags = CTL_RUN_RECEIVE,
			.relay = UINT32_MAX,
			.area = VMOS_AREAS - 1 } },
	{ .type = HELPER_SETUP, .nfds = 1, .setup = { SETUP_VSOCK } },
	{ .type = HELPER_CONNECTION, .nfds = 1 },
};

static const struct helper_msg reports[] = {
	{ .type = HELPER_UP },
	{ .type = HELPER_GUEST, .guest = { .state = HELPER_GUEST_READY, .epoch = 1 } },
	{ .type = HELPER_STATS, .stats = { .windows = GUI_WINDOWS_MAX, .mem_total_kib = 1, .mem_used_kib = 1 } },
	{ .type = HELPER_FDS, .nfds = 3, .setup = { SETUP_GUI } },
	{ .type = HELPER_FAILED, .fail = { .reason = HELPER_REASON_PROTOCOL, .text = "COMMIT of an unknown window" } },
	{ .type = HELPER_REQUEST,
		.nfds = 1,
		.request = { .id = 1,
			.kind = CTL_REQUEST_SEND,
			.args_len = 9,
			.object = "web",
			.claim = "gr\xc3\xbc\xc3\x9f.pdf" } },
	{ .type = HELPER_REQUEST,
		.nfds = 1,
		.request = { .id = 1, .kind = CTL_REQUEST_URL, .args_len = CTL_ARGS_MAX } },
	{ .type = HELPER_CANCEL, .cancel = { .id = 1 } },
	{ .type = HELPER_CLIP_TAKE, .nfds = 1, .clip = { .mime = HELPER_MIME_TEXT, .len = 1 } },
	{ .type = HELPER_CLIP_WANT },
	{ .type = HELPER_OWNER, .owner = { .id = 1, .name = "curl" } },
	{ .type = HELPER_OWNER, .owner = { .id = 1 } },
	{ .type = HELPER_CLOCK,
		.clock = { .id = 1, .error_us = CTL_CLOCK_ERROR_MAX, .offset_ns = -(int64_t)CTL_CLOCK_MAX } },
	{ .type = HELPER_CLOCK, .clock = { .id = 1, .status = CTL_CLOCK_NO_ANSWER } },
	{ .type = HELPER_ACT, .act.kind = HELPER_ACT_PAUSE },
	{ .type = HELPER_ACT, .act.kind = HELPER_ACT_KILL },
	{ .type = HELPER_ACT, .act.kind = HELPER_ACT_FILES },
	{ .type = HELPER_ACT, .act.kind = HELPER_ACT_MUTE },
	{ .type = HELPER_APPS, .nfds = 1, .apps = { .count = APPS_MAX } },
	{ .type = HELPER_APPS },
	{ .type = HELPER_NOTIFY,
		.nfds = 1,
		.notify = { .id = 1, .timeout_ms = NOTIFICATION_TIMEOUT_MAX, .urgency = NOTIFICATION_CRITICAL } },
	{ .type = HELPER_UNNOTIFY, .notify = { .id = 1 } },
	{ .type = HELPER_HELD, .held = { .count = 1 } },
	{ .type = HELPER_FDS, .nfds = 3, .setup = { SETUP_AUDIO } },
	{ .type = HELPER_FDS, .nfds = 0, .setup = { SETUP_VSOCK } },
	{ .type = HELPER_CONNECT },
	{ .type = HELPER_SOUND,
		.audio = { .state = HELPER_AUDIO_PLAYING, .volume = HELPER_VOLUME_MAX, .muted = 1, .listening = 1 } },
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
	REFUSED(helper_check_request, requests[0], m.setup.role = VMOS_ROLE_AUDIO);
	REFUSED(helper_check_request, requests[17], m.setup.role = VMOS_ROLE_GUI);
	REFUSED(helper_check_request, requests[19], m.audio_set.volume = HELPER_VOLUME_MAX + 1);
	REFUSED(helper_check_request, requests[19], m.audio_set.muted = 2);
	REFUSED(helper_check_request, requests[19], m.audio_set.microphone = 2);
	REFUSED(helper_check_report, reports[COUNT(reports) - 1], m.audio.state = HELPER_AUDIO_PLAYING + 1);
	REFUSED(helper_check_report, reports[COUNT(reports) - 1], m.audio.volume = HELPER_VOLUME_MAX + 1);
	REFUSED(helper_check_report, reports[COUNT(reports) - 1], m.audio.muted = 2);
	REFUSED(helper_check_report, reports[COUNT(reports) - 1], m.audio.listening = 2);
	REFUSED(helper_check_request, requests[0], m.setup.role = 4);
	REFUSED(helper_check_request, requests[1], m.setup.role = VMOS_ROLE_CTL);
	REFUSED(helper_check_request, requests[0], m.setup.epoch = 0);
	REFUSED(helper_check_request, requests[0], m.setup.sound = 1); /* of a courier */
	REFUSED(helper_check_request, requests[1], m.setup.sound = 2);
	REFUSED(helper_check_request, requests[0], m.setup.region_size = VMOS_CTL_REGION - 4096);
	REFUSED(helper_check_request, requests[0], m.setup.region_size = 4096);
	REFUSED(helper_check_request, requests[0], m.setup.region_size = 1ull << 63);
	REFUSED(helper_check_request, requests[0], m.setup.carrier = HELPER_CARRIER_VSOCK); /* with a region */
	REFUSED(helper_check_request, requests[0], m.setup.carrier = 2);
	REFUSED(helper_check_request, requests[COUNT(requests) - 2], m.setup.region_size = VMOS_CTL_REGION);
	REFUSED(helper_check_request, requests[COUNT(requests) - 2], m.setup.carrier = HELPER_CARRIER_CHANNEL);
	REFUSED(helper_check_request, requests[COUNT(requests) - 2], m.setup.role = VMOS_ROLE_GUI);
	REFUSED(helper_check_request, requests[2], m.run.id = 0);
	REFUSED(helper_check_request, requests[2], m.run.args_len = 4);
	REFUSED(helper_check_request, requests[2], m.run.args_len = UINT32_MAX);
	REFUSED(helper_check_request, requests[2], m.run.uid_class = 2);
	REFUSED(helper_check_request, requests[2], m.run.flags = 0x40);
	REFUSED(helper_check_request, requests[3], m.type = 0);
	REFUSED(helper_check_request, requests[3], m.type = HELPER_CLOCK_REQ + 1);
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

static const struct helper_msg *request_of(uint32_t type, uint8_t flags)
{
	for (size_t i = 0; i < COUNT(requests); i++)
		if (requests[i].type == type && (type != HELPER_RUN || requests[i].run.flags == flags))
			return &requests[i];
	fail_msg("no good request of type %u", type);
	return NULL;
}

static const struct helper_msg *report_of(uint32_t type)
{
	for (size_t i = 0; i < COUNT(reports); i++)
		if (reports[i].type == type)
			return &reports[i];
	fail_msg("no good report of type %u", type);
	return NULL;
}

static void test_transfer_bounds(void **state)
{
	const struct helper_msg *send = request_of(HELPER_RUN, CTL_RUN_SEND | CTL_RUN_PUBLIC);
	const struct helper_msg *receive = request_of(HELPER_RUN, CTL_RUN_RECEIVE);
	const struct helper_msg *url = request_of(HELPER_RUN, CTL_RUN_URL);
	const struct helper_msg *answer = request_of(HELPER_ANSWER, 0), *ask = report_of(HELPER_REQUEST);

	REFUSED(helper_check_request, *send, m.nfds = 5); /* no licence */
	REFUSED(helper_check_request, *send, m.nfds = 7);
	REFUSED(helper_check_request, *send, m.run.flags |= CTL_RUN_RECEIVE);
	REFUSED(helper_check_request, *receive, m.run.flags |= CTL_RUN_PUBLIC);
	REFUSED(helper_check_request, *receive, m.run.flags |= CTL_RUN_PTY);
	REFUSED(helper_check_request, *receive, m.run.area = 1);
	REFUSED(helper_check_request, *receive, (m.run.relay = 1, m.run.area = VMOS_AREAS));
	REFUSED(helper_check_request, requests[2], m.run.relay = 1);
	REFUSED(helper_check_request, *url, m.nfds = 6);
	REFUSED(helper_check_request, requests[2], m.nfds = 6);
	REFUSED(helper_check_request, *answer, m.nfds = 1);
	REFUSED(helper_check_request, *answer, m.answer.id = 0);
	REFUSED(helper_check_request, *answer, m.answer.status = 0);
	REFUSED(helper_check_request, *answer, m.answer.status = CTL_ANSWER_FAILED + 1);
	REFUSED(helper_check_request, *answer, m.answer.reason = CTL_REASON_MAX + 1);
	REFUSED(helper_check_report, *ask, m.nfds = 0);
	REFUSED(helper_check_report, *ask, m.request.id = 0);
	REFUSED(helper_check_report, *ask, m.request.kind = 0);
	REFUSED(helper_check_report, *ask, m.request.kind = CTL_REQUEST_URL + 1);
	REFUSED(helper_check_report, *ask, m.request.args_len = 4);
	REFUSED(helper_check_report, *ask, m.request.args_len = CTL_ARGS_MAX + 1);
	REFUSED(helper_check_report, *ask, m.request.object[0] = '-');
	REFUSED(helper_check_report, *ask, memset(m.request.object, 'a', sizeof(m.request.object)));
	REFUSED(helper_check_report, *ask, memset(m.request.claim, 'a', sizeof(m.request.claim)));
	REFUSED(helper_check_report, *ask, m.request.claim[0] = '\n');
	REFUSED(helper_check_report, *ask, m.request.claim[0] = '\x80');
	REFUSED(helper_check_report, *report_of(HELPER_CANCEL), m.cancel.id = 0);
	REFUSED(helper_check_report, *report_of(HELPER_CANCEL), m.nfds = 1);
}

static void test_owner_bounds(void **state)
{
	const struct helper_msg *req = request_of(HELPER_OWNER_REQ, 0), *owner = report_of(HELPER_OWNER);

	REFUSED(helper_check_request, *req, m.nfds = 1);
	REFUSED(helper_check_request, *req, m.owner_req.id = 0);
	REFUSED(helper_check_request, *req, m.owner_req.proto = 2);
	REFUSED(helper_check_request, *req, m.owner_req.proto = 17 + 256);
	REFUSED(helper_check_request, *req, m.owner_req.port = 0);
	REFUSED(helper_check_request, *req, m.owner_req.port = 65536);
	REFUSED(helper_check_report, *owner, m.nfds = 1);
	REFUSED(helper_check_report, *owner, m.owner.id = 0);
	REFUSED(helper_check_report, *owner, m.owner.name[0] = '\x1b');
	REFUSED(helper_check_report, *owner, m.owner.name[0] = '\xc3');
	REFUSED(helper_check_report, *owner, memset(m.owner.name, 'a', sizeof(m.owner.name)));
}

static void test_clock_bounds(void **state)
{
	const struct helper_msg *req = request_of(HELPER_CLOCK_REQ, 0), *clock = report_of(HELPER_CLOCK);

	REFUSED(helper_check_request, *req, m.nfds = 1);
	REFUSED(helper_check_request, *req, m.clock_req.id = 0);
	REFUSED(helper_check_request, *req, m.clock_req.server[0] = '\0');
	REFUSED(helper_check_request, *req, m.clock_req.server[1] = '/');
	REFUSED(helper_check_request, *req, memset(m.clock_req.server, 'a', sizeof(m.clock_req.server)));
	REFUSED(helper_check_report, *clock, m.nfds = 1);
	REFUSED(helper_check_report, *clock, m.clock.id = 0);
	REFUSED(helper_check_report, *clock, m.clock.status = CTL_CLOCK_STATUS_MAX + 1);
	REFUSED(helper_check_report, *clock, (m.clock.status = CTL_CLOCK_FAILED, m.clock.error_us = 0));
	REFUSED(helper_check_report, *clock, (m.clock.status = CTL_CLOCK_FAILED, m.clock.offset_ns = 0));
	REFUSED(helper_check_report, *clock, m.clock.error_us++);
	REFUSED(helper_check_report, *clock, m.clock.offset_ns--);
	REFUSED(helper_check_report, *clock, m.clock.offset_ns = (int64_t)CTL_CLOCK_MAX + 1);
	REFUSED(helper_check_report, *report_of(HELPER_ACT), m.act.kind = 0);
	REFUSED(helper_check_report, *report_of(HELPER_ACT), m.act.kind = HELPER_ACT_MUTE + 1);
	REFUSED(helper_check_report, *report_of(HELPER_ACT), m.nfds = 1);
	REFUSED(helper_check_report, *clock, m.type = HELPER_APPS + 1);
}

static void test_clip_bounds(void **state)
{
	const struct helper_msg *give = request_of(HELPER_CLIP_GIVE, 0), *take = report_of(HELPER_CLIP_TAKE);
	const struct helper_msg *note = request_of(HELPER_CLIP_NOTE, 0);

	REFUSED(helper_check_request, *give, m.nfds = 0);
	REFUSED(helper_check_request, *give, m.clip.mime = 0);
	REFUSED(helper_check_request, *give, m.clip.mime = HELPER_MIME_PNG + 1);
	REFUSED(helper_check_request, *give, m.clip.len = 0);
	REFUSED(helper_check_request, *give, m.clip.len = HELPER_CLIP_MAX + 1);
	REFUSED(helper_check_report, *take, m.nfds = 0);
	REFUSED(helper_check_report, *take, m.clip.len = 0);
	REFUSED(helper_check_report, *take, m.clip.mime = 0);
	REFUSED(helper_check_report, *report_of(HELPER_CLIP_WANT), m.nfds = 1);
	REFUSED(helper_check_request, *note, m.note.bad = 2);
	REFUSED(helper_check_request, *note, m.nfds = 1);
	REFUSED(helper_check_request, *note, m.note.text[0] = '\x1b');
	REFUSED(helper_check_request, *note, memset(m.note.text, 'a', sizeof(m.note.text)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_size_and_fds),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_transfer_bounds),
		cmocka_unit_test(test_owner_bounds),
		cmocka_unit_test(test_clock_bounds),
		cmocka_unit_test(test_clip_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
