/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/net_index.h"

#include "proto/netplan.h"

uint32_t net_index_pick(const uint32_t *used, size_t n)
{
	for (uint32_t index = 1; index <= NETPLAN_INDEX_MAX; index++) {
		size_t i = 0;

		while (i < n && used[i] != index)
			i++;
		if (i == n)
			return index;
	}
	return 0;
}
