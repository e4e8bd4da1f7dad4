/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The template that a VM sends (proto/tmplstream.h): into files without a name, checked against its own hashes. */
#ifndef CLI_TEMPLATE_TAKE_H
#define CLI_TEMPLATE_TAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "proto/tmplstream.h"

struct template_take {
	struct tmplstream stream;
	struct digest *digest; /* of the file that comes */
	const char *folder; /* borrowed: where the files take their space */
	int fds[MANIFEST_FILES]; /* owned; -1: not yet */
};

/* -ENOMEM. */
int template_take_init(struct template_take *t, const char *folder);
/*
 * The next bytes, however they are cut. -EBADMSG: they are no template's, or a
 * file is not that of its hash. -ENOSPC, -errno: it cannot be kept.
 */
int template_take_feed(struct template_take *t, const uint8_t *untrusted, size_t len);
/* All has come: the manifest and the files are the template. */
bool template_take_is_whole(const struct template_take *t);
void template_take_release(struct template_take *t);

#endif
