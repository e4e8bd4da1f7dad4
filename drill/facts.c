/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drill/facts.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const keys[FACT_COUNT] = {
	[A_DISK] = "a.disk",
	[A_DIR] = "a.dir",
	[A_ROOT] = "a.root",
	[B_PID] = "b.pid",
	[B_DISK] = "b.disk",
	[B_DIR] = "b.dir",
	[B_CTL] = "b.ctl",
	[B_QMP] = "b.qmp",
	[T_PID] = "t.pid",
	[T_SHEEP] = "t.sheep",
	[T_ADDRESS] = "t.address",
	[T_SHM] = "t.shm",
	[T_MSG] = "t.msg",
	[T_SEM] = "t.sem",
	[T_FD] = "t.fd",
	[T_GIFT] = "t.gift",
	[T_RENAME] = "t.rename",
	[T_UNLINK] = "t.unlink",
	[M_PID] = "m.pid",
	[M_HELPER] = "m.helper",
	[M_SECRET] = "m.secret",
	[M_OPEN] = "m.open",
	[M_STREAM] = "m.stream",
	[M_ASTREAM] = "m.astream",
	[M_DGRAM] = "m.dgram",
	[M_ADGRAM] = "m.adgram",
	[M_TCP] = "m.tcp",
	[M_UDP] = "m.udp",
	[M_BLOCK] = "m.block",
	[M_VFIO] = "m.vfio",
	[M_TUN] = "m.tun",
	[M_JOURNAL] = "m.journal",
	[M_OFFHOST] = "m.offhost",
	[L_SOCKET] = "l.socket",
	[D_BUS] = "d.bus",
};

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decodes %XX in place. */
static int decode(char *value)
{
	char *out = value;

	for (; *value; value++) {
		int high, low;

		if (*value != '%') {
			if (!isalnum((unsigned char)*value) && !strchr("_./@:+,-", *value))
				return -EINVAL;
			*out++ = *value;
			continue;
		}
		high = hex(value[1]);
		low = high < 0 ? -1 : hex(value[2]);
		if (low < 0 || high * 16 + low == 0)
			return -EINVAL;
		*out++ = (char)(high * 16 + low);
		value += 2;
	}
	*out = '\0';
	return 0;
}

static int add(struct facts *facts, char *pair)
{
	char *equals = strchr(pair, '=');

	if (!equals || !equals[1])
		return -EINVAL;
	*equals = '\0';
	for (int i = 0; i < FACT_COUNT; i++) {
		if (strcmp(keys[i], pair) != 0)
			continue;
		if (facts->value[i])
			return -EINVAL;
		facts->value[i] = equals + 1;
		return decode(equals + 1);
	}
	return -EINVAL;
}

int facts_parse(struct facts *facts, const char *text)
{
	char *at = facts->text;

	memset(facts->value, 0, sizeof(facts->value));
	if (strlen(text) > FACTS_MAX)
		return -E2BIG;
	memcpy(facts->text, text, strlen(text) + 1);
	for (;;) {
		char *end = strchr(at, ';');
		int ret;

		if (end)
			*end = '\0';
		ret = add(facts, at);
		if (ret < 0 || !end)
			return ret;
		at = end + 1;
	}
}

const char *facts_key(enum fact fact)
{
	return keys[fact];
}

long long facts_number(const struct facts *facts, enum fact fact, int base)
{
	const char *text = facts->value[fact];
	long long number;
	char *end;

	if (!text || !isxdigit((unsigned char)*text))
		return -1;
	errno = 0;
	number = strtoll(text, &end, base);
	return errno || *end || number < 0 ? -1 : number;
}
