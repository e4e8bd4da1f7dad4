/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The user's D-Bus: the session bus where there is one, else a private bus at a path the caller names. */
#ifndef BASE_USERBUS_H
#define BASE_USERBUS_H

#include <systemd/sd-bus.h>

/*
 * Opens the user's bus and says hello on it: the session bus (by
 * DBUS_SESSION_BUS_ADDRESS, else $XDG_RUNTIME_DIR/bus), else the bus that
 * listens at @private_path. The caller unrefs @ret_bus.
 * -ENOENT: neither of them answers.
 */
int userbus_open(const char *private_path, sd_bus **ret_bus);

/* Opens the bus at @private_path alone. -ENOENT, -ECONNREFUSED: nobody serves it. */
int userbus_open_private(const char *private_path, sd_bus **ret_bus);

#endif
