/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A notification of a VM's program as it comes over D-Bus, checked: no text of
 * it can do more than be read. What it is shown as begins with the VM's name,
 * and that is the host's word.
 */
#ifndef CENTER_NOTE_H
#define CENTER_NOTE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "center/question.h"
#include "proto/notification.h"

#define NOTE_LINE_MAX 512 /* bytes of note_title() */
#define NOTE_BODY_MAX 2560 /* bytes of note_body(): a character becomes five at most */

struct note {
	struct party vm;
	uint32_t id; /* 0: it is about those that were held back */
	uint32_t held; /* how many */
	uint32_t timeout_ms; /* 0: as we like */
	bool low; /* it is of low urgency */
	struct notification text;
};

/* From the a{sv} of ShowNotification. NULL: it names no VM, or has no number. */
struct note *note_new(GVariant *untrusted_dict);
void note_free(struct note *n);

/* "work: Build finished". Without any '<', as some services take a summary for markup, too. */
void note_title(const struct note *n, char dst[NOTE_LINE_MAX]);
/* The rest. @escape: for a service that reads markup; else without any '<'. */
void note_body(const struct note *n, bool escape, char dst[NOTE_BODY_MAX]);
/* "3 more were held back"; what stands in place of the guest's text. */
void note_held(const struct note *n, char *dst, size_t cap);

#endif
