/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Notifications from a program on a session bus to the host, without a VM: a
 * bus of the test's, the real vmos-notify and vmos-agent.
 *   test_notify AGENT SHIM VMOS-NOTIFY
 */
#include <gio/gio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/tests/agent_host.h"
#include "base/fd.h"
#include "proto/notification.h"

#define NAME "org.freedesktop.Notifications"
#define PATH "/org/freedesktop/Notifications"

static struct {
	GTestDBus *daemon;
	GDBusConnection *bus;
	pid_t notify;
	char closed[64], invoked[64]; /* "ID REASON", "ID ACTION" of the last signal */
	unsigned nsignals;
} scene;

static void start_notify(const char *program)
{
	scene.notify = fork();
	CHECK(scene.notify >= 0);
	if (scene.notify > 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execl(program, program, (char *)NULL);
	_exit(127);
}

static GVariant *call(const char *method, GVariant *arguments)
{
	GError *error = NULL;
	GVariant *reply = g_dbus_connection_call_sync(
		scene.bus, NAME, PATH, NAME, method, arguments, NULL, G_DBUS_CALL_FLAGS_NONE, WAIT_MS, NULL, &error);

	if (error)
		fprintf(stderr, "%s: %s\n", method, error->message);
	CHECK(reply);
	return reply;
}

struct sent {
	const char *app, *summary, *body, *actions;
	guint32 replaces;
	gint32 expire;
	guint8 urgency;
};

static guint32 show(const struct sent *s)
{
	GVariantBuilder hints, actions;
	GVariant *reply;
	guint32 id;

	g_variant_builder_init(&hints, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_init(&actions, G_VARIANT_TYPE("as"));
	g_variant_builder_add(&hints, "{sv}", "urgency", g_variant_new_byte(s->urgency));
	if (s->actions) {
		g_variant_builder_add(&actions, "s", s->actions);
		g_variant_builder_add(&actions, "s", "Open");
	}
	reply = call("Notify",
		g_variant_new(
			"(susssasa{sv}i)", s->app, s->replaces, "", s->summary, s->body, &actions, &hints, s->expire));
	g_variant_get(reply, "(u)", &id);
	g_variant_unref(reply);
	CHECK(id != 0);
	return id;
}

static void expect(guint32 id, const struct notification *text)
{
	uint8_t blob[NOTIFICATION_WIRE_BYTES];
	struct notification n;
	struct ctl_msg c;

	CHECK(agent_host_hear(&c, WAIT_MS) && c.head.type == CTL_NOTIFY && c.notify.id == id);
	CHECK(carrier_blob(&host.carrier, c.notify.blob, blob, sizeof(blob)) == 0);
	CHECK(notification_decode(blob, sizeof(blob), &n) == 0);
	if (memcmp(&n, text, sizeof(n)))
		fprintf(stderr, "\"%s\" \"%s\" \"%s\"\n", n.app, n.summary, n.body);
	CHECK(!memcmp(&n, text, sizeof(n)));
}

static void tell_ended(guint32 id, uint8_t how)
{
	agent_host_send(&(struct ctl_msg){ .head.type = CTL_NOTIFIED, .notified = { .id = id, .how = how } });
}

static void handle_signal(GDBusConnection *bus, const char *sender, const char *path, const char *interface,
	const char *signal, GVariant *parameters, gpointer userdata)
{
	const char *action;
	guint32 id, reason;

	scene.nsignals++;
	if (strcmp(signal, "NotificationClosed") == 0) {
		g_variant_get(parameters, "(uu)", &id, &reason);
		snprintf(scene.closed, sizeof(scene.closed), "%u %u", id, reason);
	} else {
		g_variant_get(parameters, "(u&s)", &id, &action);
		snprintf(scene.invoked, sizeof(scene.invoked), "%u %s", id, action);
	}
}

static gboolean handle_tick(gpointer userdata)
{
	return G_SOURCE_CONTINUE;
}

static void expect_closed(guint32 id, unsigned reason)
{
	gint64 end = g_get_monotonic_time() + WAIT_MS * 1000;
	char wanted[64];

	snprintf(wanted, sizeof(wanted), "%u %u", id, reason);
	while (strcmp(scene.closed, wanted) != 0 && g_get_monotonic_time() < end)
		g_main_context_iteration(NULL, TRUE);
	CHECK(!strcmp(scene.closed, wanted));
}

/* When this returns the agent has taken all that the host sent: what vmos-notify sends then comes after it. */
static void have_taken(void)
{
	gint64 end = g_get_monotonic_time() + WAIT_MS * 1000;
	struct ctl_msg c;

	while (!carrier_is_joined(&host.carrier) && g_get_monotonic_time() < end)
		CHECK(!agent_host_hear(&c, 10));
	agent_host_send(&(struct ctl_msg){ .head.type = CTL_PING });
	CHECK(agent_host_hear(&c, WAIT_MS) && c.head.type == CTL_PONG);
}

/* The host has not said that it wants any: the program hears that nobody saw it. */
static void test_unwanted(void)
{
	guint32 id;

	have_taken();
	id = show(&(struct sent){ "app", "a", "b", NULL, 0, -1, 1 });
	expect_closed(id, NOTIFICATION_UNDEFINED);
	agent_host_send(&(struct ctl_msg){ .head.type = CTL_NOTIFY_REQ });
	have_taken();
}

static void test_shown(void)
{
	struct ctl_msg c;
	guint32 id =
		show(&(struct sent){ "Firefox", "Gr\xc3\xbc\xc3\x9f\n", "<b>done</b> &amp;\nready", NULL, 0, -1, 1 });

	expect(id, &(struct notification){ "Firefox", "Gr\xc3\xbc\xc3\x9f", "done & ready" });
	tell_ended(id, NOTIFICATION_EXPIRED);
	expect_closed(id, NOTIFICATION_EXPIRED);
	CHECK(!agent_host_hear(&c, 100));
}

static void test_numbers(void)
{
	struct ctl_msg c;
	guint32 id = show(&(struct sent){ "a", "<i>b</i>", "", NULL, 77, 0, 2 });

	CHECK(id == 77);
	CHECK(agent_host_hear(&c, WAIT_MS) && c.head.type == CTL_NOTIFY);
	CHECK(c.notify.id == 77 && c.notify.urgency == 2 && c.notify.timeout_ms == NOTIFICATION_TIMEOUT_MAX);
	show(&(struct sent){ "a", "b", "", NULL, 77, 1500, 200 });
	CHECK(agent_host_hear(&c, WAIT_MS) && c.notify.id == 77);
	CHECK(c.notify.urgency == NOTIFICATION_NORMAL && c.notify.timeout_ms == 1500);
	tell_ended(77, NOTIFICATION_DISMISSED);
	expect_closed(77, NOTIFICATION_DISMISSED);
}

static void test_clicked(void)
{
	guint32 id = show(&(struct sent){ "a", "b", "c", "default", 0, -1, 1 });
	char wanted[64];

	expect(id, &(struct notification){ "a", "b", "c" });
	tell_ended(id, NOTIFICATION_CLICKED);
	expect_closed(id, NOTIFICATION_DISMISSED);
	snprintf(wanted, sizeof(wanted), "%u default", id);
	CHECK(!strcmp(scene.invoked, wanted));
	/* one that offers nothing is not told of a click */
	id = show(&(struct sent){ "a", "b", "c", "other", 0, -1, 1 });
	expect(id, &(struct notification){ "a", "b", "c" });
	tell_ended(id, NOTIFICATION_CLICKED);
	expect_closed(id, NOTIFICATION_DISMISSED);
	CHECK(!strcmp(scene.invoked, wanted));
}

static void test_taken_back(void)
{
	guint32 id = show(&(struct sent){ "a", "b", "c", NULL, 0, -1, 1 });
	struct ctl_msg c;

	expect(id, &(struct notification){ "a", "b", "c" });
	g_variant_unref(call("CloseNotification", g_variant_new("(u)", id)));
	CHECK(agent_host_hear(&c, WAIT_MS) && c.head.type == CTL_UNNOTIFY && c.unnotify.id == id);
	expect_closed(id, NOTIFICATION_CLOSED);
	g_variant_unref(call("CloseNotification", g_variant_new("(u)", id)));
	CHECK(!agent_host_hear(&c, 100));
}

/* By GLib's own way, which looks for other services first. */
static void test_application(void)
{
	GApplication *app = g_application_new("org.vmos.Test", G_APPLICATION_DEFAULT_FLAGS);
	GNotification *n = g_notification_new("Title");
	gint64 end = g_get_monotonic_time() + WAIT_MS * 1000;
	uint8_t blob[NOTIFICATION_WIRE_BYTES];
	struct notification text;
	struct ctl_msg c;
	bool heard;

	CHECK(g_application_register(app, NULL, NULL));
	g_notification_set_body(n, "Body");
	g_application_send_notification(app, "one", n);
	while (!(heard = agent_host_hear(&c, 1)) && g_get_monotonic_time() < end)
		g_main_context_iteration(NULL, TRUE);
	CHECK(heard && c.head.type == CTL_NOTIFY);
	CHECK(carrier_blob(&host.carrier, c.notify.blob, blob, sizeof(blob)) == 0);
	CHECK(notification_decode(blob, sizeof(blob), &text) == 0);
	CHECK(!strcmp(text.summary, "Title") && !strcmp(text.body, "Body"));
	g_object_unref(n);
	g_object_unref(app);
}

static void test_what_it_is(void)
{
	GVariant *reply = call("GetCapabilities", NULL);
	const char **words, *name;

	g_variant_get(reply, "(^a&s)", &words);
	CHECK(!strcmp(words[0], "body") && !words[1]);
	g_free(words);
	g_variant_unref(reply);
	reply = call("GetServerInformation", NULL);
	g_variant_get_child(reply, 0, "&s", &name);
	CHECK(!strcmp(name, "vmos-notify"));
	g_variant_unref(reply);
}

/* The host hears what it takes, vmos-notify and the agent live on, and each program hears of an end. */
static void test_flood(void)
{
	unsigned heard = 0, before = scene.nsignals;
	gint64 end = g_get_monotonic_time() + WAIT_MS * 1000;
	struct ctl_msg c;

	for (int i = 0; i < 3000; i++)
		show(&(struct sent){ "a", "flood", "", NULL, 0, -1, 1 });
	while (agent_host_hear(&c, 300))
		heard += c.head.type == CTL_NOTIFY;
	CHECK(heard > 0 && heard <= 3000);
	/* of all but the last 64 it is known by now how they ended */
	while (scene.nsignals - before < 3000 - 64 && g_get_monotonic_time() < end)
		g_main_context_iteration(NULL, TRUE);
	CHECK(scene.nsignals - before >= 3000 - 64);
	/* what a busy machine was late with */
	while (agent_host_hear(&c, 1500))
		;
	test_clicked();
}

/* The courier was killed: the next session has to want them again. */
static void test_new_session(void)
{
	guint32 id;

	agent_host_session(carrier_epoch(&host.carrier) + 1);
	have_taken();
	id = show(&(struct sent){ "a", "b", "c", NULL, 0, -1, 1 });
	expect_closed(id, NOTIFICATION_UNDEFINED);
	agent_host_send(&(struct ctl_msg){ .head.type = CTL_NOTIFY_REQ });
	have_taken();
	test_shown();
}

/* What any program of the user's may say to the agent, it may say wrong. */
static void test_bad_packets(const char *path)
{
	uint8_t packet[2000];
	struct ctl_msg c;
	guint32 x = 1;

	for (int n = 0; n < 500; n++) {
		int fd = fd_unix_connect(path, SOCK_SEQPACKET);
		size_t len = 1 + (size_t)(n * 7) % sizeof(packet);

		for (size_t i = 0; i < len; i++)
			packet[i] = (uint8_t)((x = x * 1664525 + 1013904223) >> 24);
		CHECK(fd >= 0);
		(void)send(fd, packet, len, MSG_NOSIGNAL);
		while (recv(fd, packet, sizeof(packet), 0) > 0) /* until the agent hangs up */
			;
		close(fd);
	}
	CHECK(!agent_host_hear(&c, 100));
	test_shown(); /* vmos-notify, which lost its place, has found it again */
}

#define RUN_TEST(f) ((f), printf("ok %d - %s\n", ++count, #f))

int main(int argc, char **argv)
{
	char path[64];
	int count = 0;

	if (argc != 4 && argc != 5)
		return 2;
	host.carrier.streams = argc == 5 && strcmp(argv[4], "stream") == 0;
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	snprintf(path, sizeof(path), "/tmp/test-notify.%d.sock", (int)getpid());
	agent_host_start(&(struct agent_host_start){ argv[1], argv[2], "VMOS_NOTIFY_SOCKET", path });
	g_setenv("VMOS_NOTIFY_SOCKET", path, TRUE);
	scene.daemon = g_test_dbus_new(G_TEST_DBUS_NONE);
	g_test_dbus_up(scene.daemon);
	scene.bus = g_bus_get_sync(G_BUS_TYPE_SESSION, NULL, NULL);
	CHECK(scene.bus);
	g_dbus_connection_set_exit_on_close(scene.bus, FALSE);
	g_dbus_connection_signal_subscribe(
		scene.bus, NULL, NAME, NULL, PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE, handle_signal, NULL, NULL);
	g_timeout_add(20, handle_tick, NULL);
	start_notify(argv[3]);
	for (int i = 0; i < 500; i++) {
		GVariant *reply = g_dbus_connection_call_sync(scene.bus, NAME, PATH, NAME, "GetCapabilities", NULL,
			NULL, G_DBUS_CALL_FLAGS_NONE, WAIT_MS, NULL, NULL);

		if (reply) {
			g_variant_unref(reply);
			break;
		}
		g_usleep(10000);
	}

	RUN_TEST(test_unwanted());
	RUN_TEST(test_shown());
	RUN_TEST(test_numbers());
	RUN_TEST(test_clicked());
	RUN_TEST(test_taken_back());
	RUN_TEST(test_application());
	RUN_TEST(test_what_it_is());
	RUN_TEST(test_flood());
	RUN_TEST(test_new_session());
	RUN_TEST(test_bad_packets(path));
	kill(scene.notify, SIGTERM);
	waitpid(scene.notify, NULL, 0);
	agent_host_stop();
	g_object_unref(scene.bus);
	g_test_dbus_down(scene.daemon);
	unlink(path);
	printf("ok %d - the agent ends well\n1..%d\n", count + 1, count + 1);
	return 0;
}
