/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A template's manifest: lines "key=value", '#' comments. Pure: text in, checked fields out. */
#ifndef MANAGER_MANIFEST_H
#define MANAGER_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#define MANIFEST_MAX (64u << 10) /* bytes of a manifest */
#define MANIFEST_WORD_MAX 64
#define MANIFEST_CMDLINE_MAX 1024

struct manifest {
	char name[MANIFEST_WORD_MAX + 1];
	char version[MANIFEST_WORD_MAX + 1];
	char architecture[MANIFEST_WORD_MAX + 1];
	char cmdline[MANIFEST_CMDLINE_MAX + 1]; /* for the guest's kernel, verbatim; may be empty */
	uint64_t size_root; /* bytes; 0: not said */
};

/*
 * Parses @len bytes of @text (a NUL follows them). 0, or -EBADMSG with the line
 * that is wrong in @ret_line (0: a needed key is missing). name, version and
 * architecture are needed; keys of later versions are skipped.
 */
int manifest_parse(const char *text, size_t len, struct manifest *ret_manifest, unsigned *ret_line);

#endif
