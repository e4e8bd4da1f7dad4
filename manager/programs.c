/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/programs.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *programs_folder(void)
{
	const char *set = getenv("VMOS_LIBEXEC");
	char path[PATH_MAX];
	ssize_t len;
	char *slash;

	if (set && set[0] == '/')
		return strdup(set);
	len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (len <= 0)
		return NULL;
	path[len] = '\0';
	slash = strrchr(path, '/');
	if (slash)
		*slash = '\0';
	return strdup(path);
}

char *programs_find(const char *folder, const char *name)
{
	char *path = NULL;

	if (asprintf(&path, "%s/vmos-%s", folder, name) >= 0 && access(path, X_OK) == 0)
		return path;
	free(path);
	path = NULL;
	if (asprintf(&path, "%s/../%s/vmos-%s", folder, name, name) >= 0 && access(path, X_OK) == 0)
		return path;
	free(path);
	return NULL;
}
