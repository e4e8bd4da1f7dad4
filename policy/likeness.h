/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of VMs that one who glances at a frame takes for each other. */
#ifndef POLICY_LIKENESS_H
#define POLICY_LIKENESS_H

#include <stdbool.h>

/*
 * Both are VM names (proto/text.h). Alike are letters in capitals and not, 0
 * and o, 1 and l and I, 5 and s, rn and m, vv and w, cl and d, '-' and '_' and
 * '.', which do not count at the end.
 */
bool likeness_is(const char *a, const char *b);

#endif
