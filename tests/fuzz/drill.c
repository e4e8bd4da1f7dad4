/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines that a QEMU which counts as taken over writes: what is accepted can be printed and counted. */
#include "proto/drill.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct drill_line line;

	if (drill_line_parse((const char *)data, size, &line) != 0)
		return 0;
	if (line.kind == DRILL_LINE_ACT)
		require(line.number >= 1 && line.number <= DRILL_ACTS && line.verdict != DRILL_NONE);
	if (line.kind == DRILL_LINE_CONTROL)
		require(line.number >= 1 && line.number <= DRILL_CONTROLS && line.verdict != DRILL_NONE);
	require(strlen(line.words) <= DRILL_WORDS_MAX && strlen(line.error) <= DRILL_ERROR_MAX);
	for (const char *c = line.words; *c; c++)
		require(*c >= 0x20 && *c <= 0x7e);
	return 0;
}
