/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Transfers of which all has come, remembered for a day in ~/.local/state/vmos/done:
 * a courier that is killed before it could tell makes the host begin again,
 * and must not make a second one of everything.
 */
#ifndef AGENT_FILES_DONE_H
#define AGENT_FILES_DONE_H

#include <stdint.h>

/* How many items transfer @id brought; 0: it is not known. */
uint32_t done_items(const char *id);
/* Notes it on the disk, and forgets what is a day old. -errno. */
int done_note(const char *id, uint32_t items);

#endif
