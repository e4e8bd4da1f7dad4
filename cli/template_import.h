/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gives vmosd a template: it copies the files to where templates are, and writes the manifest itself. */
#ifndef CLI_TEMPLATE_IMPORT_H
#define CLI_TEMPLATE_IMPORT_H

#include <stdint.h>
#include <systemd/sd-bus.h>

#include "proto/manifest.h"

/* What the manifest says beside sizes and hashes, which vmosd makes of what it copies. */
struct template_facts {
	char kind[8]; /* "app" or "net" */
	char version[65];
	char suite[65]; /* of Debian */
	char kernel[65]; /* its release */
	char roothash[65]; /* of the dm-verity tree at the root's end, hexadecimal */
	char source[65]; /* hash of all it was made of, hexadecimal */
	uint32_t data_blocks; /* of the root before that tree, of 4096 bytes each */
};

enum template_file {
	TEMPLATE_KERNEL,
	TEMPLATE_INITRD,
	TEMPLATE_ROOT,
	TEMPLATE_FILES,
};

/*
 * ImportTemplate(s name, a{sv} facts, ah files): @fds are regular files or
 * sealed memfds, read from their beginning to their end; they stay the
 * caller's. A version that is there already is no error. 0 or a CLI code,
 * after an error message.
 */
int template_import(sd_bus *bus, const char *name, const struct template_facts *facts, const int fds[TEMPLATE_FILES]);

/* `vmos template import FOLDER [NAME]`. */
int template_import_main(int argc, char **argv);

/* The same with the facts of a manifest that manifest_check() has let pass. */
int template_import_manifest(sd_bus *bus, const char *name, const struct manifest *m, const int fds[TEMPLATE_FILES]);

#endif
