/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What app_decode() takes is what apps_check() lets pass, and encodes to bytes that decode to the same. */
#include "proto/apps.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t bytes[APP_WIRE_BYTES], again[APP_WIRE_BYTES];
	static struct app a, b;
	uint8_t *in = fuzz_copy(data, size);

	require(app_decode(in, size, &a) < 0 || size == sizeof(bytes));
	free(in);
	/* the icon may be anything, so an input need not have all of it */
	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes, data, size < sizeof(bytes) ? size : sizeof(bytes));
	if (app_decode(bytes, sizeof(bytes), &a) < 0)
		return 0;
	require(apps_check(&a, 1) == 0);
	app_encode(&a, again);
	require(app_decode(again, sizeof(again), &b) == 0 && memcmp(&a, &b, sizeof(a)) == 0);
	return 0;
}
