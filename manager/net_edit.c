/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/net_edit.h"

#include <string.h>

#include "manager/net_set.h"

bool net_edit_look(
	const struct line_edit *edit, const char *line, size_t len, unsigned number, struct line_look *ret_look)
{
	const struct net_edit *what = edit->userdata;
	struct net_line read;
	struct netlist list = { .lines = &read, .cap = 1 };
	struct ruleset_error error;

	if (netlist_parse(&list, 0, line, len, &error) < 0 || list.count == 0)
		return false;
	ret_look->goes = strcmp(read.vm, what->vm) == 0 &&
		(what->target ? net_set_same_target(&read.target, what->target) : number == what->number);
	ret_look->for_seconds = read.for_seconds;
	return true;
}
