/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The audit log's word about a transfer. */
#ifndef MANAGER_TRANSFER_AUDIT_H
#define MANAGER_TRANSFER_AUDIT_H

struct transfer;

/* It is over: between whom, what, how much, and how it ended. */
void transfer_audit(const struct transfer *t);

#endif
