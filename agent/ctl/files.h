/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two ends of a program's standard files: pipes, a terminal, or nothing. */
#ifndef AGENT_CTL_FILES_H
#define AGENT_CTL_FILES_H

#include <stdint.h>
#include <sys/types.h>

struct files {
	int theirs[3]; /* the program's 0, 1, 2; may be the same one */
	int ours[3]; /* its other ends, non-blocking; -1: none */
};

/* Each returns 0 or -errno; then both ends are the caller's to close. */
int files_open_null(struct files *f);
int files_open_pipes(struct files *f);
/* A terminal of @rows × @cols that belongs to user @owner; ours[2] is -1. */
int files_open_tty(struct files *f, uint16_t rows, uint16_t cols, uid_t owner);

void files_close_theirs(struct files *f);

#endif
