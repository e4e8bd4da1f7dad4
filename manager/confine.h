/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libvirt starts as a VM's emulator: vmos-confine, which narrows itself and becomes QEMU, or QEMU itself. */
#ifndef MANAGER_CONFINE_H
#define MANAGER_CONFINE_H

#include <stdbool.h>

#define CONFINE_QEMU "/usr/bin/qemu-system-x86_64"

struct confine {
	bool on;
	char *emulator;
	const char *words; /* for the user: what protects, or why not; static */
};

/*
 * Chooses the emulator: vmos-confine from @libexec, unless it is not there or
 * VMOS_NO_CONFINE=1. Also drops what libvirt remembers of an older QEMU in the
 * folder @cache, as it does not look through vmos-confine. -ENOMEM.
 */
int confine_init(struct confine *confine, const char *libexec, const char *cache);
void confine_finish(struct confine *confine);

bool confine_has_qemu(void);

/*
 * What one VM's QEMU may open, in vmos-confine's form: "KIND=PATH:…" with ':'
 * and '\' in paths escaped. @vm_dir may be written, @template_dir, @run_dir
 * and @library (NULL: none) read; @net: it has QEMU's user network. The caller frees it; NULL: out of memory.
 */
char *confine_spec(const char *template_dir, const char *vm_dir, const char *run_dir, const char *library, bool net);

#endif
