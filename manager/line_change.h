/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A change to a file of lines that vmosd keeps, in this order: it parses, all
 * files would with it, the audit log has it, the file is replaced, and what it
 * says is in force.
 */
#ifndef MANAGER_LINE_CHANGE_H
#define MANAGER_LINE_CHANGE_H

#include <systemd/sd-bus.h>

#include "manager/line_edit.h"
#include "manager/line_files.h"

struct line_change;
struct manager;

/* The files that a change is about. What fails says why in @ret_error where it can, for the caller to free. */
struct line_store {
	const char *file; /* "50-vmos.rules" */
	const char *noun; /* "rules" */
	const char *failed_event; /* of the audit log: the record is there, the file is not */
	const char *(*folder)(const struct manager *m);
	int (*read)(const struct manager *m, const char *path, char **ret_text, char **ret_error);
	int (*try)(const struct manager *m, const struct line_draft *draft, char **ret_error);
	int (*record)(const struct manager *m, const struct line_change *c);
	int (*reload)(struct manager *m, const char **ret_error); /* borrowed */
};

struct line_change {
	struct line_edit edit; /* look, userdata and line are the caller's */
	const void *asked; /* the caller's, for record() */
	unsigned removed; /* how many lines went */
	const char *dir, *path; /* during record() only */
	char *old, *text;
};

/* 0: it is in force; also where there was nothing to remove and nothing to add. < 0: @ret_error says why. */
int line_change_make(struct manager *m, const struct line_store *store, struct line_change *c, sd_bus_error *ret_error);

/* The user that sent @call, as the audit log has it: "" where there is none, as with @call NULL. */
void line_change_uid(sd_bus_message *call, char ret_uid[16]);

#endif
