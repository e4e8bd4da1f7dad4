/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmos-confine's environment variable: every path it accepts is absolute. */
#include "confine/grants.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *value = malloc(size + 1);
	char *argv[] = { "qemu", "-object", value, "-qmp", value, "-pidfile", value, NULL };
	struct grants g = { 0 };

	require(value);
	memcpy(value, data, size);
	value[size] = '\0';
	if (grants_add_variable(&g, value) == 0)
		for (unsigned i = 0; i < g.count; i++)
			require(g.item[i].path[0] == '/');
	require(g.count <= GRANTS_MAX);
	grants_finish(&g);
	grants_add_secrets(&g, argv);
	grants_add_probe(&g, argv);
	grants_finish(&g);
	free(value);
	return 0;
}
