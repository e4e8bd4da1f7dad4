/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What counts for a VM, where it comes from, and what vmosd tells of it: lists, org.vmos.Net1, the log. */
#include "manager/net_lists.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "manager/net_log.h"
#include "manager/net_state.h"
#include "manager/net_why.h"
#include "tests/unit/manager/ask_stand.h"
#include "tests/unit/unit.h"

static struct stand s;
static unsigned told;
static char told_of[64];
static struct net_target *targets;
static size_t count;
static enum net_action fallback;
static unsigned generation;

static void handle_change(struct manager *m, const char *vm)
{
	told++;
	snprintf(told_of, sizeof(told_of), "%s", vm ? vm : "*");
}

static int setup(void **state)
{
	struct vm *work;

	if (stand_open(&s, STAND_SESSION, NULL) < 0)
		return -1;
	stand_add_vm(&s, "work", 0x2563eb);
	stand_add_vm(&s, "net0", 0x888888);
	work = manager_find_vm(&s.manager, "work");
	snprintf(work->config.net, sizeof(work->config.net), "net0");
	work->config.net_index = 7;
	work->state = VM_RUNNING;
	snprintf(manager_find_vm(&s.manager, "net0")->config.kind, 8, "net");
	manager_find_vm(&s.manager, "net0")->state = VM_RUNNING;
	told = 0;
	if (stand_rules(&s, "work net0 w\n") < 0 || stand_net(&s) < 0)
		return -1;
	net_lists_on_change(&s.manager, handle_change);
	return 0;
}

static int teardown(void **state)
{
	free(targets);
	targets = NULL;
	stand_close(&s);
	return 0;
}

static void take(bool link_asks)
{
	free(targets);
	assert_int_equal(net_lists_targets(&s.manager, "work", link_asks, &targets, &count, &fallback, &generation), 0);
}

static void test_targets(void **state)
{
	unsigned first;

	take(false);
	assert_int_equal(count, 0);
	assert_int_equal(fallback, NET_ALLOW);
	first = generation;
	take(true);
	assert_int_equal(fallback, NET_ASK);
	assert_true(generation > first);
	assert_int_equal(stand_list(&s, "a.net", "work allow a.example\nweb deny any\nwork deny b.example\n"), 1);
	assert_int_equal(told, 1);
	assert_string_equal(told_of, "*");
	take(false);
	assert_int_equal(count, 2);
	assert_int_equal(fallback, NET_DENY);
	assert_string_equal(targets[1].name, "b.example");
	first = generation;
	take(false);
	assert_int_equal(generation, first);
	/* only the place has changed: flows are named by the new one */
	assert_int_equal(stand_list(&s, "a.net", "# x\nwork allow a.example\nwork deny b.example\n"), 1);
	take(false);
	assert_true(generation > first);
}

/* Files that never parsed allow nothing; later ones leave what is in force. */
static void test_closed(void **state)
{
	net_lists_close(&s.manager);
	assert_int_equal(chdir(s.dir), 0);
	{
		FILE *f = fopen("vmos/net.d/a.net", "w");

		assert_non_null(f);
		fputs("work permit any\n", f);
		fclose(f);
	}
	assert_int_equal(net_lists_open(&s.manager), 0);
	assert_non_null(strstr(net_lists_error(&s.manager), "a.net:1:6"));
	take(false);
	assert_int_equal(fallback, NET_DENY);
	take(true);
	assert_int_equal(fallback, NET_DENY);
	assert_int_equal(stand_list(&s, "a.net", "work allow a.example\n"), 1);
	assert_null(net_lists_error(&s.manager));
	assert_true(stand_list(&s, "a.net", "work permit any\n") < 0);
	take(false);
	assert_int_equal(count, 1);
}

static void test_time(void **state)
{
	assert_int_equal(stand_list(&s, "a.net", "work allow a.example for=2s\n"), 1);
	take(false);
	assert_int_equal(count, 1);
	told = 0;
	stand_rest(&s, 2400);
	assert_int_equal(told, 1);
	take(false);
	assert_int_equal(count, 0);
	assert_int_equal(fallback, NET_ALLOW); /* the VM has no line */
}

/* Which line a target was stays known for a few lists. */
static void test_lines(void **state)
{
	const struct vm *work = manager_find_vm(&s.manager, "work");
	struct net_line_ref line;
	unsigned first;
	char text[64];

	stand_list(&s, "a.net", "work allow a.example\nwork deny b.example notify\n");
	take(false);
	first = generation;
	net_state_line(work, first, 1, &line);
	assert_non_null(strstr(line.text, "/vmos/net.d/a.net:2"));
	assert_true(line.origin->notify);
	net_state_line(work, first, UINT32_MAX, &line);
	assert_string_equal(line.text, "the line before the first");
	for (unsigned i = 0; i < NET_GENERATIONS; i++) {
		net_state_line(work, first, 1, &line);
		assert_non_null(strstr(line.text, "a.net:2"));
		snprintf(text, sizeof(text), "work allow %c.example\n", 'a' + (int)i);
		stand_list(&s, "b.net", text);
		take(false);
	}
	net_state_line(work, first, 1, &line);
	assert_string_equal(line.text, "an earlier list");
	stand_rules(&s, "work net0 w ask\n");
	take(true);
	net_state_line(work, generation, UINT32_MAX, &line);
	assert_non_null(strstr(line.text, "50-test.rules:1"));
}

static void check_why(const char *text, enum net_action action, uint32_t number, const char *words)
{
	struct net_target target = { 0 };
	struct ruleset_error error;
	struct net_answer answer;

	assert_int_equal(netlist_parse_target(text, &target, &error), 0);
	assert_int_equal(net_why(&s.manager, "work", &target, &answer), 0);
	if (!strstr(answer.sentence, words))
		fail_msg("\"%s\" is not in: %s", words, answer.sentence);
	assert_int_equal(answer.action, action);
	assert_int_equal(answer.line, number);
	free(answer.sentence);
}

static void test_why(void **state)
{
	struct vm *work = manager_find_vm(&s.manager, "work");
	struct net_target any = { .kind = NET_ANY, .port_high = 65535 };
	struct net_answer answer;

	check_why("example.org", NET_ALLOW, 0, "work may reach example.org:443/tcp through net0: no line is about it");
	stand_list(
		&s, "a.net", "work allow *.example.org:443/tcp\nwork ask 203.0.113.0/24\nwork deny bad.example.org\n");
	check_why("www.example.org", NET_ALLOW, 1, "a.net:1 says \"allow *.example.org:443/tcp\"");
	check_why("bad.example.org:443/tcp", NET_DENY, 3, "To allow it: vmos net allow work bad.example.org:443/tcp");
	check_why("203.0.113.9:22/tcp", NET_ASK, 2, "after you have been asked");
	check_why("203.0.114.9:22/tcp", NET_DENY, 0, "\"deny any\"");
	assert_true(net_why(&s.manager, "work", &any, &answer) < 0);
	stand_rules(&s, "work web w\n");
	check_why("www.example.org", NET_DENY, 0, "vmos rule add work net0 w");
	work->config.net[0] = '\0';
	check_why("www.example.org", NET_DENY, 0, "vmos set work --net");
}

static sd_bus_message *reply;

static int handle_reply(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
	reply = sd_bus_message_ref(message);
	return 0;
}

/* A call of org.vmos.Net1 by another connection; the caller unrefs it. */
static sd_bus_message *call(sd_bus *bus, const char *method, const char *a, const char *b)
{
	sd_bus_message *message = NULL;

	reply = NULL;
	assert_true(sd_bus_message_new_method_call(
			    bus, &message, MANAGER_BUS_NAME, MANAGER_BUS_PATH, "org.vmos.Net1", method) >= 0);
	if (a)
		assert_true(sd_bus_message_append(message, "s", a) >= 0);
	if (b)
		assert_true(sd_bus_message_append(message, "s", b) >= 0);
	assert_true(sd_bus_call_async(bus, NULL, message, handle_reply, NULL, 0) >= 0);
	sd_bus_message_unref(message);
	for (unsigned i = 0; i < 500 && !reply; i++)
		stand_rest(&s, 10);
	assert_non_null(reply);
	return reply;
}

static void check_error(sd_bus *bus, const char *method, const char *a, const char *b, const char *words)
{
	sd_bus_message *message = call(bus, method, a, b);
	const sd_bus_error *e = sd_bus_message_get_error(message);

	assert_non_null(e);
	if (!strstr(e->message, words))
		fail_msg("\"%s\" is not in: %s", words, e->message);
	sd_bus_message_unref(message);
}

static void test_bus(void **state)
{
	sd_bus *bus = stand_connect(&s);
	const char *vm, *source, *action, *target, *file;
	int notify, counts;
	uint32_t seconds, line, removed;
	uint64_t until;
	sd_bus_message *message;

	sd_bus_message_unref(call(bus, "AddLine", "work allow example.org:443/tcp for=10m", NULL));
	sd_bus_message_unref(call(bus, "AddLine", "work deny 203.0.113.0/24 notify", NULL));
	sd_bus_message_unref(call(bus, "AddLine", "work ask example.org:443/tcp", NULL));
	check_error(bus, "AddLine", "work allow", NULL, "no line of a network list, from column");
	check_error(bus, "AddLine", "work allow a.example\nwork allow any", NULL, "a line has at most");
	check_error(bus, "AddLine", "# nothing", NULL, "there is nothing in it");
	check_error(bus, "Why", "work", "any", "more than one host");
	message = call(bus, "ListLines", "work", NULL);
	assert_true(sd_bus_message_enter_container(message, 'a', "(ssssbutbsu)") > 0);
	assert_true(sd_bus_message_read(message, "(ssssbutbsu)", &vm, &source, &action, &target, &notify, &seconds,
			    &until, &counts, &file, &line) > 0);
	assert_string_equal(source, "default");
	assert_string_equal(action, "deny");
	assert_true(sd_bus_message_read(message, "(ssssbutbsu)", &vm, &source, &action, &target, &notify, &seconds,
			    &until, &counts, &file, &line) > 0);
	assert_string_equal(target, "203.0.113.0/24");
	assert_true(notify && counts);
	assert_int_equal(line, 1);
	assert_true(sd_bus_message_read(message, "(ssssbutbsu)", &vm, &source, &action, &target, &notify, &seconds,
			    &until, &counts, &file, &line) > 0);
	assert_string_equal(action, "ask"); /* it has taken the place of allow */
	assert_int_equal(sd_bus_message_read(message, "(ssssbutbsu)", &vm, &source, &action, &target, &notify, &seconds,
				 &until, &counts, &file, &line),
		0);
	sd_bus_message_unref(message);
	message = call(bus, "DelLine", "work", "1");
	assert_true(sd_bus_message_read(message, "u", &removed) > 0);
	assert_int_equal(removed, 1);
	sd_bus_message_unref(message);
	message = call(bus, "DelLine", "work", "203.0.113.0/24");
	assert_true(sd_bus_message_read(message, "u", &removed) > 0);
	assert_int_equal(removed, 0);
	sd_bus_message_unref(message);
	sd_bus_flush_close_unref(bus);
}

static void test_flows(void **state)
{
	sd_bus *bus = stand_connect(&s);
	struct tap_flow flows[2] = { { .index = 7,
					     .proto = NET_TCP,
					     .port = 443,
					     .line = 0,
					     .action = NET_ALLOW,
					     .sent = 1000,
					     .received = 2000,
					     .age = 5,
					     .name = "example.org" },
		{ .index = 8, .proto = NET_UDP, .port = 53 } };
	const char *vm, *net, *program, *name, *address, *action, *line;
	uint8_t proto;
	uint16_t port, local;
	uint64_t sent, received;
	uint32_t age, idle;
	sd_bus_message *message;

	stand_list(&s, "a.net", "work allow example.org\n");
	take(false);
	flows[0].generation = generation;
	netplan_parse("203.0.113.1", flows[0].addr);
	netplan_parse("203.0.113.2", flows[1].addr);
	stand_flows = flows;
	stand_nflows = 2;
	message = call(bus, "Flows", "", NULL);
	assert_true(sd_bus_message_enter_container(message, 'a', "(ssssysqqttuuss)") > 0);
	assert_true(sd_bus_message_read(message, "(ssssysqqttuuss)", &vm, &net, &program, &name, &proto, &address,
			    &port, &local, &sent, &received, &age, &idle, &action, &line) > 0);
	assert_string_equal(vm, "work");
	assert_string_equal(net, "net0");
	assert_string_equal(address, "203.0.113.1");
	assert_string_equal(action, "allow");
	assert_non_null(strstr(line, "a.net:1"));
	/* a link that no VM has is none to tell of */
	assert_int_equal(sd_bus_message_read(message, "(ssssysqqttuuss)", &vm, &net, &program, &name, &proto, &address,
				 &port, &local, &sent, &received, &age, &idle, &action, &line),
		0);
	sd_bus_message_unref(message);
	sd_bus_message_unref(call(bus, "Flows", "nobody", NULL));
	stand_nflows = 0;
	sd_bus_flush_close_unref(bus);
}

/* How often @words stand in a file of the stand's folder. */
static unsigned count_in(const char *name, const char *words)
{
	char path[128], *text = NULL;
	unsigned n = 0;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s", s.dir, name);
	if (fd_read_file(path, 64 << 20, &text, &len) < 0)
		return 0;
	for (const char *at = strstr(text, words); at; at = strstr(at + 1, words))
		n++;
	free(text);
	return n;
}

static void test_log(void **state)
{
	struct vm *work = manager_find_vm(&s.manager, "work");
	struct tap_flow flow = {
		.index = 7, .proto = NET_TCP, .port = 443, .local_port = 40000, .name = "example.org"
	};
	struct stand_agent agent;
	int fds[2];

	assert_int_equal(stand_agent_open(&s, &agent, STAND_SILENT), 0);
	stand_list(&s, "a.net", "work allow example.org notify\n");
	take(false);
	flow.generation = generation;
	netplan_parse("203.0.113.1", flow.addr);
	flow.event = TAP_EVENT_OPEN;
	net_lists_log(&s.manager, work, &flow);
	net_lists_log(&s.manager, work, &flow);
	assert_true(stand_wait(&s, &agent.notified, 1)); /* once in a minute */
	flow.event = TAP_EVENT_CLOSE;
	flow.sent = 1234;
	net_lists_log(&s.manager, work, &flow);
	flow.line = UINT32_MAX;
	flow.event = TAP_EVENT_DENY;
	for (unsigned i = 0; i < 30; i++) {
		snprintf(flow.name, sizeof(flow.name), "n%u.example", i / 2);
		net_lists_log(&s.manager, work, &flow);
	}
	assert_int_equal(count_in("net.log", "\"event\":\"open\""), 2);
	assert_int_equal(count_in("net.log", "\"sent\":1234"), 1);
	assert_int_equal(count_in("net.log", "\"event\":\"deny\""), 30);
	assert_int_equal(count_in("audit.log", "\"event\":\"net-deny\""), NET_LOG_AUDIT_MAX);
	assert_int_equal(count_in("audit.log", "\"event\":\"net-open\""), 0);
	flow.event = 99;
	net_lists_log(&s.manager, work, &flow); /* unknown: nothing */
	flow.event = TAP_EVENT_NAME;
	for (unsigned i = 0; i < 40000; i++)
		net_lists_log(&s.manager, work, &flow);
	assert_int_equal(count_in("net.log.1", "\"event\":\"rotated\""), 1);
	assert_true(count_in("net.log", "\"event\":\"name\"") > 0);
	assert_int_equal(net_log_readers(&s.manager, fds), 0);
	assert_true(fds[0] >= 0 && fds[1] >= 0);
	fd_close_all(fds, 2);
	stand_agent_close(&agent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_targets, setup, teardown),
		cmocka_unit_test_setup_teardown(test_closed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_time, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(test_why, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bus, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flows, setup, teardown),
		cmocka_unit_test_setup_teardown(test_log, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
