/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every fuzz target shares. A target aborts where a property does not hold; libFuzzer keeps the input. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define require(condition)        \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

/* A copy of exactly @size bytes on the heap: reading beyond is seen by the sanitizer. */
static inline uint8_t *fuzz_copy(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	require(copy);
	memcpy(copy, data, size);
	return copy;
}

#endif
