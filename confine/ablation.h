/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Layers left out on purpose, to see what the others still stop: for
 * vmos-confine-ablation, which only tests use, the environment variable
 * VMOS_CONFINE_OFF lists them, joined by ',': nnp, landlock, seccomp (the second
 * list), sandbox (QEMU's own). In vmos-confine there is no code for it.
 */
#ifndef CONFINE_ABLATION_H
#define CONFINE_ABLATION_H

#include <stdbool.h>

#ifdef VMOS_ABLATION
bool ablation_is_off(const char *layer);
/* Turns QEMU's own sandbox off in its arguments, when that is asked for. */
void ablation_sandbox(char **argv);
#else
static inline bool ablation_is_off(const char *layer)
{
	return false;
}

static inline void ablation_sandbox(char **argv)
{
}
#endif

#endif
