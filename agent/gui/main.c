/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/gui/server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wlr/util/log.h>

#include "agent/gui/clipboard.h"
#include "agent/gui/cursor.h"
#include "agent/gui/idle.h"
#include "agent/gui/ime.h"
#include "agent/gui/output.h"
#include "agent/gui/seat.h"
#include "agent/gui/shell.h"
#include "agent/gui/window.h"
#include "agent/gui/xwayland.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/paths.h"

#define DEVICE "/dev/vmos-gui"
#define SOCKET "wayland-0"
#define READY_FILE "vmos-windows" /* in $XDG_RUNTIME_DIR: vmos-agent looks for it */
#define LISTEN_FD 3 /* SD_LISTEN_FDS_START of sd_listen_fds(3) */

static void handle_wlr_log(enum wlr_log_importance importance, const char *fmt, va_list args)
{
	char line[512];

	vsnprintf(line, sizeof(line), fmt, args);
	log_write(importance == WLR_ERROR ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG, "wlroots: %s", line);
}

static int handle_signal(int signo, void *data)
{
	struct server *s = data;

	if (signo == SIGUSR1)
		stats_write(&s->stats);
	else
		s->running = false;
	return 0;
}

static int handle_device(int fd, uint32_t mask, void *data)
{
	struct server *s = data;
	int r;

	do {
		r = link_turn(&s->link);
	} while (r > 0);
	if (r < 0) {
		log_error("The channel to the host is broken (%s); starting over", strerror(-r));
		s->running = false;
	}
	return 0;
}

/* The socket that init handed over, as sd_listen_fds(3) says; -1: none. */
static int inherited_socket(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	bool ours = pid && count && strtol(pid, NULL, 10) == getpid() && strcmp(count, "1") == 0;

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	return ours && fcntl(LISTEN_FD, F_SETFD, FD_CLOEXEC) == 0 ? LISTEN_FD : -1;
}

/*
 * On init's socket a program that comes while no compositor runs waits for the
 * next one. Without init we make our own; one that was left by a compositor that
 * was killed is replaced: wayland's lock file tells.
 */
static bool socket_add(struct server *s, int inherited)
{
	if (inherited >= 0 ? wl_display_add_socket_fd(s->display, inherited) == 0
			   : wl_display_add_socket(s->display, SOCKET) == 0)
		return true;
	log_error("Cannot listen at $XDG_RUNTIME_DIR/%s: %s", SOCKET, strerror(errno));
	return false;
}

static void ready_write(void)
{
	const char *dir = getenv("XDG_RUNTIME_DIR");
	char *path cleanup_free = dir ? paths_join(dir, READY_FILE, NULL) : NULL;
	int fd cleanup_fd = path ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;

	if (fd < 0)
		log_warning("Cannot write %s to XDG_RUNTIME_DIR", READY_FILE);
}

static bool server_listen(struct server *s, int inherited)
{
	if (!socket_add(s, inherited))
		return false;
	s->sources[0] = wl_event_loop_add_fd(s->loop, link_fd(&s->link), WL_EVENT_READABLE, handle_device, s);
	s->sources[1] = wl_event_loop_add_signal(s->loop, SIGTERM, handle_signal, s);
	s->sources[2] = wl_event_loop_add_signal(s->loop, SIGINT, handle_signal, s);
	s->sources[3] = wl_event_loop_add_signal(s->loop, SIGUSR1, handle_signal, s);
	return s->sources[0] && s->sources[1] && s->sources[2] && s->sources[3];
}

static bool server_init(struct server *s)
{
	s->display = wl_display_create();
	if (!s->display ||
		heap_init(&s->heap, s->link.dev.base + s->link.dev.heap_off, s->link.dev.size - s->link.dev.heap_off) <
			0)
		return false;
	s->loop = wl_display_get_event_loop(s->display);
	wl_list_init(&s->windows);
	s->outputs = outputs_create(s);
	s->seat = seat_create(s);
	s->cursor = cursor_create(s);
	s->shell = shell_create(s);
	s->clipboard = s->seat ? clipboard_create(s) : NULL;
	s->idle = idle_create(s);
	s->ime = s->seat ? ime_create(s) : NULL;
	s->xwayland = s->seat && s->shell ? xwayland_create(s, shell_compositor(s->shell)) : NULL;
	return s->outputs && s->seat && s->cursor && s->shell && s->clipboard && s->idle && s->ime && s->xwayland;
}

/*
 * One turn per wake-up: what clients and the host said has been handled; now
 * what is due goes out, in one go, and both sides are woken once.
 */
static void server_run(struct server *s)
{
	s->running = true;
	handle_device(link_fd(&s->link), 0, s);
	while (s->running) {
		window_flush_all(s);
		wl_event_loop_dispatch_idle(s->loop);
		link_flush(&s->link);
		wl_display_flush_clients(s->display);
		wl_event_loop_dispatch(s->loop, -1);
		s->stats.wakeups++;
	}
}

static void server_finish(struct server *s)
{
	xwayland_destroy(s->xwayland);
	wl_display_destroy_clients(s->display);
	clipboard_destroy(s->clipboard);
	idle_destroy(s->idle);
	ime_destroy(s->ime);
	shell_destroy(s->shell);
	cursor_destroy(s->cursor);
	seat_destroy(s->seat);
	outputs_destroy(s->outputs);
	for (int i = 0; i < 4; i++)
		wl_event_source_remove(s->sources[i]);
	wl_display_destroy(s->display);
	link_flush(&s->link);
	heap_finish(&s->heap);
	link_close(&s->link);
}

int main(int argc, char **argv)
{
	struct server server = { 0 };
	int inherited = inherited_socket(), r;

	log_open("vmos-compositor", NULL);
	wlr_log_init(WLR_INFO, handle_wlr_log);
	r = link_open(&server.link, DEVICE, VMOS_ROLE_GUI, &host_link_ops);
	if (r < 0) {
		log_error("Cannot open %s: %s; is the guest module loaded?", DEVICE, strerror(-r));
		return 1;
	}
	if (!server_init(&server) || !server_listen(&server, inherited)) {
		log_error("Cannot start: out of memory, or the socket is in use");
		return 1;
	}
	ready_write();
	server_run(&server);
	server_finish(&server);
	return 0;
}
