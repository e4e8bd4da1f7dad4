/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/gui/shell.h"

#include <drm_fourcc.h>
#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_data_control_v1.h>
#include <wlr/types/wlr_data_device.h>
#include <wlr/types/wlr_fractional_scale_v1.h>
#include <wlr/types/wlr_primary_selection_v1.h>
#include <wlr/types/wlr_server_decoration.h>
#include <wlr/types/wlr_shm.h>
#include <wlr/types/wlr_single_pixel_buffer_v1.h>
#include <wlr/types/wlr_subcompositor.h>
#include <wlr/types/wlr_viewporter.h>
#include <wlr/types/wlr_xdg_activation_v1.h>
#include <wlr/types/wlr_xdg_decoration_v1.h>
#include <wlr/types/wlr_xdg_shell.h>

#include "agent/gui/claim.h"
#include "agent/gui/surface.h"
#include "agent/gui/window.h"

struct shell {
	struct server *server;
	struct wlr_compositor *compositor;
	struct wl_listener new_surface, new_toplevel, new_popup, new_decoration, activate;
};

static void handle_new_surface(struct wl_listener *listener, void *data)
{
	struct shell *shell = wl_container_of(listener, shell, new_surface);

	surface_create(shell->server, data);
}

static void handle_new_toplevel(struct wl_listener *listener, void *data)
{
	struct shell *shell = wl_container_of(listener, shell, new_toplevel);

	toplevel_create(shell->server, data);
}

static void handle_new_popup(struct wl_listener *listener, void *data)
{
	struct shell *shell = wl_container_of(listener, shell, new_popup);

	popup_create(shell->server, data);
}

static void handle_new_decoration(struct wl_listener *listener, void *data)
{
	toplevel_decorate(data);
}

/* Which of the guest's windows is in front is the user's business: another one can only ask to be looked at. */
static void handle_activate(struct wl_listener *listener, void *data)
{
	const struct wlr_xdg_activation_v1_request_activate_event *event = data;
	struct window *w = window_of(event->surface);

	if (w)
		claim_attention(w);
}

/* The globals that nothing listens to. GTK 3 asks the KDE protocol for the decorations, not xdg-decoration. */
static bool shell_add_plain(struct wl_display *display)
{
	static const uint32_t formats[] = { DRM_FORMAT_ARGB8888, DRM_FORMAT_XRGB8888 };
	struct wlr_server_decoration_manager *kde = wlr_server_decoration_manager_create(display);

	if (!kde)
		return false;
	wlr_server_decoration_manager_set_default_mode(kde, WLR_SERVER_DECORATION_MANAGER_MODE_SERVER);
	return wlr_shm_create(display, 2, formats, sizeof(formats) / sizeof(formats[0])) &&
		wlr_subcompositor_create(display) && wlr_data_device_manager_create(display) &&
		wlr_primary_selection_v1_device_manager_create(display) &&
		wlr_data_control_manager_v1_create(display) && wlr_viewporter_create(display) &&
		wlr_fractional_scale_manager_v1_create(display, 1) &&
		wlr_single_pixel_buffer_manager_v1_create(display);
}

struct shell *shell_create(struct server *server)
{
	struct shell *shell = calloc(1, sizeof(*shell));
	struct wlr_compositor *compositor = wlr_compositor_create(server->display, 6, NULL);
	struct wlr_xdg_shell *xdg = wlr_xdg_shell_create(server->display, 6);
	struct wlr_xdg_decoration_manager_v1 *decoration = wlr_xdg_decoration_manager_v1_create(server->display);
	struct wlr_xdg_activation_v1 *activation = wlr_xdg_activation_v1_create(server->display);

	if (!shell || !compositor || !xdg || !decoration || !activation || !shell_add_plain(server->display)) {
		free(shell);
		return NULL;
	}
	shell->server = server;
	shell->compositor = compositor;
	shell->new_surface.notify = handle_new_surface;
	wl_signal_add(&compositor->events.new_surface, &shell->new_surface);
	shell->new_toplevel.notify = handle_new_toplevel;
	wl_signal_add(&xdg->events.new_toplevel, &shell->new_toplevel);
	shell->new_popup.notify = handle_new_popup;
	wl_signal_add(&xdg->events.new_popup, &shell->new_popup);
	shell->new_decoration.notify = handle_new_decoration;
	wl_signal_add(&decoration->events.new_toplevel_decoration, &shell->new_decoration);
	shell->activate.notify = handle_activate;
	wl_signal_add(&activation->events.request_activate, &shell->activate);
	return shell;
}

struct wlr_compositor *shell_compositor(const struct shell *shell)
{
	return shell->compositor;
}

void shell_destroy(struct shell *shell)
{
	wl_list_remove(&shell->new_surface.link);
	wl_list_remove(&shell->new_toplevel.link);
	wl_list_remove(&shell->new_popup.link);
	wl_list_remove(&shell->new_decoration.link);
	wl_list_remove(&shell->activate.link);
	free(shell);
}
