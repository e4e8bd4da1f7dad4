/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vmos net`, answered by the manager's own code. argv[1]: vmos. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "manager/net_log.h"
#include "manager/pci.h"
#include "tests/unit/manager/ask_stand.h"
#include "tests/unit/unit.h"

#define OUTPUT_MAX 65536
#define STEP_MS 10
#define STEPS 2000

static const char *vmos;
static struct stand s;
static struct vm *work;
static char output[OUTPUT_MAX]; /* of vmos, standard error too */
static size_t len;
static pid_t pid;
static int from_vmos;

static int setup(void **state)
{
	char address[128];

	if (stand_open(&s, STAND_SESSION, NULL) < 0)
		return -1;
	stand_add_vm(&s, "work", 0x2563eb);
	stand_add_vm(&s, "net0", 0x64748b);
	work = manager_find_vm(&s.manager, "work");
	snprintf(work->config.net, sizeof(work->config.net), "net0");
	work->config.net_index = 7;
	work->state = VM_RUNNING;
	snprintf(manager_find_vm(&s.manager, "net0")->config.kind, 8, "net");
	manager_find_vm(&s.manager, "net0")->state = VM_RUNNING;
	snprintf(address, sizeof(address), "unix:path=%s/bus", s.dir);
	setenv("DBUS_SESSION_BUS_ADDRESS", address, 1);
	setenv("TZ", "UTC", 1);
	return stand_rules(&s, "work net0 w\n") < 0 ? -1 : stand_net(&s);
}

static int teardown(void **state)
{
	stand_close(&s);
	return 0;
}

static void collect(void)
{
	ssize_t n;

	while ((n = read(from_vmos, output + len, OUTPUT_MAX - 1 - len)) > 0)
		len += (size_t)n;
	output[len] = '\0';
}

/* "net" and the words of @line. */
static void start(const char *line)
{
	char *argv[16] = { (char *)(uintptr_t) "vmos", (char *)(uintptr_t) "--session", (char *)(uintptr_t) "net" };
	char *copy = strdup(line), *rest = copy;
	int ends[2];

	for (int n = 3; n < 15; n++)
		argv[n] = rest ? strsep(&rest, " ") : NULL;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	pid = fork();
	if (pid == 0) {
		if (dup2(ends[1], 1) < 0 || dup2(ends[1], 2) < 0)
			_exit(99);
		execv(vmos, argv);
		_exit(98);
	}
	assert_true(pid > 0);
	close(ends[1]);
	free(copy);
	from_vmos = ends[0];
	len = 0;
}

static int run(const char *line)
{
	int status = 0;

	start(line);
	for (int i = 0; i < STEPS && waitpid(pid, &status, WNOHANG) == 0; i++) {
		stand_rest(&s, STEP_MS);
		collect();
	}
	collect();
	close(from_vmos);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void says(const char *words)
{
	if (!strstr(output, words))
		fail_msg("\"%s\" is not in \"%s\"", words, output);
}

static void test_lines(void **state)
{
	assert_int_equal(run("list"), 0);
	says("work  allow   any");
	says("not written: before the first line");
	assert_int_equal(run("allow work example.org:443/tcp for=10m"), 0);
	assert_int_equal(run("deny work 203.0.113.0/24 notify"), 0);
	assert_int_equal(run("ask work [2001:db8::/32]:22/tcp"), 0);
	assert_int_equal(run("list work"), 0);
	says("work  deny    any");
	says("allow   example.org:443/tcp     until ");
	says("50-vmos.net:1\n");
	says("notify");
	says("[2001:db8::/32]:22/tcp");
	assert_int_equal(run("list --json"), 0);
	says("\"source\": \"default\"");
	says("\"target\": \"203.0.113.0/24\"");
	/* what is left of ten minutes, by now */
	assert_true(strstr(output, "\"for\": 600") || strstr(output, "\"for\": 59"));
	assert_int_equal(run("del work 2"), 0);
	assert_int_equal(run("del work 203.0.113.0/24"), 3);
	says("has no such line of work");
	assert_int_equal(run("del work example.org:443/tcp"), 0);
	assert_int_equal(net_lists_count(&s.manager), 1);
	assert_int_equal(run("allow work"), 2);
	assert_int_equal(run("allow work exa_mple..org"), 2);
	says("from column 12 on");
	assert_int_equal(run("permit work any"), 2);
	assert_int_equal(run("list a b"), 2);
}

static void test_check(void **state)
{
	char path[256], line[300];

	assert_int_equal(run("check"), 0);
	stand_list(&s, "a.net", "work allow a.example\nwork permit any\n");
	assert_int_equal(run("check"), 1);
	says("a.net:2:6: ");
	assert_int_equal(run("list"), 0);
	says("the lists before are in force still");
	snprintf(path, sizeof(path), "%s/vmos/net.d/a.net", s.dir);
	snprintf(line, sizeof(line), "check %s", path);
	assert_int_equal(run(line), 1);
	says("a.net:2:6: ");
	stand_list(&s, "a.net", "work allow a.example\n");
	assert_int_equal(run(line), 0);
	says("1 lines in 1 file\n");
}

static void test_why(void **state)
{
	assert_int_equal(run("why work example.org"), 0);
	stand_list(&s, "a.net", "work ask *.example.org\n");
	assert_int_equal(run("why work www.example.org:80/tcp"), 0);
	says("after you have been asked");
	assert_int_equal(run("why work example.org"), 4);
	says("\"deny any\"");
	assert_int_equal(run("why --json work www.example.org"), 0);
	says("\"action\": \"ask\"");
	says("\"line\": 1");
	assert_int_equal(run("why nobody example.org"), 3);
	assert_int_equal(run("why work any"), 2);
}

static void count_card(const struct pci_device *card, void *userdata)
{
	++*(unsigned *)userdata;
}

static unsigned count(const char *words)
{
	unsigned n = 0;

	for (const char *at = output; (at = strstr(at, words)); at++)
		n++;
	return n;
}

/* This computer's own, whatever they are; what is said of all kinds of them is in manager_pci.c. */
static void test_cards(void **state)
{
	unsigned cards = 0;

	pci_each_card(PCI_SYSFS, count_card, &cards);
	assert_int_equal(run("cards --json"), 0);
	assert_int_equal(output[0], '[');
	assert_int_equal(count("\"address\": \"0"), cards);
	assert_int_equal(count("\"usable\": "), cards);
	assert_int_equal(run("cards"), 0);
	says(cards ? "ADDRESS" : "no network card");
	assert_int_equal(run("cards work"), 2);
}

static void test_flows(void **state)
{
	struct tap_flow flow = { .index = 7,
		.proto = NET_TCP,
		.port = 443,
		.action = NET_ALLOW,
		.line = UINT32_MAX,
		.sent = 2048,
		.received = 4096,
		.age = 3700,
		.name = "example.org" };
	struct net_target *targets = NULL;
	enum net_action fallback;
	size_t count;

	assert_int_equal(
		net_lists_targets(&s.manager, "work", false, &targets, &count, &fallback, &flow.generation), 0);
	free(targets);
	assert_int_equal(run("flows"), 0);
	says("Nothing runs");
	netplan_parse("2001:db8::1", flow.addr);
	stand_flows = &flow;
	stand_nflows = 1;
	assert_int_equal(run("flows work"), 0);
	says("example.org:443/tcp");
	says("2.0 KiB");
	says("1 h 1 min");
	says("the line before the first");
	flow.name[0] = '\0';
	assert_int_equal(run("flows"), 0);
	says("[2001:db8::1]:443/tcp");
	assert_int_equal(run("flows --json"), 0);
	says("\"address\": \"2001:db8::1\"");
	says("\"received\": 4096");
	assert_int_equal(run("flows nobody"), 0);
	says("Nothing runs");
	stand_nflows = 0;
}

static void log_flow(uint32_t event, const char *name)
{
	struct tap_flow flow = { .index = 7, .event = event, .proto = NET_TCP, .port = 443, .line = UINT32_MAX };

	snprintf(flow.name, sizeof(flow.name), "%s", name);
	netplan_parse("203.0.113.1", flow.addr);
	net_lists_log(&s.manager, work, &flow);
}

/* Waits until vmos has written @words. */
static void expect(const char *words)
{
	for (int i = 0; i < STEPS && !strstr(output, words); i++) {
		stand_rest(&s, STEP_MS);
		collect();
	}
	says(words);
}

static void test_log(void **state)
{
	int status;

	assert_int_equal(run("log"), 0);
	says("Nothing that the network's log has kept.");
	assert_null(strstr(output, "TIME"));
	log_flow(TAP_EVENT_OPEN, "first.example");
	log_flow(TAP_EVENT_DENY, "second.example");
	assert_int_equal(run("log"), 0);
	says("TIME ");
	says("work         net0       opened   first.example:443/tcp                ");
	says("work         net0       refused  second.example:443/tcp               ");
	log_flow(TAP_EVENT_NAME, "third.example");
	log_flow(TAP_EVENT_CLOSE, "second.example");
	assert_int_equal(run("log work 2"), 0);
	says("resolved third.example                                     203.0.113.1\n");
	says("; sent 0 B, received 0 B in 0 s\n");
	assert_int_equal(run("log work 1"), 0);
	assert_null(strstr(output, "first.example"));
	assert_int_equal(run("log --json 1"), 0);
	says("\"name\":\"second.example\"");
	assert_int_equal(run("log nobody"), 0);
	says("Nothing that the network's log has kept.");
	assert_int_equal(run("log --json nobody"), 0);
	assert_int_equal(len, 0);
	start("log --follow");
	expect("second.example");
	/* it goes on in a new file, again and again */
	for (unsigned n = 0; n < 3; n++) {
		char name[32];

		for (unsigned i = 0; i < 30000; i++)
			log_flow(TAP_EVENT_NAME, "much.example");
		snprintf(name, sizeof(name), "last%u.example", n);
		log_flow(TAP_EVENT_CUT, name);
		for (int i = 0; i < STEPS && !strstr(output, name); i++) {
			len = len > OUTPUT_MAX / 2 ? 0 : len;
			stand_rest(&s, STEP_MS);
			collect();
		}
		says(name);
		len = 0;
	}
	kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	close(from_vmos);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		CASE(test_lines),
		CASE(test_check),
		CASE(test_why),
		CASE(test_cards),
		CASE(test_flows),
		CASE(test_log),
	};

	vmos = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
