/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of a notification as a guest sends it, and the packet that brings it to the guest's agent. */
#include "agent/common/notify.h"
#include "proto/text.h"
#include "tests/fuzz/fuzz.h"

static void check_text(const uint8_t *data, size_t size)
{
	struct notification n, again;
	uint8_t bytes[NOTIFICATION_WIRE_BYTES];

	if (notification_decode(data, size, &n) < 0)
		return;
	require(size == NOTIFICATION_WIRE_BYTES && notification_check(&n) == 0);
	require(text_is_clean(n.app) && text_is_clean(n.summary) && text_is_clean(n.body));
	notification_encode(&n, bytes);
	require(notification_decode(bytes, sizeof(bytes), &again) == 0 && memcmp(&n, &again, sizeof(n)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct notify_packet p;

	check_text(data, size);
	if (notify_check_packet(data, size, &p) == 0)
		require(size == sizeof(p) && p.id != 0 && notification_check(&p.text) == 0);
	return 0;
}
