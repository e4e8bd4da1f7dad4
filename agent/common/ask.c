/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/common/ask.h"

#include <errno.h>
#include <string.h>

/* Points @strv into the blob, which ctl_args_fill() does without writing to it. */
static int check_blob(uint8_t kind, const uint8_t *blob, size_t len)
{
	char *strv[CTL_ARGC_MAX + 2];
	uint16_t argc, envc;

	if (ctl_args_check(blob, len, &argc, &envc) < 0 || envc != 0)
		return -EBADMSG;
	ctl_args_fill((uint8_t *)(uintptr_t)blob, argc, envc, strv);
	return ctl_request_check(kind, strv, argc, envc);
}

int ask_check_request(const uint8_t *untrusted_packet, size_t len, struct ask_request *ret_request)
{
	struct ask_request r;
	int ret;

	if (len < sizeof(r) || len > ASK_PACKET_MAX)
		return -EBADMSG;
	memcpy(&r, untrusted_packet, sizeof(r));
	if (r.kind < CTL_REQUEST_SEND || r.kind > CTL_REQUEST_URL || r.zero != 0 || r.len != len - sizeof(r))
		return -EBADMSG;
	ret = check_blob((uint8_t)r.kind, untrusted_packet + sizeof(r), r.len);
	if (ret == 0)
		*ret_request = r;
	return ret;
}

int ask_check_answer(const struct ask_answer *a, size_t len)
{
	return len == sizeof(*a) && a->status >= CTL_ANSWER_ASKED && a->status <= CTL_ANSWER_FAILED &&
			a->reason <= CTL_REASON_MAX
		? 0
		: -EBADMSG;
}

bool ask_is_final(const struct ask_answer *a)
{
	return a->status >= CTL_ANSWER_DONE;
}
