/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/clock_judge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One of before the last boot, at which that clock began anew, may begin later than now: that is far off, too. */
static void turn_day(struct clock_day *day, uint64_t now)
{
	if (day->since && now - day->since < CLOCK_DAY)
		return;
	*day = (struct clock_day){ 0 };
}

enum clock_verdict clock_judge(struct clock_day *day, uint64_t now, int64_t offset_ns, int64_t error_ns)
{
	int64_t apart = llabs(offset_ns);

	turn_day(day, now);
	if (apart < CLOCK_NOISE || apart <= error_ns)
		return CLOCK_RIGHT;
	if (apart > CLOCK_SLEW_MAX)
		return CLOCK_DOUBT_FAR;
	return day->moved_ns + apart > CLOCK_DAY_MAX ? CLOCK_DOUBT_MUCH : CLOCK_MEND;
}

void clock_judge_count(struct clock_day *day, uint64_t now, int64_t offset_ns)
{
	turn_day(day, now);
	if (!day->since)
		day->since = now;
	day->moved_ns += llabs(offset_ns);
}

int clock_source_parse(const char *text, struct clock_source *ret)
{
	struct clock_source s = { 0 };
	char host[CTL_SERVER_MAX];
	uint16_t port;
	int end = 0;

	_Static_assert(VM_NAME_MAX == 40 && CTL_SERVER_MAX == 40, "the widths of the line below");
	if (sscanf(text, "%40s %39s%n", s.vm, s.server, &end) != 2 || (text[end] && strcmp(text + end, "\n") != 0))
		return -EINVAL;
	if (!text_is_vm_name(s.vm) || ctl_server_parse(s.server, host, &port) < 0)
		return -EINVAL;
	*ret = s;
	return 0;
}
