/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a flow that waits in vmos-tap may begin, by the user's word: once,
 * for the session, always, or no. No answer is a no, and counts for a minute.
 *
 * A guest chooses when it asks and how often: flows to one target share a
 * question, few of a VM are put at once, the rest wait for those.
 */
#ifndef MANAGER_NET_QUESTION_H
#define MANAGER_NET_QUESTION_H

#define NET_QUESTIONS_PUT 32 /* to the user, in all */
#define NET_QUESTIONS_PUT_VM 8 /* of one VM */
#define NET_QUESTIONS_VM 50 /* of one VM, put or not */
#define NET_QUESTIONS_MINUTE 40 /* new ones of one VM in a minute */

struct manager;
struct vm;

/* @vm ended: its questions go, and nobody waits for an answer. */
void net_question_forget(struct manager *m, const struct vm *vm);

#endif
