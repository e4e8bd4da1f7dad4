/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Notifications of VMs' programs: shown by the desktop's service, else by cards of ours; what became of them goes to vmosd. */
#ifndef CENTER_NOTES_H
#define CENTER_NOTES_H

#include <stdint.h>

#include "center/note.h"

struct link;

void notes_open(void);
/* Takes @n over. One of the same VM and number is replaced. */
void notes_show(struct link *l, struct note *n);
/* Of that VM, with that number; 0: all. */
void notes_close(struct link *l, const char *vm, uint32_t id);

#endif
