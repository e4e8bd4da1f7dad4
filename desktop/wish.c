/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "desktop/wish.h"

#include <wayland-client.h>

#include "desktop/clock.h"
#include "desktop/display.h"
#include "desktop/end.h"
#include "desktop/window.h"
#include "idle-inhibit-unstable-v1-client-protocol.h"
#include "xdg-activation-v1-client-protocol.h"

void wish_follow(struct window *w)
{
	struct zwp_idle_inhibit_manager_v1 *manager = w->set->display->idle_inhibit;
	bool on = w->wish_for.awake && w->stage == WINDOW_MAPPED &&
		(w->states & (GUI_STATE_ACTIVATED | GUI_STATE_FULLSCREEN));

	if (on && !w->wish_for.inhibitor && manager)
		w->wish_for.inhibitor = zwp_idle_inhibit_manager_v1_create_inhibitor(manager, w->root);
	else if (!on)
		END(w->wish_for.inhibitor, zwp_idle_inhibitor_v1_destroy);
}

void wish_awake(struct window *w, bool on)
{
	w->wish_for.awake = on;
	wish_follow(w);
}

static void handle_token(void *data, struct xdg_activation_token_v1 *token, const char *text)
{
	struct window *w = data;

	if (w->stage == WINDOW_MAPPED && !(w->states & GUI_STATE_ACTIVATED))
		xdg_activation_v1_activate(w->set->display->activation, text, w->root);
	END(w->wish_for.token, xdg_activation_token_v1_destroy);
}

static const struct xdg_activation_token_v1_listener token_listener = { .done = handle_token };

/* The token names no press and no seat, so that no compositor takes it for the user's own wish. */
void wish_attention(struct window *w)
{
	struct xdg_activation_v1 *activation = w->set->display->activation;
	uint64_t now = clock_ms();

	if (!activation || !w->toplevel || w->stage != WINDOW_MAPPED || (w->states & GUI_STATE_ACTIVATED))
		return;
	if (w->wish_for.token || (w->wish_for.attention_ms && now - w->wish_for.attention_ms < WISH_ATTENTION_MS))
		return;
	w->wish_for.attention_ms = now;
	w->wish_for.token = xdg_activation_v1_get_activation_token(activation);
	if (!w->wish_for.token)
		return;
	xdg_activation_token_v1_add_listener(w->wish_for.token, &token_listener, w);
	xdg_activation_token_v1_commit(w->wish_for.token);
}

void wish_end(struct window *w)
{
	END(w->wish_for.token, xdg_activation_token_v1_destroy);
	END(w->wish_for.inhibitor, zwp_idle_inhibitor_v1_destroy);
}
