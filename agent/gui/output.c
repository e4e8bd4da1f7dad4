/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/gui/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <wlr/backend/interface.h>
#include <wlr/interfaces/wlr_output.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_output_layout.h>
#include <wlr/types/wlr_xdg_output_v1.h>

struct output {
	struct wlr_output wlr;
	uint32_t id;
	int x, y, w, h, scale120; /* logical */
};

struct outputs {
	struct server *server;
	struct wlr_backend backend; /* wlr_output wants one; it does nothing */
	struct wlr_output_layout *layout;
	struct output *all[OUTPUTS_MAX];
	unsigned n;
	bool stand_in; /* all[0] is not the host's */
};

static bool handle_test(struct wlr_output *wlr, const struct wlr_output_state *state)
{
	return true;
}

static bool handle_commit(struct wlr_output *wlr, const struct wlr_output_state *state)
{
	return true;
}

static void handle_destroy(struct wlr_output *wlr)
{
	struct output *output = wl_container_of(wlr, output, wlr);

	free(output);
}

static const struct wlr_output_impl output_impl = {
	.destroy = handle_destroy,
	.test = handle_test,
	.commit = handle_commit,
};

static void handle_backend_destroy(struct wlr_backend *backend)
{
	wlr_backend_finish(backend);
}

static const struct wlr_backend_impl backend_impl = {
	.destroy = handle_backend_destroy,
};

static void output_state(const struct gui_output *u, struct wlr_output_state *ret)
{
	int scale120 = u->scale120 ? u->scale120 : GUI_SCALE_ONE;

	wlr_output_state_init(ret);
	wlr_output_state_set_enabled(ret, true);
	wlr_output_state_set_custom_mode(ret, (u->w * scale120 + GUI_SCALE_ONE / 2) / GUI_SCALE_ONE,
		(u->h * scale120 + GUI_SCALE_ONE / 2) / GUI_SCALE_ONE, (int32_t)u->mhz);
	wlr_output_state_set_scale(ret, (float)scale120 / GUI_SCALE_ONE);
}

static void output_note(struct output *output, const struct gui_output *u)
{
	output->id = u->id;
	output->x = u->x;
	output->y = u->y;
	output->w = u->w;
	output->h = u->h;
	output->scale120 = u->scale120 ? u->scale120 : GUI_SCALE_ONE;
}

static void output_add(struct outputs *o, const struct gui_output *u)
{
	struct output *output = o->n < OUTPUTS_MAX ? calloc(1, sizeof(*output)) : NULL;
	struct wlr_output_state state;
	char name[32];

	if (!output)
		return;
	output_state(u, &state);
	wlr_output_init(&output->wlr, &o->backend, &output_impl, o->server->loop, &state);
	wlr_output_state_finish(&state);
	snprintf(name, sizeof(name), "VMOS-%u", u->id);
	wlr_output_set_name(&output->wlr, name);
	wlr_output_set_description(&output->wlr, "A screen of the host");
	output->wlr.phys_width = u->mm_w;
	output->wlr.phys_height = u->mm_h;
	output_note(output, u);
	o->all[o->n++] = output;
	wlr_output_layout_add(o->layout, &output->wlr, u->x, u->y);
}

static void output_change(struct outputs *o, struct output *output, const struct gui_output *u)
{
	struct wlr_output_state state;

	output_note(output, u);
	output->wlr.phys_width = u->mm_w;
	output->wlr.phys_height = u->mm_h;
	output_state(u, &state);
	wlr_output_commit_state(&output->wlr, &state);
	wlr_output_state_finish(&state);
	wlr_output_layout_add(o->layout, &output->wlr, u->x, u->y);
}

static void output_remove(struct outputs *o, unsigned i)
{
	struct output *output = o->all[i];

	o->all[i] = o->all[--o->n];
	wlr_output_destroy(&output->wlr);
}

struct outputs *outputs_create(struct server *server)
{
	const struct gui_output first = { .w = 1280, .h = 720, .scale120 = GUI_SCALE_ONE, .mhz = 60000 };
	struct outputs *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->server = server;
	wlr_backend_init(&o->backend, &backend_impl);
	o->layout = wlr_output_layout_create(server->display);
	if (!o->layout || !wlr_xdg_output_manager_v1_create(server->display, o->layout)) {
		free(o);
		return NULL;
	}
	output_add(o, &first);
	o->stand_in = true;
	return o;
}

void outputs_destroy(struct outputs *o)
{
	while (o->n > 0)
		output_remove(o, 0);
	wlr_backend_destroy(&o->backend);
	free(o);
}

void outputs_update(struct outputs *o, const struct gui_output *u)
{
	for (unsigned i = 0; i < o->n; i++) {
		bool known = o->stand_in || o->all[i]->id == u->id;

		if (known && !u->gone)
			output_change(o, o->all[i], u);
		else if (known && o->n > 1)
			output_remove(o, i);
		if (!known)
			continue;
		if (!u->gone)
			o->stand_in = false;
		return;
	}
	if (!u->gone)
		output_add(o, u);
}

int outputs_scale120(const struct outputs *o)
{
	int scale120 = 0;

	for (unsigned i = 0; i < o->n; i++)
		scale120 = o->all[i]->scale120 > scale120 ? o->all[i]->scale120 : scale120;
	return scale120 ? scale120 : GUI_SCALE_ONE;
}

void outputs_bounds(const struct outputs *o, int *ret_w, int *ret_h)
{
	*ret_w = *ret_h = 0;
	for (unsigned i = 0; i < o->n; i++) {
		*ret_w = o->all[i]->w > *ret_w ? o->all[i]->w : *ret_w;
		*ret_h = o->all[i]->h > *ret_h ? o->all[i]->h : *ret_h;
	}
}

void outputs_home(const struct outputs *o, int *ret_x, int *ret_y)
{
	*ret_x = o->n > 0 ? o->all[0]->x : 0;
	*ret_y = o->n > 0 ? o->all[0]->y : 0;
}

void outputs_enter(struct outputs *o, struct wlr_surface *surface)
{
	if (o->n > 0)
		wlr_surface_send_enter(surface, &o->all[0]->wlr);
}
