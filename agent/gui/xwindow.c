/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Windows of X11. There they have places on a screen, on the host they have
 * none that a guest knows: each managed window is at the screen's top left
 * corner, the one in use above the others, and its client believes that.
 * Menus and tooltips, which place themselves (override-redirect), become popups
 * of their window, at the distance that they have on X11's screen.
 */
#include <stdlib.h>
#include <wlr/types/wlr_xdg_shell.h>
#include <wlr/xwayland.h>

#include "agent/gui/claim.h"
#include "agent/gui/output.h"
#include "agent/gui/seat.h"
#include "agent/gui/surface.h"
#include "agent/gui/window.h"
#include "agent/gui/xwayland.h"

#define CONSTRAINT_SLIDE 3u /* along both axes, as in xdg_positioner */
#define HOST_SIZES (~(GUI_STATE_ACTIVATED)) /* the states in which the host alone says how large a window is */

struct xwindow {
	struct server *server;
	struct wlr_xwayland_surface *xs;
	struct window *window; /* NULL: it is not on the screen */
	struct window *parent; /* NULL: none */
	uint32_t states; /* of the last CONFIGURE */
	uint32_t serial; /* the same */
	int w, h; /* the size that answers it; of a popup: that of the last POPUP_POS */
	uint32_t token; /* of the last POPUP_POS */
	struct wl_listener destroy, associate, dissociate, map_request, request_configure;
	struct wl_listener request_move, request_resize, request_minimize, request_maximize, request_fullscreen;
	struct wl_listener request_activate, set_hints, set_title, set_class, set_geometry, set_override_redirect;
};

static struct window *xwindow_of(const struct wlr_xwayland_surface *xs)
{
	const struct xwindow *x = xs ? xs->data : NULL;

	return x ? x->window : NULL;
}

/* The window that a menu or tooltip without a word about it belongs to. */
static struct window *xwindow_guess_parent(const struct xwindow *x)
{
	struct window *focused = seat_keyboard_window(x->server->seat), *w, *found = NULL;

	wl_list_for_each(w, &x->server->windows, link) {
		if (!w->x || w == x->window || w->is_popup || !w->announced)
			continue;
		if (w->x->xs->pid == x->xs->pid && (!found || w->id == seat_pointer_window(x->server->seat)))
			found = w;
	}
	if (focused && focused->x && !focused->is_popup && (!found || focused->x->xs->pid == x->xs->pid))
		found = focused;
	return found;
}

/* Whose it is, and so what it is: decided anew as long as the host does not know of it. */
static void xwindow_settle(struct xwindow *x)
{
	struct window *w = x->window;

	x->parent = xwindow_of(x->xs->parent);
	if (x->xs->override_redirect && !x->parent)
		x->parent = xwindow_guess_parent(x);
	if (x->parent && (x->parent == w || !x->parent->announced))
		x->parent = NULL;
	if (x->parent && x->parent->is_popup && !x->xs->override_redirect)
		x->parent = NULL;
	w->is_popup = x->xs->override_redirect && x->parent;
}

static void xwindow_geometry(const struct window *w, struct wlr_box *ret)
{
	const struct wlr_surface *wlr = w->root->wlr;

	*ret = (struct wlr_box){ 0, 0, wlr->current.width, wlr->current.height };
}

static struct window *xwindow_parent(const struct window *w)
{
	return w->x->parent;
}

static int clamp(int v, int low, int high)
{
	return v < low ? low : v > high ? high : v;
}

/* The anchor is the point of the parent that is nearest, and the rest an offset. The surface has the X11 window's border. */
static void xwindow_send_position(struct window *w)
{
	const struct wlr_xwayland_surface *xs = w->x->xs, *parent = w->x->parent->x->xs;
	const struct wlr_surface *wlr = w->root->wlr;
	int x = clamp(xs->x - parent->x, -GUI_SIZE_MAX, GUI_SIZE_MAX);
	int y = clamp(xs->y - parent->y, -GUI_SIZE_MAX, GUI_SIZE_MAX);
	struct gui_msg g = { .head = { .type = GUI_POPUP_POS, .win = w->id } };

	g.popup_pos = (struct gui_popup_pos){
		.anchor_x = clamp(x, 0, parent->width > 0 ? parent->width - 1 : 0),
		.anchor_y = clamp(y, 0, parent->height > 0 ? parent->height - 1 : 0),
		.anchor_w = 1,
		.anchor_h = 1,
		.anchor = GUI_EDGE_TOP | GUI_EDGE_LEFT,
		.gravity = GUI_EDGE_BOTTOM | GUI_EDGE_RIGHT,
		.constraint = CONSTRAINT_SLIDE,
		.w = (uint16_t)clamp(wlr->current.width, 1, GUI_SIZE_MAX),
		.h = (uint16_t)clamp(wlr->current.height, 1, GUI_SIZE_MAX),
		.token = w->x->token++,
	};
	g.popup_pos.dx = x - g.popup_pos.anchor_x;
	g.popup_pos.dy = y - g.popup_pos.anchor_y;
	w->x->w = wlr->current.width;
	w->x->h = wlr->current.height;
	server_send(w->server, &g);
}

static void xwindow_commit(struct window *w)
{
	const struct wlr_surface *wlr = w->root->wlr;
	struct xwindow *x = w->x;
	bool same = wlr->current.width == x->w && wlr->current.height == x->h;

	w->hints_dirty = true;
	if (!w->announced)
		xwindow_settle(x);
	else if (!w->is_popup && same)
		w->acked = x->serial;
	else if (w->is_popup && x->parent && !same)
		xwindow_send_position(w);
}

/* The whole set of states that the client wants; the host answers with CONFIGURE. */
static void xwindow_request_state(struct xwindow *x, uint32_t more)
{
	struct gui_msg g = { .head.type = GUI_STATE_REQ };

	if (!x->window || !x->window->announced || x->window->is_popup)
		return;
	g.head.win = x->window->id;
	g.state_req.bits = more | (x->xs->maximized_horz && x->xs->maximized_vert ? GUI_STATE_MAXIMIZED : 0) |
		(x->xs->fullscreen ? GUI_STATE_FULLSCREEN : 0);
	server_send(x->server, &g);
}

static void xwindow_announced(struct window *w)
{
	struct xwindow *x = w->x;

	x->token = x->serial = 0;
	if (w->is_popup) {
		xwindow_send_position(w);
		return;
	}
	claim_reset(w);
	if (x->xs->fullscreen || (x->xs->maximized_horz && x->xs->maximized_vert))
		xwindow_request_state(x, 0);
}

static void xwindow_claim(struct window *w)
{
	const struct wlr_xwayland_surface *xs = w->x->xs;
	const xcb_size_hints_t *hints = xs->size_hints;
	int none[2] = { 0, 0 };

	if (w->is_popup)
		return;
	if (w->app_id_dirty && xs->class)
		claim_text(w, GUI_APPID, xs->class);
	if (w->title_dirty && xs->title)
		claim_text(w, GUI_TITLE, xs->title);
	w->app_id_dirty = w->title_dirty = false;
	if (w->hints_dirty && hints)
		claim_hints(w, (int[]){ hints->min_width, hints->min_height },
			(int[]){ hints->max_width, hints->max_height });
	else if (w->hints_dirty)
		claim_hints(w, none, none);
	w->hints_dirty = false;
}

/* Puts it at its place with that size; the next commit of that size answers the host. */
static void xwindow_resize(struct xwindow *x, int width, int height)
{
	int home_x, home_y;

	outputs_home(x->server->outputs, &home_x, &home_y);
	x->w = clamp(width, 1, GUI_SIZE_MAX);
	x->h = clamp(height, 1, GUI_SIZE_MAX);
	wlr_xwayland_surface_configure(x->xs, (int16_t)home_x, (int16_t)home_y, (uint16_t)x->w, (uint16_t)x->h);
}

static void xwindow_configure(struct window *w, uint32_t serial, const struct gui_configure *c)
{
	struct xwindow *x = w->x;
	const struct wlr_surface *wlr = w->root->wlr;

	if (w->is_popup)
		return;
	x->serial = serial;
	x->states = c->states;
	wlr_xwayland_surface_set_maximized(x->xs, c->states & GUI_STATE_MAXIMIZED);
	wlr_xwayland_surface_set_fullscreen(x->xs, c->states & GUI_STATE_FULLSCREEN);
	if (c->w == 0 || c->h == 0 || x->xs->override_redirect) {
		x->w = wlr->current.width;
		x->h = wlr->current.height;
	} else {
		xwindow_resize(x, c->w, c->h);
	}
	xwindow_commit(w);
	window_mark(w);
}

static void xwindow_close(struct window *w)
{
	if (!w->is_popup)
		wlr_xwayland_surface_close(w->x->xs);
	else if (w->x->parent && xwayland_is_menu(w->server->xwayland, w->x->xs))
		seat_press_escape(w->server->seat, w->x->parent->root->wlr);
}

static void xwindow_focus(struct window *w, bool focused)
{
	wlr_xwayland_surface_activate(w->x->xs, focused);
	if (focused && w->ops->pointed)
		w->ops->pointed(w);
}

/* X11 gives the pointer to the topmost window at its place on X11's screen. */
static void xwindow_pointed(struct window *w)
{
	if (!w->x->xs->override_redirect)
		wlr_xwayland_surface_restack(w->x->xs, NULL, XCB_STACK_MODE_ABOVE);
}

static void xwindow_finish(struct window *w)
{
	struct window *other;

	wl_list_for_each(other, &w->server->windows, link) {
		if (other->x && other->x->parent == w)
			other->x->parent = NULL;
	}
	w->x->window = NULL;
}

static const struct window_ops xwindow_ops = {
	.geometry = xwindow_geometry,
	.parent = xwindow_parent,
	.commit = xwindow_commit,
	.announced = xwindow_announced,
	.claim = xwindow_claim,
	.configure = xwindow_configure,
	.close = xwindow_close,
	.focus = xwindow_focus,
	.pointed = xwindow_pointed,
	.finish = xwindow_finish,
};

/*
 * wlroots looks for a buffer at each commit. If the first one came before
 * Xwayland told whose surface it is, there may be no second: Xwayland waits for
 * the frame callback of the first, which nobody sends to what is not mapped.
 */
static void handle_associate(struct wl_listener *listener, void *data)
{
	struct xwindow *x = wl_container_of(listener, x, associate);

	x->window = window_create(x->server, x->xs->surface, &xwindow_ops);
	if (!x->window)
		return;
	x->window->x = x;
	x->serial = 0;
	xwindow_settle(x);
	window_set_scale(x->window, x->window->host_scale120);
	if (wlr_surface_has_buffer(x->xs->surface))
		wlr_surface_map(x->xs->surface);
}

static void handle_dissociate(struct wl_listener *listener, void *data)
{
	struct xwindow *x = wl_container_of(listener, x, dissociate);

	if (x->window)
		window_destroy(x->window);
}

/* A window that has become a popup, or none any more, is another one for the host. */
static void handle_set_override_redirect(struct wl_listener *listener, void *data)
{
	struct xwindow *x = wl_container_of(listener, x, set_override_redirect);

	if (!x->window)
		return;
	window_withdraw(x->window);
	xwindow_settle(x);
	window_mark(x->window);
}

static void handle_map_request(struct wl_listener *listener, void *data)
{
	struct xwindow *x = wl_container_of(listener, x, map_request);
	int width, height;

	outputs_bounds(x->server->outputs, &width, &height);
	xwindow_resize(x, clamp(x->xs->width, 1, width), clamp(x->xs->height, 1, height));
}

static void handle_request_configure(struct wl_listener *listener, void *data)
{
	struct xwindow *x = wl_container_of(listener, x, request_configure);
	const struct wlr_xwayland_surface_configure_event *event = data;

	if (x->window && (x->states & HOST_SIZES))
		xwindow_resize(x, x->w, x->h);
	else
		xwindow_resize(x, event->width, event->height);
}

static void handle_request_move(struct wl_listener *listener, void *data)
{
	struct xwindow *x = wl_container_of(listener, x, request_move);

	if (x->window && x->window->announced && !x->window->is_popup && seat_is_pressed(x->server->seat))
		server_send_plain(x->server, GUI_MOVE, x->window->id);
}

static void handle_request_resize(struct wl_listener *listener, void *data)
{
	struct xwindow *x = wl_container_of(listener, x, request_resize);
	const struct wlr_xwayland_resize_event *event = data;
	struct gui_msg g = { .head.type = GUI_RESIZE, .resize.edges = event->edges };

	if (!x->window || !x->window->announced || x->window->is_popup || event->edges == 0 ||
		!seat_is_pressed(x->server->seat))
		return;
	g.head.win = x->window->id;
	server_send(x->server, &g);
}

static void handle_request_minimize(struct wl_listener *listener, void *data)
{
	struct xwindow *x = wl_container_of(listener, x, request_minimize);
	const struct wlr_xwayland_minimize_event *event = data;

	if (event->minimize)
		xwindow_request_state(x, GUI_STATE_MINIMIZED);
}

static void handle_request_maximize(struct wl_listener *listener, void *data)
{
	struct xwindow *x = wl_container_of(listener, x, request_maximize);

	xwindow_request_state(x, 0);
}

static void handle_request_fullscreen(struct wl_listener *listener, void *data)
{
	struct xwindow *x = wl_container_of(listener, x, request_fullscreen);

	xwindow_request_state(x, 0);
}

static void handle_request_activate(struct wl_listener *listener, void *data)
{
	struct xwindow *x = wl_container_of(listener, x, request_activate);

	if (x->window)
		claim_attention(x->window);
}

static void handle_set_hints(struct wl_listener *listener, void *data)
{
	struct xwindow *x = wl_container_of(listener, x, set_hints);

	if (x->window && (x->xs->hints->flags & XCB_ICCCM_WM_HINT_X_URGENCY))
		claim_attention(x->window);
}

static void handle_set_title(struct wl_listener *listener, void *data)
{
	struct xwindow *x = wl_container_of(listener, x, set_title);

	if (!x->window)
		return;
	x->window->title_dirty = true;
	window_mark(x->window);
}

static void handle_set_class(struct wl_listener *listener, void *data)
{
	struct xwindow *x = wl_container_of(listener, x, set_class);

	if (!x->window)
		return;
	x->window->app_id_dirty = true;
	window_mark(x->window);
}

static void handle_set_geometry(struct wl_listener *listener, void *data)
{
	struct xwindow *x = wl_container_of(listener, x, set_geometry);

	if (x->window && x->window->announced && x->window->is_popup && x->parent)
		xwindow_send_position(x->window);
}

static void handle_destroy(struct wl_listener *listener, void *data)
{
	struct xwindow *x = wl_container_of(listener, x, destroy);
	struct wl_listener *all[] = { &x->destroy, &x->associate, &x->dissociate, &x->map_request,
		&x->request_configure, &x->request_move, &x->request_resize, &x->request_minimize, &x->request_maximize,
		&x->request_fullscreen, &x->request_activate, &x->set_hints, &x->set_title, &x->set_class,
		&x->set_geometry, &x->set_override_redirect };

	if (x->window)
		window_destroy(x->window);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		wl_list_remove(&all[i]->link);
	x->xs->data = NULL;
	free(x);
}

static void listen(struct wl_signal *signal, struct wl_listener *listener, wl_notify_func_t notify)
{
	listener->notify = notify;
	wl_signal_add(signal, listener);
}

void xwindow_create(struct server *server, struct wlr_xwayland_surface *surface)
{
	struct xwindow *x = calloc(1, sizeof(*x));

	if (!x)
		return;
	x->server = server;
	x->xs = surface;
	surface->data = x;
	listen(&surface->events.destroy, &x->destroy, handle_destroy);
	listen(&surface->events.associate, &x->associate, handle_associate);
	listen(&surface->events.dissociate, &x->dissociate, handle_dissociate);
	listen(&surface->events.map_request, &x->map_request, handle_map_request);
	listen(&surface->events.request_configure, &x->request_configure, handle_request_configure);
	listen(&surface->events.request_move, &x->request_move, handle_request_move);
	listen(&surface->events.request_resize, &x->request_resize, handle_request_resize);
	listen(&surface->events.request_minimize, &x->request_minimize, handle_request_minimize);
	listen(&surface->events.request_maximize, &x->request_maximize, handle_request_maximize);
	listen(&surface->events.request_fullscreen, &x->request_fullscreen, handle_request_fullscreen);
	listen(&surface->events.request_activate, &x->request_activate, handle_request_activate);
	listen(&surface->events.set_hints, &x->set_hints, handle_set_hints);
	listen(&surface->events.set_title, &x->set_title, handle_set_title);
	listen(&surface->events.set_class, &x->set_class, handle_set_class);
	listen(&surface->events.set_geometry, &x->set_geometry, handle_set_geometry);
	listen(&surface->events.set_override_redirect, &x->set_override_redirect, handle_set_override_redirect);
}
