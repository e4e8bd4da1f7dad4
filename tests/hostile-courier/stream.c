/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/hostile-courier/stream.h"

#include <string.h>

#include "proto/xfer.h"
#include "tests/hostile-courier/harness.h"

uint8_t stream[4u << 20];
size_t stream_len;

void stream_put(uint16_t type, uint64_t value, const void *payload, size_t len)
{
	const struct xfer_head head = { .type = type, .len = (uint32_t)len, .value = value };

	CHECK(stream_len + XFER_HEAD + len <= sizeof(stream));
	xfer_head_put(stream + stream_len, &head);
	if (len)
		memcpy(stream + stream_len + XFER_HEAD, payload, len);
	stream_len += XFER_HEAD + len;
}

void stream_start(uint64_t bytes)
{
	const struct xfer_start start = { .version = XFER_VERSION, .items = 1, .bytes = bytes };
	uint8_t payload[XFER_START_LEN];

	xfer_start_put(payload, &start);
	stream_len = 0;
	stream_put(XFER_START, 0, payload, sizeof(payload));
}
