/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/gui/claim.h"

#include <string.h>
#include <wlr/util/box.h>

#include "proto/text.h"

void claim_reset(struct window *w)
{
	w->title_dirty = w->app_id_dirty = w->hints_dirty = true;
	memset(&w->hints, 0xff, sizeof(w->hints)); /* none sent yet */
}

/* Cut where a character ends, in parts. */
void claim_text(struct window *w, enum gui_type type, const char *text)
{
	size_t len = strlen(text), end = 0, next;
	uint32_t cp;
	unsigned part = 0;

	while ((next = text_utf8_next((const uint8_t *)text + end, len - end, &cp)) > 0 && end + next <= GUI_TITLE_MAX)
		end += next;
	do {
		struct gui_msg g = { .head = { .type = (uint16_t)type, .win = w->id } };
		size_t chunk = end < GUI_TITLE_CHUNK ? end : GUI_TITLE_CHUNK;

		g.title.part = (uint8_t)part++;
		g.title.len = (uint8_t)chunk;
		memcpy(g.title.text, text, chunk);
		server_send(w->server, &g);
		text += chunk;
		end -= chunk;
	} while (end > 0);
}

static uint16_t hint_size(int v)
{
	return (uint16_t)(v < 0 ? 0 : v > GUI_SIZE_MAX ? GUI_SIZE_MAX : v);
}

void claim_hints(struct window *w, const int min[2], const int max[2])
{
	struct gui_msg g = { .head = { .type = GUI_HINTS, .win = w->id } };
	struct wlr_box box;

	w->ops->geometry(w, &box);
	g.hints = (struct gui_hints){
		.min_w = hint_size(min[0]),
		.min_h = hint_size(min[1]),
		.max_w = hint_size(max[0]),
		.max_h = hint_size(max[1]),
		.geo_w = hint_size(box.width),
		.geo_h = hint_size(box.height),
		.opaque = w->layout.opaque,
	};
	if (memcmp(&g.hints, &w->hints, sizeof(g.hints)) == 0)
		return;
	w->hints = g.hints;
	server_send(w->server, &g);
}

void claim_attention(struct window *w)
{
	if (w->announced && !w->is_popup && w->server->host_features & GUI_FEATURE_ATTENTION)
		server_send_plain(w->server, GUI_ATTENTION, w->id);
}
