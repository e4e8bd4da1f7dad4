/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/net_links.h"

#include <errno.h>

int net_links_answer(struct manager *m, struct vm *vm, uint32_t id, bool allow)
{
	return -ENOENT;
}

int net_links_flows(struct manager *m, const char *net, net_flows_fn fn, void *userdata)
{
	return -ENOENT;
}
