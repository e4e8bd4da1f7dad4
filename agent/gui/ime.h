/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's own input method (fcitx5, ibus): what it composes goes to the text
 * field that has the keyboard, and the keys of the host go to it first while it
 * wants them. The host knows nothing of it but a popup of the window.
 */
#ifndef AGENT_GUI_IME_H
#define AGENT_GUI_IME_H

#include <stdbool.h>
#include <wlr/util/box.h>

#include "agent/gui/server.h"

struct ime;
struct window;
struct wlr_input_popup_surface_v2;
struct wlr_text_input_v3;

/* NULL: memory is out. Needs the seat. */
struct ime *ime_create(struct server *server);
void ime_destroy(struct ime *ime);

/* A key of the host's. True: the input method has it. */
bool ime_key(struct ime *ime, const struct gui_key *k);
/* The host's modifiers have changed. True: as above. */
bool ime_mods(struct ime *ime);
/* The host has taken the keyboard away: no key is down any more. */
void ime_keys_up(struct ime *ime);

/* The text field that is written to, NULL: none. */
struct wlr_text_input_v3 *ime_text(const struct ime *ime);

/* ime_keyboard.c: keyboards that clients make, as input methods do to pass keys on. */
void ime_keyboard_create(struct server *server, void *virtual_keyboard);

/* ime_popup.c */
void ime_popup_create(struct server *server, struct wlr_input_popup_surface_v2 *popup);
/* The text field has moved, or is another one. */
void ime_popup_move_all(struct server *server);

#endif
