/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The escape drill: which acts there are, what is meant to stop each, and the lines that tell how they went.
 *
 *   VMOS-DRILL in WORDS                       what the attacker sees of its own confinement; first
 *   VMOS-DRILL cN VERDICT ERROR WORDS         a control: what a VM's QEMU must be able to do
 *   VMOS-DRILL N VERDICT ERROR WORDS          an act
 *   VMOS-DRILL end                            all were tried
 *   VMOS-DRILL-SEEN NAME                      from the victim's side: an effect has arrived there
 *
 * The attacker's lines come from a QEMU that counts as taken over, so they are
 * read as untrusted bytes. Pure.
 */
#ifndef PROTO_DRILL_H
#define PROTO_DRILL_H

#include <stddef.h>

#define DRILL_ACTS 73
#define DRILL_CONTROLS 6
#define DRILL_ERROR_MAX 15
#define DRILL_WORDS_MAX 200
#define DRILL_LINE_MAX 320

enum drill_verdict {
	DRILL_NONE, /* no line told of it */
	DRILL_DENY, /* refused; of a control: broken */
	DRILL_ALLOW, /* done, with its effect; of a control: works */
	DRILL_SENT, /* the kernel took it: whether it arrived only the other side knows */
	DRILL_SKIP, /* there is no such thing on this machine */
	DRILL_BROKEN, /* failed for a reason that is no refusal: nothing is shown */
};

enum drill_kind { DRILL_LINE_INSIDE, DRILL_LINE_CONTROL, DRILL_LINE_ACT, DRILL_LINE_END, DRILL_LINE_SEEN };

struct drill_line {
	enum drill_kind kind;
	unsigned number; /* of the act or control, from 1 */
	enum drill_verdict verdict;
	char error[DRILL_ERROR_MAX + 1]; /* "EACCES", "SIGSYS", or "-" */
	char words[DRILL_WORDS_MAX + 1]; /* printable ASCII; of DRILL_LINE_SEEN the name */
};

/*
 * Reads one line (without its newline). -ENODATA: not one of the drill's;
 * -EBADMSG: it begins as one and is not in the form above.
 */
int drill_line_parse(const char *untrusted, size_t len, struct drill_line *ret);

/* "deny", "allow", …, NULL for DRILL_NONE. */
const char *drill_verdict_name(enum drill_verdict verdict);

/*
 * What is meant to stop an act. The first letter of @layers is the primary
 * one: with it alone the act is refused, with none it is done.
 *   M Smack           U a user id per VM      F file modes, no capabilities
 *   S second seccomp  Q QEMU's own sandbox    N mount name space, hidepid
 *   L Landlock        C cgroup and limits     K settings of the kernel
 */
struct drill_act {
	const char *words;
	const char *layers;
	const char *seen; /* the name of the victim's sighting that proves it done; NULL: errno and effect tell */
};

/* @number is 1 … DRILL_ACTS. */
const struct drill_act *drill_act(unsigned number);
/* @number is 1 … DRILL_CONTROLS. */
const char *drill_control(unsigned number);

#endif
