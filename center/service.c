/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "center/service.h"

#include <gio/gio.h>
#include <string.h>

#include "center/emblem.h"

#define NAME "org.freedesktop.Notifications"
#define PATH "/org/freedesktop/Notifications"
#define SIDE 48 /* pixels of the picture */
#define ANSWER_MS 5000
#define TIMEOUT_MIN 3000 /* ms, of what a guest may wish for */
#define TIMEOUT_MAX 30000

static struct {
	const struct service_handlers *handlers;
	GDBusConnection *bus; /* NULL: there is no session bus */
	char *owner; /* NULL: it does not run */
	bool has_markup; /* it reads some in bodies */
	bool known; /* whether it does */
} service;

static void handle_capabilities(GObject *source, GAsyncResult *result, gpointer userdata)
{
	GVariant *reply = g_dbus_connection_call_finish(service.bus, result, NULL);
	const char **words = NULL;

	if (!reply)
		return;
	g_variant_get(reply, "(^a&s)", &words);
	service.has_markup = g_strv_contains(words, "body-markup");
	service.known = true;
	g_free(words);
	g_variant_unref(reply);
}

static void handle_appeared(GDBusConnection *bus, const char *name, const char *owner, gpointer userdata)
{
	g_free(service.owner);
	service.owner = g_strdup(owner);
	service.known = false;
	g_dbus_connection_call(bus, owner, PATH, NAME, "GetCapabilities", NULL, G_VARIANT_TYPE("(as)"),
		G_DBUS_CALL_FLAGS_NONE, ANSWER_MS, NULL, handle_capabilities, NULL);
}

static void handle_vanished(GDBusConnection *bus, const char *name, gpointer userdata)
{
	if (service.owner)
		service.handlers->lost();
	g_clear_pointer(&service.owner, g_free);
	service.known = false;
}

static void handle_signal(GDBusConnection *bus, const char *sender, const char *path, const char *interface,
	const char *signal, GVariant *parameters, gpointer userdata)
{
	const char *action;
	uint32_t id, reason;

	if (strcmp(signal, "NotificationClosed") == 0 && g_variant_is_of_type(parameters, G_VARIANT_TYPE("(uu)"))) {
		g_variant_get(parameters, "(uu)", &id, &reason);
		service.handlers->ended(id,
			reason >= NOTIFICATION_EXPIRED && reason <= NOTIFICATION_CLOSED ? (enum notification_end)reason
											: NOTIFICATION_UNDEFINED);
	} else if (strcmp(signal, "ActionInvoked") == 0 && g_variant_is_of_type(parameters, G_VARIANT_TYPE("(us)"))) {
		g_variant_get(parameters, "(u&s)", &id, &action);
		if (strcmp(action, "default") == 0)
			service.handlers->ended(id, NOTIFICATION_CLICKED);
	}
}

void service_open(const struct service_handlers *handlers)
{
	service.handlers = handlers;
	service.bus = g_bus_get_sync(G_BUS_TYPE_SESSION, NULL, NULL);
	if (!service.bus)
		return;
	g_bus_watch_name_on_connection(
		service.bus, NAME, G_BUS_NAME_WATCHER_FLAGS_AUTO_START, handle_appeared, handle_vanished, NULL, NULL);
	g_dbus_connection_signal_subscribe(
		service.bus, NAME, NAME, NULL, PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE, handle_signal, NULL, NULL);
}

/* Rows of R, G, B, A, as the specification wants a picture. */
static GVariant *make_picture(uint32_t rgb)
{
	cairo_surface_t *image = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, SIDE, SIDE);
	cairo_t *cr = cairo_create(image);
	const int stride = cairo_image_surface_get_stride(image);
	guint8 pixels[SIDE * SIDE * 4];

	emblem_draw(cr, rgb, 0, 0, SIDE);
	cairo_destroy(cr);
	cairo_surface_flush(image);
	for (int i = 0; i < SIDE * SIDE; i++) {
		guint32 p;

		memcpy(&p, cairo_image_surface_get_data(image) + i / SIDE * stride + i % SIDE * 4, sizeof(p));
		pixels[4 * i] = (guint8)(p >> 16);
		pixels[4 * i + 1] = (guint8)(p >> 8);
		pixels[4 * i + 2] = (guint8)p;
		pixels[4 * i + 3] = 255; /* none of it shows what is below */
	}
	cairo_surface_destroy(image);
	return g_variant_new("(iiibii@ay)", SIDE, SIDE, SIDE * 4, TRUE, 8, 4,
		g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, pixels, sizeof(pixels), 1));
}

static GVariant *make_hints(const struct note *n)
{
	GVariantBuilder hints;

	g_variant_builder_init(&hints, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(
		&hints, "{sv}", "urgency", g_variant_new_byte(n->low ? NOTIFICATION_LOW : NOTIFICATION_NORMAL));
	g_variant_builder_add(&hints, "{sv}", "desktop-entry", g_variant_new_string("org.vmos.Center"));
	g_variant_builder_add(&hints, "{sv}", "image-data", make_picture(n->vm.rgb));
	return g_variant_builder_end(&hints);
}

static void handle_notified(GObject *source, GAsyncResult *result, gpointer userdata)
{
	GVariant *reply = g_dbus_connection_call_finish(service.bus, result, NULL);
	uint32_t id = 0;

	if (reply)
		g_variant_get(reply, "(u)", &id);
	g_clear_pointer(&reply, g_variant_unref);
	service.handlers->shown(userdata, id);
}

static gint32 timeout_of(const struct note *n)
{
	return n->timeout_ms == 0 || n->timeout_ms > TIMEOUT_MAX ? -1 : (gint32)MAX(n->timeout_ms, TIMEOUT_MIN);
}

bool service_show(const struct note *n, uint32_t replaces, void *userdata)
{
	static const char *const actions[] = { "default", "", NULL }, *const none[] = { NULL };
	char title[NOTE_LINE_MAX], body[NOTE_BODY_MAX];

	if (!service.owner || !service.known)
		return false;
	note_title(n, title);
	note_body(n, service.has_markup, body);
	g_dbus_connection_call(service.bus, service.owner, PATH, NAME, "Notify",
		g_variant_new("(susss^as@a{sv}i)", "vmOS", replaces, "", title, body, n->id ? actions : none,
			make_hints(n), timeout_of(n)),
		G_VARIANT_TYPE("(u)"), G_DBUS_CALL_FLAGS_NONE, ANSWER_MS, NULL, handle_notified, userdata);
	return true;
}

void service_close(uint32_t id)
{
	if (service.owner)
		g_dbus_connection_call(service.bus, service.owner, PATH, NAME, "CloseNotification",
			g_variant_new("(u)", id), NULL, G_DBUS_CALL_FLAGS_NONE, ANSWER_MS, NULL, NULL, NULL);
}
