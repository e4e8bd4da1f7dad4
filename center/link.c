/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "center/link.h"

#include <stdlib.h>

#include "base/paths.h"

#define MANAGER_NAME "org.vmos.Manager1"
#define MANAGER_PATH "/org/vmos/Manager1"
#define AGENT_PATH "/org/vmos/Agent1"
#define RETRY_S 2

struct link {
	enum link_where where;
	const struct link_handlers *handlers;
	GDBusConnection *connection; /* NULL: not open */
	char *owner; /* vmosd's unique name; NULL: it is not there */
};

static const char interface_xml[] = "<node><interface name='org.vmos.Agent1'>"
				    "<method name='Ask'><arg type='a{sv}' direction='in'/>"
				    "<arg type='s' direction='out'/><arg type='s' direction='out'/></method>"
				    "<method name='Cancel'><arg type='u' direction='in'/></method>"
				    "<method name='Notify'><arg type='a{sv}' direction='in'/></method>"
				    "<method name='ShowNotification'><arg type='a{sv}' direction='in'/></method>"
				    "<method name='CloseNotification'><arg type='s' direction='in'/>"
				    "<arg type='u' direction='in'/></method>"
				    "</interface></node>";

enum link_where link_where(const struct link *l)
{
	return l->where;
}

void link_answer(GDBusMethodInvocation *invocation, const char *verdict, const char *object)
{
	g_dbus_method_invocation_return_value(invocation, g_variant_new("(ss)", verdict, object));
}

static void take_question(struct link *l, GVariant *parameters, GDBusMethodInvocation *invocation)
{
	GVariant *dict = g_variant_get_child_value(parameters, 0);
	struct question *q = question_new(dict);

	g_variant_unref(dict);
	if (q)
		l->handlers->ask(l, q, invocation);
	else
		g_dbus_method_invocation_return_dbus_error(
			invocation, "org.vmos.Error.InvalidArgument", "This is no question: it names no VM.");
}

static void take_notice(struct link *l, GVariant *parameters)
{
	GVariant *dict = g_variant_get_child_value(parameters, 0);
	struct question *q = question_new(dict);

	if (q)
		l->handlers->notify(q);
	question_free(q);
	g_variant_unref(dict);
}

static void take_note(struct link *l, GVariant *parameters)
{
	GVariant *dict = g_variant_get_child_value(parameters, 0);
	struct note *n = note_new(dict);

	if (n)
		l->handlers->show(l, n);
	g_variant_unref(dict);
}

/* What vmosd tells and waits for no answer to. */
static void take_word(struct link *l, const char *method, GVariant *parameters)
{
	const char *vm;
	uint32_t id;

	if (g_strcmp0(method, "Cancel") == 0) {
		g_variant_get(parameters, "(u)", &id);
		l->handlers->cancel(l, id);
	} else if (g_strcmp0(method, "ShowNotification") == 0) {
		take_note(l, parameters);
	} else if (g_strcmp0(method, "CloseNotification") == 0) {
		g_variant_get(parameters, "(&su)", &vm, &id);
		l->handlers->close(l, vm, id);
	} else {
		take_notice(l, parameters);
	}
}

static void handle_call(GDBusConnection *connection, const char *sender, const char *path, const char *interface,
	const char *method, GVariant *parameters, GDBusMethodInvocation *invocation, gpointer userdata)
{
	struct link *l = userdata;

	if (g_strcmp0(sender, l->owner) != 0) {
		g_dbus_method_invocation_return_dbus_error(
			invocation, "org.freedesktop.DBus.Error.AccessDenied", "Only vmosd may ask.");
		return;
	}
	if (g_strcmp0(method, "Ask") == 0) {
		take_question(l, parameters, invocation);
		return;
	}
	take_word(l, method, parameters);
	g_dbus_method_invocation_return_value(invocation, NULL);
}

void link_tell_closed(struct link *l, const char *vm, uint32_t id, const char *how)
{
	if (l->owner && l->connection)
		g_dbus_connection_call(l->connection, l->owner, MANAGER_PATH, MANAGER_NAME, "NotificationClosed",
			g_variant_new("(sus)", vm, id, how), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL, NULL);
}

static void handle_registered(GObject *source, GAsyncResult *result, gpointer userdata)
{
	GError *error = NULL;
	GVariant *reply = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);

	if (error)
		g_printerr("vmos-center: vmosd does not let this program ask: %s\n", error->message);
	g_clear_error(&error);
	g_clear_pointer(&reply, g_variant_unref);
}

static void handle_appeared(GDBusConnection *connection, const char *name, const char *owner, gpointer userdata)
{
	struct link *l = userdata;

	g_free(l->owner);
	l->owner = g_strdup(owner);
	g_dbus_connection_call(connection, owner, MANAGER_PATH, MANAGER_NAME, "RegisterAgent",
		g_variant_new("(o)", AGENT_PATH), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, handle_registered, NULL);
	l->handlers->found(l, connection, owner);
}

static void handle_vanished(GDBusConnection *connection, const char *name, gpointer userdata)
{
	struct link *l = userdata;

	g_clear_pointer(&l->owner, g_free);
	l->handlers->lost(l);
}

/* The bus that vmosd makes where there is no session bus. */
static GDBusConnection *open_private(void)
{
	char *folder = paths_runtime(), *path = folder ? paths_join(folder, "bus", NULL) : NULL;
	char *escaped = path ? g_dbus_address_escape_value(path) : NULL;
	char *address = g_strdup_printf("unix:path=%s", escaped ? escaped : "");
	GDBusConnection *connection = path ? g_dbus_connection_new_for_address_sync(address,
						     G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
							     G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
						     NULL, NULL, NULL)
					   : NULL;

	g_free(address);
	g_free(escaped);
	free(path);
	free(folder);
	return connection;
}

static GDBusConnection *open_bus(const struct link *l)
{
	GBusType type = l->where == LINK_SYSTEM ? G_BUS_TYPE_SYSTEM : G_BUS_TYPE_SESSION;
	GDBusConnection *connection = g_bus_get_sync(type, NULL, NULL);

	if (!connection && l->where == LINK_SESSION)
		connection = open_private();
	return connection;
}

static gboolean handle_retry(gpointer userdata);

static void retry(struct link *l)
{
	g_timeout_add_seconds(RETRY_S, handle_retry, l);
}

static void handle_closed(GDBusConnection *connection, gboolean by_peer, GError *error, gpointer userdata)
{
	struct link *l = userdata;

	g_clear_object(&l->connection);
	retry(l);
}

static bool open_link(struct link *l)
{
	static const GDBusInterfaceVTable vtable = { .method_call = handle_call };
	GDBusNodeInfo *node = g_dbus_node_info_new_for_xml(interface_xml, NULL);
	bool good;

	l->connection = open_bus(l);
	good = l->connection &&
		g_dbus_connection_register_object(
			l->connection, AGENT_PATH, node->interfaces[0], &vtable, l, NULL, NULL) > 0;
	g_dbus_node_info_unref(node);
	if (!good) {
		g_clear_object(&l->connection);
		return false;
	}
	g_dbus_connection_set_exit_on_close(l->connection, FALSE);
	g_signal_connect(l->connection, "closed", G_CALLBACK(handle_closed), l);
	g_bus_watch_name_on_connection(
		l->connection, MANAGER_NAME, G_BUS_NAME_WATCHER_FLAGS_NONE, handle_appeared, handle_vanished, l, NULL);
	return true;
}

static gboolean handle_retry(gpointer userdata)
{
	if (!open_link(userdata))
		return G_SOURCE_CONTINUE;
	return G_SOURCE_REMOVE;
}

struct link *link_new(enum link_where where, const struct link_handlers *handlers)
{
	struct link *l = g_new0(struct link, 1);

	l->where = where;
	l->handlers = handlers;
	if (!open_link(l))
		retry(l);
	return l;
}
