/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmos-desktop: shows the windows of one VM on the user's Wayland desktop, each
 * in a frame with the VM's colour and name. vmosd starts it with a socket as
 * fd 3 and nothing else.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "desktop/atlas.h"
#include "desktop/buffer.h"
#include "desktop/clipboard.h"
#include "desktop/display.h"
#include "desktop/guest.h"
#include "desktop/keeper.h"
#include "desktop/manager.h"
#include "desktop/menu.h"
#include "desktop/pool.h"
#include "desktop/sandbox.h"
#include "desktop/seat.h"
#include "desktop/window.h"

/* The parts of the program; each knows only those it is given. */
static struct display display;
static struct atlas atlas;
static struct pool pool;
static struct buffers buffers;
static struct window_set windows;
static struct seat seat;
static struct clipboard clipboard;
static struct menu menu;
static struct guest guest = { .fd = -1, .notify_guest = -1, .notify_host = -1 };
static struct manager manager = { .link = { .sock = HELPER_FD, .listener = -1 } };

/* Ends the program: the reason, told once. */
static int fail(enum helper_reason reason, const char *text)
{
	link_tell_failed(&manager.link, reason, text);
	return (int)reason;
}

static void handle_buffer_release(uint32_t win, uint32_t page, void *data)
{
	struct gui_msg m = { .head = { .type = GUI_RELEASE, .win = win } };

	m.release.page = page;
	guest_send(data, &m);
}

static void handle_output(struct output *o, bool gone, void *data)
{
	guest_send_output(data, o, gone);
	window_set_rescale(&windows);
}

static void handle_guest_state(enum helper_guest_state state, void *data)
{
	manager_tell_guest(data, state);
}

static void main_wire(void)
{
	windows.display = &display;
	windows.pool = &pool;
	windows.atlas = &atlas;
	windows.buffers = &buffers;
	windows.guest = &guest;
	windows.seat = &seat;
	windows.menu = &menu;
	seat.display = &display;
	seat.guest = &guest;
	seat.windows = &windows;
	seat.clipboard = &clipboard;
	seat.menu = &menu;
	guest.display = &display;
	guest.windows = &windows;
	guest.seat = &seat;
	guest.clipboard = &clipboard;
	guest.on_state = handle_guest_state;
	guest.data = &manager;
	buffers.on_release = handle_buffer_release;
	buffers.data = &guest;
	display.on_output = handle_output;
	display.data = &guest;
	manager.link.obey = manager_obey;
	manager.link.data = &manager;
	manager.guest = &guest;
	manager.windows = &windows;
	manager.clipboard = &clipboard;
	clipboard.guest = &guest;
	clipboard.manager = &manager;
	clipboard.windows = &windows;
	menu.set = &windows;
	menu.clipboard = &clipboard;
	menu.manager = &manager;
}

static int open_display(int fd)
{
	char text[HELPER_TEXT_MAX];
	const char *lacks = "?";
	int r = display_init(&display, fd, &lacks);

	if (r == -ENOTSUP) {
		snprintf(text, sizeof(text), "the Wayland compositor lacks %s: use another one", lacks);
		return fail(HELPER_REASON_DISPLAY, text);
	}
	if (r < 0)
		return fail(HELPER_REASON_DISPLAY, "the Wayland compositor refused the connection");
	return 0;
}

/* Everything that needs files, memory files or many calls: before the sandbox. */
static int open_parts(const int *fds)
{
	int r;

	if (atlas_init(&atlas) < 0)
		return fail(HELPER_REASON_SETUP, "no font to draw names with: install fonts-dejavu-core");
	r = open_display(fds[LINK_SERVER]);
	if (r)
		return r;
	r = guest_init(&guest, &manager.link.setup, fds);
	if (r == 0)
		r = pool_init(&pool, display.shm);
	if (r == 0)
		r = buffers_init(&buffers, display.shm, guest.fd, guest.region_size, guest.channel.heap_off);
	if (r == 0)
		r = window_set_init(&windows, &manager.link.setup);
	if (r == 0)
		r = seat_init(&seat);
	for (int i = 0; r == 0 && i < 2; i++) /* seat capabilities, then the keymap */
		r = display_roundtrip(&display);
	if (r == -EPIPE)
		return fail(HELPER_REASON_DISPLAY, "the Wayland compositor left");
	if (r < 0) {
		log_error("setup: %s", strerror(-r));
		return fail(HELPER_REASON_SETUP, "the channel or memory that vmosd gave cannot be used");
	}
	return 0;
}

static int main_open(void)
{
	int fds[LINK_FDS];
	int r = link_open(&manager.link, VMOS_ROLE_GUI, fds);

	if (r < 0) {
		log_error("no SETUP on fd 3 (vmosd starts this program, nobody else): %s", strerror(-r));
		return HELPER_REASON_SETUP;
	}
	log_open("vmos-desktop", manager.link.setup.vm);
	main_wire();
	if (fds[LINK_SERVER] < 0) {
		r = keeper_run(&manager, &guest, fds);
		manager.quit = true; /* no guest is served */
		return r;
	}
	r = open_parts(fds);
	if (r)
		return r;
	r = desktop_sandbox();
	if (r < 0) {
		log_error("sandbox: %s", strerror(-r));
		return fail(HELPER_REASON_INTERNAL, "the sandbox cannot be entered: seccomp is needed");
	}
	link_tell_up(&manager.link);
	fd_eventfd_kick(guest.notify_guest);
	guest.more = true;
	return 0;
}

/* The guest's messages, and what the round has made. 0, or the reason to end. */
static int serve_guest(bool awake)
{
	char text[HELPER_TEXT_MAX];
	bool room;
	int r = 0;

	if ((awake || guest.more) && !display.blocked)
		r = guest_wake(&guest);
	room = r == 0 && display_has_room(&display);
	if (room) {
		seat_settle(&seat);
		window_set_refresh(&windows);
		menu_refresh(&menu);
	}
	if (r == 0)
		r = guest_flush(&guest);
	if (r == -EBADMSG) {
		snprintf(text, sizeof(text), "the guest broke the protocol: %s", guest.why);
		return fail(HELPER_REASON_PROTOCOL, text);
	}
	if (r < 0) {
		log_error("guest: %s", strerror(-r));
		return fail(HELPER_REASON_INTERNAL, "memory ran out");
	}
	if (room && display_flush(&display) < 0)
		return fail(HELPER_REASON_DISPLAY, "the Wayland compositor left");
	return 0;
}

/* Does what is due by the clock. The ms until more is, -1: nothing will be. */
static int main_tick(void)
{
	int copy = clipboard_tick(&clipboard), note = note_tick(&windows.note);

	return copy < 0 || (note >= 0 && note < copy) ? note : copy;
}

/* One wait and all that follows from it. 0, or the reason to end. */
static int main_round(void)
{
	struct pollfd p[] = {
		{ .fd = display_fd(&display), .events = display.blocked ? POLLOUT : POLLIN },
		{ .fd = guest.notify_host, .events = display.blocked ? 0 : POLLIN },
		{ .fd = link_fd(&manager.link), .events = POLLIN },
	};
	bool busy = guest.more && !display.blocked;
	int ms = main_tick();

	if (poll(p, 3, busy ? 0 : ms) < 0 && errno != EINTR) {
		log_error("poll: %s", strerror(errno));
		return fail(HELPER_REASON_INTERNAL, "the event loop failed");
	}
	manager.wakeups++;
	if (display_dispatch(&display, p[0].revents & (POLLIN | POLLHUP | POLLERR)) < 0)
		return fail(HELPER_REASON_DISPLAY, "the Wayland compositor left");
	if (p[2].revents)
		link_wake(&manager.link);
	return serve_guest(p[1].revents & POLLIN);
}

static void main_close(void)
{
	if (guest.region)
		guest_finish(&guest);
	if (display.wl) {
		window_set_finish(&windows);
		seat_finish(&seat);
		buffers_finish(&buffers);
		pool_finish(&pool);
		display_finish(&display);
	}
	atlas_finish(&atlas);
	link_close(&manager.link);
}

int main(void)
{
	int r;

	log_open("vmos-desktop", NULL);
	signal(SIGPIPE, SIG_IGN);
	r = main_open();
	while (r == 0 && !manager.quit)
		r = main_round();
	main_close();
	return r;
}
