/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes to a file of lines that vmosd itself writes. The user's lines and comments in it stay. */
#ifndef MANAGER_LINE_EDIT_H
#define MANAGER_LINE_EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* What an edit sees of one line. */
struct line_look {
	bool goes; /* it is to be removed */
	uint32_t for_seconds; /* how long it counts; 0: there is no limit */
};

struct line_edit {
	/* Whether line @number (from 1) says anything: else it is empty, a comment, or wrong, and stays. */
	bool (*look)(const struct line_edit *edit, const char *line, size_t len, unsigned number,
		struct line_look *ret_look);
	const void *userdata; /* of look */
	const char *line; /* comes at the end; NULL: none */
	time_t written, now; /* when the text was last written, and the time it is */
};

/*
 * Makes the new text, for the caller to free; @ret_removed: how many lines
 * went. As for= counts from when the file is written, which it will be, a line
 * that is limited so gets what is left of its time; one whose time is over
 * becomes a comment. -ENOMEM.
 */
int line_edit_text(const char *text, const struct line_edit *edit, char **ret_text, unsigned *ret_removed);

/* Puts @text in the place of the file @path: after a crash it is the old one or the new one. -errno. */
int line_edit_write(const char *path, const char *text);

#endif
