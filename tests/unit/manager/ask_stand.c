/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/manager/ask_stand.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/paths.h"
#include "base/userbus.h"
#include "manager/audit.h"
#include "manager/net_links.h"

#define AGENT_PATH "/org/vmos/test/agent"

static const char *const policies[] = {
	/* as Debian's session.conf has it: also replies that nobody asked for pass */
	[STAND_SESSION] = "<allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/>"
			  "<allow own=\"*\"/>",
	/* as Debian's system.conf has it */
	[STAND_SYSTEM] = "<allow user=\"*\"/><deny own=\"*\"/><deny send_type=\"method_call\"/>"
			 "<allow send_type=\"signal\"/>"
			 "<allow send_requested_reply=\"true\" send_type=\"method_return\"/>"
			 "<allow send_requested_reply=\"true\" send_type=\"error\"/>"
			 "<allow receive_type=\"method_call\"/><allow receive_type=\"method_return\"/>"
			 "<allow receive_type=\"error\"/><allow receive_type=\"signal\"/>"
			 "<allow send_destination=\"org.freedesktop.DBus\"/>",
};

static int write_file(const struct stand *s, const char *name, const char *text)
{
	char path[128], fresh[140];
	int fd, r;

	snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	r = fd < 0 ? -errno : fd_write_all(fd, text, strlen(text));
	if (fd >= 0)
		close(fd);
	return r < 0 ? r : rename(fresh, path) < 0 ? -errno : 0;
}

static int write_config(const struct stand *s, enum stand_bus kind, const char *policy)
{
	char *text;
	int r = asprintf(&text,
		"<busconfig><type>%s</type><listen>unix:path=%s/bus</listen><auth>EXTERNAL</auth>"
		"<policy context=\"default\">%s</policy>%s%s%s</busconfig>\n",
		kind == STAND_SYSTEM ? "system" : "session", s->dir, policies[kind], policy ? "<include>" : "",
		policy ? policy : "", policy ? "</include>" : "");

	if (r < 0)
		return -ENOMEM;
	r = write_file(s, "bus.conf", text);
	free(text);
	return r;
}

static int start_daemon(struct stand *s)
{
	char config[128];

	snprintf(config, sizeof(config), "--config-file=%s/bus.conf", s->dir);
	s->daemon = fork();
	if (s->daemon == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execlp("dbus-daemon", "dbus-daemon", "--nofork", "--nopidfile", config, (char *)NULL);
		_exit(127);
	}
	return s->daemon < 0 ? -errno : 0;
}

char *stand_address(const struct stand *s)
{
	return paths_join(s->dir, "bus", NULL);
}

sd_bus *stand_connect(struct stand *s)
{
	char *path = stand_address(s);
	sd_bus *bus = NULL;

	for (int i = 0; path && i < 500 && userbus_open_private(path, &bus) < 0; i++)
		usleep(10000);
	free(path);
	if (bus && sd_bus_attach_event(bus, s->event, SD_EVENT_PRIORITY_NORMAL) < 0)
		bus = sd_bus_flush_close_unref(bus);
	return bus;
}

int stand_open(struct stand *s, enum stand_bus kind, const char *policy)
{
	static const struct mode mode = { .name = "session" };
	int r;

	*s = (struct stand){ .dir = "/tmp/vmos-ask-XXXXXX" };
	s->vms = calloc(STAND_VMS_MAX, sizeof(*s->vms));
	if (!s->vms || !mkdtemp(s->dir) || chmod(s->dir, 0755) < 0)
		return -errno;
	r = sd_event_new(&s->event);
	if (r >= 0)
		r = write_config(s, kind, policy);
	if (r >= 0)
		r = start_daemon(s);
	if (r < 0)
		return r;
	s->bus = stand_connect(s);
	if (!s->bus)
		return -ECONNREFUSED;
	s->manager.mode = &mode;
	s->manager.event = s->event;
	s->manager.bus = s->bus;
	s->manager.rules_dirs[0] = s->dir;
	r = audit_open(s->dir, NULL, &s->manager.audit);
	if (r >= 0)
		r = agents_bus_add(&s->manager);
	if (r >= 0)
		r = sd_bus_request_name(s->bus, MANAGER_BUS_NAME, 0);
	return r < 0 ? r : 0;
}

void stand_close(struct stand *s)
{
	net_lists_close(&s->manager);
	decision_finish(&s->manager);
	agents_finish(&s->manager.agents);
	rules_finish(&s->manager.rules);
	audit_close(s->manager.audit);
	sd_bus_flush_close_unref(s->bus);
	sd_event_unref(s->event);
	if (s->daemon > 0) {
		kill(s->daemon, SIGTERM);
		waitpid(s->daemon, NULL, 0);
	}
	paths_remove(s->dir);
	free(s->vms);
}

int stand_add_vm(struct stand *s, const char *name, uint32_t rgb)
{
	unsigned n = 0;
	struct vm *vm;

	while (n < STAND_VMS_MAX && s->vms[n].config.name[0])
		n++;
	if (n == STAND_VMS_MAX)
		return -ENOSPC;
	vm = &s->vms[n];
	snprintf(vm->config.name, sizeof(vm->config.name), "%s", name);
	vm->config.rgb = rgb;
	vm->manager = &s->manager;
	vm->next = s->manager.vms;
	s->manager.vms = vm;
	return 0;
}

int stand_rules(struct stand *s, const char *text)
{
	int r = write_file(s, "50-test.rules", text);

	if (r >= 0)
		r = rules_load(&s->manager.rules, (const char *const *)s->manager.rules_dirs, false);
	if (r >= 0)
		decision_rules_changed(&s->manager);
	return r;
}

int stand_net(struct stand *s)
{
	int r;

	setenv("XDG_CONFIG_HOME", s->dir, 1);
	s->manager.data = s->dir;
	r = net_lists_open(&s->manager);
	return r < 0 ? r : net_bus_add(&s->manager);
}

int stand_list(struct stand *s, const char *name, const char *text)
{
	char path[128], *full;
	int r;

	snprintf(path, sizeof(path), "vmos/net.d/%s", name);
	if (!text) {
		full = paths_join(s->dir, path, NULL);
		r = full && unlink(full) < 0 ? -errno : 0;
		free(full);
	} else {
		r = write_file(s, path, text);
	}
	return r < 0 ? r : net_lists_reload(&s->manager);
}

void stand_flow(struct stand *s, const char *vm, struct tap_flow *flow, const char *address, uint16_t port)
{
	struct vm *of = manager_find_vm(&s->manager, vm);

	flow->proto = NET_TCP;
	flow->port = port;
	flow->local_port = 40000;
	flow->line = UINT32_MAX;
	if (netplan_parse(address, flow->addr) == 0 && of)
		net_lists_question(&s->manager, of, flow);
}

int stand_notify(struct stand *s, const char *vm, const struct helper_notify *notify, const struct notification *text)
{
	struct vm *of = manager_find_vm(&s->manager, vm);
	int fd = fd_memfd_data("notification", text, sizeof(*text));
	int r = fd < 0 ? fd : of ? vm_notify(of, notify, fd) : -ENOENT;

	if (fd >= 0)
		close(fd);
	return r;
}

/* In place of those parts of vmosd that need libvirt, VMs that run, or vmos-tap. */
struct stand_answer stand_answers[64];
int stand_nanswers;
void (*stand_on_answer)(uint32_t id, bool allow);
bool stand_owners;
struct helper_msg stand_sent;
int stand_nsent;
void (*stand_on_notified)(const struct helper_notified *notified);
const struct tap_flow *stand_flows;
unsigned stand_nflows;

int net_links_answer(struct manager *m, struct vm *vm, uint32_t id, bool allow)
{
	if (stand_nanswers < 64)
		stand_answers[stand_nanswers++] = (struct stand_answer){ id, allow };
	if (stand_on_answer)
		stand_on_answer(id, allow);
	return 0;
}

int net_links_flows(struct manager *m, const char *net, net_flows_fn fn, void *userdata)
{
	if (strcmp(net, "net0") != 0)
		return -ENOENT;
	for (unsigned i = 0; i < stand_nflows; i++)
		fn(&stand_flows[i], userdata);
	fn(NULL, userdata);
	return 0;
}

int helper_send(struct helper *h, const struct helper_msg *m, const int *fds)
{
	if (m->type == HELPER_NOTIFIED && stand_on_notified) {
		stand_on_notified(&m->notified);
		return 0;
	}
	if (!stand_owners)
		return -EPIPE;
	stand_sent = *m;
	stand_nsent++;
	return 0;
}

struct vm *manager_find_vm(const struct manager *m, const char *name)
{
	struct vm *vm = m->vms;

	while (vm && strcmp(vm->config.name, name) != 0)
		vm = vm->next;
	return vm;
}

bool vm_is_off(const struct vm *vm)
{
	return vm->state == VM_OFF;
}

static uint64_t msec_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

bool stand_wait(struct stand *s, const int *flag, int value)
{
	uint64_t end = msec_now() + STAND_CONDITION_MSEC;

	while (*flag != value && msec_now() < end)
		sd_event_run(s->event, 20000);
	return *flag == value;
}

void stand_rest(struct stand *s, int msec)
{
	uint64_t end = msec_now() + (uint64_t)msec;

	while (msec_now() < end)
		sd_event_run(s->event, 5000);
}

static int handle_ask(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	struct stand_agent *agent = userdata;

	agent->asked++;
	sd_bus_message_unref(agent->question);
	agent->question = sd_bus_message_ref(call);
	if (agent->does == STAND_SILENT)
		return 1;
	if (agent->does == STAND_ERROR)
		return sd_bus_error_set(ret_error, "org.vmos.Error.Failed", "This agent cannot ask.");
	if (agent->does == STAND_VERDICT)
		return sd_bus_reply_method_return(call, "ss", agent->verdict, agent->object);
	return sd_bus_reply_method_return(call, "ss", agent->does == STAND_YES ? "yes" : "no", agent->object);
}

static int handle_cancel(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	struct stand_agent *agent = userdata;

	agent->cancelled++;
	return sd_bus_message_read(call, "u", &agent->cancelled_id);
}

static int handle_notify(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	struct stand_agent *agent = userdata;

	agent->notified++;
	sd_bus_message_unref(agent->notice);
	agent->notice = sd_bus_message_ref(call);
	return 1;
}

static int handle_show(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	struct stand_agent *agent = userdata;

	agent->shown++;
	sd_bus_message_unref(agent->note);
	agent->note = sd_bus_message_ref(call);
	return 1;
}

static int handle_close(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	struct stand_agent *agent = userdata;
	const char *vm;
	int r = sd_bus_message_read(call, "su", &vm, &agent->closed_note);

	if (r < 0)
		return r;
	agent->closed++;
	snprintf(agent->closed_vm, sizeof(agent->closed_vm), "%s", vm);
	return 1;
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

static int handle_registered(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error)
{
	struct stand_agent *agent = userdata;
	int error = sd_bus_message_get_errno(reply);

	agent->registered = error ? -error : 1;
	return 0;
}

int stand_agent_open(struct stand *s, struct stand_agent *agent, enum stand_does does)
{
	int r;

	*agent = (struct stand_agent){ .bus = stand_connect(s), .does = does, .object = "" };
	if (!agent->bus)
		return -ECONNREFUSED;
	r = sd_bus_add_object_vtable(agent->bus, NULL, AGENT_PATH, AGENTS_INTERFACE, agent_vtable, agent);
	if (r >= 0)
		r = sd_bus_call_method_async(agent->bus, NULL, MANAGER_BUS_NAME, MANAGER_BUS_PATH, MANAGER_BUS_NAME,
			"RegisterAgent", handle_registered, agent, "o", AGENT_PATH);
	for (uint64_t end = msec_now() + STAND_CONDITION_MSEC; !agent->registered && msec_now() < end;)
		sd_event_run(s->event, 20000);
	if (r < 0)
		return r;
	return agent->registered == 1 ? 0 : agent->registered ? agent->registered : -ETIMEDOUT;
}

void stand_agent_close(struct stand_agent *agent)
{
	sd_bus_message_unref(agent->question);
	sd_bus_message_unref(agent->notice);
	sd_bus_message_unref(agent->note);
	sd_bus_flush_close_unref(agent->bus);
	*agent = (struct stand_agent){ 0 };
}

static bool read_value(sd_bus_message *message, char *dst, size_t cap)
{
	const char *type, *text;
	uint64_t wide;
	uint32_t narrow;
	char kind;

	if (sd_bus_message_peek_type(message, &kind, &type) < 0)
		return false;
	if (strcmp(type, "s") == 0 && sd_bus_message_read(message, "v", "s", &text) >= 0)
		snprintf(dst, cap, "%s", text);
	else if (strcmp(type, "u") == 0 && sd_bus_message_read(message, "v", "u", &narrow) >= 0)
		snprintf(dst, cap, "%" PRIu32, narrow);
	else if (strcmp(type, "t") == 0 && sd_bus_message_read(message, "v", "t", &wide) >= 0)
		snprintf(dst, cap, "%" PRIu64, wide);
	else
		return sd_bus_message_skip(message, "v") < 0;
	return true;
}

bool stand_get(sd_bus_message *message, const char *key, char *dst, size_t cap)
{
	const char *name;

	sd_bus_message_rewind(message, 1);
	if (sd_bus_message_enter_container(message, 'a', "{sv}") < 0)
		return false;
	while (sd_bus_message_enter_container(message, 'e', "sv") > 0) {
		if (sd_bus_message_read(message, "s", &name) < 0)
			return false;
		if (strcmp(name, key) == 0)
			return read_value(message, dst, cap);
		sd_bus_message_skip(message, "v");
		sd_bus_message_exit_container(message);
	}
	return false;
}

void stand_decided(enum verdict verdict, const struct rule *rule, const char *object, void *userdata)
{
	struct stand_verdict *v = userdata;

	v->called++;
	v->verdict = verdict;
	v->has_rule = rule != NULL;
	if (rule)
		v->rule = *rule;
	snprintf(v->object, sizeof(v->object), "%s", object);
	snprintf(v->reason, sizeof(v->reason), "%s", decision_reason(&v->stand->manager));
}
