/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "policy/netlist.h"
#include "tests/unit/unit.h"

static struct net_line memory[64];
static struct netlist list;
static struct ruleset_error error;

static int parse(const char *text)
{
	list = (struct netlist){ .lines = memory, .cap = COUNT(memory) };
	error = (struct ruleset_error){ 0 };
	return netlist_parse(&list, 7, text, strlen(text), &error);
}

static void refused(const char *text, uint32_t line, uint32_t column, const char *words)
{
	assert_int_equal(parse(text), -EINVAL);
	if (error.line != line || error.column != column || !strstr(error.sentence, words))
		fail_msg("'%s': %u:%u: %s", text, error.line, error.column, error.sentence);
	assert_int_equal(list.count, 0);
}

/* What it means is written as @shown, and this means the same. */
static void means(const char *text, const char *shown)
{
	struct net_target t = { .action = NET_ASK }, back = { .action = NET_ASK };
	char out[NET_TARGET_TEXT];

	if (netlist_parse_target(text, &t, &error) < 0)
		fail_msg("'%s': %u: %s", text, error.column, error.sentence);
	assert_int_equal(t.action, NET_ASK);
	assert_true(net_target_is_valid(&t));
	net_target_format(&t, out);
	assert_string_equal(out, shown);
	assert_int_equal(netlist_parse_target(out, &back, &error), 0);
	assert_memory_equal(&back, &t, sizeof(t));
}

static void test_plain(void **state)
{
	assert_int_equal(parse("work allow example.org:443/tcp notify for=10m # why\n"), 0);
	assert_int_equal(list.count, 1);
	assert_string_equal(memory[0].vm, "work");
	assert_int_equal(memory[0].target.action, NET_ALLOW);
	assert_int_equal(memory[0].target.kind, NET_NAME);
	assert_string_equal(memory[0].target.name, "example.org");
	assert_int_equal(memory[0].target.port_low, 443);
	assert_int_equal(memory[0].target.port_high, 443);
	assert_int_equal(memory[0].target.proto, NET_TCP);
	assert_true(memory[0].notify);
	assert_int_equal(memory[0].for_seconds, 600);
	assert_int_equal(memory[0].file, 7);
	assert_int_equal(memory[0].line, 1);
}

static void test_layout(void **state)
{
	assert_int_equal(parse(""), 0);
	assert_int_equal(parse("\n\r\n  \t\n# all\r\n  # of it\n"), 0);
	assert_int_equal(list.count, 0);
	assert_int_equal(
		parse("# a\r\n\ta.b\tdeny  any # why\r\n\r\nz ask 192.0.2.0/24"), 0); /* no newline at the end */
	assert_int_equal(list.count, 2);
	assert_int_equal(memory[0].target.action, NET_DENY);
	assert_int_equal(memory[0].target.kind, NET_ANY);
	assert_int_equal(memory[0].target.port_low, 0);
	assert_int_equal(memory[0].target.port_high, 65535);
	assert_false(memory[0].notify);
	assert_int_equal(memory[0].line, 2);
	assert_int_equal(memory[1].target.action, NET_ASK);
	assert_int_equal(memory[1].target.bits, 120);
	assert_int_equal(memory[1].line, 4);
}

static void test_targets(void **state)
{
	char longest[NET_TARGET_TEXT];

	means("any", "any");
	means("any:53/udp", "any:53/udp");
	means("any/icmp", "any/icmp");
	means("any:1-65535", "any:1-65535");
	means("*.any", "*.any");
	means("Example.ORG", "example.org");
	means("*.example.org:80-443/tcp", "*.example.org:80-443/tcp");
	means("a-b._tcp.x1", "a-b._tcp.x1");
	means("3com", "3com");
	means("1.2.3.4a", "1.2.3.4a");
	means("192.0.2.7", "192.0.2.7");
	means("192.0.2.7/32", "192.0.2.7");
	means("192.0.2.7/tcp", "192.0.2.7/tcp");
	means("192.0.2.0/24/udp", "192.0.2.0/24/udp");
	means("192.0.2.0/24:443", "192.0.2.0/24:443");
	means("0.0.0.0/0", "0.0.0.0/0");
	means("[2001:db8::1]", "[2001:db8::1]");
	means("[2001:DB8::/32]:443-443/tcp", "[2001:db8::/32]:443/tcp");
	means("[::/0]", "[::/0]");
	means("[::/96]/icmp", "[::/96]/icmp");
	means("[2001:db8::1/128]", "[2001:db8::1]");
	memset(longest, 0, sizeof(longest));
	for (size_t i = 0; i < NET_NAME_MAX; i++)
		longest[i] = i % 64 == 63 ? '.' : 'a';
	memcpy(longest + NET_NAME_MAX, ":10000-65535/udp", sizeof(":10000-65535/udp"));
	means(longest, longest);
}

static void test_refused(void **state)
{
	char text[512];

	refused("work", 1, 5, "action is missing");
	refused("work # allow any", 1, 6, "action is missing");
	refused("\nwork allow", 2, 11, "target is missing");
	refused("* allow any", 1, 1, "VM name");
	refused("_ allow any", 1, 1, "VM name");
	refused("-a allow any", 1, 1, "VM name");
	refused("a/b allow any", 1, 2, "VM name");
	refused("a permit any", 1, 3, "allow, deny or ask");
	refused("a Allow any", 1, 3, "allow, deny or ask");
	refused("a allow any always", 1, 13, "notify");
	refused("a allow any ask", 1, 13, "notify");
	refused("a allow any for=", 1, 13, "notify");
	refused("a allow any for=10", 1, 17, "time");
	refused("a allow any for=367d", 1, 17, "time");
	refused("a allow any\nb deny any\rc", 2, 11, "control");
	refused("a allow :443", 1, 9, "begins with");
	refused("a allow /tcp", 1, 9, "begins with");
	refused("a allow any:", 1, 13, "port");
	refused("a allow any:0", 1, 13, "port");
	refused("a allow any:065", 1, 13, "port");
	refused("a allow any:65536", 1, 13, "port");
	refused("a allow any:99999999999999999999", 1, 13, "port");
	refused("a allow any:4294967376", 1, 13, "port");
	refused("a allow 192.0.2.0/4294967320", 1, 19, "0 to 32");
	refused("a allow any:1-", 1, 15, "port");
	refused("a allow any:443-80", 1, 13, "lower port");
	refused("a allow any:-80", 1, 13, "port");
	refused("a allow any:80:81", 1, 15, "then :PORT");
	refused("a allow any:80x", 1, 15, "then :PORT");
	refused("a allow any/", 1, 13, "tcp, udp or icmp");
	refused("a allow any/sctp", 1, 13, "tcp, udp or icmp");
	refused("a allow any/TCP", 1, 13, "tcp, udp or icmp");
	refused("a allow any/tcp:80", 1, 13, "tcp, udp or icmp");
	refused("a allow any:8/icmp", 1, 12, "no ports");
	refused("a allow any# no", 1, 9, "no name");
	refused("a allow aNy:80", 1, 9, "small letters");
	refused("a allow *", 1, 9, "no name");
	refused("a allow *.", 1, 9, "no name");
	refused("a allow *.*.org", 1, 11, "no name");
	refused("a allow *example.org", 1, 9, "no name");
	refused("a allow example.org.", 1, 9, "no name");
	refused("a allow .example.org", 1, 9, "no name");
	refused("a allow a..b", 1, 9, "no name");
	refused("a allow b\303\274cher.example", 1, 9, "no name");
	refused("a allow https://example.org", 1, 15, "port");
	refused("a allow example.1", 1, 9, "no name");
	refused("a allow *.1.2.3.4", 1, 11, "no name");
	refused("a allow 192.0.2", 1, 9, "four numbers");
	refused("a allow 192.0.2.256", 1, 9, "four numbers");
	refused("a allow 192.0.2.07", 1, 9, "four numbers");
	refused("a allow 7", 1, 9, "four numbers");
	refused("a allow 192.0.2.0/33", 1, 19, "0 to 32");
	refused("a allow 192.0.2.0/024", 1, 19, "0 to 32");
	refused("a allow 192.0.2.7/24", 1, 19, "bits behind");
	refused("a allow 2001:db8::1", 1, 9, "four numbers");
	refused("a allow fe80::1", 1, 14, "brackets");
	refused("a allow [192.0.2.7]", 1, 10, "IPv6");
	refused("a allow [::ffff:192.0.2.7]", 1, 10, "IPv6");
	refused("a allow [::ffff:0:0/96]", 1, 10, "IPv6");
	refused("a allow []", 1, 10, "IPv6");
	refused("a allow [2001:db8::1", 1, 21, "bracket ends");
	refused("a allow [2001:db8::1/64]", 1, 22, "bits behind");
	refused("a allow [2001:db8::/129]", 1, 21, "0 to 128");
	refused("a allow [2001:db8::/]", 1, 20, "bracket ends");
	refused("a allow [fe80::1%eth0]", 1, 10, "IPv6");
	refused("a allow [2001:db8::1]x", 1, 22, "then :PORT");
	snprintf(text, sizeof(text), "a allow %0254d.org", 0);
	refused(text, 1, 9, "253");
	snprintf(text, sizeof(text), "a allow %064d.org", 0);
	refused(text, 1, 9, "no name");
	snprintf(text, sizeof(text), "a allow [%0100d::]", 0);
	refused(text, 1, 10, "IPv6");
}

static void test_target_alone(void **state)
{
	static const struct {
		const char *text;
		uint32_t column;
	} bad[] = { { "", 1 }, { " any", 1 }, { "any ", 4 }, { "any any", 4 }, { "#any", 1 }, { "any\n", 4 },
		{ "a_b:", 5 } };
	struct net_target t = { .action = NET_ALLOW, .bits = 9 };

	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(netlist_parse_target(bad[i].text, &t, &error), -EINVAL);
		assert_int_equal(error.line, 1);
		assert_int_equal(error.column, bad[i].column);
		assert_non_null(error.sentence);
	}
	assert_int_equal(t.bits, 9);
}

/* Every prefix of a line parses to that line's begin or is refused, and reads no byte behind. */
static void test_cut(void **state)
{
	static const char text[] = "work allow [2001:db8::/32]:80-443/tcp notify for=10m";

	for (size_t len = 0; len < sizeof(text); len++) {
		char *copy = test_malloc(len + 1);

		memcpy(copy, text, len);
		copy[len] = '9'; /* would be seen as a longer number */
		list = (struct netlist){ .lines = memory, .cap = 1 };
		if (netlist_parse(&list, 0, copy, len, &error) == 0 && list.count == 1)
			assert_true(net_target_is_valid(&memory[0].target));
		test_free(copy);
	}
}

static void test_full(void **state)
{
	static const char text[] = "a allow any\nb allow any\n";

	list = (struct netlist){ .lines = memory, .cap = 3 };
	assert_int_equal(netlist_parse(&list, 0, text, strlen(text), &error), 0);
	assert_int_equal(netlist_parse(&list, 1, text, strlen(text), &error), -ENOSPC);
	assert_int_equal(list.count, 2);
	assert_int_equal(error.line, 2);
}

static void test_valid(void **state)
{
	const struct net_target any = { .port_high = 65535 };
	const struct net_target net = {
		.kind = NET_NETWORK, .bits = 120, .port_high = 65535, .addr = { [10] = 0xff, 0xff, 192, 0, 2, 0 }
	};
	struct net_target t;

#define INVALID(from, ...) (t = (from), __VA_ARGS__, assert_false(net_target_is_valid(&t)))
	assert_true(net_target_is_valid(&any) && net_target_is_valid(&net));
	INVALID(any, t.action = 3);
	INVALID(any, t.kind = 4);
	INVALID(any, t.proto = 2);
	INVALID(any, t.port_high = 0);
	INVALID(any, t.port_low = 5, t.port_high = 4);
	INVALID(any, t.port_low = 5, t.proto = NET_ICMP);
	INVALID(any, t.name[0] = 'a');
	INVALID(any, t.bits = 1);
	INVALID(any, t.addr[15] = 1);
	INVALID(any, t.kind = NET_NAME);
	INVALID(any, t.kind = NET_NAME, memcpy(t.name, "any", 4));
	INVALID(any, t.kind = NET_NAME, memcpy(t.name, "A.b", 4));
	INVALID(any, t.kind = NET_BELOW, memset(t.name, 'a', sizeof(t.name)));
	INVALID(net, t.addr[15] = 1);
	INVALID(net, t.bits = 129);
	INVALID(net, t.bits = 104);
	INVALID(net, t.name[0] = 'a');
#undef INVALID
}

/* Decides by the lines of the list. */
static enum net_action decide(const char *addr, uint16_t port, uint8_t proto, const char *name)
{
	static struct net_target targets[COUNT(memory)];
	struct net_decider d = { .targets = targets, .count = list.count };
	struct net_flow flow = { .proto = proto, .port = port, .names = &name, .nnames = name ? 1 : 0 };
	size_t line;

	for (size_t i = 0; i < list.count; i++)
		targets[i] = memory[i].target;
	d.fallback = netlist_fallback(targets, list.count, false);
	assert_int_equal(netplan_parse(addr, flow.addr), 0);
	return netlist_decide(&d, &flow, &line);
}

static void test_decide(void **state)
{
	assert_int_equal(parse(""), 0);
	assert_int_equal(decide("192.0.2.7", 80, NET_TCP, NULL), NET_ALLOW);
	assert_int_equal(decide("10.0.2.2", 80, NET_TCP, "host.example"), NET_DENY);
	assert_int_equal(decide("fec0::2", 80, NET_TCP, NULL), NET_DENY);
	assert_int_equal(parse("a deny 192.0.2.0/24:80"), 0);
	assert_int_equal(decide("192.0.2.7", 80, NET_TCP, NULL), NET_DENY);
	assert_int_equal(decide("192.0.2.7", 80, NET_UDP, NULL), NET_DENY);
	assert_int_equal(decide("192.0.2.7", 81, NET_TCP, NULL), NET_ALLOW);
	assert_int_equal(decide("192.0.2.7", 80, NET_ICMP, NULL), NET_ALLOW); /* no port is meant */
	assert_int_equal(decide("192.0.3.7", 80, NET_TCP, NULL), NET_ALLOW);
	assert_int_equal(parse("a allow *.example.org/tcp\na ask example.org\na deny x.example.org"), 0);
	assert_int_equal(decide("192.0.2.7", 80, NET_TCP, "a.b.example.org"), NET_ALLOW);
	assert_int_equal(decide("192.0.2.7", 80, NET_UDP, "a.b.example.org"), NET_DENY);
	assert_int_equal(decide("192.0.2.7", 80, NET_TCP, "example.org"), NET_ASK);
	assert_int_equal(decide("192.0.2.7", 80, NET_TCP, "x.example.org"), NET_DENY);
	assert_int_equal(decide("192.0.2.7", 80, NET_TCP, "notexample.org"), NET_DENY);
	assert_int_equal(decide("192.0.2.7", 80, NET_TCP, NULL), NET_DENY);
	assert_int_equal(decide("10.0.2.2", 80, NET_TCP, "a.example.org"), NET_DENY); /* the resolver lies */
	assert_int_equal(parse("a allow 0.0.0.0/0"), 0);
	assert_int_equal(decide("192.0.2.7", 80, NET_TCP, NULL), NET_ALLOW);
	assert_int_equal(decide("2001:db8::1", 80, NET_TCP, NULL), NET_DENY);
	assert_int_equal(decide("10.0.2.2", 80, NET_TCP, NULL), NET_DENY);
	assert_int_equal(parse("a allow [::/0]\na allow 10.0.2.2:22"), 0);
	assert_int_equal(decide("192.0.2.7", 80, NET_TCP, NULL), NET_DENY);
	assert_int_equal(decide("2001:db8::1", 80, NET_TCP, NULL), NET_ALLOW);
	assert_int_equal(decide("10.0.2.2", 22, NET_TCP, NULL), NET_ALLOW);
	assert_int_equal(decide("10.0.2.2", 23, NET_TCP, NULL), NET_DENY);
}

static void test_fallback(void **state)
{
	struct net_target t = { .action = NET_DENY, .port_high = 65535 };

	assert_int_equal(netlist_fallback(NULL, 0, false), NET_ALLOW);
	assert_int_equal(netlist_fallback(&t, 1, false), NET_ALLOW);
	assert_int_equal(netlist_fallback(&t, 1, true), NET_ASK);
	t.action = NET_ASK;
	assert_int_equal(netlist_fallback(&t, 1, false), NET_DENY);
	t.action = NET_ALLOW;
	assert_int_equal(netlist_fallback(&t, 1, false), NET_DENY);
}

static bool may_resolve(const char *text, const char *name, bool link_asks)
{
	static struct net_target targets[COUNT(memory)];
	struct net_decider d = { .targets = targets };

	assert_int_equal(parse(text), 0);
	for (d.count = 0; d.count < list.count; d.count++)
		targets[d.count] = memory[d.count].target;
	d.fallback = netlist_fallback(targets, d.count, link_asks);
	return netlist_may_resolve(&d, name);
}

static void test_resolve(void **state)
{
	assert_true(may_resolve("", "b.org", false));
	assert_true(may_resolve("x deny a.org", "a.org", false));
	assert_true(may_resolve("x allow a.org", "a.org", false));
	assert_false(may_resolve("x allow a.org", "b.org", false));
	assert_false(may_resolve("x allow a.org", "x.a.org", false));
	assert_true(may_resolve("x ask *.a.org:443/tcp", "x.a.org", false));
	assert_false(may_resolve("x ask *.a.org", "a.org", false));
	assert_true(may_resolve("x allow a.org\nx allow 192.0.2.7", "b.org", false));
	assert_true(may_resolve("x allow any:443", "b.org", false));
	assert_true(may_resolve("x allow a.org", "b.org", true));
	assert_false(may_resolve("x allow any\nx deny any\nx allow a.org", "b.org", false));
	assert_true(may_resolve("x allow any\nx deny any:80\nx allow a.org", "b.org", false));
	assert_false(may_resolve("x deny any", "b.org", false));
	assert_false(may_resolve("x deny any", "b.org", true));
}

static void test_names(void **state)
{
	static const char *const yes[] = { "a", "a.b", "_x._tcp.a-b", "1a", "1.a", "xn--bcher-kva.example" };
	static const char *const no[] = { "", ".", "a.", ".a", "a..b", "A", "a b", "1", "1.2.3.4", "a.1", "a/b", "a*" };

	for (size_t i = 0; i < COUNT(yes); i++)
		assert_true(net_name_is_valid(yes[i]));
	for (size_t i = 0; i < COUNT(no); i++)
		assert_false(net_name_is_valid(no[i]));
}

/* What the last of 10,000 lines costs: a flow's decision may take as long as a line has. */
static void test_speed(void **state)
{
	static struct net_target targets[10000];
	static const char *const names[] = { "www.example.com", "cdn.example.net" };
	struct net_decider d = { .targets = targets, .count = COUNT(targets) };
	struct net_flow flow = { .proto = NET_TCP, .port = 443, .names = names, .nnames = COUNT(names) };
	struct timespec a, b;
	char text[64];
	size_t line;

	for (size_t i = 0; i < COUNT(targets); i++) {
		if (i % 3 == 0)
			snprintf(text, sizeof(text), "host%zu.example.org:443/tcp", i);
		else if (i % 3 == 1)
			snprintf(text, sizeof(text), "*.zone%zu.example.org", i);
		else
			snprintf(text, sizeof(text), "192.%zu.%zu.0/24", i / 256, i % 256);
		targets[i].action = NET_ALLOW;
		assert_int_equal(netlist_parse_target(text, &targets[i], &error), 0);
	}
	assert_int_equal(netplan_parse("203.0.113.7", flow.addr), 0);
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(netlist_decide(&d, &flow, &line), NET_DENY);
	clock_gettime(CLOCK_MONOTONIC, &b);
	print_message("%.1f ns a line\n",
		((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) / 100 / COUNT(targets));
	assert_int_equal(line, NET_NO_LINE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_target_alone),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_valid),
		cmocka_unit_test(test_decide),
		cmocka_unit_test(test_fallback),
		cmocka_unit_test(test_resolve),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_speed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
