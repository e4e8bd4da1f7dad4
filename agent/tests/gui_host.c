/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host for vmos-compositor without a VM: opens a gui session in a memfd,
 * starts the compositor on it (device_shim.c), acts as a simple desktop and
 * obeys commands from standard input, one a line:
 *   wait N SECONDS        until N windows have pixels; gone N SECONDS: until only N are left
 *   sleep MS              going on with everything else
 *   until FILE TEXT SECONDS   until the file, where a client writes, contains it (no spaces, _ stands for one)
 *   focus W · text STRING · key CODE 0|1 · mods DEPRESSED GROUP · enter W X Y · motion X Y · button CODE 0|1
 *   keymap LAYOUTS        of xkb, as in "us,de"
 *   axis VALUE VALUE120 SOURCE STOP   along y, VALUE in 1/256
 *   touch device 0|1 · down ID W X Y · move ID X Y · up ID · frame · cancel W
 *   configure W WIDTH HEIGHT [STATES] · close W · done W · scale W S120
 *   dump W FILE           its pixels as a PPM picture
 *   hold 0|1              keep the newest slot until the next commit, or release at once
 *   frames 0|1            answer commits with FRAME or not
 *   reopen                another session, as after a restart of the desktop
 *   list
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <xkbcommon/xkbcommon.h>

#include "base/fd.h"
#include "base/log.h"
#include "proto/channel.h"
#include "proto/gui.h"

#define WINDOWS 64
#define HOST_FRAME_MS 4

struct window {
	uint32_t id, parent;
	uint8_t role;
	int w, h; /* configured */
	bool has_pixels;
	struct gui_commit last;
	uint32_t ack, frame_due; /* seq + 1 of the COMMIT to answer */
	char title[GUI_TITLE_MAX + 1];
	unsigned commits;
};

struct host {
	uint8_t *base;
	int memfd, to_guest, to_host;
	struct channel ch;
	struct window windows[WINDOWS];
	bool hold, frames, open;
	uint32_t serial, focus;
	pid_t pid;
	uint64_t heap_off;
};

static struct host host;

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void send_msg(const struct gui_msg *g)
{
	struct msg m;
	int r = gui_encode(g, &m);

	if (r == 0)
		r = channel_send(&host.ch, &m);
	if (r < 0)
		printf("ERROR send %s: %d\n", gui_type_name(g->head.type), r);
}

static struct window *window_find(uint32_t id)
{
	for (int i = 0; i < WINDOWS; i++) {
		if (host.windows[i].id == id && id != 0)
			return &host.windows[i];
	}
	return NULL;
}

static void send_keymap(const char *layouts)
{
	struct xkb_context *ctx = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
	const struct xkb_rule_names names = { .layout = layouts };
	struct xkb_keymap *map = xkb_keymap_new_from_names(ctx, &names, XKB_KEYMAP_COMPILE_NO_FLAGS);
	char *text = xkb_keymap_get_as_string(map, XKB_KEYMAP_FORMAT_TEXT_V1);
	struct gui_msg g = { .head.type = GUI_KEYMAP };

	if (channel_reserve(&host.ch, text, strlen(text), &g.keymap.blob) == 0)
		send_msg(&g);
	free(text);
	xkb_keymap_unref(map);
	xkb_context_unref(ctx);
}

static void greet(void)
{
	struct gui_msg g = { .head.type = GUI_WELCOME, .hello.version = GUI_VERSION };
	struct gui_msg out = { .head.type = GUI_OUTPUT };
	struct gui_msg repeat = { .head.type = GUI_REPEAT, .repeat = { 30, 500 } };

	send_msg(&g);
	out.output = (struct gui_output){
		.id = 7, .w = 1600, .h = 900, .mm_w = 400, .mm_h = 225, .scale120 = 120, .mhz = 60000
	};
	send_msg(&out);
	send_keymap(NULL);
	send_msg(&repeat);
	host.open = true;
}

static void configure(struct window *w, uint32_t states, int scale120)
{
	struct gui_msg g = { .head = { .type = GUI_CONFIGURE, .win = w->id, .serial = ++host.serial } };

	g.configure = (struct gui_configure){ .w = (uint16_t)w->w,
		.h = (uint16_t)w->h,
		.states = states,
		.scale120 = (uint16_t)scale120,
		.bounds_w = 1600,
		.bounds_h = 900 };
	send_msg(&g);
}

static void release(uint32_t page)
{
	struct gui_msg g = { .head.type = GUI_RELEASE, .release.page = page };

	send_msg(&g);
}

static void handle_new(const struct gui_msg *g)
{
	for (int i = 0; i < WINDOWS; i++) {
		struct window *w = &host.windows[i];

		if (w->id != 0)
			continue;
		*w = (struct window){ .id = g->head.win, .parent = g->win_new.parent, .role = g->win_new.role };
		printf("WIN_NEW %u role %u parent %u %ux%u\n", w->id, w->role, w->parent, g->win_new.w, g->win_new.h);
		if (w->role != GUI_ROLE_POPUP)
			configure(w, GUI_STATE_ACTIVATED, 120);
		return;
	}
}

static void handle_popup(const struct gui_msg *g)
{
	const struct gui_popup_pos *p = &g->popup_pos;
	struct gui_msg out = { .head = { .type = GUI_POPUP_PLACED, .win = g->head.win } };
	int x = p->anchor_x + p->dx, y = p->anchor_y + p->dy;

	if (p->anchor & GUI_EDGE_RIGHT)
		x += p->anchor_w;
	if (p->anchor & GUI_EDGE_BOTTOM)
		y += p->anchor_h;
	if (p->gravity & GUI_EDGE_LEFT)
		x -= p->w;
	if (p->gravity & GUI_EDGE_TOP)
		y -= p->h;
	printf("POPUP_POS %u anchor %d,%d %ux%u edges %u gravity %u size %ux%u\n", g->head.win, p->anchor_x,
		p->anchor_y, p->anchor_w, p->anchor_h, p->anchor, p->gravity, p->w, p->h);
	out.popup_placed = (struct gui_popup_placed){ .x = x, .y = y, .w = p->w, .h = p->h, .token = p->token };
	send_msg(&out);
}

static bool page_held(uint32_t page)
{
	for (int i = 0; i < WINDOWS; i++) {
		if (host.windows[i].id && host.windows[i].has_pixels && host.windows[i].last.page == page && host.hold)
			return true;
	}
	return false;
}

static void handle_commit(const struct gui_msg *g)
{
	struct window *w = window_find(g->head.win);
	struct gui_commit old;

	if (!w) {
		printf("ERROR COMMIT of no window %u\n", g->head.win);
		return;
	}
	if (!gui_slot_fits(&g->commit, VMOS_GUI_REGION - host.heap_off) || page_held(g->commit.page))
		printf("ERROR COMMIT of a slot outside or held: page %u\n", g->commit.page);
	old = w->last;
	if (!w->has_pixels || old.w != g->commit.w || old.h != g->commit.h)
		printf("COMMIT %u %ux%u serial %u fmt %u scale %u nrect %u\n", w->id, g->commit.w, g->commit.h,
			g->head.serial, g->commit.fmt, g->commit.scale120, g->commit.nrect);
	w->last = g->commit;
	w->ack = g->head.serial;
	w->frame_due = g->head.seq + 1;
	w->commits++;
	if (!host.hold)
		release(w->last.page);
	else if (w->has_pixels)
		release(old.page);
	w->has_pixels = true;
}

static void handle_title(const struct gui_msg *g)
{
	struct window *w = window_find(g->head.win);
	size_t at = (size_t)g->title.part * GUI_TITLE_CHUNK;

	if (!w || g->head.type != GUI_TITLE)
		return;
	memcpy(w->title + at, g->title.text, g->title.len);
	w->title[at + g->title.len] = 0;
}

static void handle_msg(const struct gui_msg *g)
{
	struct window *w = window_find(g->head.win);

	switch (g->head.type) {
	case GUI_HELLO:
		greet();
		break;
	case GUI_WIN_NEW:
		handle_new(g);
		break;
	case GUI_WIN_DEL:
		printf("WIN_DEL %u\n", g->head.win);
		if (w && w->has_pixels && host.hold)
			release(w->last.page);
		if (w)
			w->id = 0;
		break;
	case GUI_POPUP_POS:
		handle_popup(g);
		break;
	case GUI_COMMIT:
		handle_commit(g);
		break;
	case GUI_TITLE:
	case GUI_APPID:
		handle_title(g);
		break;
	case GUI_HINTS:
		printf("HINTS %u min %ux%u geo %ux%u opaque %u\n", g->head.win, g->hints.min_w, g->hints.min_h,
			g->hints.geo_w, g->hints.geo_h, g->hints.opaque);
		break;
	case GUI_CURSOR_SHAPE:
		printf("CURSOR_SHAPE %u\n", g->cursor_shape.shape);
		break;
	case GUI_CURSOR_IMG:
		printf("CURSOR_IMG %ux%u hot %u,%u\n", g->cursor_img.w, g->cursor_img.h, g->cursor_img.hot_x,
			g->cursor_img.hot_y);
		release(g->cursor_img.page);
		break;
	default:
		if (g->head.type != GUI_DAMAGE)
			printf("%s %u\n", gui_type_name(g->head.type), g->head.win);
	}
}

static void answer_frames(void)
{
	for (int i = 0; i < WINDOWS && host.frames; i++) {
		struct window *w = &host.windows[i];
		struct gui_msg g = { .head = { .type = GUI_FRAME, .win = w->id, .serial = w->frame_due - 1 } };

		if (w->id == 0 || w->frame_due == 0)
			continue;
		g.frame = (struct gui_frame){ .ns = now_ms() * 1000000, .refresh_ns = 16666666 };
		w->frame_due = 0;
		send_msg(&g);
	}
}

static void notify(void)
{
	if (channel_flush(&host.ch))
		fd_eventfd_kick(host.to_guest);
}

static void turn(int ms)
{
	struct pollfd p = { .fd = host.to_host, .events = POLLIN };
	struct gui_msg g;
	struct msg m;

	answer_frames();
	notify();
	if (channel_arm(&host.ch) && poll(&p, 1, ms) > 0)
		fd_eventfd_take(host.to_host);
	if (channel_poll(&host.ch) != CHANNEL_JOINED)
		return;
	while (channel_recv(&host.ch, &m) == 1) {
		if (gui_decode_guest(&m, &g) < 0)
			printf("ERROR a message that does not decode, type %u\n", m.bytes[0]);
		else
			handle_msg(&g);
	}
	if (channel_recv_done(&host.ch))
		fd_eventfd_kick(host.to_guest);
	notify();
}

static void run_for(uint64_t ms)
{
	uint64_t end = now_ms() + ms;

	while (now_ms() < end)
		turn(HOST_FRAME_MS);
}

static unsigned windows_shown(void)
{
	unsigned n = 0;

	for (int i = 0; i < WINDOWS; i++)
		n += host.windows[i].id != 0 && host.windows[i].has_pixels;
	return n;
}

static void cmd_wait(unsigned n, unsigned seconds, bool gone)
{
	uint64_t end = now_ms() + seconds * 1000;

	while (now_ms() < end && (gone ? windows_shown() > n : windows_shown() < n))
		turn(HOST_FRAME_MS);
	printf("%s: %u windows\n", (gone ? windows_shown() > n : windows_shown() < n) ? "ERROR timeout" : "ok",
		windows_shown());
}

static void send_key(uint16_t key, bool pressed)
{
	struct gui_msg g = { .head = { .type = GUI_KEY, .win = host.focus, .serial = ++host.serial } };

	g.key = (struct gui_key){ .time_ms = (uint32_t)now_ms(), .key = key, .pressed = pressed };
	send_msg(&g);
}

static void cmd_text(const char *text)
{
	static const char keys[] = "..1234567890-=..qwertyuiop[].."
				   "asdfghjkl;'`.\\zxcvbnm,./... ";

	for (; *text; text++) {
		const char *at = *text == '_' ? NULL : strchr(keys, *text == '\n' ? 1 : *text);
		uint16_t code = at ? (uint16_t)(at - keys) : 0;

		if (*text == '.')
			code = 52;
		if (*text == '/')
			code = 53;
		if (*text == ' ')
			code = 57;
		if (*text == '_')
			code = 28;
		send_key(code, true);
		send_key(code, false);
		run_for(15);
	}
}

static void cmd_focus(uint32_t id)
{
	struct gui_msg leave = { .head = { .type = GUI_KB_LEAVE, .win = host.focus } };
	struct gui_msg g = { .head = { .type = GUI_KB_ENTER, .win = id, .serial = ++host.serial } };
	struct gui_msg mods = { .head = { .type = GUI_MODS, .win = id } };

	if (host.focus)
		send_msg(&leave);
	host.focus = id;
	send_msg(&g);
	send_msg(&mods);
}

static void cmd_pointer(enum gui_type type, uint32_t id, int x, int y)
{
	static uint32_t last;
	struct gui_msg g = { .head = { .type = (uint16_t)type, .win = id ? id : last } };

	last = g.head.win;
	if (type == GUI_PTR_ENTER)
		g.head.serial = ++host.serial;
	g.ptr = (struct gui_ptr){ .time_ms = (uint32_t)now_ms(), .x = x * 256, .y = y * 256 };
	send_msg(&g);
}

static void cmd_button(unsigned code, bool pressed)
{
	struct gui_msg g = { .head = { .type = GUI_PTR_BUTTON, .serial = ++host.serial } };

	g.button = (struct gui_button){ .time_ms = (uint32_t)now_ms(), .button = code, .pressed = pressed };
	send_msg(&g);
}

static void cmd_axis(int value, int value120, unsigned source, unsigned stop)
{
	struct gui_msg g = { .head.type = GUI_PTR_AXIS };

	g.axis = (struct gui_axis){ .time_ms = (uint32_t)now_ms(),
		.source = (uint8_t)source,
		.value = value,
		.value120 = value120,
		.stop = (uint8_t)stop };
	send_msg(&g);
}

static void send_touch(enum gui_type type, unsigned id, unsigned win, const int *at)
{
	static uint32_t of[GUI_TOUCH_POINTS];
	struct gui_msg g = { .head.type = (uint16_t)type };

	if (win)
		of[id % GUI_TOUCH_POINTS] = win;
	g.head.win = of[id % GUI_TOUCH_POINTS];
	g.touch = (struct gui_touch){ (uint32_t)now_ms(), id, at[0] * 256, at[1] * 256 };
	send_msg(&g);
}

static void cmd_touch(const char *line)
{
	unsigned id = 0, win = 0;
	int at[2] = { 0, 0 };
	struct gui_msg g = { .head.type = GUI_TOUCH_FRAME };

	if (sscanf(line, "device %u", &id) == 1) {
		g.head.type = GUI_TOUCH_DEVICE;
		g.touch_device.there = id;
		send_msg(&g);
	} else if (sscanf(line, "down %u %u %d %d", &id, &win, &at[0], &at[1]) == 4) {
		send_touch(GUI_TOUCH_DOWN, id, win, at);
	} else if (sscanf(line, "move %u %d %d", &id, &at[0], &at[1]) == 3) {
		send_touch(GUI_TOUCH_MOTION, id, 0, at);
	} else if (sscanf(line, "up %u", &id) == 1) {
		send_touch(GUI_TOUCH_UP, id, 0, at);
	} else if (sscanf(line, "cancel %u", &win) == 1) {
		g.head = (struct msg_head){ .type = GUI_TOUCH_CANCEL, .win = win };
		send_msg(&g);
	} else {
		send_msg(&g);
	}
}

static void cmd_mods(unsigned depressed, unsigned group)
{
	struct gui_msg g = { .head = { .type = GUI_MODS, .win = host.focus }, .mods = { depressed, 0, 0, group } };

	send_msg(&g);
}

static bool file_has(const char *path, const char *text)
{
	char line[256];
	FILE *f = fopen(path, "re");
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = strstr(line, text) != NULL;
	if (f)
		fclose(f);
	return found;
}

static void cmd_until(const char *path, char *text, unsigned seconds)
{
	uint64_t end = now_ms() + seconds * 1000;

	for (char *c = text; *c; c++)
		*c = *c == '_' ? ' ' : *c;
	while (!file_has(path, text) && now_ms() < end)
		run_for(20);
	printf("%s: '%s'\n", file_has(path, text) ? "ok" : "ERROR never said", text);
}

static void cmd_dump(uint32_t id, const char *path)
{
	const struct window *w = window_find(id);
	FILE *f = w && w->has_pixels ? fopen(path, "we") : NULL;

	if (!f) {
		printf("ERROR nothing to dump\n");
		return;
	}
	fprintf(f, "P6 %u %u 255\n", w->last.w, w->last.h);
	for (unsigned y = 0; y < w->last.h; y++) {
		const uint8_t *p = host.base + host.heap_off + (uint64_t)w->last.page * VMOS_PAGE_SIZE +
			(uint64_t)y * w->last.stride;

		for (unsigned x = 0; x < w->last.w; x++, p += 4) {
			fputc(p[2], f);
			fputc(p[1], f);
			fputc(p[0], f);
		}
	}
	fclose(f);
}

static void cmd_plain(enum gui_type type, uint32_t id)
{
	struct gui_msg g = { .head = { .type = (uint16_t)type, .win = id } };

	send_msg(&g);
}

static void cmd_reopen(void)
{
	memset(host.windows, 0, sizeof(host.windows));
	host.focus = 0;
	if (channel_host_open(&host.ch, host.base, VMOS_GUI_REGION, VMOS_ROLE_GUI, host.ch.epoch + 1) < 0)
		printf("ERROR reopen\n");
	fd_eventfd_kick(host.to_guest);
}

static void cmd_list(void)
{
	for (int i = 0; i < WINDOWS; i++) {
		const struct window *w = &host.windows[i];

		if (w->id)
			printf("window %u role %u parent %u %ux%u ack %u commits %u '%s'\n", w->id, w->role, w->parent,
				w->last.w, w->last.h, w->ack, w->commits, w->title);
	}
}

static void cmd_configure(uint32_t id, int w, int h, unsigned states, int scale120)
{
	struct window *win = window_find(id);

	if (!win) {
		printf("ERROR no window %u\n", id);
		return;
	}
	win->w = w;
	win->h = h;
	configure(win, states, scale120);
}

static void command(const char *line)
{
	unsigned a = 0, b = 0, c = 0, d = GUI_STATE_ACTIVATED, e = 120;
	char text[200], path[200];
	int value, steps;

	if (sscanf(line, "wait %u %u", &a, &b) == 2)
		cmd_wait(a, b, false);
	else if (sscanf(line, "gone %u %u", &a, &b) == 2)
		cmd_wait(a, b, true);
	else if (sscanf(line, "until %199s %199s %u", path, text, &a) == 3)
		cmd_until(path, text, a);
	else if (sscanf(line, "keymap %199s", text) == 1)
		send_keymap(text);
	else if (sscanf(line, "mods %u %u", &a, &b) == 2)
		cmd_mods(a, b);
	else if (sscanf(line, "axis %d %d %u %u", &value, &steps, &b, &c) == 4)
		cmd_axis(value, steps, b, c);
	else if (strncmp(line, "touch ", 6) == 0)
		cmd_touch(line + 6);
	else if (sscanf(line, "sleep %u", &a) == 1)
		run_for(a);
	else if (sscanf(line, "focus %u", &a) == 1)
		cmd_focus(a);
	else if (sscanf(line, "text %199[^\n]", text) == 1)
		cmd_text(text);
	else if (sscanf(line, "key %u %u", &a, &b) == 2)
		send_key((uint16_t)a, b);
	else if (sscanf(line, "enter %u %u %u", &a, &b, &c) == 3)
		cmd_pointer(GUI_PTR_ENTER, a, (int)b, (int)c);
	else if (sscanf(line, "motion %u %u", &b, &c) == 2)
		cmd_pointer(GUI_PTR_MOTION, 0, (int)b, (int)c);
	else if (sscanf(line, "button %u %u", &a, &b) == 2)
		cmd_button(a, b);
	else if (sscanf(line, "configure %u %u %u %u %u", &a, &b, &c, &d, &e) >= 3)
		cmd_configure(a, (int)b, (int)c, d, (int)e);
	else if (sscanf(line, "close %u", &a) == 1)
		cmd_plain(GUI_CLOSE, a);
	else if (sscanf(line, "done %u", &a) == 1)
		cmd_plain(GUI_POPUP_DONE, a);
	else if (sscanf(line, "dump %u %199s", &a, text) == 2)
		cmd_dump(a, text);
	else if (sscanf(line, "hold %u", &a) == 1)
		host.hold = a;
	else if (sscanf(line, "frames %u", &a) == 1)
		host.frames = a;
	else if (strncmp(line, "reopen", 6) == 0)
		cmd_reopen();
	else if (strncmp(line, "list", 4) == 0)
		cmd_list();
	else
		printf("ERROR unknown command: %s", line);
}

static int start_compositor(const char *program, const char *shim)
{
	char env[64];

	host.pid = fork();
	if (host.pid != 0)
		return host.pid < 0 ? -errno : 0;
	snprintf(env, sizeof(env), "%d,%d,%d,%u", host.memfd, host.to_guest, host.to_host, VMOS_ROLE_GUI);
	setenv("VMOS_SHIM", env, 1);
	setenv("LD_PRELOAD", shim, 1);
	execl(program, program, NULL);
	_exit(127);
}

int main(int argc, char **argv)
{
	char line[256];
	int status = 0;

	if (argc != 3) {
		fprintf(stderr, "usage: gui_host COMPOSITOR SHIM < commands\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	log_open("gui_host", NULL);
	host.hold = host.frames = true;
	host.memfd = fd_memfd_sealed("gui", VMOS_GUI_REGION);
	host.to_guest = eventfd(0, EFD_NONBLOCK);
	host.to_host = eventfd(0, EFD_NONBLOCK);
	fd_set_cloexec(host.memfd, false);
	host.base = mmap(NULL, VMOS_GUI_REGION, PROT_READ | PROT_WRITE, MAP_SHARED, host.memfd, 0);
	if (host.base == MAP_FAILED || channel_host_open(&host.ch, host.base, VMOS_GUI_REGION, VMOS_ROLE_GUI, 1) < 0)
		return 1;
	host.heap_off = host.ch.heap_off;
	if (start_compositor(argv[1], argv[2]) < 0)
		return 1;
	while (fgets(line, sizeof(line), stdin)) {
		command(line);
		turn(0);
	}
	kill(host.pid, SIGUSR1);
	run_for(200);
	kill(host.pid, SIGTERM);
	waitpid(host.pid, &status, 0);
	printf("compositor ended: %d\n", status);
	return status != 0;
}
