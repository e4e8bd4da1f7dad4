/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmosd's and vmos-wire's packets: neither believes what the other one sends. */
#include "proto/netplan.h"
#include "proto/wire.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char name[WIRE_NAME_MAX + 1];
	struct wire_msg m = { 0 };
	unsigned replies = 0;

	memcpy(&m, data, size < sizeof(m) ? size : sizeof(m));
	for (uint32_t request = WIRE_OPEN; request <= WIRE_SHARE; request++)
		replies += wire_check_reply(&m, request, size, m.nfds) == 0;
	if (wire_check_request(&m, size, m.nfds) == 0) {
		require(replies == 0 && m.nfds <= 1 && m.filter <= 1 && !m.ifindex && !m.error);
	} else if (replies) {
		require(m.type == WIRE_DONE && m.nfds <= WIRE_FDS_MAX && m.error <= 0 && !m.filter);
		require(!m.error || (!m.nfds && !m.ifindex));
	} else {
		return 0;
	}
	require(size == sizeof(m) && m.index <= NETPLAN_INDEX_MAX && memchr(m.text, 0, sizeof(m.text)));
	wire_name(m.index, name);
	require(strlen(name) <= WIRE_NAME_MAX);
	return 0;
}
