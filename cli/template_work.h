/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the build of a template shows and keeps while it works, here or in a VM: its progress, its log, and ^C. */
#ifndef CLI_TEMPLATE_WORK_H
#define CLI_TEMPLATE_WORK_H

#include <stdbool.h>
#include <stddef.h>

#define TEMPLATE_LOG_MAX (1u << 20) /* bytes of the log: a VM can say anything */

struct template_work {
	const char *name; /* borrowed: of the template */
	char *folder; /* owned; for large files without names: the user's cache, /var/tmp where his home cannot be written */
	char *log_path; /* owned */
	bool is_tmp; /* the log is in /var/tmp: it goes unless the build fails */
	int log; /* owned; -1: none */
	bool on_terminal;
	int shown; /* percent last printed where there is no terminal */
	char line[512]; /* that has not ended yet */
	size_t len, logged;
};

/* Opens the log and begins to note signals that end a build. Exit code. @w->name is set, the log -1. */
int template_work_begin(struct template_work *w);
/* What the build says, in any pieces: progress is shown, the other lines go to the log. */
void template_work_feed(struct template_work *w, const char *untrusted, size_t len);
/* The signal that is to end the build; 0: none came. */
int template_work_interrupted(void);
/* The build has ended: 0 if it was @built and not interrupted, else an exit code, after the log's end and an error message. */
int template_work_end(struct template_work *w, bool built);
void template_work_release(struct template_work *w);

/* The folder with what a template is built from: the source tree, or where it is installed. The caller frees. */
char *template_work_source(void);

/*
 * Reads a line "vmos-progress PERCENT TEXT". 0 and both (@ret_text points into
 * @line), or -EINVAL: another line.
 */
int template_work_progress(const char *line, int *ret_percent, const char **ret_text);

/* "[######    ]  60 % TEXT" in @cols cells at most, without newline. */
void template_work_bar(int percent, const char *text, size_t cols, char *buf, size_t cap);

#endif
