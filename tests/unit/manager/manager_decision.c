/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/decision.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "manager/audit.h"
#include "tests/unit/manager/ask_stand.h"
#include "tests/unit/unit.h"

#define USEC 1000000ull

static uint64_t fake_now[2]; /* CLOCK_BOOTTIME and CLOCK_REALTIME */

static uint64_t fake_clock(clockid_t id)
{
	return fake_now[id == CLOCK_REALTIME];
}

static void pass(uint64_t seconds)
{
	fake_now[0] += seconds * USEC;
	fake_now[1] += seconds * USEC;
}

static int setup(void **state)
{
	static struct stand s;
	static const char *const names[] = { "web", "work", "vault", "mail" };

	if (stand_open(&s, STAND_SESSION, NULL) < 0)
		return -1;
	for (size_t i = 0; i < COUNT(names); i++)
		stand_add_vm(&s, names[i], 0x2563eb + (uint32_t)i);
	fake_now[0] = 1000 * USEC;
	fake_now[1] = (uint64_t)time(NULL) * USEC;
	s.manager.decisions.clock = fake_clock;
	*state = &s;
	return 0;
}

static int teardown(void **state)
{
	stand_close(*state);
	return 0;
}

static int make(
	struct stand *s, struct stand_verdict *v, enum question_kind kind, const char *subject, const char *object)
{
	struct question q = { kind, subject, object, "report.pdf", 4096, 1, "guest" };
	struct decision *d;

	*v = (struct stand_verdict){ .stand = s };
	return decision_make(&s->manager, &q, stand_decided, v, &d);
}

/* Decided at once. */
static enum verdict at_once(struct stand *s, enum question_kind kind, const char *subject, const char *object)
{
	struct stand_verdict v;

	assert_int_equal(make(s, &v, kind, subject, object), 1);
	assert_int_equal(v.called, 1);
	return v.verdict;
}

/* Asked: waits for the end. */
static struct stand_verdict asked(struct stand *s, enum question_kind kind, const char *subject, const char *object)
{
	struct stand_verdict v;

	assert_int_equal(make(s, &v, kind, subject, object), 0);
	assert_true(stand_wait(s, &v.called, 1));
	return v;
}

/* What each line of rules lets web do to work. */
static void test_rules(void **state)
{
	struct stand *s = *state;
	static const struct {
		const char *rules;
		unsigned allowed; /* RULE_* bits */
	} cases[] = {
		{ "", 0 },
		{ "web work w\n", RULE_WRITE },
		{ "web work rx\n", RULE_READ | RULE_OPEN },
		{ "web work a notify\n", RULE_PASTE },
		{ "web work -\n", 0 },
		{ "work web w\n", 0 },
		{ "web work w\nweb work -\n", 0 },
		{ "web work -\nweb work w\n", RULE_WRITE },
		{ "web work w\nweb work r\n", RULE_READ },
		{ "web work w ask\n", 0 }, /* nobody is there to ask */
		{ "web work w ask\nweb work w\n", RULE_WRITE },
		{ "web work w\nweb work w ask\n", 0 },
		{ "web vault w\nweb work -\n", 0 },
		{ "* work w\n", 0 },
		{ "web * w\n", 0 },
		{ "web _ w\n", 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_true(stand_rules(s, cases[i].rules) >= 0);
		for (enum question_kind kind = 0; kind < QUESTION_KINDS; kind++) {
			enum verdict v = at_once(s, kind, "web", "work");

			assert_int_equal(v == VERDICT_ALLOWED, (cases[i].allowed & decision_kind_access(kind)) != 0);
			assert_true(v == VERDICT_ALLOWED || v == VERDICT_DENIED);
		}
	}
}

/* As the kernel's smk_access() answers, and never by asking. */
static void test_labels(void **state)
{
	struct stand *s = *state;

	assert_true(stand_rules(s, "web web w ask\n^ work w ask\n* * rwxa\nweb * w ask\nweb _ - ask\n") >= 0);
	assert_int_equal(at_once(s, QUESTION_SEND, "web", "web"), VERDICT_ALLOWED);
	assert_int_equal(at_once(s, QUESTION_SEND, "web", "*"), VERDICT_ALLOWED);
	assert_int_equal(at_once(s, QUESTION_PASTE, "*", "work"), VERDICT_DENIED);
	assert_int_equal(at_once(s, QUESTION_SEND, "*", "*"), VERDICT_DENIED);
	assert_int_equal(at_once(s, QUESTION_FETCH, "^", "work"), VERDICT_ALLOWED);
	assert_int_equal(at_once(s, QUESTION_PASTE, "^", "work"), VERDICT_DENIED);
	assert_int_equal(at_once(s, QUESTION_FETCH, "web", "_"), VERDICT_ALLOWED);
	assert_int_equal(at_once(s, QUESTION_SEND, "web", "_"), VERDICT_DENIED);
	assert_int_equal(at_once(s, QUESTION_SEND, "?", "work"), VERDICT_DENIED);
}

static void test_reasons(void **state)
{
	struct stand *s = *state;
	struct stand_verdict v;

	assert_true(stand_rules(s, "# a line\nweb work w ask\nweb vault -\nweb mail w\n") >= 0);
	make(s, &v, QUESTION_SEND, "web", "work");
	assert_non_null(strstr(v.reason, "/50-test.rules:2 "));
	assert_non_null(strstr(v.reason, "\"vmos agent\""));
	assert_non_null(strstr(v.reason, "vmos-center"));
	assert_true(v.has_rule);
	assert_int_equal(v.rule.line, 2);
	make(s, &v, QUESTION_SEND, "web", "vault");
	assert_non_null(strstr(v.reason, "/50-test.rules:3 does not let web send files to vault."));
	assert_non_null(strstr(v.reason, "vmos rule add web vault w"));
	make(s, &v, QUESTION_OPEN, "work", "web");
	assert_string_equal(v.reason, "No rule lets work open files in web. To allow it: vmos rule add work web x");
	assert_false(v.has_rule);
	make(s, &v, QUESTION_SEND, "web", "mail");
	assert_non_null(strstr(v.reason, ":4 lets web send files to mail."));
}

static void test_invalid(void **state)
{
	struct stand *s = *state;
	struct stand_verdict v;
	char longer[VM_NAME_MAX + 2];

	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_true(make(s, &v, QUESTION_SEND, longer, "work") < 0);
	assert_true(make(s, &v, QUESTION_SEND, "web", longer) < 0);
	assert_true(make(s, &v, QUESTION_KINDS, "web", "work") < 0);
	assert_int_equal(v.called, 0);
}

/* Without ask, for= counts from when the file was last written. */
static void test_for_without_ask(void **state)
{
	struct stand *s = *state;
	struct stand_verdict v;
	struct stat st;

	assert_true(stand_rules(s, "web work w for=10m\n") >= 0);
	assert_int_equal(stat(rules_file_of(&s->manager.rules, &s->manager.rules.set.rules[0]), &st), 0);
	fake_now[1] = (uint64_t)st.st_mtim.tv_sec * USEC + (uint64_t)st.st_mtim.tv_nsec / 1000;
	assert_int_equal(at_once(s, QUESTION_SEND, "web", "work"), VERDICT_ALLOWED);
	pass(599);
	assert_int_equal(at_once(s, QUESTION_SEND, "web", "work"), VERDICT_ALLOWED);
	pass(1);
	make(s, &v, QUESTION_SEND, "web", "work");
	assert_int_equal(v.verdict, VERDICT_DENIED);
	assert_non_null(strstr(v.reason, "for a time only"));
	fake_now[1] -= 601 * USEC; /* a file of the future: the clock went back */
	assert_int_equal(at_once(s, QUESTION_SEND, "web", "work"), VERDICT_DENIED);
}

/* What is decided can be read later, and what cannot be written down is a no. */
static void test_record(void **state)
{
	struct stand *s = *state;
	char text[4096] = "";
	int fds[AUDIT_FILES];

	assert_true(stand_rules(s, "web work w\n") >= 0);
	assert_int_equal(at_once(s, QUESTION_SEND, "web", "work"), VERDICT_ALLOWED);
	assert_int_equal(at_once(s, QUESTION_OPEN, "web", "work"), VERDICT_DENIED);
	assert_int_equal(audit_readers(s->manager.audit, fds), 1);
	assert_true(fd_read_all(fds[0], text, sizeof(text) - 1) > 0);
	close(fds[0]);
	assert_non_null(strstr(text, "\"kind\":\"send\""));
	assert_non_null(strstr(text, "\"verdict\":\"allowed\""));
	assert_non_null(strstr(text, "50-test.rules:1"));
	assert_non_null(strstr(text, "\"verdict\":\"denied\""));
	audit_close(s->manager.audit);
	s->manager.audit = NULL;
	assert_int_equal(at_once(s, QUESTION_SEND, "web", "work"), VERDICT_DENIED);
	assert_non_null(strstr(decision_reason(&s->manager), "audit log cannot be written"));
}

static void test_yes_and_no(void **state)
{
	struct stand *s = *state;
	struct stand_agent agent;
	struct stand_verdict v;
	char text[600];

	assert_true(stand_rules(s, "web work w ask\n") >= 0);
	assert_int_equal(stand_agent_open(s, &agent, STAND_YES), 0);
	v = asked(s, QUESTION_SEND, "web", "work");
	assert_int_equal(v.verdict, VERDICT_ALLOWED);
	assert_string_equal(v.object, "work");
	assert_true(v.has_rule);
	assert_true(stand_get(agent.question, "Kind", text, sizeof(text)));
	assert_string_equal(text, "send");
	assert_true(stand_get(agent.question, "Subject", text, sizeof(text)));
	assert_string_equal(text, "web");
	assert_true(stand_get(agent.question, "SubjectColor", text, sizeof(text)));
	assert_string_equal(text, "#2563eb");
	assert_true(stand_get(agent.question, "ObjectColor", text, sizeof(text)));
	assert_string_equal(text, "#2563ec");
	assert_true(stand_get(agent.question, "Claim", text, sizeof(text)));
	assert_string_equal(text, "report.pdf");
	assert_true(stand_get(agent.question, "Bytes", text, sizeof(text)));
	assert_string_equal(text, "4096");
	assert_true(stand_get(agent.question, "Timeout", text, sizeof(text)));
	assert_string_equal(text, "60");
	assert_true(stand_get(agent.question, "Rule", text, sizeof(text)));
	assert_non_null(strstr(text, "/50-test.rules:1"));
	/* a yes counts once */
	agent.does = STAND_NO;
	v = asked(s, QUESTION_SEND, "web", "work");
	assert_int_equal(v.verdict, VERDICT_DENIED);
	assert_int_equal(agent.asked, 2);
	stand_agent_close(&agent);
}

/* To a question that does not offer it, an answer that lasts is a no. */
static void test_no_lasting_answer(void **state)
{
	static const char *const verdicts[] = { "once", "session", "always", "YES", "" };
	struct stand *s = *state;
	struct stand_agent agent;

	assert_true(stand_rules(s, "web work w ask\n") >= 0);
	assert_int_equal(stand_agent_open(s, &agent, STAND_VERDICT), 0);
	for (size_t i = 0; i < COUNT(verdicts); i++) {
		agent.verdict = verdicts[i];
		assert_int_equal(asked(s, QUESTION_SEND, "web", "work").verdict, VERDICT_DENIED);
		pass(6);
	}
	stand_agent_close(&agent);
}

static void test_claim_is_made_safe(void **state)
{
	struct stand *s = *state;
	struct question q = { QUESTION_URL, "web", "work", "a\033[2Jb\xe2\x80\xae", 0, 0, NULL };
	struct stand_verdict v = { .stand = s };
	struct stand_agent agent;
	struct decision *d;
	char text[600];

	assert_true(stand_rules(s, "web work x ask\n") >= 0);
	assert_int_equal(stand_agent_open(s, &agent, STAND_YES), 0);
	assert_int_equal(decision_make(&s->manager, &q, stand_decided, &v, &d), 0);
	assert_true(stand_wait(s, &v.called, 1));
	assert_true(stand_get(agent.question, "Claim", text, sizeof(text)));
	assert_string_equal(text, "a\xef\xbf\xbd[2Jb\xef\xbf\xbd");
	stand_agent_close(&agent);
}

static void test_remembered(void **state)
{
	struct stand *s = *state;
	struct stand_agent agent;

	assert_true(stand_rules(s, "web work wr ask for=10m\n") >= 0);
	assert_int_equal(stand_agent_open(s, &agent, STAND_YES), 0);
	assert_int_equal(asked(s, QUESTION_SEND, "web", "work").verdict, VERDICT_ALLOWED);
	assert_int_equal(at_once(s, QUESTION_SEND, "web", "work"), VERDICT_ALLOWED);
	assert_int_equal(agent.asked, 1);
	/* not for another access */
	assert_int_equal(asked(s, QUESTION_FETCH, "web", "work").verdict, VERDICT_ALLOWED);
	assert_int_equal(agent.asked, 2);
	pass(599);
	assert_int_equal(at_once(s, QUESTION_SEND, "web", "work"), VERDICT_ALLOWED);
	pass(1);
	assert_int_equal(asked(s, QUESTION_SEND, "web", "work").verdict, VERDICT_ALLOWED);
	assert_int_equal(agent.asked, 3);
	/* the same rule on another line is the same; any other is not, and the old one back is asked anew */
	assert_true(stand_rules(s, "\nweb work wr ask for=10m\n") >= 0);
	assert_int_equal(at_once(s, QUESTION_SEND, "web", "work"), VERDICT_ALLOWED);
	assert_true(stand_rules(s, "web work wr ask for=9m\n") >= 0);
	assert_true(stand_rules(s, "web work wr ask for=10m\n") >= 0);
	assert_int_equal(asked(s, QUESTION_SEND, "web", "work").verdict, VERDICT_ALLOWED);
	stand_agent_close(&agent);
}

static void test_refused_for_a_while(void **state)
{
	struct stand *s = *state;
	struct stand_agent agent;
	struct stand_verdict v;

	assert_true(stand_rules(s, "web work wr ask\nweb vault w ask\n") >= 0);
	assert_int_equal(stand_agent_open(s, &agent, STAND_NO), 0);
	assert_int_equal(asked(s, QUESTION_SEND, "web", "work").verdict, VERDICT_DENIED);
	pass(4);
	make(s, &v, QUESTION_SEND, "web", "work");
	assert_int_equal(v.verdict, VERDICT_DENIED);
	assert_non_null(strstr(v.reason, "a moment ago"));
	assert_int_equal(agent.asked, 1);
	assert_int_equal(asked(s, QUESTION_FETCH, "web", "work").verdict, VERDICT_DENIED);
	assert_int_equal(asked(s, QUESTION_SEND, "web", "vault").verdict, VERDICT_DENIED);
	pass(1);
	assert_int_equal(asked(s, QUESTION_SEND, "web", "work").verdict, VERDICT_DENIED);
	assert_int_equal(agent.asked, 4);
	stand_agent_close(&agent);
}

static void test_flood(void **state)
{
	struct stand *s = *state;
	struct stand_verdict v[DECISION_OPEN_MAX], more;
	char rules[2048] = "";
	struct stand_agent agent;
	size_t at = 0;

	for (char vm = 'a'; vm < 'f'; vm++) {
		char name[2] = { vm, '\0' };

		assert_int_equal(stand_add_vm(s, name, 0), 0);
		at += (size_t)snprintf(rules + at, sizeof(rules) - at, "%s work w ask\n", name);
	}
	assert_true(stand_rules(s, rules) >= 0);
	assert_int_equal(stand_agent_open(s, &agent, STAND_SILENT), 0);
	for (unsigned i = 0; i < DECISION_OPEN_MAX; i++) {
		char name[2] = { (char)('a' + i / DECISION_OPEN_MAX_VM), '\0' };

		assert_int_equal(make(s, &v[i], QUESTION_SEND, name, "work"), 0);
	}
	assert_int_equal(make(s, &more, QUESTION_SEND, "e", "work"), 1); /* the 33rd in all */
	assert_int_equal(more.verdict, VERDICT_DENIED);
	assert_non_null(strstr(more.reason, "Too many questions"));
	stand_wait(s, &agent.asked, DECISION_OPEN_MAX);
	stand_agent_close(&agent);
	for (unsigned i = 0; i < DECISION_OPEN_MAX; i++) {
		assert_true(stand_wait(s, &v[i].called, 1));
		assert_int_equal(v[i].verdict, VERDICT_DENIED);
	}
	/* all are closed: there is room again, of which one VM gets eight */
	assert_int_equal(stand_agent_open(s, &agent, STAND_SILENT), 0);
	for (unsigned i = 0; i < DECISION_OPEN_MAX_VM; i++)
		assert_int_equal(make(s, &v[i], QUESTION_SEND, "e", "work"), 0);
	assert_int_equal(make(s, &more, QUESTION_SEND, "e", "work"), 1);
	assert_int_equal(make(s, &more, QUESTION_SEND, "d", "work"), 0);
	decision_finish(&s->manager);
	assert_int_equal(v[0].verdict, VERDICT_CANCELLED);
	assert_non_null(strstr(v[0].reason, "manager ended"));
	stand_agent_close(&agent);
}

static void test_cancelled_by_rule(void **state)
{
	struct stand *s = *state;
	struct stand_verdict v, other;
	struct stand_agent agent;

	assert_true(stand_rules(s, "web work w ask\nweb vault w ask\n") >= 0);
	assert_int_equal(stand_agent_open(s, &agent, STAND_SILENT), 0);
	assert_int_equal(make(s, &v, QUESTION_SEND, "web", "work"), 0);
	assert_int_equal(make(s, &other, QUESTION_SEND, "web", "vault"), 0);
	assert_true(stand_wait(s, &agent.asked, 2));
	assert_true(stand_rules(s, "# moved\nweb work w ask\n\nweb vault w ask\n") >= 0);
	assert_int_equal(v.called + other.called, 0);
	assert_true(stand_rules(s, "web work -\nweb vault w ask\n") >= 0);
	assert_int_equal(v.called, 1);
	assert_int_equal(v.verdict, VERDICT_CANCELLED);
	assert_int_equal(other.called, 0);
	assert_true(stand_wait(s, &agent.cancelled, 1));
	assert_int_equal(agent.cancelled_id, 1);
	/* also when it is the same right, given without asking */
	assert_true(stand_rules(s, "web vault w\n") >= 0);
	assert_int_equal(other.verdict, VERDICT_CANCELLED);
	stand_agent_close(&agent);
}

/* A yes that crosses the new rules on its way. */
static void test_yes_after_change(void **state)
{
	struct stand *s = *state;
	struct stand_verdict v;
	struct stand_agent agent;

	assert_true(stand_rules(s, "web work w ask\n") >= 0);
	assert_int_equal(stand_agent_open(s, &agent, STAND_YES), 0);
	assert_int_equal(make(s, &v, QUESTION_SEND, "web", "work"), 0);
	s->manager.decisions.generation = s->manager.rules.generation + 1;
	assert_true(stand_rules(s, "web work -\n") >= 0);
	assert_int_equal(v.called, 0);
	assert_true(stand_wait(s, &v.called, 1));
	assert_int_equal(v.verdict, VERDICT_CANCELLED);
	stand_agent_close(&agent);
}

static void test_timeout(void **state)
{
	struct stand *s = *state;
	struct stand_agent agent;
	struct stand_verdict v;

	s->manager.decisions.timeout = 1;
	assert_true(stand_rules(s, "web work w ask\n") >= 0);
	assert_int_equal(stand_agent_open(s, &agent, STAND_SILENT), 0);
	v = asked(s, QUESTION_SEND, "web", "work");
	assert_int_equal(v.verdict, VERDICT_EXPIRED);
	assert_true(stand_wait(s, &agent.cancelled, 1));
	assert_int_equal(at_once(s, QUESTION_SEND, "web", "work"), VERDICT_DENIED);
	stand_agent_close(&agent);
}

static void test_withdrawn(void **state)
{
	struct stand *s = *state;
	struct question q = { QUESTION_SEND, "web", "work", NULL, 0, 0, "user" };
	struct stand_verdict v = { .stand = s };
	struct stand_agent agent;
	struct decision *d;

	assert_true(stand_rules(s, "web work w ask\n") >= 0);
	assert_int_equal(stand_agent_open(s, &agent, STAND_SILENT), 0);
	assert_int_equal(decision_make(&s->manager, &q, stand_decided, &v, &d), 0);
	decision_cancel(d);
	assert_true(stand_wait(s, &agent.cancelled, 1));
	assert_int_equal(agent.cancelled_id, 1);
	/* a guest that withdraws cannot make windows come and go; the user may ask again */
	q.asker = "guest";
	assert_int_equal(decision_make(&s->manager, &q, stand_decided, &v, &d), 0);
	decision_cancel(d);
	assert_int_equal(v.called, 0);
	assert_int_equal(decision_make(&s->manager, &q, stand_decided, &v, &d), 1);
	assert_int_equal(v.verdict, VERDICT_DENIED);
	stand_agent_close(&agent);
}

static void test_choice(void **state)
{
	struct stand *s = *state;
	struct stand_agent agent;
	struct stand_verdict v;

	assert_true(stand_rules(s, "web work w ask for=1h\nweb vault w\nweb mail r\nweb gone w\n") >= 0);
	assert_int_equal(at_once(s, QUESTION_PASTE, "web", ""), VERDICT_DENIED);
	assert_int_equal(stand_agent_open(s, &agent, STAND_YES), 0);
	agent.object = "vault";
	v = asked(s, QUESTION_SEND, "web", "");
	assert_int_equal(v.verdict, VERDICT_ALLOWED);
	assert_string_equal(v.object, "vault");
	assert_int_equal(v.rule.line, 2);
	agent.object = "work";
	v = asked(s, QUESTION_SEND, "web", "");
	assert_string_equal(v.object, "work");
	assert_int_equal(at_once(s, QUESTION_SEND, "web", "work"), VERDICT_ALLOWED);
	/* what was not among the candidates: not granted, not there, the asking VM itself, nothing */
	for (int i = 0; i < 4; i++) {
		agent.object = (const char *[]){ "mail", "gone", "web", "" }[i];
		v = asked(s, QUESTION_SEND, "web", "");
		assert_int_equal(v.verdict, VERDICT_DENIED);
		assert_string_equal(v.object, "");
		pass(5);
	}
	/* an object that was named is not the agent's to choose */
	assert_true(stand_rules(s, "web work w ask\nweb vault w ask\n") >= 0);
	agent.object = "vault";
	v = asked(s, QUESTION_SEND, "web", "work");
	assert_int_equal(v.verdict, VERDICT_ALLOWED);
	assert_string_equal(v.object, "work");
	stand_agent_close(&agent);
}

static void test_notify(void **state)
{
	struct stand *s = *state;
	struct stand_agent agent;
	char text[600];

	assert_true(stand_rules(s, "web work w notify\nweb vault - notify\nweb mail w\n") >= 0);
	assert_int_equal(stand_agent_open(s, &agent, STAND_YES), 0);
	at_once(s, QUESTION_SEND, "web", "mail");
	at_once(s, QUESTION_SEND, "web", "work");
	at_once(s, QUESTION_SEND, "web", "work");
	assert_true(stand_wait(s, &agent.notified, 1));
	assert_true(stand_get(agent.notice, "Text", text, sizeof(text)));
	assert_non_null(strstr(text, "lets web send files to work."));
	assert_true(stand_get(agent.notice, "Object", text, sizeof(text)));
	assert_string_equal(text, "work");
	pass(5);
	at_once(s, QUESTION_SEND, "web", "work");
	at_once(s, QUESTION_SEND, "web", "vault");
	assert_true(stand_wait(s, &agent.notified, 3));
	assert_true(stand_get(agent.notice, "Text", text, sizeof(text)));
	assert_non_null(strstr(text, "does not let web send files to vault"));
	stand_agent_close(&agent);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_rules),
		CASE(test_labels),
		CASE(test_reasons),
		CASE(test_invalid),
		CASE(test_for_without_ask),
		CASE(test_record),
		CASE(test_yes_and_no),
		CASE(test_no_lasting_answer),
		CASE(test_claim_is_made_safe),
		CASE(test_remembered),
		CASE(test_refused_for_a_while),
		CASE(test_flood),
		CASE(test_cancelled_by_rule),
		CASE(test_yes_after_change),
		CASE(test_timeout),
		CASE(test_withdrawn),
		CASE(test_choice),
		CASE(test_notify),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
