/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What went over the network: net.log, a JSON object a line, of a bounded
 * size: a guest can make as many events as it likes. When it is full it becomes
 * net.log.1, in place of the one before. The audit log has only a refusal's
 * first in a minute, and few of a VM.
 */
#ifndef MANAGER_NET_LOG_H
#define MANAGER_NET_LOG_H

#define NET_LOG_FILE "net.log"
#define NET_LOG_MAX (4 << 20) /* bytes */
#define NET_LOG_AUDIT_MAX 10 /* refusals of a VM in the audit log, a minute */
#define NET_LOG_LINE_MAX 2048

struct manager;

/* Without a log the network works all the same: what fails is logged. */
void net_log_open(struct manager *m);
void net_log_close(struct manager *m);
/* New fds to read by: of the older file, which may be -1, and of the one that is written. -errno. */
int net_log_readers(const struct manager *m, int ret_fds[2]);

#endif
