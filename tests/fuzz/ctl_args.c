/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The blob of a RUN: what is accepted gives lists that encode to the same bytes. And of a REQUEST: what it may say. */
#include "proto/ctl.h"
#include "proto/text.h"
#include "tests/fuzz/fuzz.h"

static void check_request(char *const *strv, uint16_t argc, uint16_t envc)
{
	for (uint8_t kind = CTL_REQUEST_SEND; kind <= CTL_REQUEST_URL; kind++) {
		if (ctl_request_check(kind, strv, argc, envc) < 0)
			continue;
		require(envc == 0 && argc >= 2 && (!strv[0][0] || text_is_vm_name(strv[0])));
		require(kind == CTL_REQUEST_SEND || argc == 2);
		require(kind != CTL_REQUEST_URL || (strlen(strv[1]) <= CTL_URL_MAX && text_is_clean(strv[1])));
	}
}

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
		check_request(strv, argc, envc);
		free(strv);
	}
	free(again);
	free(blob);
	return 0;
}
