/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/transfer_audit.h"

#include <stdio.h>

#include "manager/audit.h"
#include "manager/manager.h"
#include "manager/transfer.h"

void transfer_audit(const struct transfer *t)
{
	char id[TRANSFER_ID_LEN + 1], bytes[24], left_out[16];

	if (t->state == TRANSFER_DENIED) /* the decision is there already */
		return;
	transfer_id_format(t->job.id, id);
	snprintf(bytes, sizeof(bytes), "%llu", (unsigned long long)t->done);
	snprintf(left_out, sizeof(left_out), "%u", t->nproblems);
	audit_write(t->manager->audit, "transfer", "id", id, "kind", transfer_kind_name(t->job.kind), "from",
		t->job.from, "to", t->job.to, "claim", t->job.claim, "state", transfer_state_name(t->state), "bytes",
		bytes, "left_out", left_out, "reason", t->text, NULL);
}
