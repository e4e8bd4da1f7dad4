/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy/netlist.h against a second opinion: random lists as text, and random
 * flows. The model never sees the text. It has what each line was made of,
 * networks as strings of '0' and '1' beside their family, and goes through the
 * lines from the first on, so that what the last one says remains.
 *
 *	test_netlist_model [SEED]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/netlist.h"
#include "tests/unit/unit.h"

#define LISTS 1000
#define LINES_MAX 60
#define FLOWS 200
#define VM "work"

/* Names of which some end as others do, and do not lie below them. */
static const char *const names[] = { "example.org", "www.example.org", "a.www.example.org", "notexample.org", "org",
	"example.org.net", "any.org", "x", "x-y_z.example.org", "xexample.org" };

/* Near the edges of what the lines name and of what is reserved. */
static const char *const addresses[] = { "192.0.2.0", "192.0.2.7", "192.0.2.255", "192.0.3.7", "198.51.100.1",
	"10.0.2.2", "10.0.3.2", "10.137.0.5", "10.136.0.5", "127.0.0.1", "169.254.1.1", "224.0.0.251",
	"255.255.255.255", "0.0.0.0", "2001:db8::1", "2001:db8::2", "2001:db8:1::1", "fd76:6d6f:7300::5", "fe80::1",
	"fec0::2", "ff02::1", "::1", "2002:c000:207::1", "64:ff9b::c000:207" };

static const struct {
	const char *text;
	unsigned bits; /* of the text's family */
} networks[] = { { "192.0.2.7", 32 }, { "192.0.2.0", 24 }, { "192.0.2.0", 23 }, { "0.0.0.0", 0 }, { "10.0.0.0", 8 },
	{ "10.0.2.0", 24 }, { "10.0.2.2", 32 }, { "10.0.2.0", 23 }, { "10.137.0.0", 16 }, { "127.0.0.0", 8 },
	{ "224.0.0.0", 3 }, { "169.254.1.1", 32 }, { "2001:db8::", 32 }, { "2001:db8::1", 128 }, { "::", 0 },
	{ "fd76:6d6f:7300::", 48 }, { "fd00::", 8 }, { "fe80::", 10 }, { "fe80::", 9 }, { "::", 96 },
	{ "2001:db8::", 127 }, { "192.0.2.0", 31 } };

/* proto/netplan.h's sentence about them, written down again. */
static const struct {
	const char *text;
	unsigned bits;
} reserved[] = { { "0.0.0.0", 8 }, { "10.0.2.0", 24 }, { "10.137.0.0", 16 }, { "127.0.0.0", 8 }, { "169.254.0.0", 16 },
	{ "224.0.0.0", 3 }, { "::", 96 }, { "fe80::", 10 }, { "fec0::", 10 }, { "ff00::", 8 },
	{ "fd76:6d6f:7300::", 48 } };

/* A family and what of an address is fixed: "4 1100…", "6 0010…". */
struct bits {
	char text[131];
};

/* What a line was made of. */
struct made {
	bool ours; /* of the VM that is asked about */
	const char *action, *proto; /* proto: NULL all */
	enum { PLACE_ANY, PLACE_NAME, PLACE_BELOW, PLACE_NET } place;
	const char *name;
	struct bits net;
	unsigned low, high; /* 0: no port */
};

static struct made model[LINES_MAX];
static unsigned nmodel;
static uint64_t seed = 0x5eed;
static char text[64 * 1024];
static size_t length;
static unsigned named, by_name;

static unsigned pick(unsigned n)
{
	return (unsigned)(unit_random(&seed) % n);
}

static void say(const char *words)
{
	size_t len = strlen(words);

	assert_true(length + len < sizeof(text));
	memcpy(text + length, words, len);
	length += len;
}

static struct bits to_bits(const char *address, unsigned fixed)
{
	const bool ipv4 = !strchr(address, ':');
	struct bits b = { { 0 } };
	uint8_t addr[NETPLAN_ADDR];

	assert_int_equal(netplan_parse(address, addr), 0);
	b.text[0] = ipv4 ? '4' : '6';
	for (unsigned i = 0; i < fixed; i++) {
		unsigned bit = ipv4 ? 96 + i : i;

		b.text[1 + i] = addr[bit / 8] & 128 >> bit % 8 ? '1' : '0';
	}
	return b;
}

static bool covers(const struct bits *net, const struct bits *inner)
{
	return strncmp(net->text, inner->text, strlen(net->text)) == 0;
}

static bool is_reserved(const struct bits *b)
{
	for (unsigned i = 0; i < COUNT(reserved); i++) {
		struct bits r = to_bits(reserved[i].text, reserved[i].bits);

		if (covers(&r, b))
			return true;
	}
	return false;
}

static void say_place(struct made *m)
{
	unsigned n;
	char words[64];

	m->place = pick(4);
	if (m->place == PLACE_ANY) {
		say("any");
	} else if (m->place == PLACE_NET) {
		n = pick(COUNT(networks));
		m->net = to_bits(networks[n].text, networks[n].bits);
		if (networks[n].bits == (m->net.text[0] == '4' ? 32 : 128) && pick(2))
			snprintf(words, sizeof(words), m->net.text[0] == '4' ? "%s" : "[%s]", networks[n].text);
		else
			snprintf(words, sizeof(words), m->net.text[0] == '4' ? "%s/%u" : "[%s/%u]", networks[n].text,
				networks[n].bits);
		say(words);
	} else {
		m->name = names[pick(COUNT(names))];
		say(m->place == PLACE_BELOW ? "*." : "");
		say(m->name);
	}
}

static void say_ports(struct made *m)
{
	static const unsigned ports[] = { 1, 53, 80, 443, 444, 65535 };
	unsigned a = pick(COUNT(ports)), b = pick(COUNT(ports));
	char words[32];

	m->low = ports[a < b ? a : b];
	m->high = ports[a < b ? b : a];
	if (m->low == m->high)
		snprintf(words, sizeof(words), ":%u", m->low);
	else
		snprintf(words, sizeof(words), ":%u-%u", m->low, m->high);
	say(words);
}

static void say_line(void)
{
	static const char *const actions[] = { "allow", "deny", "ask" }, *const protos[] = { "tcp", "udp", "icmp" };
	struct made m = { .ours = pick(8) != 0, .action = actions[pick(3)] };

	say(m.ours ? VM : "work2");
	say(pick(2) ? " " : "\t ");
	say(m.action);
	say(" ");
	say_place(&m);
	if (pick(3) == 0)
		say_ports(&m);
	if (pick(3) == 0) {
		m.proto = protos[pick(m.low ? 2 : 3)];
		say("/");
		say(m.proto);
	}
	say(pick(8) ? "" : " notify");
	say(pick(8) ? "" : " for=10m # work deny any");
	say(pick(8) ? "\n" : "\n\n# work deny any\r\n");
	if (m.ours)
		model[nmodel++] = m;
}

static bool ends_below(const char *name, const char *above)
{
	char tail[64];

	snprintf(tail, sizeof(tail), ".%s", above);
	return strlen(name) > strlen(tail) && strcmp(name + strlen(name) - strlen(tail), tail) == 0;
}

static bool model_names(const struct made *m, const char *name)
{
	return m->place == PLACE_NAME ? strcmp(m->name, name) == 0 : ends_below(name, m->name);
}

static bool model_matches(const struct made *m, const struct net_flow *flow, const struct bits *to)
{
	const char *proto = flow->proto == NET_TCP ? "tcp" : flow->proto == NET_UDP ? "udp" : "icmp";

	if (m->proto && strcmp(m->proto, proto) != 0)
		return false;
	if (m->low && (flow->proto == NET_ICMP || flow->port < m->low || flow->port > m->high))
		return false;
	if (m->place == PLACE_NET)
		return covers(&m->net, to) && (is_reserved(&m->net) || !is_reserved(to));
	if (is_reserved(to))
		return false;
	if (m->place == PLACE_ANY)
		return true;
	for (size_t i = 0; i < flow->nnames; i++) {
		if (model_names(m, flow->names[i]))
			return true;
	}
	return false;
}

static const char *model_decides(const struct net_flow *flow, const struct bits *to, bool asks, size_t *ret_line)
{
	const char *action = "allow";

	for (unsigned i = 0; i < nmodel; i++)
		action = strcmp(model[i].action, "deny") == 0 ? action : "deny";
	action = is_reserved(to) ? "deny" : asks ? "ask" : action;
	*ret_line = NET_NO_LINE;
	for (unsigned i = 0; i < nmodel; i++) {
		if (model_matches(&model[i], flow, to)) {
			action = model[i].action;
			*ret_line = i;
		}
	}
	return action;
}

/* Of what stands behind the last line that denies everything: is there anything but names, or this one? */
static bool model_resolves(const char *name, bool asks)
{
	bool closed = false, open = true;

	for (unsigned i = 0; i < nmodel; i++)
		closed = closed || strcmp(model[i].action, "deny") != 0;
	open = asks || !closed;
	for (unsigned i = 0; i < nmodel; i++) {
		const struct made *m = &model[i];

		if (strcmp(m->action, "deny") == 0)
			open = open && !(m->place == PLACE_ANY && !m->low && !m->proto);
		else
			open = open || m->place == PLACE_ANY || m->place == PLACE_NET || model_names(m, name);
	}
	return open;
}

static unsigned compare(const struct net_decider *d, bool asks)
{
	static const char *const actions[] = { [NET_DENY] = "deny", [NET_ALLOW] = "allow", [NET_ASK] = "ask" };
	static const uint8_t protos[] = { NET_TCP, NET_UDP, NET_ICMP };
	static const uint16_t ports[] = { 1, 2, 53, 79, 80, 443, 444, 445, 65535 };
	const char *known[3] = { names[pick(COUNT(names))], names[pick(COUNT(names))], names[pick(COUNT(names))] };
	const char *address = addresses[pick(COUNT(addresses))], *theirs;
	struct bits to = to_bits(address, strchr(address, ':') ? 128 : 32);
	struct net_flow flow = { .proto = protos[pick(3)], .names = known, .nnames = pick(4) };
	size_t line, model_line;
	enum net_action ours;

	flow.port = flow.proto == NET_ICMP ? 0 : ports[pick(COUNT(ports))];
	assert_int_equal(netplan_parse(address, flow.addr), 0);
	ours = netlist_decide(d, &flow, &line);
	theirs = model_decides(&flow, &to, asks, &model_line);
	named += line != NET_NO_LINE;
	by_name += line != NET_NO_LINE && d->targets[line].kind != NET_NETWORK && d->targets[line].kind != NET_ANY;
	if (strcmp(actions[ours], theirs) == 0 && line == model_line)
		return netlist_may_resolve(d, known[0]) != model_resolves(known[0], asks);
	print_message("%s port %u proto %u: %s (%zu), the model %s (%zu)\n%.*s", address, flow.port, flow.proto,
		actions[ours], line, theirs, model_line, (int)length, text);
	return 1;
}

/* The lines of the VM, each by way of its text. */
static size_t take_targets(const struct netlist *list, struct net_target *targets)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct net_target *t = &targets[count];
		struct ruleset_error error;
		char shown[NET_TARGET_TEXT];

		if (strcmp(list->lines[i].vm, VM) != 0)
			continue;
		assert_true(net_target_is_valid(&list->lines[i].target));
		net_target_format(&list->lines[i].target, shown);
		memset(t, 0, sizeof(*t));
		t->action = list->lines[i].target.action;
		assert_int_equal(netlist_parse_target(shown, t, &error), 0);
		assert_memory_equal(t, &list->lines[i].target, sizeof(*t));
		count++;
	}
	return count;
}

static void test_model(void **state)
{
	static struct net_line memory[LINES_MAX];
	static struct net_target targets[LINES_MAX];
	unsigned differ = 0, lines = 0;

	print_message("seed %#llx\n", (unsigned long long)seed);
	for (unsigned i = 0; i < LISTS; i++) {
		struct netlist list = { .lines = memory, .cap = COUNT(memory) };
		struct net_decider d = { .targets = targets };
		struct ruleset_error error;
		bool asks = pick(4) == 0;

		length = nmodel = 0;
		for (unsigned n = pick(pick(2) ? 6 : LINES_MAX); n > 0; n--)
			say_line();
		if (netlist_parse(&list, 0, text, length, &error) < 0)
			fail_msg("%u:%u: %s", error.line, error.column, error.sentence);
		d.count = take_targets(&list, targets);
		assert_int_equal(d.count, nmodel);
		d.fallback = netlist_fallback(targets, d.count, asks);
		lines += nmodel;
		for (unsigned n = 0; n < FLOWS; n++)
			differ += compare(&d, asks);
	}
	print_message("%u lists, %u lines, %u flows, %u decided by a line, %u of them by a name: %u differ\n", LISTS,
		lines, LISTS * FLOWS, named, by_name, differ);
	assert_int_equal(differ, 0);
	assert_true(lines > LISTS * 10 && named > LISTS * FLOWS / 4 && by_name > LISTS * FLOWS / 20);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_model) };

	if (argc > 1)
		seed = strtoull(argv[1], NULL, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
