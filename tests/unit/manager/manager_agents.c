/* SPDX-License-Identifier: GPL-2.0-or-later */
/* argv[1]: the policy for the system bus that vmOS installs. */
#include "manager/agents.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/userbus.h"
#include "tests/unit/manager/ask_stand.h"
#include "tests/unit/unit.h"

/* daemon and bin: dbus-daemon lets in none but users it can look up. */
#define OTHER_UID 1
#define THIRD_UID 2

static const char *policy;

static int open_stand(void **state, enum stand_bus kind, const char *include)
{
	static struct stand s;

	if (stand_open(&s, kind, include) < 0)
		return -1;
	stand_add_vm(&s, "web", 0xdc2626);
	stand_add_vm(&s, "work", 0x2563eb);
	*state = &s;
	return stand_rules(&s, "web work w ask\n") < 0;
}

static int setup(void **state)
{
	return open_stand(state, STAND_SESSION, NULL);
}

static int setup_system(void **state)
{
	return open_stand(state, STAND_SYSTEM, policy);
}

static int teardown(void **state)
{
	stand_close(*state);
	return 0;
}

static int ask(struct stand *s, struct stand_verdict *v)
{
	struct question q = { QUESTION_SEND, "web", "work", "a", 1, 1, NULL };
	struct decision *d;

	*v = (struct stand_verdict){ .stand = s };
	return decision_make(&s->manager, &q, stand_decided, v, &d);
}

static void test_newest_first(void **state)
{
	struct stand_agent old, new;
	struct stand_verdict v;

	assert_int_equal(stand_agent_open(*state, &old, STAND_NO), 0);
	assert_int_equal(stand_agent_open(*state, &new, STAND_YES), 0);
	assert_int_equal(ask(*state, &v), 0);
	assert_true(stand_wait(*state, &v.called, 1));
	assert_int_equal(v.verdict, VERDICT_ALLOWED);
	assert_int_equal(old.asked, 0);
	stand_agent_close(&old);
	stand_agent_close(&new);
}

/* It leaves with a question in hand: the next gets that, and its answer counts. */
static void test_leaves(void **state)
{
	struct stand *s = *state;
	struct stand_agent old, new;
	struct stand_verdict v;

	assert_int_equal(stand_agent_open(s, &old, STAND_YES), 0);
	assert_int_equal(stand_agent_open(s, &new, STAND_SILENT), 0);
	assert_int_equal(ask(s, &v), 0);
	assert_true(stand_wait(s, &new.asked, 1));
	assert_int_equal(v.called, 0);
	stand_agent_close(&new);
	assert_true(stand_wait(s, &v.called, 1));
	assert_int_equal(v.verdict, VERDICT_ALLOWED);
	assert_int_equal(old.asked, 1);
	stand_rest(s, 100);
	assert_int_equal(s->manager.agents.count, 1);
	/* the last one leaves */
	old.does = STAND_SILENT;
	old.asked = 0;
	assert_int_equal(ask(s, &v), 0);
	assert_true(stand_wait(s, &old.asked, 1));
	stand_agent_close(&old);
	assert_true(stand_wait(s, &v.called, 1));
	assert_int_equal(v.verdict, VERDICT_DENIED);
	assert_non_null(strstr(v.reason, "no program is there to ask"));
	stand_rest(s, 100);
	assert_int_equal(s->manager.agents.count, 0);
	assert_int_equal(ask(s, &v), 1);
}

static void test_cannot_ask(void **state)
{
	struct stand_agent old, new;
	struct stand_verdict v;

	assert_int_equal(stand_agent_open(*state, &old, STAND_ERROR), 0);
	assert_int_equal(stand_agent_open(*state, &new, STAND_ERROR), 0);
	assert_int_equal(ask(*state, &v), 0);
	assert_true(stand_wait(*state, &v.called, 1));
	assert_int_equal(v.verdict, VERDICT_DENIED);
	assert_int_equal(old.asked, 1);
	assert_int_equal(new.asked, 1);
	stand_agent_close(&old);
	stand_agent_close(&new);
}

static void test_never_answers(void **state)
{
	struct stand *s = *state;
	struct stand_agent agent;
	struct stand_verdict v;

	s->manager.decisions.timeout = 1;
	assert_int_equal(stand_agent_open(s, &agent, STAND_SILENT), 0);
	assert_int_equal(ask(s, &v), 0);
	assert_true(stand_wait(s, &v.called, 1));
	assert_int_equal(v.verdict, VERDICT_EXPIRED);
	assert_true(stand_wait(s, &agent.cancelled, 1));
	/* what it says afterwards is nobody's answer */
	assert_true(sd_bus_reply_method_return(agent.question, "ss", "yes", "") >= 0);
	stand_rest(s, 100);
	assert_int_equal(v.called, 1);
	stand_agent_close(&agent);
}

/* Says yes in the agent's place, by a reply to the call that only the agent has. */
static void forge(struct stand *s, struct stand_agent *agent, const char *error)
{
	sd_bus *stranger = stand_connect(s);
	sd_bus_message *reply = NULL;

	assert_non_null(stranger);
	if (error)
		assert_true(sd_bus_message_new_method_errorf(agent->question, &reply, error, "gone") >= 0);
	else
		assert_true(sd_bus_message_new_method_return(agent->question, &reply) >= 0);
	if (!error)
		assert_true(sd_bus_message_append(reply, "ss", "yes", "") >= 0);
	assert_true(sd_bus_send(stranger, reply, NULL) >= 0);
	sd_bus_flush(stranger);
	sd_bus_message_unref(reply);
	stand_rest(s, 200);
	sd_bus_flush_close_unref(stranger);
}

/* The user's own bus lets such a reply through. */
static void test_stranger(void **state)
{
	static const char *const errors[] = { NULL, "org.freedesktop.DBus.Error.NoReply" };
	struct stand *s = *state;
	struct stand_agent old, agent;
	struct stand_verdict v;

	assert_int_equal(stand_agent_open(s, &old, STAND_YES), 0);
	for (size_t i = 0; i < COUNT(errors); i++) {
		s->manager.decisions.memory.refused = (struct decision_marks){ 0 };
		assert_int_equal(stand_agent_open(s, &agent, STAND_SILENT), 0);
		assert_int_equal(ask(s, &v), 0);
		assert_true(stand_wait(s, &agent.asked, 1));
		forge(s, &agent, errors[i]);
		assert_true(stand_wait(s, &v.called, 1));
		assert_int_equal(v.verdict, VERDICT_DENIED);
		assert_non_null(strstr(v.reason, "in the user's place"));
		assert_true(stand_wait(s, &agent.cancelled, 1));
		assert_int_equal(old.asked, 0);
		stand_agent_close(&agent);
	}
	stand_agent_close(&old);
}

static void test_registry(void **state)
{
	struct stand *s = *state;
	struct stand_agent agents[AGENTS_MAX + 1];

	for (unsigned i = 0; i < AGENTS_MAX; i++)
		assert_int_equal(stand_agent_open(s, &agents[i], STAND_SILENT), 0);
	assert_true(stand_agent_open(s, &agents[AGENTS_MAX], STAND_SILENT) < 0);
	assert_int_equal(s->manager.agents.count, AGENTS_MAX);
	for (unsigned i = 0; i <= AGENTS_MAX; i++)
		stand_agent_close(&agents[i]);
	stand_rest(s, 200);
	assert_int_equal(s->manager.agents.count, 0);
}

/* Registers as user @uid, in a process of its own; 0, or what came instead. */
static int register_as(struct stand *s, uid_t uid, const char *method)
{
	char *path = stand_address(s);
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		sd_bus *bus = NULL;

		if (setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0 ||
			userbus_open_private(path, &bus) < 0)
			_exit(2);
		_exit(sd_bus_call_method(bus, MANAGER_BUS_NAME, MANAGER_BUS_PATH, MANAGER_BUS_NAME, method, NULL, NULL,
			      "o", "/a") < 0);
	}
	free(path);
	while (waitpid(pid, &status, WNOHANG) == 0)
		sd_event_run(s->event, 20000);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 3;
}

/* Root, the display's user, and whom polkit lets; there is no polkit on this bus. */
static void test_system(void **state)
{
	struct stand *s = *state;
	struct stand_agent agent;
	struct stand_verdict v;

	s->manager.system = true;
	assert_int_equal(register_as(s, OTHER_UID, "RegisterAgent"), 1);
	s->manager.display = "/run/user/1/wayland-0";
	s->manager.display_uid = OTHER_UID;
	assert_int_equal(register_as(s, OTHER_UID, "RegisterAgent"), 0);
	assert_int_equal(register_as(s, OTHER_UID, "UnregisterAgent"), 1); /* another connection's */
	assert_int_equal(register_as(s, THIRD_UID, "RegisterAgent"), 1);
	/* the bus's policy lets the question through */
	assert_int_equal(stand_agent_open(s, &agent, STAND_YES), 0);
	assert_int_equal(ask(s, &v), 0);
	assert_true(stand_wait(s, &v.called, 1));
	assert_int_equal(v.verdict, VERDICT_ALLOWED);
	/* and nobody's answer but the agent's */
	agent.does = STAND_SILENT;
	assert_int_equal(ask(s, &v), 0);
	assert_true(stand_wait(s, &agent.asked, 2));
	forge(s, &agent, NULL);
	assert_int_equal(v.called, 0);
	decision_finish(&s->manager);
	s->manager.display = NULL;
	stand_agent_close(&agent);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_newest_first, setup, teardown),
		cmocka_unit_test_setup_teardown(test_leaves, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cannot_ask, setup, teardown),
		cmocka_unit_test_setup_teardown(test_never_answers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stranger, setup, teardown),
		cmocka_unit_test_setup_teardown(test_registry, setup, teardown),
	};
	const struct CMUnitTest as_root[] = {
		cmocka_unit_test_setup_teardown(test_system, setup_system, teardown),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	policy = argv[1];
	if (geteuid() != 0)
		printf("# SKIP the system bus: takes root, to be several users\n");
	else
		failed += cmocka_run_group_tests(as_root, NULL, NULL);
	return failed;
}
