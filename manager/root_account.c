/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libvirt's driver, opened by root, refuses to start unless the accounts it
 * was built with exist (Debian: libvirt-qemu and kvm), even if qemu.conf names
 * another one, as ours does. They come with the package libvirt-daemon-system,
 * which also brings a system daemon, a firewall and a network that session
 * mode does not want. So where they are missing, this process answers those
 * two names with root's own entry. libvirt is linked against these functions
 * and finds ours first; every other name goes to the C library.
 */
#include "manager/root_account.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static bool is_libvirt_account(const char *name)
{
	return geteuid() == 0 && (strcmp(name, "libvirt-qemu") == 0 || strcmp(name, "kvm") == 0);
}

int getpwnam_r(const char *name, struct passwd *pwd, char *buf, size_t len, struct passwd **result)
{
	int (*next)(const char *, struct passwd *, char *, size_t, struct passwd **);
	int r;

	*(void **)&next = dlsym(RTLD_NEXT, "getpwnam_r");
	if (!next)
		return ENOSYS;
	r = next(name, pwd, buf, len, result);
	if (!*result && r != ERANGE && is_libvirt_account(name))
		return next("root", pwd, buf, len, result);
	return r;
}

int getgrnam_r(const char *name, struct group *grp, char *buf, size_t len, struct group **result)
{
	int (*next)(const char *, struct group *, char *, size_t, struct group **);
	int r;

	*(void **)&next = dlsym(RTLD_NEXT, "getgrnam_r");
	if (!next)
		return ENOSYS;
	r = next(name, grp, buf, len, result);
	if (!*result && r != ERANGE && is_libvirt_account(name))
		return next("root", grp, buf, len, result);
	return r;
}
