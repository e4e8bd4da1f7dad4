/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions of flows that wait: who is asked, what each answer does, and how much a guest can make of it. */
#include "manager/net_question.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "manager/audit.h"
#include "manager/net_owner.h"
#include "manager/net_state.h"
#include "tests/unit/manager/ask_stand.h"
#include "tests/unit/unit.h"

#define USEC 1000000ull

static struct stand s;
static struct stand_agent agent;
static struct vm *work;
static uint64_t fake_now;
static int changed;

static uint64_t fake_clock(clockid_t id)
{
	return fake_now;
}

static void handle_change(struct manager *m, const char *vm)
{
	changed++;
}

static int setup(void **state)
{
	if (stand_open(&s, STAND_SESSION, NULL) < 0)
		return -1;
	stand_add_vm(&s, "work", 0x2563eb);
	stand_add_vm(&s, "net0", 0x7e22ce);
	work = manager_find_vm(&s.manager, "work");
	snprintf(work->config.net, sizeof(work->config.net), "net0");
	work->config.net_index = 7;
	work->state = VM_RUNNING;
	fake_now = 1000 * USEC;
	s.manager.decisions.clock = fake_clock;
	stand_nanswers = changed = 0;
	if (stand_rules(&s, "work net0 w ask\n") < 0 || stand_net(&s) < 0)
		return -1;
	net_lists_on_change(&s.manager, handle_change);
	return 0;
}

static int teardown(void **state)
{
	stand_agent_close(&agent);
	stand_close(&s);
	return 0;
}

static void says(const char *verdict)
{
	assert_int_equal(stand_agent_open(&s, &agent, verdict ? STAND_VERDICT : STAND_SILENT), 0);
	agent.verdict = verdict;
}

/* A flow to port 443 that waits. */
static void flow(uint32_t id, const char *name, const char *address)
{
	struct tap_flow f = { .index = 7, .id = id };

	snprintf(f.name, sizeof(f.name), "%s", name);
	stand_flow(&s, "work", &f, address, 443);
}

static bool answered(uint32_t id, bool allow)
{
	for (int i = 0; i < stand_nanswers; i++) {
		if (stand_answers[i].id == id)
			return stand_answers[i].allow == allow;
	}
	return false;
}

static enum net_action now_says(const char *name, const char *address)
{
	struct net_asked asked = { .proto = NET_TCP, .port = 443 };
	struct net_target *targets;
	enum net_action fallback, action;
	const char *const names[] = { name };
	struct net_flow f = { .proto = NET_TCP, .port = 443, .names = names, .nnames = name[0] ? 1 : 0 };
	unsigned generation;
	size_t count, target;

	assert_int_equal(netplan_parse(address, asked.addr), 0);
	memcpy(f.addr, asked.addr, sizeof(f.addr));
	assert_int_equal(net_lists_targets(&s.manager, "work", true, &targets, &count, &fallback, &generation), 0);
	action = netlist_decide(&(struct net_decider){ targets, count, fallback }, &f, &target);
	free(targets);
	return action;
}

static unsigned count_in(const char *name, const char *words)
{
	char path[128], *text = NULL;
	unsigned n = 0;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s", s.dir, name);
	if (fd_read_file(path, 1 << 20, &text, &len) < 0)
		return 0;
	for (const char *at = strstr(text, words); at; at = strstr(at + 1, words))
		n++;
	free(text);
	return n;
}

static void test_asked(void **state)
{
	char text[256];

	says(NULL);
	flow(1, "example.org", "203.0.113.1");
	assert_true(stand_wait(&s, &agent.asked, 1));
	assert_true(stand_get(agent.question, "Kind", text, sizeof(text)));
	assert_string_equal(text, "net");
	assert_true(stand_get(agent.question, "Subject", text, sizeof(text)));
	assert_string_equal(text, "work");
	assert_true(stand_get(agent.question, "Object", text, sizeof(text)));
	assert_string_equal(text, "net0");
	assert_true(stand_get(agent.question, "ObjectColor", text, sizeof(text)));
	assert_string_equal(text, "#7e22ce");
	assert_true(stand_get(agent.question, "Claim", text, sizeof(text)));
	assert_string_equal(text, "example.org:443/tcp");
	assert_true(stand_get(agent.question, "Address", text, sizeof(text)));
	assert_string_equal(text, "203.0.113.1");
	assert_true(stand_get(agent.question, "Program", text, sizeof(text)));
	assert_string_equal(text, "");
	flow(2, "", "203.0.113.2");
	assert_true(stand_wait(&s, &agent.asked, 2));
	assert_true(stand_get(agent.question, "Claim", text, sizeof(text)));
	assert_string_equal(text, "203.0.113.2:443/tcp");
	/* a name never means an address that is reserved */
	flow(3, "evil.example", "10.0.2.2");
	assert_true(stand_wait(&s, &agent.asked, 3));
	assert_true(stand_get(agent.question, "Claim", text, sizeof(text)));
	assert_string_equal(text, "10.0.2.2:443/tcp");
	/* nor what would read as something else in a list */
	flow(4, "any", "203.0.113.4");
	assert_true(stand_wait(&s, &agent.asked, 4));
	assert_true(stand_get(agent.question, "Claim", text, sizeof(text)));
	assert_string_equal(text, "203.0.113.4:443/tcp");
	flow(5, "192.0.2.7", "203.0.113.5");
	assert_true(stand_wait(&s, &agent.asked, 5));
	assert_true(stand_get(agent.question, "Claim", text, sizeof(text)));
	assert_string_equal(text, "203.0.113.5:443/tcp");
	assert_int_equal(stand_nanswers, 0);
}

/* The guest's word, for which the user does not wait. */
static void test_program(void **state)
{
	char text[256];

	says(NULL);
	work->agent = VM_AGENT_READY;
	stand_owners = true;
	stand_nsent = 0;
	flow(1, "example.org", "203.0.113.1");
	assert_int_equal(stand_nsent, 1);
	assert_int_equal(stand_sent.type, HELPER_OWNER_REQ);
	assert_int_equal(stand_sent.owner_req.port, 40000);
	assert_int_equal(stand_sent.owner_req.proto, NET_TCP);
	stand_rest(&s, 50);
	assert_int_equal(agent.asked, 0);
	net_owner_arrived(work, stand_sent.owner_req.id + 1, "wrong");
	net_owner_arrived(work, stand_sent.owner_req.id, "fire\033fox");
	assert_true(stand_wait(&s, &agent.asked, 1));
	assert_true(stand_get(agent.question, "Program", text, sizeof(text)));
	assert_string_equal(text,
		"fire\xef\xbf\xbd"
		"fox");
	assert_string_equal(net_state_program(net_state_vm(s.manager.net_lists, "work", false), NET_TCP, 40000), text);
	flow(2, "example.com", "203.0.113.1");
	assert_true(stand_wait(&s, &agent.asked, 2)); /* without an answer of the guest's */
	assert_true(stand_get(agent.question, "Program", text, sizeof(text)));
	assert_string_equal(text, "");
	flow(3, "example.net", "203.0.113.1");
	net_lists_withdraw(&s.manager, work, 3);
	net_owner_arrived(work, stand_sent.owner_req.id, "late");
	flow(4, "example.edu", "203.0.113.1");
	net_lists_vm_off(&s.manager, work);
	stand_rest(&s, 400);
	assert_int_equal(agent.asked, 2);
	stand_owners = false;
}

static void test_once(void **state)
{
	says("once");
	flow(1, "example.org", "203.0.113.1");
	assert_true(stand_wait(&s, &stand_nanswers, 1));
	assert_true(answered(1, true));
	assert_int_equal(changed, 0);
	assert_int_equal(now_says("example.org", "203.0.113.1"), NET_ASK);
	flow(2, "example.org", "203.0.113.1");
	assert_true(stand_wait(&s, &agent.asked, 2));
	assert_true(stand_wait(&s, &stand_nanswers, 2));
	assert_int_equal(count_in("audit.log", "\"how\":\"once\""), 2);
	agent.verdict = "yes"; /* of an agent that knows of no others */
	flow(3, "example.org", "203.0.113.1");
	assert_true(stand_wait(&s, &stand_nanswers, 3));
	assert_true(answered(3, true));
}

static void test_session(void **state)
{
	says("session");
	flow(1, "example.org", "203.0.113.1");
	assert_true(stand_wait(&s, &stand_nanswers, 1));
	assert_true(answered(1, true));
	assert_int_equal(changed, 1);
	assert_int_equal(now_says("example.org", "203.0.113.1"), NET_ALLOW);
	assert_int_equal(now_says("example.org", "203.0.113.9"), NET_ALLOW); /* the name counts */
	assert_int_equal(now_says("example.com", "203.0.113.1"), NET_ASK);
	/* a line that denies it later has the last word, and one that asks has not */
	stand_list(&s, "a.net", "work deny example.org\n");
	assert_int_equal(now_says("example.org", "203.0.113.1"), NET_DENY);
	stand_list(&s, "a.net", "work ask *.org\nwork ask example.org\n");
	assert_int_equal(now_says("example.org", "203.0.113.1"), NET_ALLOW);
	net_lists_vm_off(&s.manager, work);
	assert_int_equal(now_says("example.org", "203.0.113.1"), NET_ASK);
}

static void test_always(void **state)
{
	says("always");
	flow(1, "example.org", "203.0.113.1");
	assert_true(stand_wait(&s, &stand_nanswers, 1));
	assert_true(answered(1, true));
	assert_int_equal(count_in("vmos/net.d/50-vmos.net", "work allow example.org:443/tcp\n"), 1);
	assert_int_equal(count_in("audit.log", "\"event\":\"net-add\""), 1);
	assert_int_equal(count_in("audit.log", "\"by\":\"answer\""), 1);
	net_lists_vm_off(&s.manager, work);
	assert_int_equal(now_says("example.org", "203.0.113.1"), NET_ALLOW);
	/* a file that is read later has it asked still: then it holds for the session */
	stand_list(&s, "60.net", "work ask late.example\n");
	flow(2, "late.example", "203.0.113.2");
	assert_true(stand_wait(&s, &stand_nanswers, 2));
	assert_true(answered(2, true));
	assert_int_equal(now_says("late.example", "203.0.113.2"), NET_ALLOW);
	net_lists_vm_off(&s.manager, work);
	assert_int_equal(now_says("late.example", "203.0.113.2"), NET_ASK);
}

static void test_no(void **state)
{
	says("no");
	flow(1, "example.org", "203.0.113.1");
	assert_true(stand_wait(&s, &stand_nanswers, 1));
	assert_true(answered(1, false));
	flow(2, "example.org", "203.0.113.1");
	assert_true(answered(2, false));
	assert_int_equal(agent.asked, 1);
	fake_now += 59 * USEC;
	flow(3, "example.org", "203.0.113.1");
	assert_true(answered(3, false));
	flow(4, "other.example", "203.0.113.1"); /* another target */
	assert_true(stand_wait(&s, &agent.asked, 2));
	fake_now += 2 * USEC;
	flow(5, "example.org", "203.0.113.1");
	assert_true(stand_wait(&s, &agent.asked, 3));
	agent.verdict = "forever";
	flow(6, "third.example", "203.0.113.1");
	assert_true(stand_wait(&s, &agent.asked, 4));
	stand_rest(&s, 50);
	assert_true(answered(6, false));
}

/* Equal questions are one prompt, whose answer is for all; withdrawn ones go with their last flow. */
static void test_equal(void **state)
{
	says(NULL);
	flow(1, "example.org", "203.0.113.1");
	flow(2, "example.org", "203.0.113.2");
	flow(3, "example.com", "203.0.113.2");
	assert_true(stand_wait(&s, &agent.asked, 2));
	net_lists_withdraw(&s.manager, work, 1);
	stand_rest(&s, 50);
	assert_int_equal(agent.cancelled, 0);
	net_lists_withdraw(&s.manager, work, 2);
	assert_true(stand_wait(&s, &agent.cancelled, 1));
	flow(4, "example.org", "203.0.113.1"); /* windows do not come and go */
	assert_true(answered(4, false));
	net_lists_withdraw(&s.manager, work, 99);
	net_lists_vm_off(&s.manager, work);
	assert_true(stand_wait(&s, &agent.cancelled, 2));
	assert_int_equal(stand_nanswers, 1);
}

static void test_joined(void **state)
{
	says(NULL);
	agent.verdict = "once";
	flow(1, "example.org", "203.0.113.1");
	flow(2, "example.org", "203.0.113.2");
	agent.does = STAND_VERDICT;
	assert_true(stand_wait(&s, &stand_nanswers, 2));
	assert_true(answered(1, true));
	assert_true(answered(2, true));
	assert_int_equal(agent.asked, 1);
}

/* Eight are put, the rest of 50 wait, more are a no; so is what comes too fast. */
static void test_flood(void **state)
{
	char name[32];

	says(NULL);
	for (uint32_t id = 1; id <= NET_QUESTIONS_MINUTE + 10; id++) {
		snprintf(name, sizeof(name), "n%u.example", id);
		flow(id, name, "203.0.113.1");
	}
	assert_true(stand_wait(&s, &agent.asked, NET_QUESTIONS_PUT_VM));
	stand_rest(&s, 50);
	assert_int_equal(agent.asked, NET_QUESTIONS_PUT_VM);
	assert_int_equal(stand_nanswers, 10);
	net_lists_withdraw(&s.manager, work, 1);
	assert_true(stand_wait(&s, &agent.asked, NET_QUESTIONS_PUT_VM + 1));
	assert_int_equal(count_in("audit.log", "\"kind\":\"net\""), 0);
}

static void test_nobody(void **state)
{
	agent = (struct stand_agent){ 0 };
	for (uint32_t id = 1; id <= 20; id++)
		flow(id, "example.org", "203.0.113.1");
	assert_int_equal(stand_nanswers, 20);
	assert_true(answered(1, false));
	assert_int_equal(count_in("audit.log", "\"kind\":\"net\""), 0);
}

static void test_timeout(void **state)
{
	says(NULL);
	s.manager.decisions.timeout = 1;
	flow(1, "example.org", "203.0.113.1");
	assert_true(stand_wait(&s, &stand_nanswers, 1));
	assert_true(answered(1, false));
	assert_int_equal(agent.cancelled, 0);
	assert_true(stand_wait(&s, &agent.cancelled, 1));
	assert_int_equal(count_in("audit.log", "\"verdict\":\"expired\""), 1);
}

/* vmos-tap died, or the link ended: what comes then may have the same numbers, and is asked anew. */
static void test_unlinked(void **state)
{
	says(NULL);
	flow(1, "example.org", "203.0.113.1");
	assert_true(stand_wait(&s, &agent.asked, 1));
	net_lists_unlinked(&s.manager, work);
	assert_true(stand_wait(&s, &agent.cancelled, 1));
	flow(1, "other.example", "203.0.113.2");
	assert_true(stand_wait(&s, &agent.asked, 2));
	sd_bus_reply_method_return(agent.question, "ss", "once", "net0");
	assert_true(stand_wait(&s, &stand_nanswers, 1));
	flow(2, "example.org", "203.0.113.1"); /* it was no answer */
	assert_true(stand_wait(&s, &agent.asked, 3));
}

/* Without a record there is no yes, and no line. */
static void test_no_record(void **state)
{
	struct audit *audit = s.manager.audit;

	says("session");
	s.manager.audit = NULL;
	flow(1, "example.org", "203.0.113.1");
	assert_true(stand_wait(&s, &stand_nanswers, 1));
	assert_true(answered(1, false));
	assert_int_equal(now_says("example.org", "203.0.113.1"), NET_ASK);
	s.manager.audit = audit;
}

/* The list denies it by now: a yes comes too late. */
static void test_late(void **state)
{
	says(NULL);
	flow(1, "example.org", "203.0.113.1");
	assert_true(stand_wait(&s, &agent.asked, 1));
	stand_list(&s, "a.net", "work deny example.org\n");
	sd_bus_reply_method_return(agent.question, "ss", "always", "net0");
	assert_true(stand_wait(&s, &stand_nanswers, 1));
	assert_true(answered(1, false));
	assert_int_equal(count_in("audit.log", "\"verdict\":\"cancelled\""), 1);
	assert_int_equal(count_in("vmos/net.d/50-vmos.net", "allow"), 0);
}

static void test_end(void **state)
{
	says(NULL);
	flow(1, "example.org", "203.0.113.1");
	flow(2, "example.com", "203.0.113.1");
	net_lists_finish(&s.manager);
	assert_int_equal(stand_nanswers, 2);
	assert_true(answered(2, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_asked, setup, teardown),
		cmocka_unit_test_setup_teardown(test_program, setup, teardown),
		cmocka_unit_test_setup_teardown(test_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_session, setup, teardown),
		cmocka_unit_test_setup_teardown(test_always, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no, setup, teardown),
		cmocka_unit_test_setup_teardown(test_equal, setup, teardown),
		cmocka_unit_test_setup_teardown(test_joined, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flood, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nobody, setup, teardown),
		cmocka_unit_test_setup_teardown(test_timeout, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unlinked, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_record, setup, teardown),
		cmocka_unit_test_setup_teardown(test_late, setup, teardown),
		cmocka_unit_test_setup_teardown(test_end, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
