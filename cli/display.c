/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/display.h"

#include <errno.h>
#include <string.h>

#include "base/paths.h"

int display_path(const char *display, const char *runtime, char **ret_path)
{
	if (!display || !*display)
		return -ENOENT;
	if (*display == '/') {
		*ret_path = strdup(display);
	} else {
		if (!runtime || *runtime != '/')
			return -EINVAL;
		*ret_path = paths_join(runtime, display, NULL);
	}
	return *ret_path ? 0 : -ENOMEM;
}
