/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a transfer stands, for people: a text file in $XDG_RUNTIME_DIR/vmos/incoming, which vmos-incoming shows. */
#ifndef AGENT_FILES_STATUS_H
#define AGENT_FILES_STATUS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define STATUS_FOLDER "vmos/incoming"
#define STATUS_GAP_MS 500

struct status {
	char path[PATH_MAX]; /* "": there is no place for it */
	const char *from; /* borrowed */
	uint64_t told_ms; /* of the last writing; 0: none */
};

/* @id and @from are borrowed. Without XDG_RUNTIME_DIR nothing is ever written. */
void status_open(struct status *s, const char *id, const char *from);
/* @name: of the item under way; "": none. @total 0: not known. @state: one word. Written at most twice a second, but with @now. */
struct status_news {
	const char *state, *name;
	uint64_t done, total;
	bool now;
};
void status_tell(struct status *s, const struct status_news *news);

#endif
