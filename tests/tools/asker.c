/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts questions to whatever asks the user, by the manager's own code, for
 * tests of vmos-center and `vmos agent`: no VM and no libvirt is needed.
 *
 *	asker RULES-FOLDER
 *
 * It starts a D-Bus of its own and prints "bus PATH". Then it reads commands
 * from its standard input:
 *
 *	agents N                                      waits for N agents, prints "agents N"
 *	ask KIND SUBJECT OBJECT BYTES FILES CLAIM     prints "open N MSEC" and, in the end, "VERDICT N OBJECT MSEC"
 *	net SUBJECT ADDRESS PORT PROGRAM [NAME]       the same, of a flow that waits; PROGRAM "-": the guest does not say
 *	withdraw N
 *	show VM ID APP|SUMMARY|BODY                   a notification; prints "ended ID HOW", HOW of notification.h
 *	unshow VM ID                                  ID 0: all of the VM's
 *	held VM N                                     that so many were held back
 *	rules                                         reads the folder again
 *	timeout SECONDS                               of questions from now on
 *
 * OBJECT "-": the user chooses. CLAIM goes on to the end of the line, and %XX in
 * it is a byte. MSEC: of CLOCK_MONOTONIC.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "manager/net_owner.h"
#include "tests/unit/manager/ask_stand.h"

#define QUESTIONS_MAX 256
#define CLAIM_MAX 4096
#define LOOK_USEC 20000

struct open_question {
	unsigned number;
	struct decision *decision; /* NULL: decided, or of a flow */
	struct vm *vm; /* whose flow waits; NULL: decided, or not of a flow */
};

static struct stand stand;
static struct open_question questions[QUESTIONS_MAX];
static unsigned nquestions;

static long long msec_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (long long)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void handle_verdict(enum verdict verdict, const struct rule *rule, const char *object, void *userdata)
{
	static const char *const names[] = { "allowed", "denied", "expired", "cancelled" };
	struct open_question *q = userdata;

	q->decision = NULL;
	printf("%s %u %s %lld\n", names[verdict], q->number, object[0] ? object : "-", msec_now());
	fprintf(stderr, "asker: %s\n", decision_reason(&stand.manager));
}

/* %XX becomes a byte. */
static void unescape(char *text)
{
	char *out = text, digits[3] = { 0 };

	while (*text) {
		if (text[0] == '%' && text[1] && text[2]) {
			memcpy(digits, text + 1, 2);
			*out++ = (char)strtoul(digits, NULL, 16);
			text += 3;
		} else {
			*out++ = *text++;
		}
	}
	*out = '\0';
}

/* Of a flow that waits: its number is that of the question. */
static void handle_flow_answer(uint32_t id, bool allow)
{
	questions[id - 1].vm = NULL;
	printf("%s %u - %lld\n", allow ? "allowed" : "denied", id, msec_now());
}

static void handle_notified(const struct helper_notified *notified)
{
	printf("ended %u %u\n", notified->id, notified->how);
}

/* The next part of @line, unescaped and then made safe, as a courier does. */
static void take_part(char **line, char *dst, size_t cap)
{
	char *part = strsep(line, "|");

	if (part)
		unescape(part);
	text_sanitise((const uint8_t *)(part ? part : ""), part ? strlen(part) : 0, dst, cap);
}

static void show(char *line)
{
	const char *vm = strsep(&line, " "), *id = strsep(&line, " ");
	const struct helper_notify notify = { .id = (uint32_t)strtoul(id ? id : "0", NULL, 10),
		.urgency = NOTIFICATION_CRITICAL };
	struct notification text = { 0 };

	take_part(&line, text.app, sizeof(text.app));
	take_part(&line, text.summary, sizeof(text.summary));
	take_part(&line, text.body, sizeof(text.body));
	if (stand_notify(&stand, vm, &notify, &text) < 0)
		errx(1, "the notification is not accepted");
}

static struct vm *read_vm(const char *line, unsigned *ret_number)
{
	char name[64];
	struct vm *vm;

	if (sscanf(line, "%63s %u", name, ret_number) != 2 || !(vm = manager_find_vm(&stand.manager, name)))
		errx(2, "no VM and number: %s", line);
	return vm;
}

static void unshow(const char *line)
{
	unsigned id;
	struct vm *vm = read_vm(line, &id);

	if (id)
		vm_notify_back(vm, id);
	else
		vm_notify_clear(vm);
}

static void held(const char *line)
{
	unsigned n;
	struct vm *vm = read_vm(line, &n);

	vm_notify_held(vm, n);
}

/* The number of the list that the VM's link has. */
static unsigned list_of(const char *vm)
{
	struct net_target *targets = NULL;
	enum net_action fallback;
	unsigned generation = 0;
	size_t count;

	if (net_lists_targets(&stand.manager, vm, true, &targets, &count, &fallback, &generation) < 0)
		errx(1, "no list");
	free(targets);
	return generation;
}

static void ask_net(const char *line)
{
	char subject[64], address[64], program[64], name[NET_NAME_MAX + 1] = "";
	struct tap_flow flow = { 0 };
	unsigned port;
	struct vm *vm;

	if (sscanf(line, "%63s %63s %u %63s %253s", subject, address, &port, program, name) < 4 ||
		nquestions == QUESTIONS_MAX)
		errx(2, "net: wrong or too many: %s", line);
	vm = manager_find_vm(&stand.manager, subject);
	if (!vm)
		errx(2, "no VM is called %s", subject);
	nquestions++;
	flow.id = questions[nquestions - 1].number = nquestions;
	questions[nquestions - 1].vm = vm;
	memcpy(flow.name, name, sizeof(name));
	stand_owners = strcmp(program, "-") != 0;
	vm->agent = stand_owners ? VM_AGENT_READY : VM_AGENT_NONE;
	stand_nsent = 0;
	printf("open %u %lld\n", flow.id, msec_now());
	flow.generation = list_of(subject);
	stand_flow(&stand, subject, &flow, address, (uint16_t)port);
	if (stand_nsent > 0)
		net_owner_arrived(vm, stand_sent.owner_req.id, program);
}

static enum question_kind kind_of(const char *name)
{
	enum question_kind kind = 0;

	while (kind < QUESTION_KINDS && strcmp(decision_kind_name(kind), name) != 0)
		kind++;
	if (kind == QUESTION_KINDS)
		errx(2, "no kind of question is called %s", name);
	return kind;
}

static void ask(const char *line)
{
	char kind[16], subject[64], object[64], claim[CLAIM_MAX] = "";
	unsigned long long bytes;
	unsigned files;
	struct open_question *q = &questions[nquestions];

	if (sscanf(line, "%15s %63s %63s %llu %u %4095[^\n]", kind, subject, object, &bytes, &files, claim) < 5 ||
		nquestions == QUESTIONS_MAX)
		errx(2, "ask: wrong or too many: %s", line);
	unescape(claim);
	q->number = ++nquestions;
	printf("open %u %lld\n", q->number, msec_now());
	if (decision_make(&stand.manager,
		    &(struct question){ kind_of(kind), subject, strcmp(object, "-") == 0 ? "" : object, claim, bytes,
			    files, "user" },
		    handle_verdict, q, &q->decision) < 0)
		errx(1, "the question is not accepted");
}

/* Reads the folder's rule files and brings them into force, as vmosd does. */
static void read_rules(void)
{
	struct manager *m = &stand.manager;

	if (rules_load(&m->rules, (const char *const *)m->rules_dirs, false) < 0)
		errx(1, "%s", m->rules.error);
	decision_rules_changed(m);
}

static int handle_look(sd_event_source *source, uint64_t usec, void *userdata)
{
	unsigned n = (unsigned)(uintptr_t)userdata;

	if (stand.manager.agents.count == n) {
		printf("agents %u\n", n);
		sd_event_source_unref(source);
		return 0;
	}
	sd_event_source_set_time_relative(source, LOOK_USEC);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static void wait_for_agents(unsigned n)
{
	sd_event_source *source;

	if (sd_event_add_time_relative(stand.event, &source, CLOCK_MONOTONIC, 0, 1, handle_look, (void *)(uintptr_t)n) <
		0)
		errx(1, "no timer");
}

static void withdraw(unsigned n)
{
	if (n < 1 || n > nquestions || (!questions[n - 1].decision && !questions[n - 1].vm))
		errx(2, "no question %u is open", n);
	if (questions[n - 1].vm)
		net_lists_withdraw(&stand.manager, questions[n - 1].vm, n);
	questions[n - 1].vm = NULL;
	decision_cancel(questions[n - 1].decision);
	questions[n - 1].decision = NULL;
}

static void run_command(char *line)
{
	char *argument = strchr(line, ' ');

	if (strcmp(line, "rules") == 0) {
		read_rules();
		return;
	}
	if (!argument)
		errx(2, "unknown command: %s", line);
	*argument++ = '\0';
	if (strcmp(line, "ask") == 0)
		ask(argument);
	else if (strcmp(line, "net") == 0)
		ask_net(argument);
	else if (strcmp(line, "show") == 0)
		show(argument);
	else if (strcmp(line, "unshow") == 0)
		unshow(argument);
	else if (strcmp(line, "held") == 0)
		held(argument);
	else if (strcmp(line, "agents") == 0)
		wait_for_agents((unsigned)strtoul(argument, NULL, 10));
	else if (strcmp(line, "withdraw") == 0)
		withdraw((unsigned)strtoul(argument, NULL, 10));
	else if (strcmp(line, "timeout") == 0)
		stand.manager.decisions.timeout = (uint32_t)strtoul(argument, NULL, 10);
	else
		errx(2, "unknown command: %s", line);
}

/* Whole lines only: a test writes them at once. */
static int handle_input(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	char text[2 * CLAIM_MAX], *line, *rest = text;
	ssize_t n = read(fd, text, sizeof(text) - 1);

	if (n <= 0)
		return sd_event_exit(stand.event, 0);
	text[n] = '\0';
	while ((line = strsep(&rest, "\n"))) {
		if (*line)
			run_command(line);
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		uint32_t rgb;
	} vms[] = { { "mail", 0x15803d }, { "vault", 0x7e22ce }, { "work", 0x2563eb }, { "web", 0xdc2626 },
		{ "net0", 0x64748b } };

	if (argc != 2)
		errx(2, "usage: asker RULES-FOLDER");
	setlinebuf(stdout);
	if (stand_open(&stand, STAND_SESSION, NULL) < 0)
		errx(1, "no bus");
	for (size_t i = 0; i < sizeof(vms) / sizeof(vms[0]); i++)
		stand_add_vm(&stand, vms[i].name, vms[i].rgb);
	stand.manager.rules_dirs[0] = argv[1];
	read_rules();
	stand_on_answer = handle_flow_answer;
	stand_on_notified = handle_notified;
	snprintf(manager_find_vm(&stand.manager, "work")->config.net, VM_NAME_MAX + 1, "net0");
	if (stand_net(&stand) < 0)
		errx(1, "no network lists");
	printf("bus %s/bus\n", stand.dir);
	if (sd_event_add_io(stand.event, NULL, STDIN_FILENO, EPOLLIN, handle_input, NULL) < 0 ||
		sd_event_loop(stand.event) < 0)
		errx(1, "the loop ended");
	nquestions = 0;
	stand_on_answer = NULL;
	stand_close(&stand);
	return 0;
}
