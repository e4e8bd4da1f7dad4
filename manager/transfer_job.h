/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a transfer survives the end of vmosd, as text: lines "key=value". Pure: text in, checked fields out. */
#ifndef MANAGER_TRANSFER_JOB_H
#define MANAGER_TRANSFER_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "manager/transfer_state.h"
#include "proto/helper.h"
#include "proto/text.h"

#define TRANSFER_JOB_MAX 4096 /* bytes of text */
#define TRANSFER_ID_LEN 16 /* hex digits */

struct transfer_job {
	uint64_t id; /* not 0 */
	enum transfer_kind kind;
	char from[VM_NAME_MAX + 1]; /* data goes from there; "": from the host's user, of a URL only */
	char to[VM_NAME_MAX + 1]; /* "": the user shall choose */
	char claim[HELPER_TEXT_MAX]; /* what the sender calls it, made safe to show */
	uint32_t files; /* claimed; 0: not known */
	uint64_t bytes; /* claimed; 0: not known */
	uint64_t started; /* realtime, usec */
	uint32_t args_len; /* of the blob beside it */
	bool allowed; /* decided: yes */
	bool asked; /* the user said that yes, for this transfer */
	bool may_start; /* VMs that are off are started for it */
	bool anew; /* what the receiver has does not count: it begins from the beginning */
	uint32_t request,
		epoch; /* of a guest: its number, and the courier's session it belongs to; 0: of the host's user */
};

/*
 * Parses @len bytes. 0, or -EBADMSG with the line that is wrong in @ret_line
 * (0: something is missing or does not fit together). Keys of later versions are skipped.
 */
int transfer_job_parse(const char *text, size_t len, struct transfer_job *ret_job, unsigned *ret_line);
/* Writes it to @text, of TRANSFER_JOB_MAX bytes. Its length. */
size_t transfer_job_format(const struct transfer_job *job, char *text);

/* The id as its folder and its D-Bus object have it; and back: -EINVAL: that is none. */
void transfer_id_format(uint64_t id, char ret_text[TRANSFER_ID_LEN + 1]);
int transfer_id_parse(const char *text, uint64_t *ret_id);

#endif
