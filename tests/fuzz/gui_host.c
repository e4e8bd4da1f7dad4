/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of the host to the guest's compositor: what is accepted has one encoding. */
#include "proto/gui.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct msg m, again;
	struct gui_msg g;

	for (; size >= MSG_SIZE; data += MSG_SIZE, size -= MSG_SIZE) {
		memcpy(m.bytes, data, MSG_SIZE);
		if (gui_decode_host(&m, &g) < 0)
			continue;
		require(gui_encode(&g, &again) == 0);
		require(memcmp(again.bytes, m.bytes, MSG_SIZE) == 0);
	}
	return 0;
}
