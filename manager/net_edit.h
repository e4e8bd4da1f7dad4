/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes to the one file of network lists that vmosd itself writes. */
#ifndef MANAGER_NET_EDIT_H
#define MANAGER_NET_EDIT_H

#include "manager/line_edit.h"
#include "proto/nettarget.h"

#define NET_EDIT_FILE "50-vmos.net"

/* Which lines go: those of @vm about @target, or its line @number. */
struct net_edit {
	const char *vm;
	const struct net_target *target; /* NULL: by number */
	unsigned number;
};

/* As line_edit.look, whose userdata is a struct net_edit. */
bool net_edit_look(
	const struct line_edit *edit, const char *line, size_t len, unsigned number, struct line_look *ret_look);

#endif
