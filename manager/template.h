/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Templates: folders templates/NAME/VERSION/{kernel,initrd,root.erofs,manifest} that never change once they are there. */
#ifndef MANAGER_TEMPLATE_H
#define MANAGER_TEMPLATE_H

#include <stdbool.h>
#include <stdint.h>

#include <systemd/sd-bus.h>

#include "proto/manifest.h"

#define TEMPLATE_VERSIONS_MAX 64

struct template
{
	char name[MANIFEST_WORD_MAX + 1];
	char *versions[TEMPLATE_VERSIONS_MAX + 1]; /* oldest first, NULL terminated, owned */
	unsigned nversions; /* at least 1 */
	struct manifest newest;
	uint64_t size_bytes; /* of all versions, on disk */
	char *dir; /* templates/NAME */
	struct template *next;

	char *bus_path;
	sd_bus_slot *bus_slot; /* may be NULL */
	void *manager; /* struct manager, borrowed; set when it goes on the bus */
};

/* What a VM boots: the files of a template's newest version. Finish frees all. */
struct template_boot {
	char *kernel, *initrd, *root;
	const struct manifest *manifest; /* borrowed */
};

/* Reads all templates below @dir. Broken ones are logged and left out. A missing folder: none. -errno. */
int template_scan(const char *dir, struct template **ret_list);
void template_free(struct template *t);

/*
 * Makes every version of @t readable by all VMs and by nobody writable, as
 * system mode needs it: mode 0444, label LABEL_ROOT. -errno of the last file
 * that could not be made so; the others are.
 */
int template_share(const struct template *t);
/* The same of the version in the folder @dir. */
int template_share_version(const char *dir);

/* Whether both say the same to a client. */
bool template_same(const struct template *a, const struct template *b);

/* Names the newest version's files and checks that they are there. -errno: -ENOENT with @ret_missing (static). */
int template_boot_init(struct template_boot *boot, const struct template *t, const char **ret_missing);
void template_boot_finish(struct template_boot *boot);

#endif
