/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the user's Wayland compositor listens. */
#ifndef CLI_DISPLAY_H
#define CLI_DISPLAY_H

/*
 * The absolute path of the socket that @display ($WAYLAND_DISPLAY) names in
 * @runtime ($XDG_RUNTIME_DIR), as wl_display_connect(3) finds it; both may be
 * NULL. -ENOENT: no display is set; -EINVAL: a name without a runtime folder.
 */
int display_path(const char *display, const char *runtime, char **ret_path);

#endif
