/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/now.h"
#include "base/paths.h"
#include "manager/audit.h"
#include "manager/errors.h"
#include "manager/line_edit.h"
#include "manager/manager.h"
#include "policy/palette.h"

#define SECOND 1000000ull /* usec */
#define SECOND_NS 1000000000ll
#define SOON (20 * SECOND) /* after a NET VM or the host has come up: it needs a network first */
#define AGAIN (300 * SECOND) /* after a question without an answer */
#define HOURLY (3600 * SECOND)
#define ANSWER_WAIT (60 * SECOND)
#define ACCEPT_SLACK_NS (2 * SECOND_NS) /* between what was shown and what was measured since */
#define FILE_MAX 256

static struct clock *clock_of(struct manager *m)
{
	return &m->clock;
}

static void set_result(struct clock *c, enum clock_result result, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void set_result(struct clock *c, enum clock_result result, const char *fmt, ...)
{
	va_list ap;

	c->result = result;
	va_start(ap, fmt);
	vsnprintf(c->text, sizeof(c->text), fmt, ap);
	va_end(ap);
	if (c->text[0])
		log_info("Clock: %s", c->text);
}

/* Every caller learns by Get() what it came to. */
static void answer_waiting(struct clock *c)
{
	for (unsigned i = 0; i < c->nwaiting; i++) {
		sd_bus_reply_method_return(c->waiting[i], NULL);
		sd_bus_message_unref(c->waiting[i]);
	}
	c->nwaiting = 0;
}

static void answer_accepting(struct clock *c, const char *sentence)
{
	if (!c->accepting)
		return;
	if (sentence)
		sd_bus_reply_method_errorf(c->accepting, ERROR_FAILED, "%s", sentence);
	else
		sd_bus_reply_method_return(c->accepting, NULL);
	c->accepting = sd_bus_message_unref(c->accepting);
}

static int handle_next(sd_event_source *source, uint64_t usec, void *userdata);

/* CLOCK_BOOTTIME: after a host's sleep the hour may be over at once. */
static void ask_in(struct manager *m, uint64_t usec)
{
	struct clock *c = clock_of(m);
	int r = 0;

	c->next = sd_event_source_disable_unref(c->next);
	if (c->source.vm[0])
		r = sd_event_add_time_relative(m->event, &c->next, CLOCK_BOOTTIME, usec, SECOND, handle_next, m);
	if (r < 0)
		log_warning("Clock: nobody will be asked for the time again (%s). Restart vmosd.", strerror(-r));
}

/* The question is over. Who waits for it waits for vmos-clock, too, where that has been asked. */
static void finish(struct manager *m, uint64_t next)
{
	struct clock *c = clock_of(m);

	c->asked_id = 0;
	c->limit = sd_event_source_disable_unref(c->limit);
	ask_in(m, next);
	if (!clock_set_is_busy(&c->set))
		answer_waiting(c);
}

static int handle_limit(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct manager *m = userdata;

	set_result(clock_of(m), CLOCK_LOST, "VM %s did not answer within a minute.", clock_of(m)->source.vm);
	finish(m, AGAIN);
	return 0;
}

/* -errno: it cannot be asked, and the result says why. */
static int ask(struct manager *m)
{
	struct clock *c = clock_of(m);
	struct helper_msg msg = { .type = HELPER_CLOCK_REQ };
	struct vm *vm = manager_find_vm(m, c->source.vm);
	int r;

	if (!vm || vm->agent != VM_AGENT_READY || vm->state != VM_RUNNING) {
		set_result(c, CLOCK_LOST, vm ? "VM %s is not running." : "There is no VM %s.", c->source.vm);
		return -ENOTCONN;
	}
	c->last_id = c->last_id + 1 ? c->last_id + 1 : 1;
	msg.clock_req.id = c->last_id;
	snprintf(msg.clock_req.server, sizeof(msg.clock_req.server), "%s", c->source.server);
	r = helper_send(&vm->helper[HELPER_COURIER], &msg, NULL);
	if (r == 0)
		r = sd_event_add_time_relative(m->event, &c->limit, CLOCK_MONOTONIC, ANSWER_WAIT, 0, handle_limit, m);
	if (r < 0) {
		set_result(c, CLOCK_LOST, "VM %s cannot be asked: %s.", c->source.vm, strerror(-r));
		return r;
	}
	c->asked_id = c->last_id;
	snprintf(c->asked_vm, sizeof(c->asked_vm), "%s", c->source.vm);
	return 0;
}

static int handle_next(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct manager *m = userdata;

	if (clock_set_is_busy(&clock_of(m)->set))
		ask_in(m, SOON);
	else if (clock_of(m)->asked_id == 0 && ask(m) < 0)
		finish(m, AGAIN);
	return 0;
}

/* Below $RUN, which goes with the boot, as CLOCK_BOOTTIME does. */
static void keep_day(const struct clock *c)
{
	char text[64];

	snprintf(text, sizeof(text), "%" PRIu64 " %" PRId64 "\n", c->day.since, c->day.moved_ns);
	if (line_edit_write(c->day_path, text) < 0)
		log_warning("Clock: %s cannot be written", c->day_path);
}

static const char *reason_of(int error)
{
	if (error == -ENOENT || error == -ECONNREFUSED)
		return "vmos-clock does not answer; start it by systemctl start vmos-clock.socket";
	if (error == -ERANGE)
		return "vmOS was made later than that";
	return strerror(-error);
}

/* vmos-clock has spoken. */
static void handle_set(const struct clock_msg *request, int error, void *userdata)
{
	struct manager *m = userdata;
	struct clock *c = clock_of(m);

	if (error < 0) {
		audit_write(m->audit, "clock-failed", "reason", reason_of(error), NULL);
		set_result(c, CLOCK_LOST, "The clock cannot be set: %s.", reason_of(error));
		answer_accepting(c, c->text);
	} else if (request->type == CLOCK_SLEW) {
		clock_judge_count(&c->day, now_usec(CLOCK_BOOTTIME), request->offset_ns);
		keep_day(c);
		set_result(c, CLOCK_SET, "%s", "");
		for (struct vm *vm = m->vms; vm; vm = vm->next)
			vm_tell_time(vm); /* after a step they hear of it anyway: host_time.h */
	} else {
		set_result(c, CLOCK_SET, "%s", "");
		answer_accepting(c, NULL);
	}
	answer_waiting(c);
}

/* What cannot be recorded is not done. */
static int begin_set(struct manager *m, enum clock_type type, int64_t offset_ns)
{
	struct clock *c = clock_of(m);
	const struct clock_msg request = { .type = type, .offset_ns = offset_ns };
	char by[32];
	int r;

	snprintf(by, sizeof(by), "%+.6f s", (double)offset_ns / SECOND_NS);
	r = audit_write(m->audit, "clock", "how", type == CLOCK_SLEW ? "slew" : "step", "by", by, "from", c->source.vm,
		"server", c->source.server, NULL);
	if (r < 0)
		return r;
	c->set.fn = handle_set;
	c->set.userdata = m;
	return clock_set_begin(&c->set, m->event, c->socket, &request);
}

static void note_doubt(struct manager *m, enum clock_verdict verdict)
{
	struct clock *c = clock_of(m);
	const struct vm *vm = manager_find_vm(m, c->source.vm);
	char by[32], color[8] = "";
	const struct notice notice = { "clock", c->source.vm, color, "", "", "", c->text };
	bool is_new = c->result != CLOCK_WAITS;

	if (vm)
		palette_format(vm->config.rgb, color);
	snprintf(by, sizeof(by), "%+.3f", (double)c->offset_ns / SECOND_NS);
	set_result(c, CLOCK_WAITS,
		verdict == CLOCK_DOUBT_FAR
			? "VM %s says that the clock is wrong by %s s. Believe it once by \"vmos clock --accept %s\"."
			: "VM %s has moved the clock much today, and wants %s s more. Believe it once by \"vmos clock "
			  "--accept %s\".",
		c->source.vm, by, by);
	if (!is_new)
		return;
	audit_write(m->audit, "clock-doubt", "by", by, "from", c->source.vm, "server", c->source.server, NULL);
	agents_notify(m, &notice);
}

static void judge(struct manager *m)
{
	struct clock *c = clock_of(m);
	enum clock_verdict verdict = clock_judge(&c->day, now_usec(CLOCK_BOOTTIME), c->offset_ns, c->error_ns);
	int r;

	if (verdict == CLOCK_RIGHT) {
		set_result(c, CLOCK_FINE, "%s", "");
	} else if (verdict == CLOCK_MEND) {
		r = begin_set(m, CLOCK_SLEW, c->offset_ns);
		if (r < 0)
			set_result(c, CLOCK_LOST, "The clock cannot be set: %s.", reason_of(r));
	} else {
		note_doubt(m, verdict);
	}
}

static const char *status_text(uint32_t status)
{
	switch (status) {
	case CTL_CLOCK_NO_NAME:
		return "the name has no address";
	case CTL_CLOCK_NO_ANSWER:
		return "it does not answer";
	case CTL_CLOCK_UNSURE:
		return "it does not know the time itself, or servers disagree";
	default:
		return "the VM's agent cannot ask it just now, or is of an older template";
	}
}

void clock_arrived(struct vm *vm, const struct helper_clock *answer)
{
	struct manager *m = vm->manager;
	struct clock *c = clock_of(m);

	if (c->asked_id == 0 || answer->id != c->asked_id || strcmp(vm->config.name, c->asked_vm) != 0)
		return;
	if (answer->status != CTL_CLOCK_OK) {
		set_result(c, CLOCK_LOST, "%s has no time from %s: %s.", vm->config.name, c->source.server,
			status_text(answer->status));
		finish(m, AGAIN);
		return;
	}
	c->offset_ns = answer->offset_ns;
	c->error_ns = answer->error_us * 1000ll;
	c->measured = now_usec(CLOCK_REALTIME);
	judge(m);
	finish(m, HOURLY);
}

void clock_vm_ready(struct vm *vm)
{
	struct clock *c = clock_of(vm->manager);

	if (c->socket && strcmp(vm->config.name, c->source.vm) == 0 && c->asked_id == 0)
		ask_in(vm->manager, SOON);
}

void clock_host_slept(struct manager *m)
{
	if (clock_of(m)->socket && clock_of(m)->asked_id == 0)
		ask_in(m, SOON);
}

static int check_kept(const struct clock *c, sd_bus_error *ret_error)
{
	return c->socket ? 0
			 : errors_set(ret_error, ERROR_DENIED,
				   "This host keeps its own time. vmOS sets the clock in system mode only, where the "
				   "host has no network.");
}

static int check_source(const struct manager *m, const char *name, const char *server, struct clock_source *ret,
	sd_bus_error *ret_error)
{
	const struct vm *vm = manager_find_vm(m, name);
	char host[CTL_SERVER_MAX];
	uint16_t port;

	if (!vm)
		return errors_set(
			ret_error, ERROR_NOT_FOUND, "There is no such VM. \"vmos list\" shows those there are.");
	if (!net_links_is_net(vm))
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT,
			"%s is no NET VM: the time comes from the network. Name one of \"vmos create --kind net\".",
			vm->config.name);
	if (!server[0])
		server = CLOCK_SERVER;
	if (strlen(server) >= CTL_SERVER_MAX || ctl_server_parse(server, host, &port) < 0)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT,
			"\"%.64s\" names no time server: write HOST, HOST:PORT or [IPV6]:PORT, %d bytes at most.",
			server, CTL_SERVER_MAX - 1);
	snprintf(ret->vm, sizeof(ret->vm), "%s", name);
	snprintf(ret->server, sizeof(ret->server), "%s", server);
	return 0;
}

static int keep_source(const struct clock *c, const struct clock_source *source)
{
	char line[sizeof(*source) + 3];

	if (!source->vm[0])
		return unlink(c->path) < 0 && errno != ENOENT ? -errno : 0;
	snprintf(line, sizeof(line), "%s %s\n", source->vm, source->server);
	return line_edit_write(c->path, line);
}

int clock_set_source(struct manager *m, const char *vm, const char *server, sd_bus_error *ret_error)
{
	struct clock *c = clock_of(m);
	struct clock_source source = { 0 };
	int r = check_kept(c, ret_error);

	if (r == 0 && vm[0])
		r = check_source(m, vm, server, &source, ret_error);
	if (r < 0)
		return r;
	r = audit_write(m->audit, "clock-source", "from", vm[0] ? source.vm : "none", "server", source.server, NULL);
	if (r == 0)
		r = keep_source(c, &source);
	if (r < 0)
		return errors_set(ret_error, ERROR_FAILED, "That cannot be noted in %s: %s", c->path, strerror(-r));
	c->source = source;
	c->measured = 0;
	c->offset_ns = c->error_ns = 0;
	set_result(c, CLOCK_NEVER, "%s", "");
	finish(m, 0);
	return 0;
}

int clock_measure(struct manager *m, sd_bus_message *call, sd_bus_error *ret_error)
{
	struct clock *c = clock_of(m);
	int r = check_kept(c, ret_error);

	if (r < 0)
		return r;
	if (!c->source.vm[0])
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT,
			"Nobody tells this host the time. Choose a NET VM by \"vmos clock --from NETVM\".");
	if (c->nwaiting == CLOCK_WAITERS_MAX)
		return errors_set(ret_error, ERROR_BUSY, "Too many callers wait for the time.");
	if (c->asked_id == 0 && !clock_set_is_busy(&c->set) && ask(m) < 0) {
		ask_in(m, AGAIN);
		return errors_set(ret_error, ERROR_NOT_RUNNING, "%s", c->text);
	}
	c->waiting[c->nwaiting++] = sd_bus_message_ref(call);
	return 1;
}

int clock_accept(struct manager *m, int64_t offset_ns, sd_bus_message *call, sd_bus_error *ret_error)
{
	struct clock *c = clock_of(m);
	int r = check_kept(c, ret_error);

	if (r < 0)
		return r;
	if (c->result != CLOCK_WAITS)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT,
			"No difference waits to be believed. \"vmos clock\" shows how the clock is kept.");
	if (llabs(c->offset_ns - offset_ns) > ACCEPT_SLACK_NS)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT,
			"VM %s has said something else since, %+.3f s. See \"vmos clock\", and accept what it shows.",
			c->source.vm, (double)c->offset_ns / SECOND_NS);
	r = begin_set(m, CLOCK_STEP, offset_ns);
	if (r < 0)
		return errors_set(ret_error, ERROR_FAILED, "The clock cannot be set: %s.", reason_of(r));
	c->accepting = sd_bus_message_ref(call);
	return 1;
}

static void load_day(struct clock *c)
{
	char *text cleanup_free = NULL;
	size_t len;

	if (fd_read_file(c->day_path, FILE_MAX, &text, &len) == 0 &&
		sscanf(text, "%" SCNu64 " %" SCNd64, &c->day.since, &c->day.moved_ns) != 2)
		c->day = (struct clock_day){ 0 };
}

static int load_source(struct clock *c)
{
	char *text cleanup_free = NULL;
	size_t len;
	int r = fd_read_file(c->path, FILE_MAX, &text, &len);

	if (r == 0)
		r = clock_source_parse(text, &c->source);
	return r == -ENOENT ? 0 : r;
}

int clock_open(struct manager *m, const char *socket)
{
	struct clock *c = clock_of(m);
	int r;

	if (!socket)
		return 0;
	c->socket = strdup(socket);
	c->path = paths_join(m->data, "clock", NULL);
	c->day_path = paths_join(m->run, "clock.day", NULL);
	if (!c->socket || !c->path || !c->day_path)
		return -ENOMEM;
	r = load_source(c);
	if (r < 0) /* it runs on, and says so */
		log_error("%s cannot be read: %s. Choose a NET VM anew by \"vmos clock --from NETVM\".", c->path,
			strerror(-r));
	load_day(c);
	ask_in(m, SOON);
	return 0;
}

void clock_close(struct manager *m)
{
	struct clock *c = clock_of(m);

	sd_event_source_disable_unref(c->next);
	sd_event_source_disable_unref(c->limit);
	clock_set_end(&c->set);
	answer_waiting(c);
	answer_accepting(c, "vmosd ends.");
	free(c->socket);
	free(c->path);
	free(c->day_path);
}
