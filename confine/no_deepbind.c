/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Of builds with sanitizers only. libvdeplug loads its modules with
 * RTLD_DEEPBIND, at which AddressSanitizer ends the program; it can do without.
 */
#include <dlfcn.h>

void *dlopen(const char *file, int mode)
{
	void *(*next)(const char *, int) = (void *(*)(const char *, int))dlsym(RTLD_NEXT, "dlopen");

	return next ? next(file, mode & ~RTLD_DEEPBIND) : NULL;
}
