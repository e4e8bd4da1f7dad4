/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of a guest to vmos-desktop: what is accepted has one encoding and lies within the limits. */
#include "proto/gui.h"
#include "proto/uapi/vmos_channel.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct msg m, again;
	struct gui_msg g;

	for (; size >= MSG_SIZE; data += MSG_SIZE, size -= MSG_SIZE) {
		memcpy(m.bytes, data, MSG_SIZE);
		if (gui_decode_guest(&m, &g) < 0)
			continue;
		require(gui_encode(&g, &again) == 0);
		require(memcmp(again.bytes, m.bytes, MSG_SIZE) == 0);
		if (g.head.type == GUI_CLIP_DATA)
			require(g.clip_data.blob.len <= GUI_CLIP_CHUNK &&
				(uint64_t)g.clip_data.blob.off + g.clip_data.blob.len <= VMOS_GUI_BLOB);
		if (g.head.type != GUI_COMMIT)
			continue;
		require(g.commit.w >= 1 && g.commit.w <= GUI_SIZE_MAX && g.commit.stride >= 4u * g.commit.w);
		if (gui_slot_fits(&g.commit, VMOS_GUI_REGION))
			require((uint64_t)g.commit.page * VMOS_PAGE_SIZE + (uint64_t)g.commit.stride * g.commit.h <=
				VMOS_GUI_REGION);
	}
	return 0;
}
