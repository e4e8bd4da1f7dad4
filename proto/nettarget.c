/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/nettarget.h"

#include <string.h>

#define LABEL_MAX 63 /* RFC 1035 2.3.4 */

/* Text that is put together; what holds it is known to be long enough. */
static char *add(char *at, const char *text)
{
	size_t len = strlen(text);

	memcpy(at, text, len + 1);
	return at + len;
}

static char *add_number(char *at, unsigned n)
{
	char digits[12];
	size_t i = sizeof(digits) - 1;

	digits[i] = '\0';
	do
		digits[--i] = (char)('0' + n % 10);
	while (n /= 10);
	return add(at, digits + i);
}

static bool has_ports(const struct net_target *t)
{
	return t->port_low != 0 || t->port_high != UINT16_MAX;
}

static char *add_network(char *at, const struct net_target *t)
{
	const bool ipv4 = net_target_is_ipv4(t);
	char text[NETPLAN_TEXT];

	netplan_format(t->addr, text);
	if (!ipv4)
		at = add(at, "[");
	at = add(at, text);
	if (t->bits != 128)
		at = add_number(add(at, "/"), ipv4 ? t->bits - 96u : t->bits);
	return ipv4 ? at : add(at, "]");
}

void net_target_format(const struct net_target *target, char text[NET_TARGET_TEXT])
{
	char *at = text;

	switch ((enum net_kind)target->kind) {
	case NET_ANY:
		at = add(at, "any");
		break;
	case NET_BELOW:
		at = add(add(at, "*."), target->name);
		break;
	case NET_NAME:
		at = add(at, target->name);
		break;
	case NET_NETWORK:
		at = add_network(at, target);
		break;
	}
	if (has_ports(target)) {
		at = add_number(add(at, ":"), target->port_low);
		if (target->port_high != target->port_low)
			at = add_number(add(at, "-"), target->port_high);
	}
	if (target->proto != NET_ALL)
		add(at, target->proto == NET_TCP ? "/tcp" : target->proto == NET_UDP ? "/udp" : "/icmp");
}

bool net_target_is_ipv4(const struct net_target *target)
{
	return target->kind == NET_NETWORK && target->bits >= 96 && netplan_is_ipv4(target->addr);
}

static bool is_network(const struct net_target *t)
{
	uint8_t rest = 0;

	if (t->bits > 128)
		return false;
	for (unsigned bit = t->bits; bit < 128; bit++)
		rest |= t->addr[bit / 8] & (0x80 >> bit % 8);
	return rest == 0;
}

bool net_target_is_valid(const struct net_target *target)
{
	const bool named = target->kind == NET_NAME || target->kind == NET_BELOW;

	if (target->action > NET_ASK || target->kind > NET_NETWORK)
		return false;
	if (target->proto != NET_ALL && target->proto != NET_ICMP && target->proto != NET_TCP &&
		target->proto != NET_UDP)
		return false;
	if (has_ports(target) &&
		(target->proto == NET_ICMP || target->port_low == 0 || target->port_low > target->port_high))
		return false;
	if (named ? !net_name_is_valid(target->name) : target->name[0] != '\0')
		return false;
	if (target->kind == NET_NAME && strcmp(target->name, "any") == 0)
		return false; /* it would be written as the word for everything */
	if (target->kind == NET_NETWORK)
		return is_network(target);
	for (size_t i = 0; i < sizeof(target->addr); i++) {
		if (target->addr[i])
			return false;
	}
	return target->bits == 0;
}

static bool is_label_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool net_name_is_valid(const char *name)
{
	size_t label = 0, i;
	bool digits = true;

	for (i = 0; i <= NET_NAME_MAX && name[i]; i++) {
		if (name[i] == '.') {
			if (label == 0)
				return false;
			label = 0;
			digits = true;
			continue;
		}
		if (!is_label_byte(name[i]) || ++label > LABEL_MAX)
			return false;
		digits = digits && name[i] >= '0' && name[i] <= '9';
	}
	return i <= NET_NAME_MAX && label > 0 && !digits;
}
