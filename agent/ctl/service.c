/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/ctl/service.h"

#include <stdlib.h>

#include "proto/ctl.h"

bool service_is(uint8_t flags)
{
	return flags & (CTL_RUN_TRANSFER | CTL_RUN_URL);
}

static const char *verb(uint8_t flags)
{
	if (flags & CTL_RUN_SEND)
		return "send";
	return flags & CTL_RUN_RECEIVE ? "receive" : "url";
}

char **service_argv(uint8_t flags, char *const *strv, uint16_t argc)
{
	char **argv = calloc((size_t)argc + 4, sizeof(*argv));
	size_t n = 0;

	if (!argv)
		return NULL;
	argv[n++] = (char *)(uintptr_t)VMOS_FILES;
	argv[n++] = (char *)(uintptr_t)verb(flags);
	if (flags & CTL_RUN_PUBLIC)
		argv[n++] = (char *)(uintptr_t) "--public";
	for (uint16_t i = 0; i < argc; i++)
		argv[n++] = strv[i];
	return argv;
}
