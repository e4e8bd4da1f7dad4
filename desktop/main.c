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
#include "desktop/manager.h"
#include "desktop/menu.h"
#include "desktop/pool.h"
#include "desktop/sandbox.h"
#include "desktop/seat.h"
#include "desktop/window.h"

/* The parts of the program; each knows only those it is given. */
static struct atlas atlas;
static struct pool pool;
static struct clipboard clipboard;
static struct display display;
static struct guest guest;
static struct manager manager;
static struct menu menu;
static struct seat seat;
static struct window_set windows;
static struct buffers buffers = { .guest = &guest };
static struct display display = { .guest = &guest };
static struct guest guest = {
	.display = &display,
	.windows = &windows,
	.seat = &seat,
	.clipboard = &clipboard,
	.manager = &manager,
	.fd = -1,
	.notify_guest = -1,
	.notify_host = -1,
};
static struct manager manager = {
	.link = { .sock = HELPER_FD, .listener = -1, .obey = manager_obey, .data = &manager },
	.guest = &guest,
	.windows = &windows,
	.clipboard = &clipboard,
};
static struct clipboard clipboard = { .guest = &guest, .manager = &manager, .windows = &windows };
static struct menu menu = { .set = &windows, .clipboard = &clipboard, .manager = &manager };
static struct seat seat = {
	.display = &display, .guest = &guest, .windows = &windows, .clipboard = &clipboard, .menu = &menu
};
static struct window_set windows = {
	.display = &display,
	.pool = &pool,
	.atlas = &atlas,
	.buffers = &buffers,
	.guest = &guest,
	.seat = &seat,
	.menu = &menu,
};

/* Ends the program: the reason, told once. */
static int fail(enum helper_reason reason, const char *text)
{
	link_tell_failed(&manager.link, reason, text);
	return (int)reason;
}

static int enter_sandbox(void)
{
	int r = desktop_sandbox();

	if (r < 0) {
		log_error("sandbox: %s", strerror(-r));
		return fail(HELPER_REASON_INTERNAL, "the sandbox cannot be entered: seccomp is needed");
	}
	link_tell_up(&manager.link);
	return 0;
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
	for (int i = 0; r == 0 && i < DISPLAY_OUTPUTS_MAX; i++) {
		if (display.outputs[i].wl)
			r = atlas_add(&atlas, output_scale120(&display.outputs[i]));
	}
	if (r == -EPIPE)
		return fail(HELPER_REASON_DISPLAY, "the Wayland compositor left");
	if (r < 0) {
		log_error("setup: %s", strerror(-r));
		return fail(HELPER_REASON_SETUP, "the channel or memory that vmosd gave cannot be used");
	}
	return 0;
}

/*
 * Without a display: shows nothing, opens no session and keeps the channel for
 * the vmosd that comes after a killed one. The new one holds the fds once it
 * has taken them back, and starts a desktop or another keeper by itself.
 */
static int keep(const int *fds)
{
	int r;

	guest.fd = fds[LINK_REGION];
	guest.notify_guest = fds[LINK_NOTIFY_GUEST];
	guest.notify_host = fds[LINK_NOTIFY_HOST];
	guest.channel.epoch = manager.link.setup.epoch;
	r = enter_sandbox();
	while (r == 0 && !manager.quit && !manager.adopted) {
		struct pollfd p = { .fd = link_fd(&manager.link), .events = POLLIN };

		if (poll(&p, 1, -1) < 0 && errno != EINTR)
			return fail(HELPER_REASON_INTERNAL, "the event loop failed");
		manager.wakeups++;
		link_wake(&manager.link);
	}
	if (r == 0 && !manager.quit)
		return fail(HELPER_REASON_DISPLAY, "there was no display to show windows on");
	return r;
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
	if (fds[LINK_SERVER] < 0) {
		r = keep(fds);
		manager.quit = true; /* no guest is served */
		return r;
	}
	r = open_parts(fds);
	if (r == 0)
		r = enter_sandbox();
	if (r)
		return r;
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
