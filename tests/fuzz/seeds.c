/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes the seed corpora: "seeds tests/fuzz/corpus". One good message of each kind, so that a fuzzer starts inside. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/common/ask.h"
#include "agent/common/notify.h"
#include "proto/apps.h"
#include "proto/audio.h"
#include "proto/ctl.h"
#include "proto/gui.h"
#include "proto/helper.h"
#include "proto/notification.h"
#include "proto/runctl.h"
#include "proto/tap.h"
#include "proto/uapi/vmos_channel.h"
#include "proto/vstream.h"
#include "proto/wire.h"
#include "proto/xfer.h"
#include "tests/net/forge.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *root;

static int write_seed(const char *target, const char *name, const void *data, size_t len)
{
	char path[4096];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", root, target);
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return -errno;
	snprintf(path, sizeof(path), "%s/%s/%s", root, target, name);
	f = fopen(path, "w");
	if (!f)
		return -errno;
	n = fwrite(data, 1, len, f);
	return fclose(f) == 0 && n == len ? 0 : -EIO;
}

static const struct gui_msg gui[] = {
	{ .head = { .type = GUI_HELLO }, .hello = { .version = 1 } },
	{ .head = { .type = GUI_PONG }, .ping = { .cookie = 7 } },
	{ .head = { .type = GUI_BYE }, .bye = { .reason = 1 } },
	{ .head = { .type = GUI_WIN_NEW, .win = 2 },
		.win_new = { .role = GUI_ROLE_POPUP, .parent = 1, .w = 64, .h = 64 } },
	{ .head = { .type = GUI_WIN_DEL, .win = 2 } },
	{ .head = { .type = GUI_POPUP_POS, .win = 2 },
		.popup_pos = { .anchor_w = 1,
			.anchor_h = 1,
			.anchor = 6,
			.gravity = 10,
			.constraint = 63,
			.w = 64,
			.h = 64 } },
	{ .head = { .type = GUI_COMMIT, .win = 1, .serial = 1 },
		.commit = { .page = 1,
			.w = 64,
			.h = 64,
			.stride = 256,
			.nrect = 1,
			.scale120 = 120,
			.rect = { { 0, 0, 64, 64 } } } },
	{ .head = { .type = GUI_DAMAGE, .win = 1 }, .damage = { .rect = { { 1, 1, 2, 2 } } } },
	{ .head = { .type = GUI_TITLE, .win = 1 }, .title = { .len = 4, .text = "foot" } },
	{ .head = { .type = GUI_APPID, .win = 1 }, .title = { .len = 4, .text = "foot" } },
	{ .head = { .type = GUI_HINTS, .win = 1 }, .hints = { .min_w = 1, .min_h = 1, .geo_w = 64, .geo_h = 64 } },
	{ .head = { .type = GUI_STATE_REQ, .win = 1 }, .state_req = { .bits = GUI_STATE_MAXIMIZED } },
	{ .head = { .type = GUI_MOVE, .win = 1, .serial = 3 } },
	{ .head = { .type = GUI_RESIZE, .win = 1 }, .resize = { .edges = 10 } },
	{ .head = { .type = GUI_CURSOR_SHAPE, .win = 1 }, .cursor_shape = { .shape = 1 } },
	{ .head = { .type = GUI_CURSOR_IMG, .win = 1 }, .cursor_img = { .page = 9, .w = 24, .h = 24 } },
	{ .head = { .type = GUI_BELL, .win = 1 } },
	{ .head = { .type = GUI_ATTENTION, .win = 1 } },
	{ .head = { .type = GUI_DRAG, .win = 1 } },
	{ .head = { .type = GUI_IDLE_INHIBIT, .win = 1 }, .idle_inhibit = { .on = 1 } },
	{ .head = { .type = GUI_CLIP_OFFER }, .clip_offer = { .mimes = GUI_MIME_TEXT } },
	{ .head = { .type = GUI_CLIP_DATA },
		.clip_data = { .xfer = 1, .end = GUI_CLIP_LAST, .blob = { .off = 64, .len = 100 } } },
	{ .head = { .type = GUI_WELCOME }, .hello = { .version = 1 } },
	{ .head = { .type = GUI_OUTPUT }, .output = { .id = 1, .w = 1920, .h = 1080, .scale120 = 120, .mhz = 60000 } },
	{ .head = { .type = GUI_CONFIGURE, .win = 1, .serial = 1 }, .configure = { .scale120 = 120 } },
	{ .head = { .type = GUI_CLOSE, .win = 1 } },
	{ .head = { .type = GUI_POPUP_PLACED, .win = 2 }, .popup_placed = { .w = 64, .h = 64 } },
	{ .head = { .type = GUI_POPUP_DONE, .win = 2 } },
	{ .head = { .type = GUI_FRAME, .win = 1 }, .frame = { .ns = 1, .refresh_ns = 16666666 } },
	{ .head = { .type = GUI_RELEASE }, .release = { .page = 1 } },
	{ .head = { .type = GUI_KEYMAP }, .keymap = { .blob = { .off = 64, .len = 100 } } },
	{ .head = { .type = GUI_KB_ENTER, .win = 1 }, .kb_enter = { .n = 1, .key = { 30 } } },
	{ .head = { .type = GUI_KB_LEAVE, .win = 1 } },
	{ .head = { .type = GUI_KEY, .win = 1 }, .key = { .key = 30, .pressed = 1 } },
	{ .head = { .type = GUI_MODS, .win = 1 }, .mods = { .depressed = 1 } },
	{ .head = { .type = GUI_REPEAT }, .repeat = { .per_s = 25, .delay_ms = 600 } },
	{ .head = { .type = GUI_PTR_ENTER, .win = 1 }, .ptr = { .x = 256, .y = 256 } },
	{ .head = { .type = GUI_PTR_LEAVE, .win = 1 } },
	{ .head = { .type = GUI_PTR_MOTION, .win = 1 }, .ptr = { .x = 256, .y = 256 } },
	{ .head = { .type = GUI_PTR_BUTTON, .win = 1 }, .button = { .button = 0x110, .pressed = 1 } },
	{ .head = { .type = GUI_PTR_AXIS, .win = 1 }, .axis = { .value = 2560, .value120 = 120 } },
	{ .head = { .type = GUI_PING }, .ping = { .cookie = 7 } },
	{ .head = { .type = GUI_CLIP_WANT }, .clip_want = { .xfer = 1, .mime = GUI_MIME_TEXT } },
	{ .head = { .type = GUI_CLIP_GIVE },
		.clip_give = { .xfer = 1, .mime = GUI_MIME_PNG, .total = 100, .blob = { .off = 64, .len = 100 } } },
	{ .head = { .type = GUI_TOUCH_DEVICE }, .touch_device = { .there = 1 } },
	{ .head = { .type = GUI_TOUCH_DOWN, .win = 1 }, .touch = { .id = 1, .x = 256, .y = 256 } },
	{ .head = { .type = GUI_TOUCH_MOTION, .win = 1 }, .touch = { .id = 1, .x = 256, .y = 256 } },
	{ .head = { .type = GUI_TOUCH_UP, .win = 1 }, .touch = { .id = 1 } },
	{ .head = { .type = GUI_TOUCH_FRAME } },
	{ .head = { .type = GUI_TOUCH_CANCEL, .win = 1 } },
};

static const struct ctl_msg ctl[] = {
	{ .head = { .type = CTL_HELLO }, .hello = { .version = 1, .gos = CTL_GOS_LINUX } },
	{ .head = { .type = CTL_READY }, .ready = { .boot_ns = 1 } },
	{ .head = { .type = CTL_STATS }, .stats = { .cpu_permille = 1, .mem_total_kib = 2, .mem_used_kib = 1 } },
	{ .head = { .type = CTL_BYE } },
	{ .head = { .type = CTL_STARTED }, .started = { .id = 1, .pid = 2 } },
	{ .head = { .type = CTL_STARTED }, .started = { .id = 1, .pid = 2, .relay = 3 } },
	{ .head = { .type = CTL_EXIT }, .exit = { .id = 1, .status = 1 } },
	{ .head = { .type = CTL_STDIO }, .stdio = { .id = 1, .fd = 1, .blob = { .off = 64, .len = 5 } } },
	{ .head = { .type = CTL_STDIO }, .stdio = { .id = 1, .fd = 0, .blob = { .off = 64, .len = 5 } } },
	{ .head = { .type = CTL_EOF }, .eof = { .id = 1, .fd = 1 } },
	{ .head = { .type = CTL_CREDIT }, .credit = { .id = 1, .fd = 0, .bytes = 5 } },
	{ .head = { .type = CTL_CREDIT }, .credit = { .id = 1, .fd = 1, .bytes = 5 } },
	{ .head = { .type = CTL_RUN }, .run = { .id = 1, .rows = 24, .cols = 80, .blob = { .off = 0, .len = 8 } } },
	{ .head = { .type = CTL_RUN },
		.run = { .id = 1, .flags = CTL_RUN_SEND, .blob = { .off = 0, .len = 8 }, .relay = 3, .area = 7 } },
	{ .head = { .type = CTL_WINCH }, .winch = { .id = 1, .rows = 24, .cols = 80 } },
	{ .head = { .type = CTL_SIGNAL }, .signal = { .id = 1, .signo = 15 } },
	{ .head = { .type = CTL_SHUTDOWN } },
	{ .head = { .type = CTL_TIME }, .time = { .realtime_ns = 1 } },
	{ .head = { .type = CTL_PING }, .ping = { .cookie = 1 } },
	{ .head = { .type = CTL_STATS_REQ } },
	{ .head = { .type = CTL_PONG }, .ping = { .cookie = 1 } },
	{ .head = { .type = CTL_REQUEST },
		.request = { .id = 1, .files = 1, .kind = CTL_REQUEST_SEND, .blob = { .off = 64, .len = 10 } } },
	{ .head = { .type = CTL_CANCEL }, .cancel = { .id = 1 } },
	{ .head = { .type = CTL_OWNER }, .owner = { .id = 1, .name = "curl" } },
	{ .head = { .type = CTL_OWNER_REQ }, .owner_req = { .id = 1, .proto = 6, .port = 50000 } },
	{ .head = { .type = CTL_CLOCK }, .clock = { .id = 1, .error_us = 20000, .realtime_ns = 1700000000000000000 } },
	{ .head = { .type = CTL_CLOCK_REQ }, .clock_req = { .id = 1, .server = "[2001:db8::1]:123" } },
	{ .head = { .type = CTL_APP },
		.app = { .index = 1, .count = 2, .blob = { .off = 64, .len = APP_WIRE_BYTES } } },
	{ .head = { .type = CTL_APPS_REQ } },
	{ .head = { .type = CTL_NOTIFY },
		.notify = { .id = 1, .urgency = 1, .blob = { .off = 64, .len = NOTIFICATION_WIRE_BYTES } } },
	{ .head = { .type = CTL_UNNOTIFY }, .unnotify = { .id = 1 } },
	{ .head = { .type = CTL_NOTIFY_REQ } },
	{ .head = { .type = CTL_NOTIFIED }, .notified = { .id = 1, .how = NOTIFICATION_EXPIRED } },
	{ .head = { .type = CTL_ANSWER }, .answer = { .id = 1, .status = CTL_ANSWER_MOVING, .done = 1, .total = 2 } },
};

/* A second one of its type, which would be written over the first. */
static bool is_of_relay(const struct ctl_msg *c)
{
	return (c->head.type == CTL_RUN && c->run.relay) || (c->head.type == CTL_STARTED && c->started.relay);
}

static int write_messages(void)
{
	struct msg m;
	char name[32];
	int ret = 0;

	for (size_t i = 0; i < COUNT(gui) && ret == 0; i++) {
		snprintf(name, sizeof(name), "%s", gui_type_name(gui[i].head.type));
		ret = gui_encode(&gui[i], &m);
		if (ret == 0)
			ret = write_seed(
				gui[i].head.type < GUI_WELCOME ? "gui_guest" : "gui_host", name, &m, sizeof(m));
	}
	for (size_t i = 0; i < COUNT(ctl) && ret == 0; i++) {
		struct ctl_msg c;

		ret = ctl_encode(&ctl[i], &m);
		snprintf(name, sizeof(name), "%s%s", ctl_type_name(ctl[i].head.type),
			is_of_relay(&ctl[i]) ? "-relay" : "");
		if (ret == 0 && ctl_decode_guest(&m, &c) == 0)
			ret = write_seed("ctl_guest", name, &m, sizeof(m));
		if (ret == 0 && ctl_decode_host(&m, &c) == 0)
			ret = write_seed("ctl_host", name, &m, sizeof(m));
	}
	return ret;
}

static int write_audio(void)
{
	const struct audio_msg all[] = {
		{ .head.type = AUDIO_HELLO, .hello.version = AUDIO_VERSION },
		{ .head.type = AUDIO_PLAY, .pcm.blob = { .off = 64, .len = 2048 } },
		{ .head.type = AUDIO_LISTEN, .onoff.on = 1 },
		{ .head.type = AUDIO_STOP },
	};
	struct msg m[COUNT(all)];
	int ret = 0;

	for (size_t i = 0; i < COUNT(all) && ret == 0; i++)
		ret = audio_encode(&all[i], &m[i]);
	return ret ? ret : write_seed("audio", "all", m, sizeof(m));
}

static int write_helpers(void)
{
	const struct helper_setup setup = {
		.vm = "work", .rgb = 0x3465a4, .role = VMOS_ROLE_CTL, .epoch = 1, .region_size = VMOS_CTL_REGION
	};
	const struct helper_setup by_vsock = {
		.vm = "work", .role = VMOS_ROLE_CTL, .epoch = 1, .carrier = HELPER_CARRIER_VSOCK
	};
	const struct helper_msg all[] = {
		{ .type = HELPER_SETUP, .nfds = 4, .setup = setup },
		{ .type = HELPER_RUN, .nfds = 5, .run = { .id = 1, .args_len = 8 } },
		{ .type = HELPER_QUIT },
		{ .type = HELPER_RESUMED },
		{ .type = HELPER_GUEST, .guest = { .state = HELPER_GUEST_READY, .epoch = 1 } },
		{ .type = HELPER_STATS, .stats = { .windows = 1 } },
		{ .type = HELPER_FDS, .nfds = 3, .setup = setup },
		{ .type = HELPER_FAILED, .fail = { .reason = HELPER_REASON_PROTOCOL, .text = "why" } },
		{ .type = HELPER_RUN, .nfds = 6, .run = { .id = 1, .args_len = 8, .flags = CTL_RUN_SEND } },
		{ .type = HELPER_ANSWER, .answer = { .id = 1, .status = CTL_ANSWER_ASKED } },
		{ .type = HELPER_CLIP_GIVE, .nfds = 1, .clip = { .mime = HELPER_MIME_TEXT, .len = 5 } },
		{ .type = HELPER_CLIP_NOTE, .note = { .bad = 1, .text = "no" } },
		{ .type = HELPER_REQUEST,
			.nfds = 1,
			.request = { .id = 1,
				.kind = CTL_REQUEST_OPEN,
				.args_len = 9,
				.object = "web",
				.claim = "a.pdf" } },
		{ .type = HELPER_CANCEL, .cancel = { .id = 1 } },
		{ .type = HELPER_CLIP_TAKE, .nfds = 1, .clip = { .mime = HELPER_MIME_PNG, .len = 5 } },
		{ .type = HELPER_CLIP_WANT },
		{ .type = HELPER_OWNER_REQ, .owner_req = { .id = 1, .proto = 6, .port = 50000 } },
		{ .type = HELPER_OWNER, .owner = { .id = 1, .name = "curl" } },
		{ .type = HELPER_CLOCK_REQ, .clock_req = { .id = 1, .server = "time.example.org" } },
		{ .type = HELPER_CLOCK, .clock = { .id = 1, .error_us = 20000, .offset_ns = -300000000 } },
		{ .type = HELPER_APPS, .nfds = 1, .apps = { .count = 2 } },
		{ .type = HELPER_NOTIFY, .nfds = 1, .notify = { .id = 1, .urgency = 1 } },
		{ .type = HELPER_UNNOTIFY, .notify = { .id = 1 } },
		{ .type = HELPER_NOTIFIED, .notified = { .id = 1, .how = NOTIFICATION_EXPIRED } },
		{ .type = HELPER_HELD, .held = { .count = 995 } },
		{ .type = HELPER_AUDIO_SET, .audio_set = { .volume = 50, .muted = 1, .microphone = 1 } },
		{ .type = HELPER_SOUND, .audio = { .state = HELPER_AUDIO_PLAYING, .volume = 50, .listening = 1 } },
		{ .type = HELPER_RUN,
			.nfds = 6,
			.run = { .id = 1, .args_len = 8, .flags = CTL_RUN_SEND, .relay = 1, .area = 7 } },
		{ .type = HELPER_SETUP, .nfds = 1, .setup = by_vsock },
		{ .type = HELPER_CONNECTION, .nfds = 1 },
		{ .type = HELPER_CONNECT },
	};
	const struct runctl runs[] = { { .type = RUNCTL_WINCH, .a = 24, .b = 80 }, { .type = RUNCTL_SIGNAL, .a = 15 },
		{ .type = RUNCTL_STARTED, .a = 1 }, { .type = RUNCTL_EXIT, .a = 0 }, { .type = RUNCTL_LOST },
		{ .type = RUNCTL_POINT, .a = 1, .n = { 2, 65536 } }, { .type = RUNCTL_PROGRESS, .n = { 1, 2 } },
		{ .type = RUNCTL_PROBLEM, .a = 13, .text = "a" }, { .type = RUNCTL_STARTED, .a = 1, .n = { 3 } } };
	char name[32];
	int ret = 0;

	for (size_t i = 0; i < COUNT(all) && ret == 0; i++) {
		snprintf(name, sizeof(name), "helper-%zu", i);
		ret = write_seed("helper", name, &all[i], sizeof(all[i]));
	}
	for (size_t i = 0; i < COUNT(runs) && ret == 0; i++) {
		snprintf(name, sizeof(name), "runctl-%zu", i);
		ret = write_seed("helper", name, &runs[i], sizeof(runs[i]));
	}
	return ret;
}

/* As tests/fuzz/gui_state.c reads them: steps behind a byte for the compositor. */
struct steps {
	uint8_t bytes[2048];
	size_t len;
};

enum {
	STEP_TOUCH = 3,
	STEP_SETTLE,
	STEP_CONFIGURE,
	STEP_DISMISS = 7,
	STEP_DEVICES = 11,
	STEP_POINTER,
	STEP_KEYBOARD = 14,
	STEP_AGAIN
};

static void put_step(struct steps *s, const uint8_t *bytes, size_t len)
{
	memcpy(s->bytes + s->len, bytes, len);
	s->len += len;
}

#define STEP(s, ...) put_step(s, (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

/* A message with the newest serial, in a slot that is free. */
static void put_message(struct steps *s, struct gui_msg g)
{
	struct msg m;

	g.head.serial = 0;
	if (gui_encode(&g, &m) < 0)
		return;
	STEP(s, 0, (uint8_t)g.head.type, (uint8_t)g.head.win, 0, MSG_BODY);
	put_step(s, m.bytes + MSG_SIZE - MSG_BODY, MSG_BODY);
}

static void put_window(struct steps *s, uint32_t win, uint8_t role, uint32_t parent)
{
	put_message(s, (struct gui_msg){ .head = { GUI_WIN_NEW, .win = win }, .win_new = { role, parent, 200, 100 } });
	if (role == GUI_ROLE_POPUP)
		put_message(s,
			(struct gui_msg){ .head = { GUI_POPUP_POS, .win = win },
				.popup_pos = { .anchor_x = 4,
					.anchor_w = 1,
					.anchor_h = 1,
					.anchor = 10,
					.gravity = 10,
					.w = 60,
					.h = 40 } });
	STEP(s, STEP_SETTLE);
	put_message(s,
		(struct gui_msg){ .head = { GUI_COMMIT, .win = win },
			.commit = { .w = 200, .h = 100, .stride = 1024, .scale120 = 120 } });
	STEP(s, STEP_SETTLE);
}

/* A window that the pointer and the keyboard are in: its content is the fifth surface, after the pointer's own. */
static void put_scene(struct steps *s)
{
	s->len = 0;
	STEP(s, 0xff, STEP_DEVICES, 7);
	put_window(s, 1, GUI_ROLE_TOPLEVEL, 0);
	STEP(s, STEP_POINTER, 4 << 3, 40, 40, STEP_KEYBOARD, 4 << 3, STEP_POINTER, 3);
}

static int write_states(void)
{
	static struct steps s;
	int ret;

	put_scene(&s);
	put_window(&s, 2, GUI_ROLE_DIALOG, 1);
	put_message(&s, (struct gui_msg){ .head = { GUI_STATE_REQ, .win = 1 }, .state_req = { GUI_STATE_MAXIMIZED } });
	STEP(&s, STEP_CONFIGURE, 0, 1, 200, 150);
	put_message(&s, (struct gui_msg){ .head = { GUI_WIN_DEL, .win = 1 } });
	ret = write_seed("gui_state", "windows", s.bytes, s.len);
	put_scene(&s);
	for (uint32_t win = 2; win <= GUI_POPUP_DEPTH_MAX + 2; win++)
		put_window(&s, win, GUI_ROLE_POPUP, win - 1);
	STEP(&s, STEP_DISMISS, 1, STEP_DISMISS, 0);
	if (ret == 0)
		ret = write_seed("gui_state", "popups", s.bytes, s.len);
	put_scene(&s);
	put_message(&s, (struct gui_msg){ .head = { GUI_CURSOR_IMG, .win = 1 }, .cursor_img = { 640, 24, 24, 1, 1 } });
	put_message(&s, (struct gui_msg){ .head = { GUI_MOVE, .win = 1 } });
	put_message(&s, (struct gui_msg){ .head = { GUI_IDLE_INHIBIT, .win = 1 }, .idle_inhibit = { 1 } });
	put_message(&s, (struct gui_msg){ .head = { GUI_ATTENTION, .win = 1 } });
	/* The frame's menu, by the right button on the bar. */
	STEP(&s, STEP_POINTER, 1 << 3, 40, 30, STEP_POINTER, 0x43, STEP_SETTLE, STEP_POINTER, 0x42, STEP_AGAIN);
	if (ret == 0)
		ret = write_seed("gui_state", "menu", s.bytes, s.len);
	put_scene(&s);
	STEP(&s, STEP_TOUCH, 4 << 3, 1, 40, 40, STEP_TOUCH, 4 << 3, 2, 50, 50, STEP_TOUCH, 7, 0, STEP_TOUCH, 2, 1, 60,
		60);
	STEP(&s, STEP_TOUCH, 4, 1, STEP_TOUCH, 6, 0, STEP_TOUCH, 1 << 3, 3, 40, 30, STEP_TOUCH, 4, 3);
	return ret < 0 ? ret : write_seed("gui_state", "touch", s.bytes, s.len);
}

/* Without the icon, which is any bytes: the target fills it up. */
static int write_apps(void)
{
	static const struct app app = {
		.id = "org.example.Edit", .window = "Edit", .name = "Gr\xc3\xbc\xc3\x9f", .categories = APP_TERMINAL | 1
	};
	static uint8_t bytes[APP_WIRE_BYTES];

	app_encode(&app, bytes);
	return write_seed("apps", "edit", bytes, sizeof(bytes) - APP_ICON_BYTES);
}

/* The text alone, and vmos-notify's packet with it. */
static int write_notifications(void)
{
	const struct notify_packet p = { .kind = NOTIFY_SHOW,
		.id = 1,
		.urgency = 1,
		.text = { .app = "foot", .summary = "Gr\xc3\xbc\xc3\x9f", .body = "<b>done</b>" } };
	uint8_t bytes[NOTIFICATION_WIRE_BYTES];
	int ret;

	notification_encode(&p.text, bytes);
	ret = write_seed("notification", "text", bytes, sizeof(bytes));
	return ret < 0 ? ret : write_seed("notification", "packet", &p, sizeof(p));
}

/* A record behind those at @at; returns where the next one goes. */
static size_t put_record(uint8_t *at, size_t len, const struct xfer_head *head, const void *payload)
{
	xfer_head_put(at + len, head);
	if (head->len)
		memcpy(at + len + XFER_HEAD, payload, head->len);
	return len + XFER_HEAD + head->len;
}

/* From POINT @entry, @offset on: entries of a folder, a file that broke once, and an item that is a file. */
static size_t make_transfer(uint8_t *at, uint64_t entry, uint64_t offset)
{
	static const uint8_t zero[XFER_HASH];
	const struct xfer_start start = { .version = XFER_VERSION, .items = 2, .point = { 0, entry, offset } };
	const struct {
		struct xfer_head head;
		const void *payload;
	} records[] = {
		{ { XFER_DIR, 0, 1, 0 }, "a" },
		{ { XFER_FILE, XFER_EXEC, 3, offset + 2 }, "a/b" },
		{ { XFER_DATA, 0, 1, 0 }, "x" },
		{ { XFER_BREAK, 0, 0, 0 }, NULL },
		{ { XFER_FILE, 0, 3, 2 }, "a/b" },
		{ { XFER_DATA, 0, 2, 0 }, "xy" },
		{ { XFER_END, 0, XFER_HASH, 0 }, zero },
		{ { XFER_ITEM, 0, 0, 0 }, NULL },
		{ { XFER_FILE, 0, 1, 0 }, "c" },
		{ { XFER_END, 0, XFER_HASH, 0 }, zero },
		{ { XFER_ITEM, 0, 0, 0 }, NULL },
		{ { XFER_DONE, 0, 0, 0 }, NULL },
	};
	uint8_t payload[XFER_START_LEN];
	size_t len;

	xfer_start_put(payload, &start);
	at[0] = 1;
	len = put_record(at, 1, &(struct xfer_head){ XFER_START, 0, XFER_START_LEN, 0 }, payload);
	for (size_t i = entry ? 1 : 0; i < COUNT(records); i++)
		len = put_record(at, len, &records[i].head, records[i].payload);
	return len;
}

/* A file of which all but the end goes by relay 1. */
static size_t make_far_transfer(uint8_t *at)
{
	static const uint8_t zero[XFER_HASH];
	const struct xfer_start start = { .version = XFER_VERSION, .items = 1 };
	uint8_t payload[XFER_START_LEN];
	size_t len;

	xfer_start_put(payload, &start);
	at[0] = 0x81;
	len = put_record(at, 1, &(struct xfer_head){ XFER_START, 0, XFER_START_LEN, 0 }, payload);
	len = put_record(at, len, &(struct xfer_head){ XFER_FILE, 0, 1, 2 * XFER_DATA_MAX + 1 }, "a");
	for (uint64_t count = 0; count < 2 * XFER_DATA_MAX; count += XFER_DATA_MAX) {
		xfer_far_put(payload, &(struct xfer_far){ count, 1, XFER_DATA_MAX });
		len = put_record(at, len, &(struct xfer_head){ XFER_FAR, 0, XFER_FAR_LEN, 0 }, payload);
	}
	len = put_record(at, len, &(struct xfer_head){ XFER_DATA, 0, 1, 0 }, "x");
	len = put_record(at, len, &(struct xfer_head){ XFER_END, 0, XFER_HASH, 0 }, zero);
	len = put_record(at, len, &(struct xfer_head){ XFER_ITEM, 0, 0, 0 }, NULL);
	return put_record(at, len, &(struct xfer_head){ XFER_DONE, 0, 0, 0 }, NULL);
}

/* What vmos-files writes, with a DATA that is worth a FAR. */
static size_t make_big_transfer(uint8_t *at)
{
	static const uint8_t data[5000], zero[XFER_HASH];
	const struct xfer_start start = { .version = XFER_VERSION, .items = 1, .bytes = sizeof(data) };
	uint8_t payload[XFER_START_LEN];
	size_t len;

	xfer_start_put(payload, &start);
	at[0] = 0x40;
	len = put_record(at, 1, &(struct xfer_head){ XFER_START, 0, XFER_START_LEN, 0 }, payload);
	len = put_record(at, len, &(struct xfer_head){ XFER_FILE, 0, 1, sizeof(data) }, "a");
	len = put_record(at, len, &(struct xfer_head){ XFER_DATA, 0, sizeof(data), 0 }, data);
	len = put_record(at, len, &(struct xfer_head){ XFER_END, 0, XFER_HASH, 0 }, zero);
	len = put_record(at, len, &(struct xfer_head){ XFER_ITEM, 0, 0, 0 }, NULL);
	return put_record(at, len, &(struct xfer_head){ XFER_DONE, 0, 0, 0 }, NULL);
}

static int write_transfers(void)
{
	uint8_t bytes[8192];
	int ret = write_seed("xfer", "whole", bytes, make_transfer(bytes, 0, 0));

	if (ret == 0)
		ret = write_seed("xfer", "resumed", bytes, make_transfer(bytes, 1, XFER_DATA_MAX));
	if (ret == 0)
		ret = write_seed("xfer", "far", bytes, make_far_transfer(bytes));
	if (ret == 0)
		ret = write_seed("far", "big", bytes, make_big_transfer(bytes));
	return ret;
}

static int write_asks(void)
{
	static char *const strings[] = { "web", "/home/user/a", NULL };
	const struct ask_answer answer = { .status = CTL_ANSWER_MOVING, .done = 1, .total = 2 };
	struct ask_request r = { .kind = CTL_REQUEST_SEND, .files = 1, .bytes = 5 };
	uint8_t packet[128];
	int ret;

	r.len = (uint32_t)ctl_args_encode(strings, NULL, packet + sizeof(r), sizeof(packet) - sizeof(r));
	memcpy(packet, &r, sizeof(r));
	ret = write_seed("ask", "request", packet, sizeof(r) + r.len);
	return ret < 0 ? ret : write_seed("ask", "answer", &answer, sizeof(answer));
}

static int write_taps(void)
{
	const struct tap_flow flow = {
		.index = 1, .line = UINT32_MAX, .proto = NET_TCP, .port = 443, .name = "a.example"
	};
	const struct net_target target = {
		.action = NET_ALLOW, .kind = NET_NAME, .port_high = 65535, .name = "a.example"
	};
	struct tap_msg all[] = {
		{ .type = TAP_SETUP, .nfds = 2, .setup = { .net = "net0" } },
		{ .type = TAP_LINK, .nfds = 2, .link = { .index = 1 } },
		{ .type = TAP_UNLINK, .id = { .index = 1 } },
		{ .type = TAP_LIST, .list = { .index = 1, .count = 1 } },
		{ .type = TAP_LINE, .line = { .index = 1, .target = target } },
		{ .type = TAP_ANSWER, .answer = { .index = 1, .id = 1 } },
		{ .type = TAP_QUIT },
		{ .type = TAP_STATE, .nfds = 1 },
		{ .type = TAP_QUESTION, .flow = flow },
		{ .type = TAP_LOG, .flow = flow },
		{ .type = TAP_FLOW, .flow = flow },
		{ .type = TAP_STATS, .stats = { .flows = 1 } },
		{ .type = TAP_FAILED, .fail = { .reason = TAP_REASON_SETUP, .text = "why" } },
		{ .type = TAP_SETUP,
			.nfds = 2 + TAP_KERNEL_FDS,
			.setup = { .net = "net0", .fabric = TAP_FABRIC_KERNEL } },
		{ .type = TAP_NET, .link = { .ifindex = 3 } },
		{ .type = TAP_LINK, .link = { .index = 1, .ifindex = 4 } },
	};
	char name[32];
	int ret = 0;

	all[8].flow.id = 1;
	all[8].flow.action = NET_ASK;
	all[9].flow.event = TAP_EVENT_OPEN;
	for (size_t i = 0; i < COUNT(all) && ret == 0; i++) {
		snprintf(name, sizeof(name), "tap-%zu", i);
		ret = write_seed("tap", name, &all[i], sizeof(all[i]));
	}
	return ret;
}

static int write_wires(void)
{
	const struct wire_msg all[] = {
		{ .type = WIRE_OPEN, .filter = 1 },
		{ .type = WIRE_MAKE, .index = NETPLAN_INDEX_MAX },
		{ .type = WIRE_GIVE, .nfds = 1, .index = 1 },
		{ .type = WIRE_TAKE },
		{ .type = WIRE_SHARE },
		{ .type = WIRE_DONE, .nfds = 1 },
		{ .type = WIRE_DONE, .index = 1, .ifindex = 3 },
		{ .type = WIRE_DONE, .nfds = WIRE_FDS_MAX },
		{ .type = WIRE_DONE, .index = 1, .error = -ENODEV, .text = "the card is not here" },
	};
	char name[32];
	int ret = 0;

	for (size_t i = 0; i < COUNT(all) && ret == 0; i++) {
		snprintf(name, sizeof(name), "wire-%zu", i);
		ret = write_seed("wire", name, &all[i], sizeof(all[i]));
	}
	return ret;
}

static int write_dns(void)
{
	static const char query[] = "\x12\x34\x01\0\0\1\0\0\0\0\0\0\3Www\7example\0\0\1\0\1";
	static const char answer[] = "\x12\x34\x81\x80\0\1\0\3\0\0\0\0\3www\7example\0\0\1\0\1"
				     "\xc0\14\0\5\0\1\0\0\0\x3c\0\4\1b\xc0\20"
				     "\xc0\55\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1"
				     "\xc0\55\0\34\0\1\0\0\0\x3c\0\20\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\7";
	static const char loop[] = "\0\0\x81\x80\0\1\0\1\0\0\0\0\1a\0\0\1\0\1\xc0\23\0\1\0\1\0\0\0\0\0\0";
	int ret = write_seed("dns", "query", query, sizeof(query) - 1);

	if (ret == 0)
		ret = write_seed("dns", "answer", answer, sizeof(answer) - 1);
	return ret < 0 ? ret : write_seed("dns", "loop", loop, sizeof(loop) - 1);
}

/* As tests/fuzz/tap_path.c reads them: a list that allows or asks, every frame, a yes, and the frames again. */
static int write_paths(void)
{
	static uint8_t script[65536];
	struct forge_parties parties;
	int ret = 0;

	forge_parties(&parties, 7, 300);
	for (uint8_t what = 0; what < 3 && ret == 0; what++) {
		size_t len = 0;

		for (size_t i = 0; i < 2 * forge_nkinds; i++) {
			const struct forge_kind *kind = &forge_kinds[i % forge_nkinds];
			uint8_t frame[FORGE_MAX];
			size_t n = forge_build(kind, &parties, frame);

			if (i % forge_nkinds == 0) {
				memcpy(script + len, (uint8_t[]){ 3, 0, 1, (uint8_t)(what * 4 + what), 5, 0, 1, 0x80 },
					8);
				len += 8;
			}
			if (n > 200 || len + n > sizeof(script) - 64)
				continue;
			script[len++] = kind->side == FORGE_CLIENT ? 0 : 2;
			script[len++] = 0;
			script[len++] = (uint8_t)n;
			memcpy(script + len, frame, n);
			len += n;
		}
		ret = write_seed("tap_path", (const char *[]){ "deny", "allow", "ask" }[what], script, len);
	}
	return ret;
}

/* As tests/fuzz/frame.c reads them: whose frame, nothing beyond it, the frame. */
static int write_frames(void)
{
	struct forge_parties parties;
	int ret = 0;

	forge_parties(&parties, 7, 300);
	for (size_t i = 0; i < forge_nkinds && ret == 0; i++) {
		uint8_t data[2 + FORGE_MAX] = { forge_kinds[i].side == FORGE_CLIENT };
		size_t len = forge_build(&forge_kinds[i], &parties, data + 2);

		if (len <= 400)
			ret = write_seed("frame", forge_kinds[i].name, data, 2 + len);
	}
	return ret;
}

static int write_others(void)
{
	static char *const argv[] = { "sh", "-c", "true", NULL }, *const envv[] = { "A=1", NULL };
	static const char text[] = "@t\xc3\xbctle \xe2\x80\xae \xf0\x9f\x98\x80 \xff\x1b";
	static const char grants[] = "ro=/usr/share:rw=/a\\:b/c";
	static const char secret[] = "{\"qom-type\":\"secret\",\"file\":\"/a\"}", probe[] = "unix:/a/b,server=on";
	/* Joins, publishes two messages, takes them, sends, runs ahead. */
	static const uint8_t script[] = { 2, 0, 0, 0, 1, 0, 0, 0, 0, 3, 0, 0, 2, 0, 0, 0, 11, 0x9f, 0, 0, 9, 0, 1, 0, 1,
		0x1c, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 8, 0, 0 };
	static char *const url[] = { "web", "https://example.org/", NULL };
	uint8_t blob[64];
	int len = ctl_args_encode(argv, envv, blob, sizeof(blob));
	int ret = write_seed("ctl_args", "sh", blob, (size_t)len);

	len = ctl_args_encode(url, NULL, blob, sizeof(blob));
	if (ret == 0)
		ret = write_seed("ctl_args", "url", blob, (size_t)len);
	if (ret == 0)
		ret = write_seed("text", "title", text, sizeof(text) - 1);
	if (ret == 0)
		ret = write_seed("text", "name", "work-2", 7);
	if (ret == 0)
		ret = write_seed("grants", "variable", grants, sizeof(grants) - 1);
	if (ret == 0)
		ret = write_seed("grants", "secret", secret, sizeof(secret) - 1);
	if (ret == 0)
		ret = write_seed("grants", "probe", probe, sizeof(probe) - 1);
	if (ret == 0)
		ret = write_seed("channel", "session", script, sizeof(script));
	return ret;
}

/* What the other side of a session writes: HELLO, a message without a blob, one with. */
static int write_streams(void)
{
	static uint8_t memory[2][VSTREAM_MEMORY];
	static const char *const names[] = { "host", "guest" };
	struct vstream s[2];
	uint8_t seed[512];
	int ret = 0;

	vstream_open(&s[0], memory[0], true, 7);
	vstream_open(&s[1], memory[1], false, 0);
	for (unsigned i = 0; i < 2 && ret == 0; i++) {
		struct vstream *from = &s[i], *to = &s[1 - i];
		struct blob_ref ref;
		const uint8_t *bytes;
		struct msg m = { 0 };
		uint8_t *into;
		size_t len = vstream_pending(from, &bytes);

		vstream_space(to, &into);
		memcpy(into, bytes, len);
		vstream_filled(to, len);
		vstream_poll(to);
		from->state = CHANNEL_JOINED;
		vstream_send(from, &m);
		vstream_reserve(from, "blob", 4, &ref);
		memcpy(m.bytes + sizeof(struct msg_head), &ref, sizeof(ref));
		vstream_send(from, &m);
		len = vstream_pending(from, &bytes);
		seed[0] = (uint8_t)i; /* the odd first byte: a host reads it */
		memcpy(seed + 1, bytes, len);
		ret = write_seed("vstream", names[i], seed, len + 1);
	}
	return ret;
}

int main(int argc, char **argv)
{
	int ret;

	if (argc != 2) {
		fprintf(stderr, "Usage: seeds FOLDER\n");
		return 2;
	}
	root = argv[1];
	ret = write_messages();
	if (ret == 0)
		ret = write_states();
	if (ret == 0)
		ret = write_helpers();
	if (ret == 0)
		ret = write_audio();
	if (ret == 0)
		ret = write_apps();
	if (ret == 0)
		ret = write_notifications();
	if (ret == 0)
		ret = write_transfers();
	if (ret == 0)
		ret = write_asks();
	if (ret == 0)
		ret = write_frames();
	if (ret == 0)
		ret = write_taps();
	if (ret == 0)
		ret = write_wires();
	if (ret == 0)
		ret = write_streams();
	if (ret == 0)
		ret = write_paths();
	if (ret == 0)
		ret = write_dns();
	if (ret == 0)
		ret = write_others();
	if (ret < 0)
		fprintf(stderr, "seeds: error: cannot write to %s: %s\n", root, strerror(-ret));
	return ret < 0;
}
