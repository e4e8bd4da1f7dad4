/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of Smack that vmOS's host needs, as requests to smackfs. */
#ifndef GUARD_STATE_H
#define GUARD_STATE_H

#include <stdbool.h>

/*
 * Only programs of these labels may use CAP_MAC_ADMIN and CAP_MAC_OVERRIDE:
 * what the host starts, the two managers, and no QEMU.
 */
#define STATE_ONLYCAP "_ vmos.manager vmos.libvirt"
#define STATE_PTRACE "2" /* nobody traces anybody, whatever the rules say (Smack.rst, "ptrace") */

struct state_rule {
	const char *subject, *object, *access;
};

/* The fixed rules; the last entry is all NULL. */
extern const struct state_rule state_rules[];

/* Whether @onlycap, as the kernel shows it, has the labels of STATE_ONLYCAP and no other, in any order. */
bool state_onlycap_is_right(const char *onlycap);

#endif
