/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vmos agent` on a terminal and on pipes, asked by the manager's own code. argv[1]: vmos. */
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "manager/net_owner.h"
#include "manager/net_state.h"
#include "tests/unit/manager/ask_stand.h"
#include "tests/unit/unit.h"

#define OUTPUT_MAX 65536
#define STEP_MS 20
#define STEPS 600
#define PROMPT "[y/N]"

static const char *vmos;

/* vmos, what it wrote, and the questions it is asked. */
struct scene {
	struct stand stand;
	pid_t pid;
	int fd; /* the terminal's other end, or a socket */
	char output[OUTPUT_MAX];
	size_t len;
	struct stand_verdict verdict;
	struct decision *decision;
};

static void start(struct scene *s, bool terminal, const char *option)
{
	struct winsize size = { .ws_row = 40, .ws_col = 80 };
	int ends[2] = { -1, -1 };

	if (!terminal)
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	s->pid = terminal ? forkpty(&s->fd, NULL, NULL, &size) : fork();
	if (s->pid == 0) {
		if (!terminal && (dup2(ends[1], 0) < 0 || dup2(ends[1], 1) < 0))
			_exit(99);
		execl(vmos, "vmos", "--session", "agent", option, (char *)NULL);
		_exit(98);
	}
	assert_true(s->pid > 0);
	if (!terminal) {
		close(ends[1]);
		s->fd = ends[0];
	}
	fcntl(s->fd, F_SETFL, O_NONBLOCK);
	for (int i = 0; i < STEPS && s->stand.manager.agents.count == 0; i++)
		stand_rest(&s->stand, STEP_MS);
	assert_int_equal(s->stand.manager.agents.count, 1);
}

static int setup(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	char address[128];

	if (!s || stand_open(&s->stand, STAND_SESSION, NULL) < 0)
		return -1;
	stand_add_vm(&s->stand, "web", 0xdc2626);
	stand_add_vm(&s->stand, "work", 0x2563eb);
	stand_add_vm(&s->stand, "vault", 0x7e22ce);
	snprintf(address, sizeof(address), "unix:path=%s/bus", s->stand.dir);
	setenv("DBUS_SESSION_BUS_ADDRESS", address, 1);
	setenv("NO_COLOR", "1", 1);
	*state = s;
	return stand_rules(&s->stand, "web work w ask\nweb vault w ask\n") < 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;

	kill(s->pid, SIGTERM);
	waitpid(s->pid, NULL, 0);
	close(s->fd);
	stand_close(&s->stand);
	free(s);
	return 0;
}

static void collect(struct scene *s)
{
	ssize_t n;

	while ((n = read(s->fd, s->output + s->len, OUTPUT_MAX - 1 - s->len)) > 0)
		s->len += (size_t)n;
	s->output[s->len] = '\0';
}

/* Lets everything run for @msec. */
static void rest(struct scene *s, int msec)
{
	for (int i = 0; i < msec; i += STEP_MS) {
		stand_rest(&s->stand, STEP_MS);
		collect(s);
	}
}

/* Waits until vmos has written @text, and forgets what it wrote. */
static void expect(struct scene *s, const char *text)
{
	for (int i = 0; i < STEPS && !strstr(s->output, text); i++)
		rest(s, STEP_MS);
	if (!strstr(s->output, text))
		fail_msg("\"%s\" does not come in \"%s\"", text, s->output);
	s->len = 0;
	s->output[0] = '\0';
}

static void type(struct scene *s, const char *text)
{
	assert_int_equal(write(s->fd, text, strlen(text)), strlen(text));
}

static void ask(struct scene *s, const char *object, const char *claim)
{
	struct question q = { QUESTION_SEND, "web", object, claim, 4096, 2, "user" };

	s->stand.manager.decisions.memory.refused = (struct decision_marks){ 0 };
	s->verdict = (struct stand_verdict){ .stand = &s->stand };
	assert_int_equal(decision_make(&s->stand.manager, &q, stand_decided, &s->verdict, &s->decision), 0);
}

static void expect_verdict(struct scene *s, enum verdict verdict)
{
	for (int i = 0; i < STEPS && !s->verdict.called; i++)
		rest(s, STEP_MS);
	assert_int_equal(s->verdict.called, 1);
	assert_int_equal(s->verdict.verdict, verdict);
}

static void test_answers(void **state)
{
	static const struct {
		const char *typed;
		enum verdict verdict;
	} cases[] = {
		{ "y\n", VERDICT_ALLOWED },
		{ "yes\n", VERDICT_ALLOWED },
		{ "YES\n", VERDICT_ALLOWED },
		{ "\n", VERDICT_DENIED },
		{ "n\n", VERDICT_DENIED },
		{ "yess\n", VERDICT_DENIED },
		{ "y y\n", VERDICT_DENIED },
		{ " y\n", VERDICT_DENIED },
		{ "\004", VERDICT_DENIED },
	};
	struct scene *s = *state;

	start(s, true, NULL);
	for (size_t i = 0; i < COUNT(cases); i++) {
		ask(s, "work", "a.txt");
		expect(s, PROMPT);
		type(s, cases[i].typed);
		expect_verdict(s, cases[i].verdict);
	}
}

/* Neither what was typed before the question, nor what is typed when it has just come. */
static void test_typed_ahead(void **state)
{
	struct scene *s = *state;

	start(s, true, NULL);
	type(s, "yes\ny\nye");
	rest(s, 300);
	ask(s, "work", "a.txt");
	expect(s, "vmOS asks");
	type(s, "y\n");
	expect(s, PROMPT);
	rest(s, 600);
	assert_int_equal(s->verdict.called, 0);
	type(s, "y\n");
	expect_verdict(s, VERDICT_ALLOWED);
	/* and the second line of two is no answer to what comes next */
	ask(s, "work", "b.txt");
	expect(s, PROMPT);
	type(s, "n\ny\n");
	expect_verdict(s, VERDICT_DENIED);
	ask(s, "vault", "c.txt");
	expect(s, PROMPT);
	rest(s, 600);
	assert_int_equal(s->verdict.called, 0);
}

static void test_shown(void **state)
{
	struct scene *s = *state;
	char longer[400];

	start(s, true, NULL);
	memset(longer, 'a', sizeof(longer));
	memcpy(longer, "start", 5);
	memcpy(longer + sizeof(longer) - 5, ".exe", 5);
	ask(s, "work", "a\033[2J\xe2\x80\xae.txt");
	while (!strstr(s->output, PROMPT))
		rest(s, STEP_MS);
	assert_null(strchr(s->output, '\033'));
	assert_non_null(strstr(s->output, "web wants to send files to work."));
	assert_non_null(strstr(s->output, "it claims   a\xef\xbf\xbd[2J\xef\xbf\xbd.txt"));
	assert_non_null(strstr(s->output, "4.0 KiB in 2 files"));
	assert_non_null(strstr(s->output, "/50-test.rules:1"));
	expect(s, PROMPT);
	type(s, "n\n");
	expect_verdict(s, VERDICT_DENIED);
	ask(s, "work", longer);
	while (!strstr(s->output, PROMPT))
		rest(s, STEP_MS);
	assert_non_null(strstr(s->output, "it claims   start"));
	assert_non_null(strstr(s->output, "a…a"));
	assert_non_null(strstr(s->output, "a.exe\r\n"));
	assert_null(strstr(s->output, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

static void handle_nothing(enum agents_answer answer, const char *untrusted_object, void *userdata)
{
}

/* What vmosd makes safe is made safe once more: the terminal is the agent's. */
static void test_shown_safely(void **state)
{
	struct scene *s = *state;
	struct asked q = { .id = 9,
		.kind = "send",
		.subject = "web",
		.subject_color = "",
		.object = "wo\033[2Jrk",
		.object_color = "",
		.claim = "a\nb\033]0;c",
		.rule = "r:1\r",
		.timeout = 60 };
	struct asking *asking;

	start(s, true, NULL);
	assert_int_equal(agents_ask(&s->stand.manager, &q, handle_nothing, NULL, &asking), 0);
	while (!strstr(s->output, PROMPT))
		rest(s, STEP_MS);
	assert_null(strchr(s->output, '\033'));
	assert_non_null(strstr(s->output,
		"it claims   a\xef\xbf\xbd"
		"b\xef\xbf\xbd]0;c\r\n"));
	asking_cancel(asking);
	expect(s, "Withdrawn");
}

static void test_withdrawn(void **state)
{
	struct scene *s = *state;

	start(s, true, NULL);
	ask(s, "work", "a.txt");
	expect(s, PROMPT);
	decision_cancel(s->decision);
	expect(s, "Withdrawn");
	s->stand.manager.decisions.timeout = 1;
	ask(s, "work", "a.txt");
	expect(s, "The time is up");
	rest(s, 200);
	assert_int_equal(s->verdict.called, 1);
	assert_true(s->verdict.verdict != VERDICT_ALLOWED);
	/* with no question left, Ctrl-D ends it */
	type(s, "\004");
	for (int i = 0; i < STEPS && s->stand.manager.agents.count > 0; i++)
		rest(s, STEP_MS);
	assert_int_equal(s->stand.manager.agents.count, 0);
}

static void test_choice(void **state)
{
	struct scene *s = *state;

	start(s, true, NULL);
	ask(s, "", "a.txt");
	expect(s, "Which one?");
	type(s, "2\n");
	expect_verdict(s, VERDICT_ALLOWED);
	assert_string_equal(s->verdict.object, "work"); /* the newest VM comes first */
	ask(s, "", "a.txt");
	expect(s, "Which one?");
	type(s, "vault\n");
	expect_verdict(s, VERDICT_ALLOWED);
	assert_string_equal(s->verdict.object, "vault");
	for (int i = 0; i < 4; i++) {
		ask(s, "", "a.txt");
		expect(s, "Which one?");
		type(s, (const char *[]){ "3\n", "0\n", "y\n", "\n" }[i]);
		expect_verdict(s, VERDICT_DENIED);
	}
}

static void test_once(void **state)
{
	struct scene *s = *state;
	int status = -1;

	start(s, true, "--once");
	ask(s, "work", "a.txt");
	expect(s, PROMPT);
	type(s, "y\n");
	expect_verdict(s, VERDICT_ALLOWED);
	assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	s->pid = fork(); /* for teardown() */
	if (s->pid == 0)
		_exit(0);
}

static void test_json(void **state)
{
	struct scene *s = *state;

	start(s, false, "--json");
	ask(s, "work", "a \"b\"");
	expect(s,
		"\"event\":\"question\",\"id\":1,\"kind\":\"send\",\"subject\":\"web\",\"subject_color\":\"#dc2626\","
		"\"object\":\"work\",\"object_color\":\"#2563eb\",\"claim\":\"a \\\"b\\\"\",\"candidates\":[],"
		"\"bytes\":4096,\"files\":2,\"timeout\":60,");
	/* none of these answers it */
	type(s, "yes\n{}\n[1]\n{\"id\": 2, \"verdict\": \"yes\"}\n{\"verdict\": \"yes\"}\n{\"id\": \"1\"}\n");
	rest(s, 300);
	assert_int_equal(s->verdict.called, 0);
	type(s, "{\"id\": 1, \"ver");
	rest(s, 100);
	type(s, "dict\": \"yes\"}\n");
	expect_verdict(s, VERDICT_ALLOWED);
	ask(s, "", "a");
	expect(s, "\"candidates\":[{\"name\":\"vault\",\"color\":\"#7e22ce\"},");
	type(s, "{\"id\": 2, \"verdict\": \"yes\", \"object\": \"vault\"}\n");
	expect_verdict(s, VERDICT_ALLOWED);
	assert_string_equal(s->verdict.object, "vault");
	ask(s, "work", "a");
	expect(s, "\"question\",\"id\":3");
	decision_cancel(s->decision);
	expect(s, "{\"event\":\"cancel\",\"id\":3,\"reason\":\"withdrawn\"}");
	assert_true(stand_rules(&s->stand, "web work w notify\n") >= 0);
	assert_int_equal(
		decision_make(&s->stand.manager, &(struct question){ QUESTION_SEND, "web", "work", "a", 0, 0, NULL },
			stand_decided, &s->verdict, &s->decision),
		1);
	expect(s, "{\"event\":\"notice\",\"kind\":\"send\",\"subject\":\"web\"");
}

static void notify(struct scene *s, uint32_t id)
{
	const struct helper_notify n = { .id = id, .urgency = NOTIFICATION_NORMAL };
	struct notification text = { .app = "foot", .summary = "web: \"Done\"", .body = "Gr\xc3\xbc\xc3\x9f" };

	assert_int_equal(stand_notify(&s->stand, "work", &n, &text), 0);
}

/* A line of the host's, with the VM's name in front; never two, however long the guest's text is. */
static void test_notification(void **state)
{
	struct scene *s = *state;
	const struct helper_notify n = { .id = 2 };
	struct notification text = { .summary = "long" };

	start(s, true, NULL);
	notify(s, 1);
	expect(s, "work: web: \"Done\" \xe2\x80\x93 Gr\xc3\xbc\xc3\x9f\r\n");
	memset(text.body, 'x', sizeof(text.body) - 1);
	assert_int_equal(stand_notify(&s->stand, "work", &n, &text), 0);
	expect(s, "xxx\r\n");
	rest(s, 100);
	assert_null(strstr(s->output, "\n"));
	vm_notify_held(manager_find_vm(&s->stand.manager, "work"), 1);
	expect(s, "work: 1 more notification was held back\r\n");
	vm_notify_held(manager_find_vm(&s->stand.manager, "work"), 995);
	expect(s, "work: 995 more notifications were held back\r\n");
}

static void test_json_notification(void **state)
{
	struct scene *s = *state;

	start(s, false, "--json");
	notify(s, 7);
	expect(s,
		"{\"event\":\"notification\",\"vm\":\"work\",\"color\":\"#2563eb\",\"id\":7,\"urgency\":1,\"app\":"
		"\"foot\","
		"\"summary\":\"web: \\\"Done\\\"\",\"body\":\"Gr\xc3\xbc\xc3\x9f\"}\n");
	vm_notify_held(manager_find_vm(&s->stand.manager, "work"), 995);
	expect(s, "{\"event\":\"notification\",\"vm\":\"work\",\"color\":\"#2563eb\",\"held\":995}\n");
}

/* A flow that waits; the answer is in stand_answers. */
static void ask_net(struct scene *s, uint32_t id, const char *name)
{
	struct tap_flow flow = { .id = id };
	struct vm *work = manager_find_vm(&s->stand.manager, "work");

	snprintf(flow.name, sizeof(flow.name), "%s", name);
	work->agent = VM_AGENT_READY;
	stand_owners = true;
	stand_flow(&s->stand, "work", &flow, "203.0.113.1", 443);
	net_owner_arrived(work, stand_sent.owner_req.id, "fox\033[2J");
	stand_owners = false;
}

static void start_net(struct scene *s, bool terminal, const char *option)
{
	snprintf(manager_find_vm(&s->stand.manager, "work")->config.net, VM_NAME_MAX + 1, "net0");
	stand_nanswers = 0;
	assert_true(stand_rules(&s->stand, "web work w ask\nwork net0 w ask\n") >= 0);
	assert_int_equal(stand_net(&s->stand), 0);
	start(s, terminal, option);
}

static void expect_answer(struct scene *s, int n, bool allow)
{
	for (int i = 0; i < STEPS && stand_nanswers < n; i++)
		rest(s, STEP_MS);
	assert_int_equal(stand_nanswers, n);
	assert_int_equal(stand_answers[n - 1].allow, allow);
}

static size_t sessions(const struct scene *s)
{
	return net_state_vm(s->stand.manager.net_lists, "work", false)->nsessions;
}

static void test_net(void **state)
{
	static const struct {
		const char *typed;
		bool allow;
		size_t sessions; /* by then */
		size_t lines;
	} cases[] = {
		{ "once\n", true, 0, 0 },
		{ "o\n", true, 0, 0 },
		{ "session\n", true, 1, 0 },
		{ "S\n", true, 2, 0 },
		{ "always\n", true, 2, 1 },
		{ "a\n", true, 2, 2 },
		{ "y\n", false, 2, 2 },
		{ "yes\n", false, 2, 2 },
		{ "\n", false, 2, 2 },
		{ "onc\xd0\xb5\n", false, 2, 2 }, /* a letter that looks like an e */
		{ "\004", false, 2, 2 },
	};
	struct scene *s = *state;
	char name[32];

	start_net(s, true, NULL);
	for (size_t i = 0; i < COUNT(cases); i++) {
		snprintf(name, sizeof(name), "n%zu.example", i);
		ask_net(s, (uint32_t)i + 1, name);
		while (!strstr(s->output, "[o/s/a/N]"))
			rest(s, STEP_MS);
		assert_non_null(strstr(s->output, "work wants to reach the network through net0."));
		assert_non_null(strstr(s->output, name));
		assert_non_null(strstr(s->output, ".example:443/tcp"));
		assert_non_null(strstr(s->output, "203.0.113.1"));
		assert_non_null(strstr(s->output, "fox\xef\xbf\xbd[2J"));
		expect(s, "[o/s/a/N]");
		type(s, cases[i].typed);
		expect_answer(s, (int)i + 1, cases[i].allow);
		assert_int_equal(sessions(s), cases[i].sessions);
		assert_int_equal(net_lists_count(&s->stand.manager), cases[i].lines);
	}
}

static void test_net_json(void **state)
{
	struct scene *s = *state;

	start_net(s, false, "--json");
	ask_net(s, 1, "example.org");
	expect(s,
		"\"address\":\"203.0.113.1\",\"program\":\"fox\xef\xbf\xbd[2J\",\"answers\":[\"once\",\"session\","
		"\"always\"]}");
	type(s, "{\"id\": 1, \"verdict\": \"session\"}\n");
	expect_answer(s, 1, true);
	assert_int_equal(sessions(s), 1);
	/* to other questions it is a no */
	ask(s, "work", "a");
	expect(s, "\"question\",\"id\":2");
	type(s, "{\"id\": 2, \"verdict\": \"session\"}\n");
	expect_verdict(s, VERDICT_DENIED);
}

/* Who else comes and goes on the bus is no matter; a vmosd that comes back takes the agent again. */
static void test_manager_returns(void **state)
{
	struct scene *s = *state;
	sd_bus *other;

	start(s, true, NULL);
	ask(s, "work", "a.txt");
	expect(s, PROMPT);
	other = stand_connect(&s->stand);
	assert_non_null(other);
	rest(s, 100);
	sd_bus_flush_close_unref(other);
	rest(s, 200);
	assert_null(strstr(s->output, "Withdrawn"));
	decision_finish(&s->stand.manager);
	expect(s, "Withdrawn");
	agents_finish(&s->stand.manager.agents);
	assert_true(sd_bus_release_name(s->stand.bus, MANAGER_BUS_NAME) >= 0);
	assert_true(sd_bus_request_name(s->stand.bus, MANAGER_BUS_NAME, 0) >= 0);
	for (int i = 0; i < STEPS && s->stand.manager.agents.count == 0; i++)
		rest(s, STEP_MS);
	assert_int_equal(s->stand.manager.agents.count, 1);
	ask(s, "work", "b.txt");
	expect(s, PROMPT);
	type(s, "y\n");
	expect_verdict(s, VERDICT_ALLOWED);
}

static int handle_refused(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error)
{
	int *refused = userdata;

	*refused = sd_bus_message_is_method_error(reply, SD_BUS_ERROR_ACCESS_DENIED) ? 1 : -1;
	return 0;
}

/* Another program cannot make it ask. */
static void test_stranger(void **state)
{
	struct scene *s = *state;
	sd_bus *bus = stand_connect(&s->stand);
	const char *agent;
	char name[32];
	int refused = 0;

	start(s, true, NULL);
	assert_non_null(bus);
	assert_true(sd_bus_get_unique_name(bus, &agent) >= 0);
	snprintf(name, sizeof(name), ":1.%ld", strtol(agent + 3, NULL, 10) + 1); /* who connected next */
	for (int i = 0; i < 3 && refused != 1; i++) {
		refused = 0;
		assert_true(sd_bus_call_method_async(bus, NULL, name, "/org/vmos/Agent1", AGENTS_INTERFACE, "Ask",
				    handle_refused, &refused, "a{sv}", 1, "Subject", "s", "web") >= 0);
		for (int k = 0; k < STEPS && refused == 0; k++)
			rest(s, STEP_MS);
		snprintf(name, sizeof(name), ":1.%ld", strtol(agent + 3, NULL, 10) + 2 + i);
	}
	assert_int_equal(refused, 1);
	assert_null(strstr(s->output, "vmOS asks"));
	sd_bus_flush_close_unref(bus);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		CASE(test_answers),
		CASE(test_typed_ahead),
		CASE(test_shown),
		CASE(test_shown_safely),
		CASE(test_withdrawn),
		CASE(test_choice),
		CASE(test_once),
		CASE(test_json),
		CASE(test_notification),
		CASE(test_json_notification),
		CASE(test_net),
		CASE(test_net_json),
		CASE(test_manager_returns),
		CASE(test_stranger),
	};

	vmos = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
