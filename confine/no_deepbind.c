/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Of builds with sanitizers only. libvdeplug loads its modules with
 * RTLD_DEEPBIND, at which AddressSanitizer ends the program; it can do without.
 */
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

void *dlopen(const char *file, int mode)
{
	void *symbol = dlsym(RTLD_NEXT, "dlopen");
	void *(*next)(const char *, int);

	memcpy(&next, &symbol, sizeof(next)); /* as ISO C has no conversion between the two */
	return symbol ? next(file, mode & ~RTLD_DEEPBIND) : NULL;
}
