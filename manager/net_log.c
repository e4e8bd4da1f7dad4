/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/net_log.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/paths.h"
#include "base/smack.h"
#include "manager/agents.h"
#include "manager/audit.h"
#include "manager/labels.h"
#include "manager/manager.h"
#include "manager/net_owner.h"
#include "manager/net_state.h"
#include "policy/palette.h"

#define MINUTE (60 * 1000000ull)

struct net_log {
	char *path, *old_path;
	int fd;
	off_t size;
	bool system, is_failing;
};

/* An event that waits for its program's name. */
struct event {
	struct vm *vm;
	struct tap_flow flow;
	char time[40];
};

static int open_file(struct net_log *log)
{
	int fd cleanup_fd = open(log->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
	struct stat st;
	int r = 0;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (log->system)
		r = smack_fd_set(fd, LABEL_LOG);
	if (r < 0)
		return r;
	fd_close_all(&log->fd, log->fd >= 0);
	log->fd = steal_fd(&fd);
	log->size = st.st_size;
	return 0;
}

void net_log_open(struct manager *m)
{
	struct net_log *log = calloc(1, sizeof(*log));
	int r = -ENOMEM;

	if (!log)
		return;
	log->fd = -1;
	log->system = m->system;
	m->net_lists->log = log;
	if (m->data) {
		log->path = paths_join(m->data, NET_LOG_FILE, NULL);
		log->old_path = paths_join(m->data, NET_LOG_FILE ".1", NULL);
	}
	if (log->path && log->old_path)
		r = open_file(log);
	if (r < 0)
		log_error("The network's log %s cannot be opened: %s", log->path ? log->path : "", strerror(-r));
}

void net_log_close(struct manager *m)
{
	struct net_log *log = m->net_lists->log;

	if (!log)
		return;
	fd_close_all(&log->fd, log->fd >= 0);
	free(log->path);
	free(log->old_path);
	free(log);
	m->net_lists->log = NULL;
}

int net_log_readers(const struct manager *m, int ret_fds[2])
{
	const struct net_log *log = m->net_lists ? m->net_lists->log : NULL;

	if (!log || !log->path)
		return -ENODEV;
	ret_fds[1] = open(log->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
	if (ret_fds[1] < 0)
		return -errno;
	ret_fds[0] = open(log->old_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
	return 0;
}

static int append(struct net_log *log, const char *line, size_t len)
{
	int r = log->fd < 0 ? open_file(log) : 0;

	if (r == 0)
		r = fd_write_all(log->fd, line, len);
	if (r == 0)
		log->size += (off_t)len;
	return r;
}

/* Who follows the file reads from its last line that it goes on elsewhere. */
static int rotate(struct net_log *log)
{
	static const char last[] = "{\"event\":\"rotated\"}\n";

	append(log, last, sizeof(last) - 1);
	if (rename(log->path, log->old_path) < 0)
		return -errno;
	return open_file(log);
}

static void put_line(struct net_log *log, struct json_object *o)
{
	const char *text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	char line[NET_LOG_LINE_MAX];
	int len = text ? snprintf(line, sizeof(line), "%s\n", text) : -1;
	int r = len < 0 || (size_t)len >= sizeof(line) ? -EMSGSIZE : 0;

	if (r == 0 && log->size + len > NET_LOG_MAX)
		r = rotate(log);
	if (r == 0)
		r = append(log, line, (size_t)len);
	if (r < 0 && !log->is_failing)
		log_error("The network's log %s cannot be written: %s", log->path ? log->path : "", strerror(-r));
	log->is_failing = r < 0;
}

static void add_text(struct json_object *o, const char *key, const char *value)
{
	json_object_object_add(o, key, json_object_new_string(value));
}

static void add_number(struct json_object *o, const char *key, uint64_t value)
{
	json_object_object_add(o, key, json_object_new_uint64(value));
}

static const char *event_name(uint32_t event)
{
	static const char *const names[] = {
		[TAP_EVENT_OPEN] = "open",
		[TAP_EVENT_CLOSE] = "close",
		[TAP_EVENT_DENY] = "deny",
		[TAP_EVENT_CUT] = "cut",
		[TAP_EVENT_NAME] = "name",
	};

	return event < sizeof(names) / sizeof(names[0]) && names[event] ? names[event] : NULL;
}

static const char *proto_name(uint8_t proto)
{
	return proto == NET_TCP ? "tcp" : proto == NET_UDP ? "udp" : "icmp";
}

static void write_event(const struct event *e, const char *program)
{
	const struct tap_flow *flow = &e->flow;
	struct net_log *log = e->vm->manager->net_lists->log;
	struct json_object *o = log ? json_object_new_object() : NULL;
	struct net_line_ref line;
	char address[NETPLAN_TEXT];

	if (!o)
		return;
	netplan_format(flow->addr, address);
	add_text(o, "time", e->time);
	add_text(o, "event", event_name(flow->event));
	add_text(o, "vm", e->vm->config.name);
	add_text(o, "net", e->vm->config.net);
	add_text(o, "name", flow->name);
	add_text(o, "address", address);
	if (flow->event != TAP_EVENT_NAME) {
		net_state_line(e->vm, flow->generation, flow->line, &line);
		add_text(o, "proto", proto_name(flow->proto));
		add_number(o, "port", flow->port);
		add_number(o, "local_port", flow->local_port);
		add_text(o, "program", program);
		add_text(o, "line", line.text);
	}
	if (flow->event == TAP_EVENT_CLOSE || flow->event == TAP_EVENT_CUT) {
		add_number(o, "age", flow->age);
		add_number(o, "sent", flow->sent);
		add_number(o, "received", flow->received);
	}
	if (flow->more > 0)
		add_number(o, "untold", flow->more);
	put_line(log, o);
	json_object_put(o);
}

static void handle_owner(const char *program, void *userdata)
{
	struct event *e = userdata;

	write_event(e, program);
	free(e);
}

/* "2026-01-31T12:34:56.789Z" */
static void time_text(char ret_text[40])
{
	struct timespec now;
	struct tm utc;
	size_t len;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	len = strftime(ret_text, 32, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(ret_text + len, 40 - len, ".%03ldZ", now.tv_nsec / 1000000);
}

/* A flow that begins is written when the guest has said whose it is; another by what it said then. */
static void log_event(struct vm *vm, const struct tap_flow *flow)
{
	const struct net_vm *of = net_state_vm(vm->manager->net_lists, vm->config.name, false);
	struct event e = { .vm = vm, .flow = *flow }, *later;
	struct net_asked about;

	time_text(e.time);
	later = flow->event == TAP_EVENT_OPEN ? malloc(sizeof(*later)) : NULL;
	if (later) {
		*later = e;
		net_state_asked(flow, &about);
		if (net_owner_ask(vm, &about, flow->local_port, handle_owner, later))
			return;
		free(later);
	}
	write_event(&e, net_state_program(of, flow->proto, flow->local_port));
}

/* The first in a minute, and few of a VM: the audit log is kept for ever. */
static void audit_refusal(const struct vm *vm, const struct tap_flow *flow, const struct net_target *target)
{
	struct net_vm *of = net_state_vm(vm->manager->net_lists, vm->config.name, true);
	uint64_t now = net_state_now(vm->manager);
	char text[NET_TARGET_TEXT], address[NETPLAN_TEXT];
	struct net_line_ref line;

	if (!of || net_state_is_marked(&of->noted, target, now))
		return;
	if (now - of->refusals_since >= MINUTE) {
		of->refusals_since = now;
		of->refusals = 0;
	}
	if (of->refusals++ >= NET_LOG_AUDIT_MAX)
		return;
	net_state_mark(&of->noted, target, now, now + MINUTE);
	net_target_format(target, text);
	netplan_format(flow->addr, address);
	net_state_line(vm, flow->generation, flow->line, &line);
	audit_note(vm->manager->audit, flow->event == TAP_EVENT_CUT ? "net-cut" : "net-deny", "subject",
		vm->config.name, "object", vm->config.net, "target", text, "address", address, "program",
		net_state_program(of, flow->proto, flow->local_port), "rule", line.text, "note",
		of->refusals == NET_LOG_AUDIT_MAX ? "more of this minute are in " NET_LOG_FILE " only" : "", NULL);
}

/* A line that says notify decided. */
static void notify(const struct vm *vm, const struct tap_flow *flow, const struct net_target *target)
{
	struct net_vm *of = net_state_vm(vm->manager->net_lists, vm->config.name, true);
	struct notice notice = { "net", vm->config.name, "", vm->config.net, "", "", "" };
	char text[NET_TARGET_TEXT], color[8], sentence[NET_TARGET_TEXT + NET_LINE_TEXT + 64];
	uint64_t now = net_state_now(vm->manager);
	struct net_line_ref line;

	net_state_line(vm, flow->generation, flow->line, &line);
	if (!of || !line.origin || !line.origin->notify || net_state_is_marked(&of->told, target, now))
		return;
	net_state_mark(&of->told, target, now, now + MINUTE);
	net_target_format(target, text);
	palette_format(vm->config.rgb, color);
	snprintf(sentence, sizeof(sentence), "%s %s %s (%s).", vm->config.name,
		flow->event == TAP_EVENT_OPEN ? "reached" : "was kept from", text, line.text);
	notice.subject_color = color;
	notice.text = sentence;
	agents_notify(vm->manager, &notice);
}

void net_lists_log(struct manager *m, struct vm *vm, const struct tap_flow *flow)
{
	struct net_asked asked;
	struct net_target target;

	if (!m->net_lists || !event_name(flow->event))
		return;
	log_event(vm, flow);
	if (flow->event == TAP_EVENT_NAME || flow->event == TAP_EVENT_CLOSE)
		return;
	net_state_asked(flow, &asked);
	net_state_target(&asked, &target);
	if (flow->event != TAP_EVENT_OPEN)
		audit_refusal(vm, flow, &target);
	notify(vm, flow, &target);
}
