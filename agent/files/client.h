/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What vmos-send and vmos-open have in common: a request to the host, and telling the user how it stands. */
#ifndef AGENT_FILES_CLIENT_H
#define AGENT_FILES_CLIENT_H

#include <stdint.h>

#include "agent/common/ask.h"

/* Exit status of the commands. */
enum client_exit { CLIENT_OK, CLIENT_FAILED, CLIENT_USAGE, CLIENT_DENIED };

struct client_request {
	const char *program; /* for messages */
	const char *vm; /* "": the user shall choose */
	uint32_t kind; /* enum ctl_request_kind */
	uint32_t files;
	uint64_t bytes;
	char *const *strings; /* paths, or the URL; NULL terminated */
};

/* Asks, and waits for the last answer. Says on standard error what is to be said. An enum client_exit. */
int client_ask(const struct client_request *r);

/*
 * A path as it is sent: absolute, and with a name at its end. A new string,
 * or NULL and errno: it is not there.
 */
char *client_path(const char *path);

#endif
