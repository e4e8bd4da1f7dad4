/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "center/menu.h"

#include <string.h>

#define VM_INTERFACE "org.vmos.VM1"
#define CALM_MS 700 /* after the last change: a new VM is several */

struct menu {
	char *option; /* "--system" */
	GDBusConnection *connection; /* NULL: vmosd is not there */
	guint changed, added, removed; /* subscriptions */
	guint timer; /* 0: nothing changed */
	gboolean running, again; /* `vmos menu sync` is; something changed meanwhile */
};

static void schedule(struct menu *m);

static void handle_end(GObject *source, GAsyncResult *result, gpointer userdata)
{
	struct menu *m = userdata;
	GError *error = NULL;

	if (!g_subprocess_wait_check_finish(G_SUBPROCESS(source), result, &error))
		g_printerr(
			"vmos-center: the menu may lack applications of VMs: `vmos menu sync`: %s\n", error->message);
	g_clear_error(&error);
	g_object_unref(source);
	m->running = FALSE;
	if (m->again)
		schedule(m);
	m->again = FALSE;
}

/* Beside this program where it is installed, in the folder beside its own in a build tree. */
static char *find_vmos(void)
{
	char *own = g_file_read_link("/proc/self/exe", NULL), *folder = g_path_get_dirname(own ? own : "");
	char *path = g_build_filename(folder, "vmos", NULL);

	if (!g_file_test(path, G_FILE_TEST_IS_EXECUTABLE)) {
		g_free(path);
		path = g_build_filename(folder, "..", "cli", "vmos", NULL);
	}
	if (!g_file_test(path, G_FILE_TEST_IS_EXECUTABLE)) {
		g_free(path);
		path = g_strdup("vmos");
	}
	g_free(folder);
	g_free(own);
	return path;
}

static void run_sync(struct menu *m)
{
	char *vmos = find_vmos();
	const char *argv[] = { vmos, m->option, "menu", "sync", NULL };
	GError *error = NULL;
	GSubprocess *process = g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_NONE, &error);

	m->running = process != NULL;
	if (process)
		g_subprocess_wait_check_async(process, NULL, handle_end, m);
	else
		g_printerr("vmos-center: cannot start %s: %s\n", vmos, error->message);
	g_clear_error(&error);
	g_free(vmos);
}

static gboolean handle_timer(gpointer userdata)
{
	struct menu *m = userdata;

	m->timer = 0;
	if (m->running)
		m->again = TRUE;
	else if (m->connection)
		run_sync(m);
	return G_SOURCE_REMOVE;
}

static void schedule(struct menu *m)
{
	if (m->timer)
		g_source_remove(m->timer);
	m->timer = g_timeout_add(CALM_MS, handle_timer, m);
}

/* Most changes of a VM are of its state, which no entry shows. */
static void handle_properties(GDBusConnection *connection, const char *sender, const char *path, const char *interface,
	const char *signal, GVariant *parameters, gpointer userdata)
{
	GVariant *changed = NULL;
	const char *of;

	if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(sa{sv}as)")))
		return;
	g_variant_get(parameters, "(&s@a{sv}as)", &of, &changed, NULL);
	for (size_t i = 0; i < 2 && strcmp(of, VM_INTERFACE) == 0; i++) {
		GVariant *value = g_variant_lookup_value(changed, i ? "Color" : "AppsChanged", NULL);

		if (value)
			schedule(userdata);
		g_clear_pointer(&value, g_variant_unref);
	}
	g_variant_unref(changed);
}

/* A VM comes, or goes. */
static void handle_objects(GDBusConnection *connection, const char *sender, const char *path, const char *interface,
	const char *signal, GVariant *parameters, gpointer userdata)
{
	schedule(userdata);
}

void menu_follow(struct menu *m, GDBusConnection *connection, const char *owner)
{
	menu_leave(m);
	m->connection = g_object_ref(connection);
	m->changed = g_dbus_connection_signal_subscribe(connection, owner, "org.freedesktop.DBus.Properties",
		"PropertiesChanged", NULL, VM_INTERFACE, G_DBUS_SIGNAL_FLAGS_NONE, handle_properties, m, NULL);
	m->added = g_dbus_connection_signal_subscribe(connection, owner, "org.freedesktop.DBus.ObjectManager",
		"InterfacesAdded", NULL, NULL, G_DBUS_SIGNAL_FLAGS_NONE, handle_objects, m, NULL);
	m->removed = g_dbus_connection_signal_subscribe(connection, owner, "org.freedesktop.DBus.ObjectManager",
		"InterfacesRemoved", NULL, NULL, G_DBUS_SIGNAL_FLAGS_NONE, handle_objects, m, NULL);
	schedule(m);
}

void menu_leave(struct menu *m)
{
	if (!m->connection)
		return;
	g_dbus_connection_signal_unsubscribe(m->connection, m->changed);
	g_dbus_connection_signal_unsubscribe(m->connection, m->added);
	g_dbus_connection_signal_unsubscribe(m->connection, m->removed);
	g_clear_object(&m->connection);
}

struct menu *menu_new(const char *mode)
{
	struct menu *m = g_new0(struct menu, 1);

	m->option = g_strconcat("--", mode, NULL);
	return m;
}
