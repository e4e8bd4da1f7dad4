/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/confine.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/paths.h"
#include "manager/programs.h"

bool confine_has_qemu(void)
{
	return access(CONFINE_QEMU, X_OK) == 0;
}

/* libvirt remembers what an emulator can do by the emulator's own age, and vmos-confine does not age with QEMU. */
static void forget_old_qemu(const char *cache)
{
	char *pattern cleanup_free = paths_join(cache, "*.xml", NULL);
	struct stat qemu, cached;
	glob_t found;

	if (!pattern || stat(CONFINE_QEMU, &qemu) < 0 || glob(pattern, 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		if (stat(found.gl_pathv[i], &cached) == 0 && cached.st_mtime < qemu.st_ctime)
			unlink(found.gl_pathv[i]);
	}
	globfree(&found);
}

int confine_init(struct confine *confine, const char *libexec, const char *cache)
{
	const char *no = getenv("VMOS_NO_CONFINE");

	*confine = (struct confine){ 0 };
	forget_old_qemu(cache);
	if (no && strcmp(no, "1") == 0)
		confine->words = "QEMU is not confined, as VMOS_NO_CONFINE=1 asks: one that a guest takes over can do "
				 "what your user can.";
	else
		confine->emulator = programs_find(libexec, "confine");
	if (confine->emulator) {
		confine->on = true;
		confine->words = "vmos-confine starts each QEMU without new privileges, with a second system call list "
				 "and, by Landlock, with its own VM's files only.";
		return 0;
	}
	if (!confine->words)
		confine->words =
			"vmos-confine is not installed, so QEMU is not confined: one that a guest takes over can "
			"do what your user can.";
	confine->emulator = strdup(CONFINE_QEMU);
	return confine->emulator ? 0 : -ENOMEM;
}

void confine_finish(struct confine *confine)
{
	free(confine->emulator);
	confine->emulator = NULL;
}

/* Appends one entry; @dst has room for twice the path. */
static char *append_entry(char *dst, const char *kind, const char *path)
{
	dst = stpcpy(dst, kind);
	for (; *path; path++) {
		if (*path == ':' || *path == '\\')
			*dst++ = '\\';
		*dst++ = *path;
	}
	*dst = '\0';
	return dst;
}

char *confine_spec(const char *template_dir, const char *vm_dir, const char *run_dir, const char *library, bool net)
{
	size_t paths = strlen(template_dir) + strlen(vm_dir) + strlen(run_dir) + (library ? strlen(library) : 0);
	size_t cap = 32 + 2 * paths;
	char *spec = malloc(cap), *at;

	if (!spec)
		return NULL;
	at = append_entry(spec, "ro=", template_dir);
	at = append_entry(at, ":rw=", vm_dir);
	at = append_entry(at, ":ro=", run_dir);
	if (library)
		at = append_entry(at, ":ro=", library);
	if (net)
		stpcpy(at, ":net=user");
	return spec;
}
