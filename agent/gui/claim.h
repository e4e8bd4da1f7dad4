/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a window says about itself: texts and hints. */
#ifndef AGENT_GUI_CLAIM_H
#define AGENT_GUI_CLAIM_H

#include "agent/gui/window.h"

/* A new announcement: the host knows nothing yet. */
void claim_reset(struct window *w);
/* Sends the first GUI_TITLE_MAX bytes of a TITLE or APPID. */
void claim_text(struct window *w, enum gui_type type, const char *text);
/* Sends bounds (0 or less: none) and the present geometry, if they are news. */
void claim_hints(struct window *w, const int min[2], const int max[2]);
/* Asks that the user looks at the window. */
void claim_attention(struct window *w);

#endif
