/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/agent.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/commands.h"

#define AGENT_PATH "/org/vmos/Agent1"
#define AGENT_IFACE "org.vmos.Agent1"
#define OWNER_MATCH                                                                                               \
	"type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',member='NameOwnerChanged'," \
	"arg0='" CLIENT_NAME "'"
#define USEC 1000000ull
/* vmosd's own end of a question may come that much before ours. */
#define EARLY (USEC / 2)

static void unlink_question(struct agent *a, const struct agent_question *q)
{
	struct agent_question **at = &a->first;

	while (*at && *at != q)
		at = &(*at)->next;
	if (*at)
		*at = q->next;
}

void agent_answer(struct agent *a, struct agent_question *q, const char *verdict, const char *object)
{
	int r = sd_bus_reply_method_return(q->call, "ss", agent_question_takes(q, verdict) ? verdict : "no", object);

	if (r < 0)
		cli_error(CLI_FAILED, "the answer was not sent: %s", strerror(-r));
	sd_bus_flush(a->bus);
	unlink_question(a, q);
	agent_question_free(q);
	if (a->once)
		sd_event_exit(a->event, CLI_OK);
}

static bool is_late(const struct agent *a, const struct agent_question *q)
{
	uint64_t now = 0;

	sd_event_now(a->event, CLOCK_BOOTTIME, &now);
	return now + EARLY >= q->deadline;
}

static int handle_ask(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	struct agent *a = userdata;
	struct agent_question *q, **at = &a->first;
	int r = agent_question_read(call, &q);

	if (r < 0)
		return r;
	q->call = sd_bus_message_ref(call);
	sd_event_now(a->event, CLOCK_BOOTTIME, &q->deadline);
	q->deadline += q->timeout * USEC;
	while (*at)
		at = &(*at)->next;
	*at = q;
	a->face->ask(a, q);
	return 1;
}

/* vmosd waits for no answer any more; the reply that D-Bus wants is a no. */
static void withdraw(struct agent *a, struct agent_question *q)
{
	unlink_question(a, q);
	a->face->withdraw(a, q, is_late(a, q));
	sd_bus_reply_method_return(q->call, "ss", "no", "");
	agent_question_free(q);
	if (a->once)
		sd_event_exit(a->event, CLI_OK);
}

static int handle_cancel(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	struct agent *a = userdata;
	struct agent_question *q = a->first;
	uint32_t id;
	int r = sd_bus_message_read(call, "u", &id);

	if (r < 0)
		return r;
	while (q && q->id != id)
		q = q->next;
	if (q)
		withdraw(a, q);
	return sd_bus_reply_method_return(call, NULL);
}

static int handle_notify(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	struct agent *a = userdata;
	struct agent_question *notice;
	int r = agent_question_read(call, &notice);

	if (r < 0)
		return r;
	a->face->notify(a, notice);
	agent_question_free(notice);
	return sd_bus_reply_method_return(call, NULL);
}

static int handle_show(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	struct agent *a = userdata;
	struct agent_notification n;
	int r = agent_notification_read(call, &n);

	if (r < 0)
		return r;
	a->face->show(a, &n);
	return sd_bus_reply_method_return(call, NULL);
}

/* What was printed stays. */
static int handle_close(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	return sd_bus_reply_method_return(call, NULL);
}

/* Only vmosd asks: what another connection wants to know would be answered to it. */
static int handle_filter(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	struct agent *a = userdata;
	sd_bus_creds *owner = NULL;
	const char *name = NULL, *sender = sd_bus_message_get_sender(call);
	int r;

	if (!sd_bus_message_is_method_call(call, AGENT_IFACE, NULL))
		return 0;
	r = sd_bus_get_name_creds(a->bus, CLIENT_NAME, SD_BUS_CREDS_UNIQUE_NAME, &owner);
	if (r >= 0)
		r = sd_bus_creds_get_unique_name(owner, &name);
	if (r < 0 || !sender || strcmp(sender, name))
		r = sd_bus_reply_method_errorf(call, SD_BUS_ERROR_ACCESS_DENIED, "Only vmosd may ask.");
	else
		r = 0;
	sd_bus_creds_unref(owner);
	return r;
}

static const sd_bus_vtable agent_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Ask", "a{sv}", "ss", handle_ask, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Cancel", "u", "", handle_cancel, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Notify", "a{sv}", "", handle_notify, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("ShowNotification", "a{sv}", "", handle_show, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("CloseNotification", "su", "", handle_close, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

/* A vmosd that came back knows no agents. */
static int handle_registered(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error)
{
	const sd_bus_error *e = sd_bus_message_get_error(reply);
	struct agent *a = userdata;

	if (e)
		sd_event_exit(a->event,
			cli_error(client_exit_code(e->name), "the new vmosd does not take this agent: %s", e->message));
	return 0;
}

static int handle_owner(sd_bus_message *signal, void *userdata, sd_bus_error *ret_error)
{
	struct agent *a = userdata;
	const char *name, *old, *new;
	int r = sd_bus_message_read(signal, "sss", &name, &old, &new);

	if (r < 0)
		return r;
	while (a->first)
		withdraw(a, a->first);
	if (!*new)
		return 0;
	r = sd_bus_call_method_async(a->bus, NULL, CLIENT_NAME, CLIENT_MANAGER_PATH, CLIENT_MANAGER_IFACE,
		"RegisterAgent", handle_registered, a, "o", AGENT_PATH);
	return r < 0 ? r : 0;
}

static int handle_input(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct agent *a = userdata;
	char text[512];
	ssize_t n = read(fd, text, sizeof(text));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	a->face->input(a, text, n < 0 ? 0 : (size_t)n);
	return 0;
}

static int listen_to_input(struct agent *a)
{
	int r = sd_event_add_io(a->event, &a->input, STDIN_FILENO, EPOLLIN, handle_input, a);

	/* epoll takes no plain files and no /dev/null: nothing will come from there */
	return r == -EPERM ? 0 : r;
}

static int prepare(struct agent *a)
{
	static const int signals[] = { SIGINT, SIGTERM };
	sigset_t blocked;
	int r = sd_event_default(&a->event);

	sigemptyset(&blocked);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaddset(&blocked, signals[i]);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	for (size_t i = 0; r >= 0 && i < sizeof(signals) / sizeof(*signals); i++)
		r = sd_event_add_signal(a->event, NULL, signals[i], NULL, NULL);
	if (r >= 0)
		r = sd_bus_add_filter(a->bus, NULL, handle_filter, a);
	if (r >= 0)
		r = sd_bus_add_object_vtable(a->bus, NULL, AGENT_PATH, AGENT_IFACE, agent_vtable, a);
	if (r >= 0)
		r = sd_bus_add_match(a->bus, NULL, OWNER_MATCH, handle_owner, a);
	return r;
}

static int register_agent(struct agent *a)
{
	sd_bus_message *call cleanup_message = NULL;
	int r = client_manager_call(a->bus, "RegisterAgent", &call);

	if (r)
		return r;
	r = sd_bus_message_append(call, "o", AGENT_PATH);
	return r < 0 ? client_broken(r) : client_send(a->bus, call, NULL, NULL);
}

static int run(struct agent *a)
{
	int r = prepare(a);

	if (r < 0)
		return client_broken(r);
	r = register_agent(a);
	if (r)
		return r;
	r = sd_bus_attach_event(a->bus, a->event, SD_EVENT_PRIORITY_NORMAL);
	if (r >= 0)
		r = sd_bus_set_exit_on_disconnect(a->bus, 1);
	if (r >= 0)
		r = listen_to_input(a);
	if (r >= 0) {
		if (isatty(STDERR_FILENO))
			fprintf(stderr, "vmos: questions of vmOS are asked here. Ctrl-C ends it.\n");
		r = sd_event_loop(a->event);
	}
	return r < 0 ? client_broken(r) : r;
}

int agent_main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ "once", no_argument, NULL, '1' },
		{ NULL, 0, NULL, 0 },
	};
	struct agent a = { .face = &agent_terminal };
	sd_bus *bus cleanup_bus = NULL;
	int opt, r;

	while ((opt = cli_option(argc, argv, "1h", longs)) != -1) {
		if (opt == 'j')
			a.face = &agent_json;
		else if (opt == '1')
			a.once = true;
		else
			return cli_usage(argv[0]);
	}
	if (optind < argc)
		return cli_usage(argv[0]);
	if (a.face == &agent_terminal && !(isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)))
		return cli_error(CLI_REFUSED, "there is no terminal to ask on: use --json for a script");
	r = client_open(&bus);
	if (r)
		return r;
	a.bus = bus;
	r = run(&a);
	while (a.first) {
		struct agent_question *q = a.first;

		a.first = q->next;
		agent_question_free(q);
	}
	sd_event_source_unref(a.timer);
	sd_event_source_unref(a.input);
	sd_bus_detach_event(bus);
	sd_event_unref(a.event);
	return r;
}
