/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmos-notify: org.freedesktop.Notifications on a VM's session bus, whose
 * daemon starts it when the first program shows one. It has text to hand on
 * and nothing to draw: the host shows it, with the VM's name and colour.
 */
#include <errno.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/common/notify.h"
#include "agent/notify/markup.h"
#include "base/fd.h"
#include "base/log.h"

#define BUS_NAME "org.freedesktop.Notifications"
#define BUS_PATH "/org/freedesktop/Notifications"
#define OPEN_MAX 64 /* of which it is known whose they are; older ones are given up */
#define EXPIRE_DEFAULT (-1)
#define EXPIRE_NEVER 0

/* One that has not ended yet. */
struct open {
	char *owner; /* unique name of who shows it */
	gint64 since;
	bool has_default; /* it wants to know when it is clicked */
};

static struct {
	GDBusConnection *bus; /* borrowed, as long as it is open */
	GMainLoop *loop;
	GHashTable *all; /* of struct open, by id */
	guint32 last_id;
	int sock; /* to vmos-agent; -1: not connected */
	guint watch;
} notify = { .sock = -1 };

static const char interface_xml[] =
	"<node><interface name='" BUS_NAME "'>"
	"<method name='Notify'><arg type='s' direction='in'/><arg type='u' direction='in'/><arg type='s' "
	"direction='in'/>"
	"<arg type='s' direction='in'/><arg type='s' direction='in'/><arg type='as' direction='in'/>"
	"<arg type='a{sv}' direction='in'/><arg type='i' direction='in'/><arg type='u' direction='out'/></method>"
	"<method name='CloseNotification'><arg type='u' direction='in'/></method>"
	"<method name='GetCapabilities'><arg type='as' direction='out'/></method>"
	"<method name='GetServerInformation'><arg type='s' direction='out'/><arg type='s' direction='out'/>"
	"<arg type='s' direction='out'/><arg type='s' direction='out'/></method>"
	"<signal name='NotificationClosed'><arg type='u'/><arg type='u'/></signal>"
	"<signal name='ActionInvoked'><arg type='u'/><arg type='s'/></signal>"
	"</interface></node>";

static void open_free(gpointer data)
{
	struct open *o = data;

	g_free(o->owner);
	g_free(o);
}

static void emit(const struct open *o, const char *signal, GVariant *arguments)
{
	if (notify.bus)
		g_dbus_connection_emit_signal(notify.bus, o->owner, BUS_PATH, BUS_NAME, signal, arguments, NULL);
	else
		g_variant_unref(g_variant_ref_sink(arguments));
}

/* Says so to who showed it. */
static void end(guint32 id, guint32 how)
{
	const struct open *o = g_hash_table_lookup(notify.all, GUINT_TO_POINTER(id));

	if (!o)
		return;
	if (how == NOTIFICATION_CLICKED && o->has_default)
		emit(o, "ActionInvoked", g_variant_new("(us)", id, "default"));
	if (how == NOTIFICATION_CLICKED)
		how = NOTIFICATION_DISMISSED;
	emit(o, "NotificationClosed", g_variant_new("(uu)", id, how));
	g_hash_table_remove(notify.all, GUINT_TO_POINTER(id));
}

/* The agent's word on one. It leaves when it is started again: the next notification connects anew. */
static gboolean handle_agent(gint fd, GIOCondition condition, gpointer userdata)
{
	struct notify_end e;
	ssize_t n = recv(fd, &e, sizeof(e), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return G_SOURCE_CONTINUE;
	if (n == sizeof(e)) {
		end(e.id, e.how);
		return G_SOURCE_CONTINUE;
	}
	close(notify.sock);
	notify.sock = -1;
	notify.watch = 0;
	return G_SOURCE_REMOVE;
}

static bool send_packet(const struct notify_packet *p)
{
	const char *path = g_getenv("VMOS_NOTIFY_SOCKET"); /* for tests without a VM */

	if (notify.sock < 0) {
		notify.sock = fd_unix_connect(path ? path : NOTIFY_SOCKET, SOCK_SEQPACKET);
		if (notify.sock < 0)
			return false;
		notify.watch = g_unix_fd_add(notify.sock, G_IO_IN | G_IO_HUP, handle_agent, NULL);
	}
	return send(notify.sock, p, sizeof(*p), MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof(*p);
}

static void forget_oldest(void)
{
	gpointer key, value, oldest = NULL;
	gint64 since = G_MAXINT64;
	GHashTableIter at;

	g_hash_table_iter_init(&at, notify.all);
	while (g_hash_table_iter_next(&at, &key, &value)) {
		if (((struct open *)value)->since >= since)
			continue;
		since = ((struct open *)value)->since;
		oldest = key;
	}
	end(GPOINTER_TO_UINT(oldest), NOTIFICATION_UNDEFINED);
}

static guint32 next_id(void)
{
	do {
		notify.last_id++;
	} while (notify.last_id == 0 || g_hash_table_contains(notify.all, GUINT_TO_POINTER(notify.last_id)));
	return notify.last_id;
}

static bool offers_default(const char *const *actions)
{
	for (size_t i = 0; actions[i] && actions[i + 1]; i += 2)
		if (strcmp(actions[i], "default") == 0)
			return true;
	return false;
}

static guint32 read_urgency(GVariant *hints)
{
	guint8 urgency = NOTIFICATION_NORMAL;

	g_variant_lookup(hints, "urgency", "y", &urgency);
	return urgency <= NOTIFICATION_CRITICAL ? urgency : NOTIFICATION_NORMAL;
}

static guint32 read_timeout(gint32 expire)
{
	if (expire == EXPIRE_DEFAULT || expire < 0)
		return 0;
	return expire == EXPIRE_NEVER || expire > (gint32)NOTIFICATION_TIMEOUT_MAX ? NOTIFICATION_TIMEOUT_MAX
										   : (guint32)expire;
}

static void take_notify(const char *sender, GVariant *parameters, GDBusMethodInvocation *invocation)
{
	const char *app, *icon, *summary, *body, **actions;
	struct notify_packet p = { .kind = NOTIFY_SHOW };
	GVariant *hints;
	guint32 replaces;
	gint32 expire;
	struct open *o;

	g_variant_get(parameters, "(&su&s&s&s^a&s@a{sv}i)", &app, &replaces, &icon, &summary, &body, &actions, &hints,
		&expire);
	p.id = replaces ? replaces : next_id();
	p.urgency = read_urgency(hints);
	p.timeout_ms = read_timeout(expire);
	markup_keep(app, p.text.app, sizeof(p.text.app));
	markup_keep(summary, p.text.summary, sizeof(p.text.summary));
	markup_strip(body, p.text.body, sizeof(p.text.body));
	if (g_hash_table_size(notify.all) >= OPEN_MAX)
		forget_oldest();
	o = g_new0(struct open, 1);
	*o = (struct open){ g_strdup(sender), g_get_monotonic_time(), offers_default(actions) };
	g_hash_table_replace(notify.all, GUINT_TO_POINTER(p.id), o);
	g_dbus_method_invocation_return_value(invocation, g_variant_new("(u)", p.id));
	if (!send_packet(&p))
		end(p.id, NOTIFICATION_UNDEFINED);
	g_variant_unref(hints);
	g_free(actions);
}

/* Only its own: another program's end when that says so. */
static void take_close(const char *sender, GVariant *parameters, GDBusMethodInvocation *invocation)
{
	struct notify_packet p = { .kind = NOTIFY_BACK };
	const struct open *o;

	g_variant_get(parameters, "(u)", &p.id);
	o = g_hash_table_lookup(notify.all, GUINT_TO_POINTER(p.id));
	g_dbus_method_invocation_return_value(invocation, NULL);
	if (!o)
		return;
	(void)send_packet(&p);
	end(p.id, NOTIFICATION_CLOSED);
}

static void handle_call(GDBusConnection *connection, const char *sender, const char *path, const char *interface,
	const char *method, GVariant *parameters, GDBusMethodInvocation *invocation, gpointer userdata)
{
	static const char *const capabilities[] = { "body", NULL };

	if (strcmp(method, "Notify") == 0)
		take_notify(sender, parameters, invocation);
	else if (strcmp(method, "CloseNotification") == 0)
		take_close(sender, parameters, invocation);
	else if (strcmp(method, "GetCapabilities") == 0)
		g_dbus_method_invocation_return_value(invocation, g_variant_new("(^as)", capabilities));
	else
		g_dbus_method_invocation_return_value(
			invocation, g_variant_new("(ssss)", "vmos-notify", "vmOS", VMOS_VERSION, "1.2"));
}

static void handle_acquired(GDBusConnection *connection, const char *name, gpointer userdata)
{
	static const GDBusInterfaceVTable vtable = { .method_call = handle_call };
	GDBusNodeInfo *node = g_dbus_node_info_new_for_xml(interface_xml, NULL);

	notify.bus = connection;
	if (!g_dbus_connection_register_object(connection, BUS_PATH, node->interfaces[0], &vtable, NULL, NULL, NULL))
		g_main_loop_quit(notify.loop);
	g_dbus_node_info_unref(node);
}

/* The bus is gone, or another program of the user's shows notifications. */
static void handle_lost(GDBusConnection *connection, const char *name, gpointer userdata)
{
	notify.bus = NULL;
	g_main_loop_quit(notify.loop);
}

int main(int argc, char **argv)
{
	guint owner;

	log_open("vmos-notify", NULL);
	notify.loop = g_main_loop_new(NULL, FALSE);
	notify.all = g_hash_table_new_full(NULL, NULL, NULL, open_free);
	notify.last_id = g_random_int(); /* the host may still show those of one before this */
	owner = g_bus_own_name(G_BUS_TYPE_SESSION, BUS_NAME, G_BUS_NAME_OWNER_FLAGS_NONE, handle_acquired, NULL,
		handle_lost, NULL, NULL);
	g_main_loop_run(notify.loop);
	g_bus_unown_name(owner);
	g_hash_table_unref(notify.all);
	g_main_loop_unref(notify.loop);
	return 0;
}
