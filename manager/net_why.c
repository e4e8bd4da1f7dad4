/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/net_why.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "manager/manager.h"
#include "manager/net_build.h"
#include "manager/rules_why.h"

#define DEFAULT_PORT 443

/* 192.0.2.1, of documentation (RFC 5737): where no name points to. */
static const uint8_t nowhere[NETPLAN_ADDR] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1 };

const char *net_action_name(enum net_action action)
{
	return action == NET_ALLOW ? "allow" : action == NET_ASK ? "ask" : "deny";
}

static int say(struct net_answer *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int say(struct net_answer *a, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&a->sentence, fmt, ap);
	va_end(ap);
	if (n < 0)
		a->sentence = NULL;
	return n < 0 ? -ENOMEM : 0;
}

/* The flow that is asked about. */
static int read_asked(const struct net_target *target, struct net_asked *ret)
{
	const bool any_port = target->port_low != target->port_high;

	if (target->kind != NET_NAME && (target->kind != NET_NETWORK || target->bits != 128))
		return -EINVAL;
	*ret = (struct net_asked){ .proto = target->proto == NET_ALL ? NET_TCP : target->proto };
	if (ret->proto != NET_ICMP)
		ret->port = any_port ? DEFAULT_PORT : target->port_low;
	memcpy(ret->addr, target->kind == NET_NAME ? nowhere : target->addr, sizeof(ret->addr));
	if (target->kind == NET_NAME)
		memcpy(ret->name, target->name, sizeof(ret->name));
	return 0;
}

/* What opens the link, if it is open. 1: the answer is there. */
static int why_no_link(const struct manager *m, const struct vm *vm, struct net_answer *ret)
{
	const struct rule *rule = NULL;
	const char *name = vm->config.name, *net = vm->config.net;
	const time_t now = time(NULL);

	if (!net[0])
		return say(ret, "%s reaches nothing: it uses no NET VM. To give it one: vmos set %s --net NETVM", name,
			       name) < 0
			? -ENOMEM
			: 1;
	if (rules_decide(&m->rules, name, net, now, &rule) & RULE_WRITE)
		return 0;
	ret->file = rule ? rules_file_of(&m->rules, rule) : "";
	ret->line = rule ? rule->line : 0;
	ret->sentence = rules_why(&m->rules, name, net, RULE_WRITE, now);
	return ret->sentence ? 1 : -ENOMEM;
}

/* Who says it, as the end of a sentence. */
static void who_text(const struct net_build *b, size_t target, bool link_asks, char *text, size_t size)
{
	char line[NET_TARGET_TEXT];

	if (target == NET_NO_LINE && b->lines == 0 && !link_asks && b->fallback == NET_DENY) {
		snprintf(text, size, "the files of network lists cannot be used, as `vmos net check` says");
		return;
	}
	if (target == NET_NO_LINE) {
		snprintf(text, size, "no line is about it, and before the first stands \"%s any\"%s",
			net_action_name(b->fallback), link_asks ? ", as the rule of its link says ask" : "");
		return;
	}
	net_target_format(&b->targets[target], line);
	if (b->origins[target].file)
		snprintf(text, size, "%s:%u says \"%s %s\"", b->origins[target].file, b->origins[target].line,
			net_action_name(b->targets[target].action), line);
	else
		snprintf(text, size, "you answered so for the session, about %s", line);
}

static int why_list(const struct manager *m, const struct vm *vm, const struct net_asked *asked, struct net_answer *ret)
{
	const bool link_asks = net_state_link_asks(m, vm->config.name);
	struct net_build built cleanup_build = { 0 };
	char text[NET_TARGET_TEXT], who[NET_TARGET_TEXT + NET_LINE_TEXT + 64];
	struct net_target wanted;
	size_t target;

	if (net_build(m->net_lists, vm->config.name, link_asks, &built) < 0)
		return -ENOMEM;
	ret->action = net_build_decide(&built, built.count, asked, &target);
	if (target != NET_NO_LINE && built.origins[target].file) {
		ret->file = built.origins[target].file;
		ret->line = built.origins[target].line;
	}
	net_state_target(asked, &wanted);
	net_target_format(&wanted, text);
	who_text(&built, target, link_asks, who, sizeof(who));
	if (ret->action == NET_DENY)
		return say(ret, "%s may not reach %s through %s: %s. To allow it: vmos net allow %s %s",
			vm->config.name, text, vm->config.net, who, vm->config.name, text);
	return say(ret, "%s may reach %s through %s%s: %s.", vm->config.name, text, vm->config.net,
		ret->action == NET_ASK ? " after you have been asked" : "", who);
}

int net_why(const struct manager *m, const char *vm, const struct net_target *target, struct net_answer *ret)
{
	const struct vm *of = manager_find_vm(m, vm);
	struct net_asked asked;
	int r = read_asked(target, &asked);

	*ret = (struct net_answer){ .action = NET_DENY, .file = "" };
	if (r < 0)
		return r;
	if (!of)
		return -ENOENT;
	r = why_no_link(m, of, ret);
	if (r != 0)
		return r < 0 ? r : 0;
	return why_list(m, of, &asked, ret);
}
