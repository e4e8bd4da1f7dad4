/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files from one VM to another: what send, fetch and open share. */
#ifndef CLI_SEND_H
#define CLI_SEND_H

#include "proto/text.h"

/* FROM:PATH. */
struct send_source {
	char vm[VM_NAME_MAX + 1];
	const char *path; /* borrowed */
};

/* Parts "VM:PATH" of @text. An exit code after saying why it is none. */
int send_parse(const char *text, struct send_source *ret_source);

/*
 * The whole of a command whose operands are FROM:PATH… TO: asks vmosd for a
 * transfer of @kind ("send", "fetch", "open") and watches it to its end.
 */
int send_operands(int argc, char **argv, const char *kind);

#endif
