/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of a guest to vmos-courier: what is accepted has one encoding. */
#include "proto/ctl.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct msg m, again;
	struct ctl_msg c;

	for (; size >= MSG_SIZE; data += MSG_SIZE, size -= MSG_SIZE) {
		memcpy(m.bytes, data, MSG_SIZE);
		if (ctl_decode_guest(&m, &c) < 0)
			continue;
		require(ctl_encode(&c, &again) == 0);
		require(memcmp(again.bytes, m.bytes, MSG_SIZE) == 0);
	}
	return 0;
}
