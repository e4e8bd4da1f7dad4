/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/netlist.h"

#include <errno.h>
#include <string.h>

#include "policy/words.h"

/* The word of a TARGET, and how much of it has been read. */
struct target_text {
	const struct line *line;
	const char *at, *end;
	struct ruleset_error *error;
};

static int refuse(const struct target_text *t, const char *at, const char *sentence)
{
	return words_refuse(t->line, at, sentence, t->error);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool next_is(const struct target_text *t, char c)
{
	return t->at < t->end && *t->at == c;
}

/* Up to five digits, and no zero before others. False: there is no such number. */
static bool read_number(struct target_text *t, unsigned *ret)
{
	const char *from = t->at;
	unsigned n = 0;

	for (; t->at < t->end && is_digit(*t->at) && t->at - from < 5; t->at++)
		n = n * 10 + (unsigned)(*t->at - '0');
	*ret = n;
	return t->at > from && (*from != '0' || t->at - from == 1) && !(t->at < t->end && is_digit(*t->at));
}

/* @at to t->at is an address; what stands there in a file is never longer than its longest form. */
static bool parse_address(const struct target_text *t, const char *at, uint8_t addr[NETPLAN_ADDR])
{
	char text[NETPLAN_TEXT];
	size_t len = (size_t)(t->at - at);

	if (len >= sizeof(text))
		return false;
	memcpy(text, at, len);
	text[len] = '\0';
	return netplan_parse(text, addr) == 0;
}

/* "/24", if it is there; of @max bits. */
static int read_bits(struct target_text *t, unsigned max, struct net_target *target)
{
	const char *from = t->at + 1;
	struct net_target rest = *target;
	unsigned bits = max;

	if (next_is(t, '/') && from < t->end && is_digit(*from)) {
		t->at++;
		if (!read_number(t, &bits) || bits > max)
			return refuse(t, from, max == 32 ? "a length is 0 to 32" : "a length is 0 to 128");
	}
	target->bits = rest.bits = (uint8_t)(128 - max + bits);
	rest.action = NET_DENY;
	if (!net_target_is_valid(&rest))
		return refuse(t, from, "the address has bits behind this length: write 192.0.2.0/24, not 192.0.2.7/24");
	return 0;
}

/* "[2001:db8::/32]", t->at behind the bracket. */
static int read_ipv6(struct target_text *t, struct net_target *target)
{
	const char *from = t->at;
	int r;

	while (t->at < t->end && *t->at != '/' && *t->at != ']')
		t->at++;
	if (!parse_address(t, from, target->addr) || netplan_is_ipv4(target->addr))
		return refuse(t, from, "in brackets stands an IPv6 address, as in [2001:db8::1] or [2001:db8::/32]");
	target->kind = NET_NETWORK;
	r = read_bits(t, 128, target);
	if (r < 0)
		return r;
	if (!next_is(t, ']'))
		return refuse(t, t->at, "the bracket ends behind the address or its length");
	t->at++;
	return 0;
}

static int read_ipv4(struct target_text *t, const char *from, struct net_target *target)
{
	if (!parse_address(t, from, target->addr))
		return refuse(t, from, "an address is four numbers of 0 to 255, as in 192.0.2.7");
	target->kind = NET_NETWORK;
	return read_bits(t, 32, target);
}

/* @from to t->at is a name. */
static int take_name(struct target_text *t, const char *from, struct net_target *target)
{
	size_t len;

	if (t->at - from > 2 && from[0] == '*' && from[1] == '.') {
		target->kind = NET_BELOW;
		from += 2;
	}
	len = (size_t)(t->at - from);
	if (len > NET_NAME_MAX)
		return refuse(t, from, "a name has at most 253 letters");
	for (size_t i = 0; i < len; i++)
		target->name[i] = (char)(from[i] >= 'A' && from[i] <= 'Z' ? from[i] + ('a' - 'A') : from[i]);
	target->name[len] = '\0';
	if (target->kind == NET_NAME && strcmp(target->name, "any") == 0)
		return refuse(t, from, "the word for everything is any, in small letters");
	if (!net_name_is_valid(target->name))
		return refuse(t, from,
			"no name of DNS: letters, digits, '-' and '_' between single dots, as in example.org, or "
			"*.example.org for those below it");
	return 0;
}

static int read_place(struct target_text *t, struct net_target *target)
{
	const char *from = t->at;
	bool numbers = true;

	if (next_is(t, '[')) {
		t->at++;
		return read_ipv6(t, target);
	}
	for (; t->at < t->end && *t->at != ':' && *t->at != '/'; t->at++)
		numbers = numbers && (is_digit(*t->at) || *t->at == '.');
	if (t->at == from)
		return refuse(t, from, "a target begins with any, a name, or an address");
	if (numbers)
		return read_ipv4(t, from, target);
	if (t->at - from == 3 && memcmp(from, "any", 3) == 0)
		return 0;
	target->kind = NET_NAME;
	return take_name(t, from, target);
}

static int read_port(struct target_text *t, uint16_t *ret_port)
{
	const char *from = t->at;
	unsigned port;

	if (!read_number(t, &port) || port == 0 || port > UINT16_MAX)
		return refuse(t, from, "a port is 1 to 65535; an IPv6 address stands in brackets");
	*ret_port = (uint16_t)port;
	return 0;
}

static int read_ports(struct target_text *t, struct net_target *target)
{
	const char *from = ++t->at;
	int r = read_port(t, &target->port_low);

	if (r < 0)
		return r;
	target->port_high = target->port_low;
	if (!next_is(t, '-'))
		return 0;
	t->at++;
	r = read_port(t, &target->port_high);
	if (r == 0 && target->port_high < target->port_low)
		r = refuse(t, from, "the lower port comes first");
	return r;
}

static int read_proto(struct target_text *t, const char *ports, struct net_target *target)
{
	static const struct {
		const char *name;
		enum net_proto proto;
	} protos[] = { { "tcp", NET_TCP }, { "udp", NET_UDP }, { "icmp", NET_ICMP } };
	struct word w = { .text = t->at + 1, .len = (size_t)(t->end - t->at) - 1 };

	for (size_t i = 0; i < sizeof(protos) / sizeof(protos[0]); i++) {
		if (words_is(&w, protos[i].name))
			target->proto = (uint8_t)protos[i].proto;
	}
	if (target->proto == NET_ALL)
		return refuse(t, w.text, "behind the slash stands tcp, udp or icmp");
	if (target->proto == NET_ICMP && ports)
		return refuse(t, ports, "ICMP has no ports");
	t->at = t->end;
	return 0;
}

static int read_target(const struct line *l, const struct word *w, struct net_target *ret, struct ruleset_error *error)
{
	struct target_text t = { .line = l, .at = w->text, .end = w->text + w->len, .error = error };
	const char *ports = NULL;
	struct net_target target = { .action = ret->action, .port_high = UINT16_MAX };
	int r = read_place(&t, &target);

	if (r == 0 && next_is(&t, ':')) {
		ports = t.at;
		r = read_ports(&t, &target);
	}
	if (r == 0 && next_is(&t, '/'))
		r = read_proto(&t, ports, &target);
	if (r == 0 && t.at < t.end)
		r = refuse(&t, t.at,
			"a target is a name or an address, then :PORT or :PORT-PORT, then /tcp, /udp or /icmp");
	if (r == 0)
		*ret = target;
	return r;
}

static int read_action(struct line *l, struct net_target *target, struct ruleset_error *error)
{
	static const char *const names[] = { [NET_DENY] = "deny", [NET_ALLOW] = "allow", [NET_ASK] = "ask" };
	struct word w;

	if (!words_next(l, &w))
		return words_refuse(l, l->at, "the action is missing: allow, deny or ask", error);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (words_is(&w, names[i])) {
			target->action = (uint8_t)i;
			return 0;
		}
	}
	return words_refuse(l, w.text, "the action is allow, deny or ask", error);
}

static int read_options(struct line *l, struct net_line *line, struct ruleset_error *error)
{
	struct word w;

	while (words_next(l, &w)) {
		if (words_is(&w, "notify")) {
			line->notify = true;
		} else if (words_is_time(&w)) {
			if (words_time(l, &w, &line->for_seconds, error) < 0)
				return -EINVAL;
		} else {
			return words_refuse(l, w.text, "behind the target stand notify or for=10m only", error);
		}
	}
	return 0;
}

/* 1: a line that says something, 0: an empty one or a comment. */
static int read_line(struct line *l, struct net_line *line, struct ruleset_error *error)
{
	const struct words_name vm = { false, "the VM is missing" };
	struct line peek = *l;
	struct word w;
	int r = words_check(l, error);

	if (r < 0 || !words_next(&peek, &w))
		return r;
	r = words_name(l, &vm, line->vm, error);
	if (r == 0)
		r = read_action(l, &line->target, error);
	if (r < 0)
		return r;
	if (!words_next(l, &w))
		return words_refuse(l, l->at, "the target is missing: any, a name, or an address", error);
	r = read_target(l, &w, &line->target, error);
	if (r == 0)
		r = read_options(l, line, error);
	return r < 0 ? r : 1;
}

int netlist_parse(
	struct netlist *list, uint32_t file, const char *untrusted_text, size_t len, struct ruleset_error *ret_error)
{
	const char *at = untrusted_text;
	const size_t before = list->count;
	uint32_t number = 1;
	struct line l;

	for (; words_line(&at, untrusted_text + len, &l); number++) {
		struct net_line line = { .file = file, .line = number };
		int r;

		ret_error->line = number;
		r = read_line(&l, &line, ret_error);
		if (r > 0 && list->count == list->cap) {
			words_refuse(&l, l.start, "there are too many lines", ret_error);
			r = -ENOSPC;
		}
		if (r < 0) {
			list->count = before;
			return r;
		}
		if (r > 0)
			list->lines[list->count++] = line;
	}
	return 0;
}

int netlist_parse_target(const char *untrusted_text, struct net_target *ret_target, struct ruleset_error *ret_error)
{
	const struct line l = {
		.start = untrusted_text, .at = untrusted_text, .end = untrusted_text + strlen(untrusted_text)
	};
	struct line rest = l;
	struct word w;
	int r = words_check(&l, ret_error);

	ret_error->line = 1;
	if (r < 0)
		return r;
	if (!words_next(&rest, &w))
		return words_refuse(&l, l.start, "the target is missing: any, a name, or an address", ret_error);
	if (w.text != l.start || rest.at != l.end)
		return words_refuse(&l, w.text == l.start ? rest.at : l.start, "a target is one word", ret_error);
	return read_target(&l, &w, ret_target, ret_error);
}
