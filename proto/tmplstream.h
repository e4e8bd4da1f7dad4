/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A template on its way out of the VM that built it, as one stream:
 *
 *	head		16 bytes: "vmosTMPL", version and length of the manifest, each 4 bytes, little endian
 *	manifest	as proto/manifest.h has it
 *	kernel, initrd, root.erofs	as long as the manifest says
 *
 * and nothing behind it. images/template/inside-vm writes it. Whether the
 * files are those of the manifest's hashes is for whoever takes their bytes.
 */
#ifndef PROTO_TMPLSTREAM_H
#define PROTO_TMPLSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/manifest.h"

#define TMPLSTREAM_VERSION 1
#define TMPLSTREAM_HEAD 16

enum tmplstream_state {
	TMPLSTREAM_IN_HEAD,
	TMPLSTREAM_IN_MANIFEST,
	TMPLSTREAM_IN_FILES, /* the manifest may be looked at; file: which one comes */
	TMPLSTREAM_WHOLE, /* all has come */
	TMPLSTREAM_BROKEN,
};

/* Holds one manifest; no memory of its own beyond the struct. */
struct tmplstream {
	enum tmplstream_state state;
	uint8_t head[TMPLSTREAM_HEAD];
	char text[MANIFEST_MAX + 1]; /* of the manifest */
	size_t have, want; /* bytes of the head, then of the manifest */
	struct manifest manifest; /* checked */
	unsigned file; /* enum manifest_file */
	uint64_t left; /* bytes of it that are still to come */
};

void tmplstream_init(struct tmplstream *s);
/*
 * Takes the next of @len > 0 bytes, and says in @ret_file what they are:
 * bytes of that file, or MANIFEST_FILES: none of a file's. How many it took,
 * at least one; -EBADMSG, then and ever after.
 */
int tmplstream_take(struct tmplstream *s, const uint8_t *untrusted, size_t len, unsigned *ret_file);

#endif
