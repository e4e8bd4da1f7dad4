/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/transfer_audit.h"

#include "base/log.h"
#include "manager/transfer.h"

void transfer_audit(const struct transfer *t)
{
	log_info("%s %016llx from %s to %s: %s, %llu bytes", transfer_kind_name(t->job.kind),
		(unsigned long long)t->job.id, t->job.from, t->job.to, transfer_state_name(t->state),
		(unsigned long long)t->done);
}
