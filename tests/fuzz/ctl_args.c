/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The blob of a RUN: what is accepted gives lists that encode to the same bytes. */
#include "proto/ctl.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *blob = fuzz_copy(data, size), *again = malloc(size + 1);
	uint16_t argc, envc;
	char **strv;

	require(again);
	if (ctl_args_check(blob, size, &argc, &envc) == 0) {
		strv = malloc(((size_t)argc + envc + 2) * sizeof(*strv));
		require(strv);
		ctl_args_fill(blob, argc, envc, strv);
		require(!strv[argc] && !strv[argc + 1 + envc]);
		require(ctl_args_encode(strv, strv + argc + 1, again, size) == (int)size);
		require(memcmp(again, data, size) == 0);
		free(strv);
	}
	free(again);
	free(blob);
	return 0;
}
