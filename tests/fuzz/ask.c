/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets of the guest's commands to its agent: what is accepted is a request that a courier would accept, too. */
#include "agent/common/ask.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *packet = fuzz_copy(data, size);
	struct ask_request r;
	struct ask_answer a = { 0 };
	uint16_t argc, envc;

	if (ask_check_request(packet, size, &r) == 0) {
		require(r.kind >= CTL_REQUEST_SEND && r.kind <= CTL_REQUEST_URL && r.len == size - sizeof(r));
		require(ctl_args_check(packet + sizeof(r), r.len, &argc, &envc) == 0 && envc == 0 && argc >= 2);
	}
	require(memcmp(packet, data, size) == 0);
	memcpy(&a, data, size < sizeof(a) ? size : sizeof(a));
	if (ask_check_answer(&a, size) == 0)
		require(size == sizeof(a) && a.reason <= CTL_REASON_MAX);
	free(packet);
	return 0;
}
