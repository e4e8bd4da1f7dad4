/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The icon of an application as pixels, found as the icon theme specification says. */
#ifndef AGENT_APPS_ICON_H
#define AGENT_APPS_ICON_H

#include <gio/gio.h>
#include <stdint.h>

#include "proto/apps.h"

/* Fills @ret; it stays as it is where there is no such icon, or no library here that reads its format. @icon may be NULL. */
void icon_draw(GIcon *icon, uint8_t ret[APP_ICON_BYTES]);

#endif
