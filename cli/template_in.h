/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vmos template build --in VM`: the build runs in a VM, which has a network where the host has none. */
#ifndef CLI_TEMPLATE_IN_H
#define CLI_TEMPLATE_IN_H

#include "cli/template_work.h"
#include "proto/manifest.h"

/*
 * Builds template @w->name in @vm, with the packages @add (names with commas
 * between; may be NULL) beside its own, and gives it to vmosd. Exit code.
 */
int template_in_build(struct template_work *w, const char *vm, const char *add, char version[MANIFEST_WORD_MAX + 1]);

#endif
