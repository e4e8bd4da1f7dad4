/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A new version of a template on its way into its place: three files that
 * somebody gave, copied into a hidden folder beside it, with a manifest of our
 * own, and renamed when all is on the disk.
 */
#ifndef MANAGER_TEMPLATE_COPY_H
#define MANAGER_TEMPLATE_COPY_H

#include <stdatomic.h>
#include <stdbool.h>

#include "proto/manifest.h"

struct template_copy {
	struct manifest manifest; /* sizes and hashes come with the copying */
	int from[MANIFEST_FILES]; /* borrowed */
	char *folder; /* templates/NAME */
	char *tmp, *place; /* in it: hidden, and the version's */
	bool share; /* the files are for all VMs of system mode */
	atomic_bool stop; /* set by any thread: nobody wants it any more */
	const char *failed; /* the file that an error is about; static, may be NULL */
};

/*
 * The paths of a copy below @dir, for the name and version of c->manifest, and
 * the sizes of the files @from, which are c's until template_copy_finish() but
 * stay the caller's. -EINVAL: one is no regular file, -EMSGSIZE: empty or larger
 * than such a file may be (both with c->failed). -EBADMSG: the root has no tree
 * behind its data, or a field of the manifest is missing. -ENOSPC: the disk is
 * too full for it already.
 */
int template_copy_init(struct template_copy *c, const char *dir, const int from[MANIFEST_FILES]);
void template_copy_finish(struct template_copy *c);

/*
 * Copies all into c->tmp, and has it on the disk. Reads files of others, which
 * may take any time: not for the main loop. -ESTALE: a file has changed
 * meanwhile. -ECANCELED: c->stop.
 */
int template_copy_run(struct template_copy *c);
/* Gives the folder its place. -EEXIST: there is something already. */
int template_copy_place(struct template_copy *c);
/* Removes what was copied, and the template's folder if nothing else is in it. */
void template_copy_discard(const struct template_copy *c);

/* Removes what copies that never ended have left below @dir. */
void template_copy_sweep(const char *dir);

#endif
