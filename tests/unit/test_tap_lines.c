/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The index over a list against netlist_decide(), which goes through it line by line; and how long either takes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proto/tap.h"
#include "tap/lines.h"
#include "tests/unit/unit.h"

#define LISTS 1000
#define FLOWS 300
#define MANY_LINES 10000
#define MANY_FLOWS 8192

/* Few of each, so that lines and flows meet. */
static const char *const words[] = { "a", "b", "cdn", "example", "org", "www", "x-1" };
static const char *const addrs[] = { "192.0.2.1", "192.0.2.200", "192.0.3.7", "10.0.2.2", "10.137.0.9", "169.254.1.53",
	"127.0.0.1", "2001:db8::1", "2001:db8:0:1::7", "fd76:6d6f:7300::5", "fe80::1", "8.8.8.8" };
static const uint16_t ports[] = { 1, 22, 80, 443, 444, 8080, 65535 };

static uint64_t random_state = 11;

static uint32_t below(uint32_t n)
{
	return (uint32_t)(unit_random(&random_state) % n);
}

static void random_name(char name[NET_NAME_MAX + 1])
{
	uint32_t labels = 1 + below(4);
	size_t len = 0;

	for (uint32_t i = 0; i < labels; i++)
		len += (size_t)snprintf(
			name + len, NET_NAME_MAX + 1 - len, "%s%s", i ? "." : "", words[below(COUNT(words))]);
}

static void random_addr(uint8_t addr[NETPLAN_ADDR])
{
	assert_int_equal(netplan_parse(addrs[below(COUNT(addrs))], addr), 0);
	if (below(4) == 0)
		addr[15] ^= (uint8_t)(1u << below(8));
}

static void random_ports(struct net_target *t)
{
	t->port_high = 65535;
	if (t->proto == NET_ICMP || below(2))
		return;
	t->port_low = t->port_high = ports[below(COUNT(ports))];
	if (below(3) == 0)
		t->port_high = ports[below(COUNT(ports))];
	if (t->port_high < t->port_low)
		t->port_high = t->port_low;
}

static struct net_target random_target(void)
{
	static const uint8_t protos[] = { NET_ALL, NET_ALL, NET_TCP, NET_UDP, NET_ICMP };
	struct net_target t = { .action = (uint8_t)below(3), .kind = (uint8_t)below(4), .proto = protos[below(5)] };

	random_ports(&t);
	if (t.kind == NET_NAME || t.kind == NET_BELOW)
		random_name(t.name);
	if (t.kind == NET_NETWORK) {
		random_addr(t.addr);
		t.bits = (uint8_t)(netplan_is_ipv4(t.addr) ? 96 + below(33) : below(129));
		for (unsigned bit = t.bits; bit < 128; bit++)
			t.addr[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	}
	return t;
}

static void random_flow(struct net_flow *flow, const char **list, char text[3][NET_NAME_MAX + 1])
{
	static const uint8_t protos[] = { NET_TCP, NET_UDP, NET_ICMP };

	*flow = (struct net_flow){ .proto = protos[below(3)], .names = list, .nnames = below(4) };
	flow->port = flow->proto == NET_ICMP ? 0 : ports[below(COUNT(ports))];
	random_addr(flow->addr);
	for (size_t i = 0; i < flow->nnames; i++) {
		random_name(text[i]);
		list[i] = text[i];
	}
}

static void test_model(void **state)
{
	uint32_t differences = 0;

	for (uint32_t i = 0; i < LISTS; i++) {
		uint32_t count = below(i % 10 == 0 ? 300 : 20);
		struct net_target *targets = calloc(count + 1, sizeof(*targets));
		enum net_action fallback = (enum net_action)below(3);
		struct lines lines;

		assert_non_null(targets);
		for (uint32_t j = 0; j < count; j++)
			targets[j] = random_target();
		assert_int_equal(lines_open(&lines, targets, count, fallback), 0);
		for (uint32_t j = 0; j < FLOWS; j++) {
			char text[3][NET_NAME_MAX + 1] = { "x" };
			const char *list[3];
			struct net_flow flow;
			size_t want_line, line;
			enum net_action want;

			random_flow(&flow, list, text);
			want = netlist_decide(&lines.decider, &flow, &want_line);
			differences += lines_decide(&lines, &flow, &line) != want || line != want_line;
			differences +=
				lines_may_resolve(&lines, text[0]) != netlist_may_resolve(&lines.decider, text[0]);
		}
		lines_close(&lines);
	}
	print_message("%u lists, %u flows each: %u differences\n", LISTS, FLOWS, differences);
	assert_int_equal(differences, 0);
}

static void test_closed(void **state)
{
	struct net_flow flow = { .proto = NET_TCP, .port = 443 };
	struct lines lines = { .decider.fallback = NET_ALLOW };
	size_t line;

	assert_int_equal(netplan_parse("192.0.2.1", flow.addr), 0);
	assert_int_equal(lines_decide(&lines, &flow, &line), NET_DENY);
	assert_false(lines_may_resolve(&lines, "a.example"));
	assert_int_equal(lines_open(&lines, calloc(1, sizeof(struct net_target)), 0, NET_ALLOW), 0);
	assert_int_equal(lines_decide(&lines, &flow, &line), NET_ALLOW);
	assert_true(line == NET_NO_LINE);
	lines_close(&lines);
	assert_int_equal(lines_decide(&lines, &flow, &line), NET_DENY);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Lists of one kind, each line another: what a flow costs, and that it does not grow with the list. */
static void fill_kind(struct net_target *t, unsigned kind, uint32_t n)
{
	*t = (struct net_target){ .action = NET_ALLOW, .kind = (uint8_t)kind, .proto = NET_TCP, .port_high = 65535 };
	if (kind == NET_ANY) {
		t->port_low = (uint16_t)(1 + n);
		t->port_high = (uint16_t)(2 + n); /* ranges: the worst there is */
	} else if (kind == NET_NETWORK) {
		assert_int_equal(netplan_parse("192.0.0.0", t->addr), 0);
		t->addr[14] = (uint8_t)(n >> 8);
		t->addr[15] = (uint8_t)n;
		t->bits = 128;
	} else {
		snprintf(t->name, sizeof(t->name), "host%u.example.org", n);
	}
}

static void test_time(void **state)
{
	static const char *const kinds[] = { "any:PORT-PORT", "name", "*.name", "network" };

	for (unsigned kind = NET_ANY; kind <= NET_NETWORK; kind++) {
		struct net_target *targets = calloc(MANY_LINES, sizeof(*targets));
		struct net_flow flow = { .proto = NET_TCP };
		struct lines lines;
		double start;
		size_t line;

		assert_non_null(targets);
		for (uint32_t i = 0; i < MANY_LINES; i++)
			fill_kind(&targets[i], kind, i);
		start = seconds();
		assert_int_equal(lines_open(&lines, targets, MANY_LINES, NET_DENY), 0);
		print_message("%s: index over %u lines in %.1f ms", kinds[kind], MANY_LINES, 1e3 * (seconds() - start));
		start = seconds();
		for (uint32_t i = 0; i < MANY_FLOWS; i++) {
			const char *name = "a.host77.example.org";

			flow.port = (uint16_t)(40000 + i);
			flow.names = &name;
			flow.nnames = 1;
			(void)netplan_parse("203.0.113.9", flow.addr);
			(void)lines_decide(&lines, &flow, &line);
		}
		print_message(", %u flows in %.1f ms\n", MANY_FLOWS, 1e3 * (seconds() - start));
		lines_close(&lines);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
