/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a transfer failed, in a sentence with cause and remedy. */
#include <stdio.h>

#include "manager/transfer.h"

/* @go_on: how to try again, a sentence. */
static int write_text(char **ret, const struct transfer *t, enum xfer_reason reason, bool by_sender)
{
	const char *from = t->job.from[0] ? t->job.from : "the host", *to = t->job.to, *side = by_sender ? from : to;
	unsigned long long id = t->job.id;

	switch (reason) {
	case XFER_R_NO_SPACE:
		return asprintf(ret,
			"The disk of VM %s is full. Free some space in it, then \"vmos transfer resume %016llx\".", to,
			id);
	case XFER_R_MISMATCH:
	case XFER_R_HASH:
		return asprintf(ret, "What came to VM %s is not what VM %s sent, twice. Send it again.", to, from);
	case XFER_R_WRITE:
		return asprintf(ret,
			"VM %s cannot write to its ~/Incoming. Look at its rights there, then \"vmos transfer resume "
			"%016llx\".",
			to, id);
	case XFER_R_NOT_FOUND:
		return asprintf(ret, "There is no such file in VM %s.", from);
	case XFER_R_DENIED:
		return asprintf(ret, "None of it can be read by the user of VM %s.", from);
	case XFER_R_OPEN:
		return asprintf(ret, "VM %s has no program that opens it; it lies in ~/Incoming/%s there.", to, from);
	case XFER_R_PATH:
		return asprintf(ret,
			t->job.kind == TRANSFER_FETCH
				? "It is not below ~/Public of VM %s, and nothing else may be fetched."
				: "What is named in VM %s is neither a file nor a folder.",
			from);
	case XFER_R_USAGE:
		return asprintf(ret,
			"VM %s does not understand what it is to do. Build its template anew by \"vmos template "
			"build\".",
			side);
	case XFER_R_PROTOCOL:
		return asprintf(ret, "What VM %s sent was not well formed and was refused.", side);
	case XFER_R_REVOKED:
		return asprintf(ret, "The rule that allowed it is gone.");
	case XFER_R_STALLED:
		return asprintf(ret,
			"No byte passed for %d seconds. See whether VM %s and VM %s work, then \"vmos transfer resume "
			"%016llx\".",
			TRANSFER_STALL, from, to, id);
	default:
		return asprintf(ret,
			"VM %s gave up in the middle. See \"vmos show %s\", then try again by \"vmos transfer resume "
			"%016llx\".",
			side, side, id);
	}
}

char *transfer_text(const struct transfer *t, enum xfer_reason reason, bool by_sender)
{
	char *text = NULL;

	return write_text(&text, t, reason, by_sender) < 0 ? NULL : text;
}
