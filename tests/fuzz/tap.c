/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmosd's and vmos-tap's packets: a vmos-tap may have been taken over by a client. */
#include "proto/tap.h"
#include "tests/fuzz/fuzz.h"

static void check_name(const char *name)
{
	require(strnlen(name, NET_NAME_MAX + 1) <= NET_NAME_MAX);
	require(!name[0] || net_name_is_valid(name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tap_msg m = { 0 };
	int request, report;

	memcpy(&m, data, size < sizeof(m) ? size : sizeof(m));
	request = tap_check_request(&m, size, m.nfds);
	report = tap_check_report(&m, size, m.nfds);
	require(request < 0 || report < 0);
	if (request < 0 && report < 0)
		return 0;
	require(size == sizeof(m) && m.nfds <= TAP_FDS_MAX);
	if (m.type == TAP_SETUP)
		require(strnlen(m.setup.net, sizeof(m.setup.net)) <= VM_NAME_MAX &&
			(m.setup.fabric == TAP_FABRIC_KERNEL) == (m.nfds == TAP_FDS_MAX));
	if (m.type == TAP_NET || m.type == TAP_LINK)
		require((m.link.ifindex != 0) == (m.nfds == 0) && m.link.index <= NETPLAN_INDEX_MAX);
	if (m.type == TAP_LINE)
		require(net_target_is_valid(&m.line.target) && m.line.number < TAP_LINES_MAX);
	if (m.type == TAP_LIST)
		require(m.list.count <= TAP_LINES_MAX);
	if (m.type == TAP_QUESTION || m.type == TAP_LOG || m.type == TAP_FLOW)
		check_name(m.flow.name);
	if (m.type == TAP_FAILED)
		require(memchr(m.fail.text, 0, sizeof(m.fail.text)));
	return 0;
}
