/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A note of a process that outlives vmosd, for the next one: its id and when it
 * began, which together name one process of this boot.
 */
#ifndef MANAGER_PROC_NOTE_H
#define MANAGER_PROC_NOTE_H

#include <sys/types.h>

int proc_note_write(const char *path, pid_t pid);
/* The noted process, if it still runs, held so that its id cannot become another's. A pidfd; -ESRCH: it does not. */
int proc_note_open(const char *path, pid_t *ret_pid);
/* Kills it, if it still runs. -ESRCH. */
int proc_note_kill(const char *path);

#endif
