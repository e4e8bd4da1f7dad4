/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "desktop/gesture.h"

#include <linux/input-event-codes.h>
#include <stdbool.h>
#include <xkbcommon/xkbcommon.h>

#define XKB_OFFSET 8 /* of a key's number in xkb */

/* Reads no file and no variable, also later in the sandbox: the compositor's keymap is whole. */
void gestures_init(struct gestures *g)
{
	g->context = xkb_context_new(XKB_CONTEXT_NO_DEFAULT_INCLUDES | XKB_CONTEXT_NO_ENVIRONMENT_NAMES);
}

void gestures_finish(struct gestures *g)
{
	xkb_state_unref(g->state);
	xkb_keymap_unref(g->keymap);
	xkb_context_unref(g->context);
	*g = (struct gestures){ 0 };
}

void gestures_keymap(struct gestures *g, const char *text, size_t len)
{
	xkb_state_unref(g->state);
	xkb_keymap_unref(g->keymap);
	g->state = NULL;
	g->keymap = NULL;
	if (g->context)
		g->keymap = xkb_keymap_new_from_buffer(
			g->context, text, len, XKB_KEYMAP_FORMAT_TEXT_V1, XKB_KEYMAP_COMPILE_NO_FLAGS);
	if (g->keymap)
		g->state = xkb_state_new(g->keymap);
}

void gestures_mods(struct gestures *g, const struct gui_mods *m)
{
	if (g->state)
		xkb_state_update_mask(g->state, m->depressed, m->latched, m->locked, 0, 0, m->group);
}

static bool is_on(const struct gestures *g, const char *mod)
{
	return xkb_state_mod_name_is_active(g->state, mod, XKB_STATE_MODS_EFFECTIVE) > 0;
}

/* The Latin letter on a key, as a small one; 0: there is another character on it. */
static char letter_in(const struct gestures *g, xkb_keycode_t code, xkb_layout_index_t layout)
{
	const xkb_keysym_t *syms;

	if (xkb_keymap_key_get_syms_by_level(g->keymap, code, layout, 0, &syms) != 1)
		return 0;
	if (syms[0] >= XKB_KEY_A && syms[0] <= XKB_KEY_Z)
		return (char)('a' + (syms[0] - XKB_KEY_A));
	return syms[0] >= XKB_KEY_a && syms[0] <= XKB_KEY_z ? (char)('a' + (syms[0] - XKB_KEY_a)) : 0;
}

/* By the layout in use; where that has no Latin letters, by the first other that has one, else by the key's place. */
static char letter_of(const struct gestures *g, uint32_t key)
{
	xkb_keycode_t code = key + XKB_OFFSET;
	xkb_layout_index_t n = xkb_keymap_num_layouts_for_key(g->keymap, code);
	char letter = letter_in(g, code, xkb_state_key_get_layout(g->state, code));

	for (xkb_layout_index_t i = 0; i < n && !letter; i++)
		letter = letter_in(g, code, i);
	if (letter)
		return letter;
	return key == KEY_C ? 'c' : key == KEY_V ? 'v' : 0;
}

static bool is_escape(const struct gestures *g, uint32_t key)
{
	return xkb_state_key_get_one_sym(g->state, key + XKB_OFFSET) == XKB_KEY_Escape;
}

enum gesture gestures_key(const struct gestures *g, uint32_t key)
{
	if (!g->state)
		return key == KEY_ESC ? GESTURE_LEAVE : GESTURE_NONE;
	if (!is_on(g, XKB_MOD_NAME_CTRL) || !is_on(g, XKB_MOD_NAME_SHIFT) || is_on(g, XKB_MOD_NAME_ALT) ||
		is_on(g, XKB_MOD_NAME_LOGO))
		return GESTURE_NONE;
	if (is_escape(g, key))
		return GESTURE_LEAVE;
	switch (letter_of(g, key)) {
	case 'c':
		return GESTURE_COPY;
	case 'v':
		return GESTURE_PASTE;
	default:
		return GESTURE_NONE;
	}
}
