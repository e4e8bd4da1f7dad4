/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The user's terminal: raw while a program of a VM has it, and itself again however vmos ends. */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>

/* Whether standard input is a terminal that this process may read: in the background it may not. */
bool terminal_is_ours(void);

/* Makes standard input raw. It is put back at exit and by crashes; call terminal_restore() before. -errno. */
int terminal_raw(void);
void terminal_restore(void);

void terminal_size(uint16_t *ret_rows, uint16_t *ret_cols);

/*
 * An fd to hand to the courier for @fd: where it is a terminal or, to write,
 * a pipe, a file description of its own in non-blocking mode, so that the flag
 * does not reach the shell's; else a copy. /dev/null where @fd is closed.
 * -errno.
 */
int terminal_share(int fd, bool to_write);

#endif
