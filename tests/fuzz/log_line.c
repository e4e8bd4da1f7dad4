/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line of the audit log, as `vmos log` shows it: clean text, whatever stands there. */
#include "cli/log.h"
#include "proto/text.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = fuzz_copy(data, size);
	char *text = log_line_text((const char *)copy, size);
	char *event = log_line_value((const char *)copy, size, "event");

	require(text && text_is_clean(text) && (!event || text_is_clean(event)));
	free(text);
	free(event);
	free(copy);
	return 0;
}
