/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/paths.h"
#include "base/userbus.h"
#include "cli/cli.h"
#include "cli/daemon.h"
#include "cli/display.h"

#define START_WAIT_MS 10000
#define POLL_MS 50
/* A progress line for what takes longer; at once on a terminal. */
#define PROGRESS_AFTER_S 2

static enum client_mode chosen_mode;
static bool on_system_bus;

static const struct {
	const char *name; /* after "org.vmos.Error." */
	enum cli_exit code;
} error_codes[] = {
	{ "InvalidName", CLI_USAGE },
	{ "InvalidArgument", CLI_USAGE },
	{ "NotFound", CLI_NOT_FOUND },
	{ "NoTemplate", CLI_NOT_FOUND },
	{ "Exists", CLI_REFUSED },
	{ "Busy", CLI_REFUSED },
	{ "NotRunning", CLI_REFUSED },
	{ "NoDisplay", CLI_REFUSED },
	{ "NoMemory", CLI_REFUSED },
	{ "NoSpace", CLI_REFUSED },
	{ "WrongArchitecture", CLI_REFUSED },
	{ "NotAuthorized", CLI_REFUSED },
	{ "Denied", CLI_REFUSED },
	{ "Unprotected", CLI_REFUSED },
	{ "Timeout", CLI_TIMEOUT },
};

int client_exit_code(const char *error_name)
{
	const char *prefix = "org.vmos.Error.";

	if (!error_name)
		return CLI_FAILED;
	if (!strcmp(error_name, SD_BUS_ERROR_ACCESS_DENIED))
		return CLI_REFUSED;
	if (!strcmp(error_name, SD_BUS_ERROR_UNKNOWN_OBJECT))
		return CLI_NOT_FOUND;
	if (strncmp(error_name, prefix, strlen(prefix)))
		return CLI_FAILED;
	for (size_t i = 0; i < sizeof(error_codes) / sizeof(*error_codes); i++)
		if (!strcmp(error_name + strlen(prefix), error_codes[i].name))
			return (int)error_codes[i].code;
	return CLI_FAILED;
}

int client_broken(int error)
{
	return cli_error(CLI_FAILED, "cannot talk to vmosd: %s", strerror(-error));
}

void client_set_mode(enum client_mode mode)
{
	chosen_mode = mode;
}

bool client_is_system(void)
{
	return on_system_bus;
}

/* Whether the bus would start vmosd for a caller. */
static bool is_activatable(sd_bus *bus)
{
	char **names = NULL;
	bool found = false;

	if (sd_bus_list_names(bus, NULL, &names) < 0 || !names)
		return false;
	for (char **name = names; *name; name++) {
		found = found || !strcmp(*name, CLIENT_NAME);
		free(*name);
	}
	free(names);
	return found;
}

static bool has_owner(sd_bus *bus)
{
	sd_bus_message *reply cleanup_message = NULL;
	int owned = 0;
	int r = sd_bus_call_method(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
		"NameHasOwner", NULL, &reply, "s", CLIENT_NAME);

	if (r >= 0)
		r = sd_bus_message_read(reply, "b", &owned);
	return r >= 0 && owned;
}

/* Opens the bus; with @wait_ms, until vmosd is on it and as long as the process @daemon lives. */
static int client_try(const char *private_path, struct daemon *daemon, sd_bus **ret_bus)
{
	for (int waited = 0; waited <= START_WAIT_MS; waited += POLL_MS) {
		sd_bus *bus cleanup_bus = NULL;
		int r = userbus_open(private_path, &bus);

		if (r >= 0 && has_owner(bus)) {
			*ret_bus = steal_ptr(&bus);
			return 0;
		}
		if (!daemon || (!daemon_is_alive(daemon) && !daemon->had_rival))
			return daemon ? -ECHILD : -ENOENT;
		usleep(POLL_MS * 1000);
	}
	return -ETIMEDOUT;
}

/* 0, 1: the host has no such service, or an exit code below 0 (negated) after saying why. */
static int open_system(bool wanted, sd_bus **ret_bus)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus *bus cleanup_bus = NULL;
	bool owned;
	int r = sd_bus_open_system(&bus);

	if (r < 0)
		return wanted ? -cli_error(CLI_FAILED, "the system bus does not answer: %s", strerror(-r)) : 1;
	owned = has_owner(bus);
	if (!owned && !is_activatable(bus))
		return wanted ? -cli_error(CLI_FAILED,
					"vmosd does not run as a service here: start it by `systemctl start vmosd`, or "
					"use --session")
			      : 1;
	if (!owned)
		r = sd_bus_call_method(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
			"StartServiceByName", &error, NULL, "su", CLIENT_NAME, 0);
	if (r < 0)
		r = -cli_error(CLI_FAILED, "the service vmosd does not start (%s): `systemctl status vmosd` says why",
			error.message ? error.message : strerror(-r));
	sd_bus_error_free(&error);
	if (r < 0)
		return r;
	on_system_bus = true;
	*ret_bus = steal_ptr(&bus);
	return 0;
}

static int open_session(sd_bus **ret_bus)
{
	char *runtime cleanup_free = paths_runtime();
	char *private_path cleanup_free = runtime ? paths_join(runtime, "bus", NULL) : NULL;
	struct daemon daemon = { 0 };
	int r;

	if (!private_path)
		return cli_error(CLI_FAILED, "cannot use the runtime directory%s",
			errno == EPERM ? ": it belongs to somebody else; set XDG_RUNTIME_DIR to one of your own" : "");
	r = client_try(private_path, NULL, ret_bus);
	if (!r)
		return 0;
	r = daemon_start(&daemon);
	if (r)
		return r;
	r = client_try(private_path, &daemon, ret_bus);
	if (r == -ECHILD)
		r = cli_error(CLI_FAILED, "vmosd ended right after its start; %s says why", daemon.log_path);
	else if (r < 0)
		r = cli_error(
			CLI_FAILED, "vmosd did not answer within %d s; see %s", START_WAIT_MS / 1000, daemon.log_path);
	free(daemon.log_path);
	return r;
}

static enum client_mode wanted_mode(void)
{
	const char *set = getenv("VMOS_MODE");

	if (chosen_mode != CLIENT_AUTO || !set)
		return chosen_mode;
	if (!strcmp(set, "system"))
		return CLIENT_SYSTEM;
	return !strcmp(set, "session") ? CLIENT_SESSION : CLIENT_AUTO;
}

int client_open(sd_bus **ret_bus)
{
	enum client_mode mode = wanted_mode();
	int r = mode == CLIENT_SESSION ? 1 : open_system(mode == CLIENT_SYSTEM, ret_bus);

	return r > 0 ? open_session(ret_bus) : -r;
}

int client_object_call(sd_bus *bus, const char *interface, const char *method, sd_bus_message **ret_call)
{
	int r = sd_bus_message_new_method_call(bus, ret_call, CLIENT_NAME, CLIENT_MANAGER_PATH, interface, method);

	if (r >= 0)
		r = sd_bus_message_set_allow_interactive_authorization(*ret_call, 1);
	return r < 0 ? client_broken(r) : 0;
}

int client_manager_call(sd_bus *bus, const char *method, sd_bus_message **ret_call)
{
	return client_object_call(bus, CLIENT_MANAGER_IFACE, method, ret_call);
}

int client_net_call(sd_bus *bus, const char *method, sd_bus_message **ret_call)
{
	return client_object_call(bus, CLIENT_NET_IFACE, method, ret_call);
}

int client_vm_call(sd_bus *bus, const char *name, const char *method, sd_bus_message **ret_call)
{
	char *path cleanup_free = NULL;
	int r = sd_bus_path_encode(CLIENT_VM_PREFIX, name, &path);

	if (r >= 0)
		r = sd_bus_message_new_method_call(bus, ret_call, CLIENT_NAME, path, CLIENT_VM_IFACE, method);
	if (r >= 0)
		r = sd_bus_message_set_allow_interactive_authorization(*ret_call, 1);
	return r < 0 ? client_broken(r) : 0;
}

/* What one call in the background came to. */
struct pending {
	sd_bus_message *reply; /* NULL: still under way */
};

static int handle_reply(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct pending *p = userdata;

	p->reply = sd_bus_message_ref(m);
	return 0;
}

static void show_progress(const char *text, time_t seconds, bool *shown)
{
	if (isatty(STDERR_FILENO)) {
		fprintf(stderr, "\r%s … %lld s", text, (long long)seconds);
		*shown = true;
	} else if (!*shown && seconds >= PROGRESS_AFTER_S) {
		fprintf(stderr, "%s …\n", text);
		*shown = true;
	}
}

static int wait_for_reply(sd_bus *bus, struct pending *p, const char *progress)
{
	time_t begin = time(NULL);
	bool shown = false;
	int r = 0;

	while (!p->reply && r >= 0) {
		r = sd_bus_process(bus, NULL);
		if (r)
			continue;
		if (progress && time(NULL) > begin)
			show_progress(progress, time(NULL) - begin, &shown);
		r = sd_bus_wait(bus, progress ? 1000000 : UINT64_MAX);
		if (r == -EINTR)
			r = 0;
	}
	if (shown && isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	return r;
}

/* The message of a D-Bus error, in one line, with what we know better than the bus does. */
static int report(const sd_bus_error *e, sd_bus_message *call)
{
	const char *path = sd_bus_message_get_path(call);
	char *name cleanup_free = NULL;
	size_t len;

	if (!strcmp(e->name, SD_BUS_ERROR_UNKNOWN_OBJECT) && sd_bus_path_decode(path, CLIENT_VM_PREFIX, &name) > 0)
		return cli_error(CLI_NOT_FOUND, "there is no VM \"%s\": `vmos list` shows those that are", name);
	if (!strcmp(e->name, SD_BUS_ERROR_NO_REPLY) || !strcmp(e->name, SD_BUS_ERROR_DISCONNECTED))
		return cli_error(CLI_FAILED, "vmosd ended before it answered; its VMs run on, call vmos again");
	if (!e->message || !*e->message)
		return cli_error(CLI_FAILED, "vmosd refused without a word: %s", e->name);
	for (len = strlen(e->message); len && e->message[len - 1] == '\n';)
		len--;
	return cli_error(client_exit_code(e->name), "%.*s", (int)len, e->message);
}

int client_send(sd_bus *bus, sd_bus_message *call, const char *progress, sd_bus_message **ret_reply)
{
	struct pending p = { NULL };
	const sd_bus_error *e;
	int r = sd_bus_call_async(bus, NULL, call, handle_reply, &p, UINT64_MAX);

	if (r >= 0)
		r = wait_for_reply(bus, &p, progress);
	if (r < 0) {
		sd_bus_message_unref(p.reply);
		return client_broken(r);
	}
	e = sd_bus_message_get_error(p.reply);
	r = e ? report(e, call) : 0;
	if (!e && ret_reply)
		*ret_reply = steal_ptr(&p.reply);
	sd_bus_message_unref(p.reply);
	return r;
}

int client_vm_do(sd_bus *bus, const char *name, const char *method, const char *progress)
{
	sd_bus_message *call cleanup_message = NULL;
	int r = client_vm_call(bus, name, method, &call);

	return r ? r : client_send(bus, call, progress, NULL);
}

/* Does a compositor listen at @path? */
static bool answers(const char *path)
{
	int fd cleanup_fd = fd_unix_connect(path, SOCK_STREAM);

	return fd >= 0;
}

int client_send_display(sd_bus *bus, bool wanted)
{
	sd_bus_message *call cleanup_message = NULL;
	char *path cleanup_free = NULL;
	int r = display_path(getenv("WAYLAND_DISPLAY"), getenv("XDG_RUNTIME_DIR"), &path);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return cli_error(CLI_REFUSED,
			"WAYLAND_DISPLAY is \"%s\", but XDG_RUNTIME_DIR does not say where that is",
			getenv("WAYLAND_DISPLAY"));
	if (!wanted && !answers(path)) {
		fprintf(stderr, "vmos: the Wayland display %s does not answer: no windows will be seen\n", path);
		return 0;
	}
	r = client_manager_call(bus, "SetDisplay", &call);
	if (r)
		return r;
	r = sd_bus_message_append(call, "s", path);
	return r < 0 ? client_broken(r) : client_send(bus, call, NULL, NULL);
}

int client_remove(sd_bus *bus, sd_bus_message *call, const char *of, const char *what, uint32_t *ret_removed)
{
	sd_bus_message *reply cleanup_message = NULL;
	int r = sd_bus_message_append(call, "ss", of, what);

	if (r < 0)
		return client_broken(r);
	r = client_send(bus, call, NULL, &reply);
	if (r)
		return r;
	r = sd_bus_message_read(reply, "u", ret_removed);
	return r < 0 ? client_broken(r) : 0;
}
