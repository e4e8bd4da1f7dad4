/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "confine/ablation.h"

#include <stdlib.h>
#include <string.h>

bool ablation_is_off(const char *layer)
{
	const char *at = getenv("VMOS_CONFINE_OFF");
	size_t len = strlen(layer);

	while (at && *at) {
		size_t word = strcspn(at, ",");

		if (word == len && strncmp(at, layer, len) == 0)
			return true;
		at += word;
		at += *at == ',';
	}
	return false;
}

void ablation_sandbox(char **argv)
{
	static char off[] = "off";

	for (; argv[0] && argv[1]; argv++) {
		if (ablation_is_off("sandbox") && !strcmp(argv[0], "-sandbox"))
			argv[1] = off;
	}
}
