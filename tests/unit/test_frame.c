/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap/frame.h"
#include "tests/net/forge.h"
#include "tests/unit/unit.h"

static struct forge_parties parties;

/* A copy of what may be read: the sanitizer sees a byte that is read beyond. */
static enum frame_verdict judge(enum forge_side side, const uint8_t *data, size_t len, struct frame_info *ret)
{
	size_t head = len < FRAME_HEAD ? len : FRAME_HEAD;
	uint8_t *copy = malloc(head ? head : 1);
	enum frame_verdict v;

	assert_non_null(copy);
	memcpy(copy, data, head);
	memset(ret, 0xa5, sizeof(*ret));
	v = (side == FORGE_CLIENT ? frame_from_client : frame_to_client)(copy, (uint32_t)len, &parties.client, ret);
	free(copy);
	return v;
}

static void test_kinds(void **state)
{
	unsigned wrong = 0, forged = 0;

	for (size_t i = 0; i < forge_nkinds; i++) {
		const struct forge_kind *kind = &forge_kinds[i];
		uint8_t data[FORGE_MAX];
		struct frame_info info;
		size_t len = forge_build(kind, &parties, data);
		enum frame_verdict v = judge(kind->side, data, len, &info);

		forged += kind->side == FORGE_CLIENT && !forge_is_good(kind);
		if (v != kind->verdict) {
			print_message("%s: %u instead of %u\n", kind->name, v, kind->verdict);
			wrong++;
		}
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(kind->name, forge_kinds[j].name);
	}
	print_message("%zu kinds, %u forged by a client\n", forge_nkinds, forged);
	assert_int_equal(wrong, 0);
	assert_true(forged >= 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
	};

	forge_parties(&parties, 7, 300);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
