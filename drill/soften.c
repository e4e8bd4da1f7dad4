/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QEMU's own list answers a refused call by ending the process where the
 * kernel can (SCMP_ACT_KILL_PROCESS), which would end the drill with its first
 * act of row 66. Here the same list of the same calls answers by SIGSYS: what
 * is refused stays refused, and can be told.
 */
#include <dlfcn.h>
#include <seccomp.h>
#include <stdlib.h>

#include "drill/facts.h"

typedef int (*rule_adder)(scmp_filter_ctx, uint32_t, int, unsigned, const struct scmp_arg_cmp *);

/* Stands before libseccomp's function of that name, which QEMU calls once per rule. */
__attribute__((visibility("default"))) int seccomp_rule_add_array(
	scmp_filter_ctx filter, uint32_t action, int nr, unsigned count, const struct scmp_arg_cmp *args)
{
	union {
		void *object;
		rule_adder function;
	} next = { dlsym(RTLD_NEXT, "seccomp_rule_add_array") };

	if (!next.object)
		abort();
	if (getenv(FACTS_VARIABLE) && (action == SCMP_ACT_KILL_PROCESS || action == SCMP_ACT_KILL))
		action = SCMP_ACT_TRAP;
	return next.function(filter, action, nr, count, args);
}
