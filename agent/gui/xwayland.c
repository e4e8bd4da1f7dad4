/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/gui/xwayland.h"

#include <stdlib.h>
#include <string.h>
#include <wlr/xcursor.h>
#include <wlr/xwayland.h>

#include "agent/gui/seat.h"
#include "agent/gui/window.h"
#include "base/log.h"

#define AGAIN_MS 1000
#define CURSOR_SIZE 24

static const char *const menu_types[] = {
	"_NET_WM_WINDOW_TYPE_MENU",
	"_NET_WM_WINDOW_TYPE_DROPDOWN_MENU",
	"_NET_WM_WINDOW_TYPE_POPUP_MENU",
	"_NET_WM_WINDOW_TYPE_COMBO",
};

#define MENU_TYPES (sizeof(menu_types) / sizeof(menu_types[0]))

struct xwayland {
	struct server *server;
	struct wlr_compositor *compositor;
	struct wlr_xwayland *wlr; /* NULL: there is none */
	struct wlr_xcursor_theme *cursors; /* may be NULL */
	xcb_atom_t menus[MENU_TYPES];
	struct wl_event_source *again; /* armed when an Xwayland has ended */
	struct wl_listener ready, new_surface, start, client_destroy;
};

/* The pointer where no window has set one. */
static void xwayland_set_cursor(struct xwayland *x)
{
	const struct wlr_xcursor *cursor = x->cursors ? wlr_xcursor_theme_get_cursor(x->cursors, "default") : NULL;
	const struct wlr_xcursor_image *image = cursor ? cursor->images[0] : NULL;

	if (image)
		wlr_xwayland_set_cursor(x->wlr, image->buffer, image->width * 4, image->width, image->height,
			(int32_t)image->hotspot_x, (int32_t)image->hotspot_y);
}

static void handle_ready(struct wl_listener *listener, void *data)
{
	struct xwayland *x = wl_container_of(listener, x, ready);
	xcb_connection_t *xcb = wlr_xwayland_get_xwm_connection(x->wlr);
	xcb_intern_atom_cookie_t cookies[MENU_TYPES];

	for (size_t i = 0; i < MENU_TYPES; i++)
		cookies[i] = xcb_intern_atom(xcb, 0, (uint16_t)strlen(menu_types[i]), menu_types[i]);
	for (size_t i = 0; i < MENU_TYPES; i++) {
		xcb_intern_atom_reply_t *reply = xcb_intern_atom_reply(xcb, cookies[i], NULL);

		x->menus[i] = reply ? reply->atom : XCB_ATOM_NONE;
		free(reply);
	}
	xwayland_set_cursor(x);
	/* each time: wlroots forgets the seat with the Xwayland that has ended */
	wlr_xwayland_set_seat(x->wlr, seat_wlr(x->server->seat));
}

static void handle_new_surface(struct wl_listener *listener, void *data)
{
	struct xwayland *x = wl_container_of(listener, x, new_surface);

	xwindow_create(x->server, data);
}

static void handle_client_destroy(struct wl_listener *listener, void *data)
{
	struct xwayland *x = wl_container_of(listener, x, client_destroy);

	wl_list_remove(&x->client_destroy.link);
	wl_list_init(&x->client_destroy.link);
	wl_event_source_timer_update(x->again, AGAIN_MS);
}

static void handle_start(struct wl_listener *listener, void *data)
{
	struct xwayland *x = wl_container_of(listener, x, start);

	wl_client_add_destroy_listener(x->wlr->server->client, &x->client_destroy);
}

static void xwayland_listen(struct xwayland *x)
{
	wl_signal_add(&x->wlr->events.ready, &x->ready);
	wl_signal_add(&x->wlr->events.new_surface, &x->new_surface);
	wl_signal_add(&x->wlr->server->events.start, &x->start);
}

static void xwayland_close(struct xwayland *x)
{
	if (!x->wlr)
		return;
	wl_list_remove(&x->ready.link);
	wl_list_remove(&x->new_surface.link);
	wl_list_remove(&x->start.link);
	wl_list_remove(&x->client_destroy.link);
	wl_list_init(&x->client_destroy.link);
	wlr_xwayland_destroy(x->wlr);
	x->wlr = NULL;
}

static void xwayland_open(struct xwayland *x)
{
	x->wlr = wlr_xwayland_create(x->server->display, x->compositor, true);
	if (!x->wlr) {
		log_warning("Programs of X11 cannot run: there is no Xwayland, or no room for its socket");
		return;
	}
	xwayland_listen(x);
	log_info("Programs of X11 find their display at %s", x->wlr->display_name);
}

/* wlroots listens again for the next program only if Xwayland has lived for a while. */
static int handle_again(void *data)
{
	struct xwayland *x = data;
	const struct wlr_xwayland_server *server = x->wlr ? x->wlr->server : NULL;

	if (server && (server->client || server->x_fd_read_event[0]))
		return 0;
	log_warning("Xwayland has ended soon after its start");
	xwayland_close(x);
	xwayland_open(x);
	return 0;
}

struct xwayland *xwayland_create(struct server *server, struct wlr_compositor *compositor)
{
	struct xwayland *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->server = server;
	x->compositor = compositor;
	x->again = wl_event_loop_add_timer(server->loop, handle_again, x);
	if (!x->again) {
		free(x);
		return NULL;
	}
	x->cursors = wlr_xcursor_theme_load(NULL, CURSOR_SIZE);
	x->ready.notify = handle_ready;
	x->new_surface.notify = handle_new_surface;
	x->start.notify = handle_start;
	x->client_destroy.notify = handle_client_destroy;
	wl_list_init(&x->client_destroy.link);
	xwayland_open(x);
	return x;
}

void xwayland_destroy(struct xwayland *x)
{
	xwayland_close(x);
	wl_event_source_remove(x->again);
	if (x->cursors)
		wlr_xcursor_theme_destroy(x->cursors);
	free(x);
}

bool xwayland_is_menu(const struct xwayland *x, const struct wlr_xwayland_surface *surface)
{
	for (size_t i = 0; i < surface->window_type_len; i++) {
		for (size_t j = 0; j < MENU_TYPES; j++) {
			if (surface->window_type[i] == x->menus[j] && x->menus[j] != XCB_ATOM_NONE)
				return true;
		}
	}
	return false;
}
