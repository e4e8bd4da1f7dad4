/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All of vmos-desktop behind its decoder, but for main(): a guest's messages in
 * any order, what the compositor says in any order, and what the user does. The
 * compositor is screen.c. Input: a byte for the compositor's globals, then
 * steps, each a kind, a byte, and what that kind reads.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fd.h"
#include "desktop/buffer.h"
#include "desktop/clipboard.h"
#include "desktop/display.h"
#include "desktop/guest.h"
#include "desktop/manager.h"
#include "desktop/menu.h"
#include "desktop/pool.h"
#include "desktop/seat.h"
#include "desktop/window.h"
#include "fractional-scale-v1-client-protocol.h"
#include "proto/text.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/screen.h"
#include "xdg-activation-v1-client-protocol.h"
#include "xdg-output-unstable-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"

#define STEPS_MAX 400
#define HELD_MAX (2 * BUFFERS_HELD_MAX)
#define IDS 16 /* windows that the guest speaks of */
#define SLOT_PAGES 64

static struct atlas atlas; /* made once */
static int region, kick_guest, kick_host;

/* As main() has them. */
static struct {
	struct display display;
	struct pool pool;
	struct buffers buffers;
	struct window_set windows;
	struct seat seat;
	struct clipboard clipboard;
	struct menu menu;
	struct guest guest;
	struct manager manager;
} d;

/* What the guest knows. */
static struct {
	struct channel channel;
	uint32_t serial[IDS + 1];
	struct gui_commit held[HELD_MAX]; /* what the host has not given back */
	unsigned nheld;
	bool clash; /* the last message must be refused */
} peer;

/* Mostly small: -64 … 575, and what lies far away. */
static int32_t take_length(struct input *in)
{
	int32_t b = (int32_t)take(in, 1);

	return b < 248 ? b * 5 / 2 - 64 : b < 252 ? -20000 : 20000;
}

static void wire(void)
{
	d.windows.display = d.seat.display = d.guest.display = &d.display;
	d.windows.pool = &d.pool;
	d.windows.atlas = &atlas;
	d.windows.buffers = &d.buffers;
	d.windows.guest = d.seat.guest = d.clipboard.guest = &d.guest;
	d.windows.seat = d.guest.seat = &d.seat;
	d.windows.menu = d.seat.menu = &d.menu;
	d.seat.windows = d.guest.windows = d.clipboard.windows = d.menu.set = &d.windows;
	d.seat.clipboard = d.guest.clipboard = d.menu.clipboard = &d.clipboard;
	d.buffers.guest = d.display.guest = &d.guest;
	d.manager = (struct manager){ .link = { .sock = -1, .listener = -1, .setup = { .sound = 1 } },
		.guest = &d.guest,
		.windows = &d.windows };
	d.guest.manager = d.clipboard.manager = d.menu.manager = &d.manager;
}

static void begin(unsigned globals)
{
	const struct helper_setup setup = {
		.vm = "work", .rgb = 0x2f6feb, .role = VMOS_ROLE_GUI, .epoch = 1, .region_size = VMOS_GUI_REGION
	};
	const int fds[] = { dup(region), dup(kick_guest), dup(kick_host) };
	const char *lacks;

	memset(&d, 0, sizeof(d));
	memset(&peer, 0, sizeof(peer));
	screen_begin(globals);
	wire();
	require(display_init(&d.display, -1, &lacks) == 0);
	require(guest_init(&d.guest, &setup, fds) == 0);
	require(pool_init(&d.pool, d.display.shm) == 0);
	require(buffers_init(&d.buffers, d.display.shm, region, VMOS_GUI_REGION, d.guest.channel.heap_off) == 0);
	require(window_set_init(&d.windows, &setup) == 0);
	require(seat_init(&d.seat) == 0);
	require(channel_guest_join(&peer.channel, d.guest.region, VMOS_GUI_REGION, VMOS_ROLE_GUI) == 0);
	channel_poll(&d.guest.channel);
}

static void end(void)
{
	guest_finish(&d.guest);
	window_set_finish(&d.windows);
	clipboard_reset(&d.clipboard);
	seat_finish(&d.seat);
	buffers_finish(&d.buffers);
	screen_settle(); /* buffers of frames that the compositor had */
	pool_finish(&d.pool);
	screen_end();
}

/* --- what must hold after each step --- */

/* The fuzzer has nothing to learn from the branches of these. */
#define UNSEEN __attribute__((noinline, no_sanitize("coverage")))

UNSEEN static bool is_window(const struct window *w)
{
	for (int i = 0; i < GUI_WINDOWS_MAX; i++) {
		if (w && d.windows.all[i] == w)
			return true;
	}
	return false;
}

UNSEEN static void check_popup(const struct window *w)
{
	require(!w->toplevel && w->depth <= GUI_POPUP_DEPTH_MAX + 1);
	if (!w->popup)
		return;
	require(w->depth >= 1 && w->depth <= GUI_POPUP_DEPTH_MAX);
	require(w->parent && w->parent->stage == WINDOW_MAPPED && w->depth == w->parent->depth + 1);
}

UNSEEN static void check_window(const struct window *w)
{
	uint32_t cp;

	require(w->id && window_find(&d.windows, w->id) == w && w->set == &d.windows);
	require(!w->parent || is_window(w->parent));
	require(w->stage != WINDOW_MAPPED || (w->root && w->xdg && w->content.wl && w->inner_w > 0 && w->inner_h > 0));
	require(w->stage != WINDOW_DISMISSED || (!w->root && !w->xdg && !w->popup && !w->content.staged));
	require(!w->content.staged || (w->content.staged->held && w->content.staged->win == w->id));
	require(w->content.ndamage <= CONTENT_DAMAGE_MAX && w->title_parts.len <= GUI_TITLE_MAX);
	if (w->role == GUI_ROLE_POPUP)
		check_popup(w);
	else
		require(w->toplevel && !w->popup && w->depth == 0 && w->stage != WINDOW_DISMISSED);
	for (size_t n, at = 0, len = strlen(w->title); at < len; at += n) {
		n = text_utf8_next((const uint8_t *)w->title + at, len - at, &cp);
		require(n > 0 && cp >= 0x20);
	}
}

/* No page of the heap is held twice, none beyond its end; the guest has been told of each that it may use again. */
UNSEEN static void check_buffers(void)
{
	static uint8_t used[GUI_HEAP_PAGES_MAX];
	const size_t places = sizeof(d.buffers.place) / sizeof(d.buffers.place[0]);
	unsigned held = 0;

	for (size_t i = 0; i < places; i++) {
		const struct buffer *b = &d.buffers.place[i];

		if (!b->held)
			continue;
		held++;
		require(b->wl && (uint64_t)(b->page + b->pages) * VMOS_PAGE_SIZE <= d.buffers.heap_len);
		for (uint32_t p = b->page; p < b->page + b->pages; p++) {
			require(!used[p]);
			used[p] = 1;
		}
	}
	for (size_t i = 0; i < places; i++) {
		if (d.buffers.place[i].held)
			memset(used + d.buffers.place[i].page, 0, d.buffers.place[i].pages);
	}
	require(held == d.buffers.held);
}

UNSEEN static void check_seat(void)
{
	const struct seat *s = &d.seat;

	require(!s->kb_focus || (is_window(s->kb_focus) && s->kb_focus->role != GUI_ROLE_POPUP));
	require(!s->place.at || s->place.at->kind == SURFACE_MENU ? !s->in_content : is_window(s->place.at->window));
	require(!s->in_content || s->place.at->kind == SURFACE_CONTENT);
	for (int i = 0; i < GUI_TOUCH_POINTS; i++) {
		const struct surface_ref *at = s->touch.points[i].place.at;

		require(!at || (at->kind == SURFACE_MENU ? d.menu.window != NULL : is_window(at->window)));
	}
	require(!d.menu.window || is_window(d.menu.window));
	require(!d.windows.note.window || is_window(d.windows.note.window));
}

UNSEEN static void check_all(void)
{
	unsigned n = 0;

	for (int i = 0; i < GUI_WINDOWS_MAX; i++) {
		if (!d.windows.all[i])
			continue;
		n++;
		check_window(d.windows.all[i]);
	}
	require(n == d.windows.count);
	check_buffers();
	check_seat();
}

/* --- the guest --- */

static void forget_slot(uint32_t page)
{
	unsigned i = 0;

	while (i < peer.nheld && peer.held[i].page != page)
		i++;
	require(i < peer.nheld); /* a RELEASE of what was not held */
	peer.held[i] = peer.held[--peer.nheld];
}

static void hear(void)
{
	struct gui_msg m;
	struct msg copy;

	channel_poll(&peer.channel);
	while (channel_recv(&peer.channel, &copy) == 1) {
		require(gui_decode_host(&copy, &m) == 0);
		if ((m.head.type == GUI_CONFIGURE || m.head.type == GUI_POPUP_PLACED) && m.head.win <= IDS)
			peer.serial[m.head.win] = m.head.serial;
		if (m.head.type == GUI_RELEASE)
			forget_slot(m.release.page);
	}
	channel_recv_done(&peer.channel);
}

/* A round of the event loop as in main(). False: the session is over. */
static bool turn(void)
{
	int r = guest_wake(&d.guest);

	if (r == 0) {
		seat_settle(&d.seat);
		window_set_refresh(&d.windows);
		menu_refresh(&d.menu);
		r = guest_flush(&d.guest);
	}
	require(r == 0 || r == -EBADMSG);
	check_all();
	require(r < 0 || !peer.clash);
	if (r == 0)
		hear();
	return r == 0;
}

/* A slot that the host has given back, mostly; what is held otherwise must be refused. */
static void choose_slot(struct gui_commit *c, uint32_t choice)
{
	if (choice & 0x80)
		return;
	c->page = (choice & 0x3f) * SLOT_PAGES;
	for (unsigned i = 0; i < peer.nheld; i++) {
		if (peer.held[i].page == c->page) {
			c->page = (c->page + SLOT_PAGES) % (64 * SLOT_PAGES);
			i = UINT32_MAX; /* all over again: fewer are held than there are */
		}
		if (peer.nheld >= 60)
			return;
	}
}

static bool clashes(const struct gui_commit *c)
{
	uint64_t first = c->page, n = ((uint64_t)c->stride * c->h + VMOS_PAGE_SIZE - 1) / VMOS_PAGE_SIZE;

	for (unsigned i = 0; i < peer.nheld; i++) {
		const struct gui_commit *h = &peer.held[i];
		uint64_t pages = ((uint64_t)h->stride * h->h + VMOS_PAGE_SIZE - 1) / VMOS_PAGE_SIZE;

		if (first < h->page + pages && h->page < first + n)
			return true;
	}
	return false;
}

/* The slot that a message hands over. False: it hands none over. */
static bool slot_of(const struct gui_msg *m, struct gui_commit *ret)
{
	if (m->head.type == GUI_COMMIT)
		*ret = m->commit;
	else if (m->head.type == GUI_CURSOR_IMG)
		*ret = (struct gui_commit){
			.page = m->cursor_img.page, .stride = GUI_STRIDE_ALIGN, .h = m->cursor_img.h
		};
	else
		return false;
	return true;
}

/* Type, window, how the serial and the slot are chosen, length of the body, body. */
static bool step_message(struct input *in)
{
	struct gui_msg m = { .head = { .type = (uint16_t)(take(in, 1) % (GUI_ATTENTION + 2)) } };
	uint32_t win = take(in, 1), how = take(in, 1), len = take(in, 1) % (MSG_BODY + 1);
	struct gui_commit slot;
	struct msg packed = { { 0 } };
	bool mine, clash;

	m.head.win = win & 0x80 ? win & 0x7f : win % (IDS + 1);
	if (m.head.type == GUI_COMMIT)
		m.head.serial = how & 0x40 ? take(in, 1) : peer.serial[m.head.win % (IDS + 1)];
	msg_head_put(&packed, &m.head);
	for (uint32_t i = 0; i < len; i++)
		packed.bytes[MSG_SIZE - MSG_BODY + i] = (uint8_t)take(in, 1);
	if (gui_decode_guest(&packed, &m) < 0)
		return true; /* the decoder has a target of its own */
	if (m.head.type == GUI_COMMIT)
		choose_slot(&m.commit, how);
	mine = slot_of(&m, &slot);
	clash = mine && clashes(&slot);
	require(gui_encode(&m, &packed) == 0);
	if (channel_send(&peer.channel, &packed) < 0)
		return true;
	channel_flush(&peer.channel);
	if (mine && peer.nheld < HELD_MAX)
		peer.held[peer.nheld++] = slot;
	if (m.head.type == GUI_WIN_DEL)
		peer.serial[m.head.win % (IDS + 1)] = 0;
	peer.clash = clash; /* it must not be taken where a page of it is held */
	return true;
}

/* --- the compositor --- */

static bool step_configure(struct input *in)
{
	struct wl_proxy *t = screen_pick(&xdg_toplevel_interface, take(in, 1));
	uint32_t states = take(in, 1);
	int32_t w = take_length(in), h = take_length(in);

	/* One that maximises gives at least what the window has asked for, and no more than screens have. */
	if (states & 3) {
		w = w < 200 || w > GUI_SIZE_MAX ? 200 : w;
		h = h < 100 || h > GUI_SIZE_MAX ? 100 : h;
	}
	if (t)
		screen_configure_toplevel(t, w < 0 ? 0 : w, h < 0 ? 0 : h, states);
	return true;
}

static bool step_popup(struct input *in)
{
	struct wl_proxy *p = screen_pick(&xdg_popup_interface, take(in, 1));
	int32_t at[4];

	for (int i = 0; i < 4; i++)
		at[i] = take_length(in);
	if (p)
		screen_configure_popup(p, at);
	return true;
}

static bool step_dismiss(struct input *in)
{
	struct wl_proxy *p = screen_pick(&xdg_popup_interface, take(in, 1));

	if (p)
		screen_dismiss(p);
	return true;
}

static bool step_buffer(struct input *in)
{
	uint32_t which = take(in, 1);
	struct wl_proxy *p = screen_pick(which & 1 ? &wl_buffer_interface : &wl_callback_interface, which >> 1);

	if (p && which & 1)
		screen_release(p);
	else if (p && p->listener)
		screen_frame(p);
	return true;
}

static bool step_settle(struct input *in)
{
	screen_settle();
	return true;
}

static bool step_toplevel(struct input *in)
{
	uint32_t what = take(in, 1);
	struct wl_proxy *t = screen_pick(&xdg_toplevel_interface, what >> 3);
	const struct xdg_toplevel_listener *l = t ? (const struct xdg_toplevel_listener *)t->listener : NULL;
	uint32_t menu = XDG_TOPLEVEL_WM_CAPABILITIES_WINDOW_MENU;
	struct wl_array caps = { .data = &menu, .size = what & 4 ? sizeof(menu) : 0 };

	if (!l)
		return true;
	if ((what & 3) == 0)
		l->close(t->data, (struct xdg_toplevel *)t);
	else if ((what & 3) == 1)
		l->configure_bounds(t->data, (struct xdg_toplevel *)t, take_length(in), take_length(in));
	else
		l->wm_capabilities(t->data, (struct xdg_toplevel *)t, &caps);
	return true;
}

/* Scales, which output a window is on, tokens. */
static bool step_output(struct input *in)
{
	uint32_t what = take(in, 1), nth = take(in, 1);
	struct wl_proxy *f = screen_pick(&wp_fractional_scale_v1_interface, nth);
	struct wl_proxy *o = screen_pick(&wl_output_interface, what >> 4);
	struct wl_proxy *x = screen_pick(&zxdg_output_v1_interface, what >> 4);
	struct wl_proxy *t = screen_pick(&xdg_toplevel_interface, nth);
	struct wl_proxy *token = screen_pick(&xdg_activation_token_v1_interface, nth);
	const struct wl_surface_listener *l = t ? (const struct wl_surface_listener *)t->xdg->surface->listener : NULL;
	const struct wl_output_listener *ol = o ? (const struct wl_output_listener *)o->listener : NULL;

	if ((what & 7) == 0 && f)
		((const struct wp_fractional_scale_v1_listener *)f->listener)
			->preferred_scale(f->data, (struct wp_fractional_scale_v1 *)f, take(in, 2));
	else if ((what & 7) == 1 && token)
		((const struct xdg_activation_token_v1_listener *)token->listener)
			->done(token->data, (struct xdg_activation_token_v1 *)token, "token");
	else if ((what & 7) <= 3 && l && o)
		l->enter(t->xdg->surface->data, (struct wl_surface *)t->xdg->surface, (struct wl_output *)o);
	else if ((what & 7) == 4 && l && o)
		l->leave(t->xdg->surface->data, (struct wl_surface *)t->xdg->surface, (struct wl_output *)o);
	else if (ol) {
		ol->geometry(o->data, (struct wl_output *)o, take_length(in), 0, 300, 200, 0, "", "", (int32_t)nth & 3);
		ol->mode(o->data, (struct wl_output *)o, 1, take_length(in), take_length(in), 60000);
		ol->scale(o->data, (struct wl_output *)o, (int32_t)(what >> 4));
		if (x)
			((const struct zxdg_output_v1_listener *)x->listener)
				->logical_size(x->data, (struct zxdg_output_v1 *)x, take_length(in), take_length(in));
		ol->done(o->data, (struct wl_output *)o);
	}
	return true;
}

/* --- the user --- */

static struct wl_proxy *device(const struct wl_interface *type)
{
	struct wl_proxy *p = screen_pick(type, 0);

	return p && p->listener ? p : NULL;
}

static bool step_devices(struct input *in)
{
	struct wl_proxy *seat = device(&wl_seat_interface);

	if (seat)
		((const struct wl_seat_listener *)seat->listener)
			->capabilities(seat->data, (struct wl_seat *)seat, take(in, 1) & 7);
	return true;
}

/* The surface at @nth, of those with a frame; the pointer's own is never under the pointer. */
static struct wl_surface *target(uint32_t nth)
{
	struct wl_proxy *s = screen_pick(&wl_surface_interface, nth);

	return s && s->mapped && s->role != ROLE_CURSOR ? (struct wl_surface *)s : NULL;
}

static bool step_pointer(struct input *in)
{
	struct wl_proxy *p = device(&wl_pointer_interface);
	const struct wl_pointer_listener *l = p ? (const struct wl_pointer_listener *)p->listener : NULL;
	struct wl_pointer *wl = (struct wl_pointer *)p;
	uint32_t what = take(in, 1);

	if (!l)
		return true;
	switch (what & 7) {
	case 0:
		l->leave(p->data, wl, screen_serial(), NULL);
		l->enter(p->data, wl, screen_serial(), target(what >> 3), wl_fixed_from_int(take_length(in)),
			wl_fixed_from_int(take_length(in)));
		break;
	case 1:
		l->motion(p->data, wl, what, wl_fixed_from_int(take_length(in)), wl_fixed_from_int(take_length(in)));
		break;
	case 2:
	case 3:
		l->button(p->data, wl, screen_serial(), what, 0x110 + (what >> 6), what & 1);
		break;
	case 4:
		l->axis_source(p->data, wl, what >> 3 & 3);
		l->axis(p->data, wl, what, what >> 5 & 1, take_length(in));
		break;
	case 5:
		l->axis_value120(p->data, wl, what >> 5 & 1, take_length(in));
		break;
	case 6:
		l->axis_stop(p->data, wl, what, what >> 5 & 1);
		break;
	default:
		l->frame(p->data, wl);
	}
	return true;
}

static bool step_keyboard(struct input *in)
{
	struct wl_proxy *p = device(&wl_keyboard_interface);
	const struct wl_keyboard_listener *l = p ? (const struct wl_keyboard_listener *)p->listener : NULL;
	struct wl_keyboard *wl = (struct wl_keyboard *)p;
	uint32_t what = take(in, 1), down = what;
	struct wl_array keys = { .data = &down, .size = what & 8 ? sizeof(down) : 0 };

	if (!l)
		return true;
	switch (what & 7) {
	case 0:
		l->enter(p->data, wl, screen_serial(), target(what >> 3), &keys);
		break;
	case 1:
		l->leave(p->data, wl, screen_serial(), NULL);
		break;
	case 2:
		l->modifiers(p->data, wl, screen_serial(), what >> 3, 0, 0, what >> 6);
		break;
	case 3:
		l->repeat_info(p->data, wl, take_length(in), take_length(in));
		break;
	default:
		l->key(p->data, wl, screen_serial(), what, take(in, 1), what & 1);
	}
	return true;
}

static bool step_touch(struct input *in)
{
	struct wl_proxy *p = device(&wl_touch_interface);
	const struct wl_touch_listener *l = p ? (const struct wl_touch_listener *)p->listener : NULL;
	struct wl_touch *wl = (struct wl_touch *)p;
	uint32_t what = take(in, 1);
	int32_t id = (int32_t)take(in, 1);

	if (!l)
		return true;
	switch (what & 7) {
	case 0:
	case 1:
		l->down(p->data, wl, screen_serial(), what, target(what >> 3), id, wl_fixed_from_int(take_length(in)),
			wl_fixed_from_int(take_length(in)));
		break;
	case 2:
	case 3:
		l->motion(
			p->data, wl, what, id, wl_fixed_from_int(take_length(in)), wl_fixed_from_int(take_length(in)));
		break;
	case 4:
	case 5:
		l->up(p->data, wl, screen_serial(), what, id);
		break;
	case 6:
		l->cancel(p->data, wl);
		break;
	default:
		l->frame(p->data, wl);
	}
	return true;
}

/* Its agent dies, and another one joins. */
static bool step_again(struct input *in)
{
	uint8_t *base = d.guest.region;

	__atomic_store_n((uint32_t *)(base + VMOS_HDR_GUEST_OFF), 0, __ATOMIC_RELEASE);
	for (int i = 0; i < 2; i++) {
		if (!turn())
			return false;
	}
	require(d.windows.count == 0 && d.buffers.count == 0 && !d.guest.greeted);
	memset(&peer, 0, sizeof(peer));
	return channel_guest_join(&peer.channel, base, VMOS_GUI_REGION, VMOS_ROLE_GUI) == 0 && turn();
}

static bool (*const steps[])(struct input *in) = { step_message, step_message, step_message, step_touch, step_settle,
	step_configure, step_popup, step_dismiss, step_buffer, step_toplevel, step_output, step_devices, step_pointer,
	step_pointer, step_keyboard, step_again };

static void hello(void)
{
	const struct gui_msg m = { .head = { .type = GUI_HELLO },
		.hello = { GUI_VERSION, GUI_FEATURE_CLIPBOARD | GUI_FEATURE_TOUCH } };
	struct msg packed;

	require(gui_encode(&m, &packed) == 0 && channel_send(&peer.channel, &packed) == 0);
	channel_flush(&peer.channel);
	require(turn());
}

/* fontconfig keeps what it has read of the machine. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libfontconfig";
}

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	require(atlas_init(&atlas) == 0);
	region = fd_memfd_sealed("fuzz", VMOS_GUI_REGION);
	kick_guest = eventfd(0, EFD_NONBLOCK);
	kick_host = eventfd(0, EFD_NONBLOCK);
	require(region >= 0 && kick_guest >= 0 && kick_host >= 0);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	bool on = true;

	begin(take(&in, 1));
	hello();
	for (int n = 0; on && in.left > 0 && n < STEPS_MAX; n++)
		on = steps[take(&in, 1) % (sizeof(steps) / sizeof(steps[0]))](&in) && turn();
	end();
	return 0;
}
