/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Titles: what comes out is valid, free of controls, within its buffer, and stays as it is when cleaned again. */
#include "proto/text.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t cap = size > 0 ? 1 + data[0] : 1, len, at = 0;
	uint8_t *in = fuzz_copy(data, size);
	char *out = malloc(cap), *again = malloc(cap);

	require(out && again);
	len = text_sanitise(in, size, out, cap);
	require(len < cap && out[len] == '\0' && strlen(out) == len);
	while (at < len) {
		uint32_t cp;
		size_t used = text_utf8_next((const uint8_t *)out + at, len - at, &cp);

		require(used > 0 && cp >= 0x20 && cp != 0x7f && !(cp >= 0x202a && cp <= 0x202e));
		at += used;
	}
	require(text_sanitise((const uint8_t *)out, len, again, cap) == len && memcmp(out, again, len + 1) == 0);
	require(text_is_clean(out));
	if (text_is_file_name(in, size))
		require(size >= 1 && size <= FILE_NAME_MAX && !memchr(in, '/', size) && !memchr(in, 0, size) &&
			!(size <= 2 && in[0] == '.' && in[size - 1] == '.'));
	free(again);
	free(out);
	if (size > 0) {
		in[size - 1] = '\0';
		if (text_is_vm_name((const char *)in))
			require(strlen((const char *)in) <= VM_NAME_MAX && !strchr((const char *)in, '/'));
	}
	free(in);
	return 0;
}
