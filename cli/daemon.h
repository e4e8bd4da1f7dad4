/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the programs of vmOS are, and how vmos starts its manager. */
#ifndef CLI_DAEMON_H
#define CLI_DAEMON_H

#include <stdbool.h>
#include <sys/types.h>

struct daemon {
	pid_t pid;
	char *log_path; /* owned */
	bool had_rival; /* it ended, as another vmosd was quicker: that one is as good */
};

/*
 * The folder that vmosd is in: $VMOS_LIBEXEC, else that of the build tree vmos
 * itself runs from, else beside the installed vmos. The caller frees; NULL: nowhere.
 */
char *daemon_find(void);

/* The folder of the sources when vmos runs from a build tree, else NULL. Borrowed. */
const char *daemon_source_tree(void);

/* Starts vmosd in a session of its own, its log in the state folder. 0, or an exit code after saying why. */
int daemon_start(struct daemon *d);
bool daemon_is_alive(struct daemon *d);

#endif
