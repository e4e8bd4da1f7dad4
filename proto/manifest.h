/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A template's manifest: lines "key=value", '#' comments. Pure: text in, checked fields out, and back. */
#ifndef PROTO_MANIFEST_H
#define PROTO_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#define MANIFEST_MAX (64u << 10) /* bytes of a manifest */
#define MANIFEST_WORD_MAX 64
#define MANIFEST_CMDLINE_MAX 1024
#define MANIFEST_HASH 64 /* hexadecimal digits of a SHA-256 */
#define MANIFEST_BLOCK 4096 /* bytes of a block of data_blocks */

enum manifest_file {
	MANIFEST_KERNEL,
	MANIFEST_INITRD,
	MANIFEST_ROOT,
	MANIFEST_FILES,
};

/* What is empty or 0 was not said. */
struct manifest {
	char name[MANIFEST_WORD_MAX + 1];
	char version[MANIFEST_WORD_MAX + 1];
	char architecture[MANIFEST_WORD_MAX + 1];
	char suite[MANIFEST_WORD_MAX + 1]; /* of Debian */
	char kind[4]; /* of VM it is for: "app" or "net" */
	char kernel[MANIFEST_WORD_MAX + 1]; /* its release */
	char cmdline[MANIFEST_CMDLINE_MAX + 1]; /* for the guest's kernel, verbatim; may be empty */
	char roothash[MANIFEST_HASH + 1]; /* of the dm-verity tree at the root's end */
	char source[MANIFEST_HASH + 1]; /* hash of all it was made of */
	char sha256[MANIFEST_FILES][MANIFEST_HASH + 1];
	uint64_t size[MANIFEST_FILES]; /* bytes */
	uint64_t data_blocks; /* of the root before that tree */
};

/* "kernel", "initrd", "root.erofs": what the files are called beside the manifest. */
extern const char *const manifest_file_names[MANIFEST_FILES];
/* The most bytes that such a file of a template may have. */
extern const uint64_t manifest_size_max[MANIFEST_FILES];

/* Sets the field of @key to the @len bytes of @value. -ENOENT: there is no such key. -EBADMSG: that is no value of it. */
int manifest_set(struct manifest *m, const char *key, const char *value, size_t len);

/*
 * Parses @len bytes of @text (a NUL follows them). 0, or -EBADMSG with the line
 * that is wrong in @ret_line (0: a needed key is missing). name, version and
 * architecture are needed; keys of later versions are skipped.
 */
int manifest_parse(const char *text, size_t len, struct manifest *ret_manifest, unsigned *ret_line);

/*
 * Whether a VM can boot what @m tells of: all fields but cmdline are there, the
 * sizes are within manifest_size_max, and the root has data and a tree behind it.
 */
int manifest_check(const struct manifest *m);

/*
 * Sets the command line by kind, roothash and data_blocks of @m, and writes the
 * manifest as text. Its length; -EBADMSG: manifest_check() refuses it.
 * -EMSGSIZE: it does not fit.
 */
int manifest_format(struct manifest *m, char *ret_text, size_t size);

#endif
