/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "courier/transfer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "proto/ctl.h"
#include "proto/text.h"

#define PROGRESS_US 200000

/* A page that vmosd could shrink would end us by SIGBUS: its seals are asked for. */
int transfer_new(uint8_t flags, int licence_fd, struct transfer **ret)
{
	struct transfer *t;
	void *page;
	int r = fd_check_sealed(licence_fd, LICENCE_SIZE);

	if (r < 0)
		return r;
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	page = mmap(NULL, LICENCE_SIZE, PROT_READ, MAP_SHARED, licence_fd, 0);
	if (page == MAP_FAILED) {
		r = -errno;
		free(t);
		return r;
	}
	t->licence = page;
	t->sends = flags & CTL_RUN_SEND;
	xfer_check_init(&t->check);
	*ret = t;
	return 0;
}

void transfer_free(struct transfer *t)
{
	if (!t)
		return;
	munmap((void *)(uintptr_t)t->licence, LICENCE_SIZE);
	free(t);
}

void transfer_allow_far(struct transfer *t, uint32_t relay)
{
	xfer_check_allow_far(&t->check, relay);
}

bool transfer_may_pass(const struct transfer *t)
{
	return licence_holds(t->licence);
}

int transfer_check(struct transfer *t, const uint8_t *untrusted_data, size_t len)
{
	if (!transfer_may_pass(t))
		return -EPERM;
	return xfer_check_feed(&t->check, untrusted_data, len);
}

int transfer_take_point(struct transfer *t, const uint8_t *untrusted_data, size_t len, struct runctl *ret)
{
	struct xfer_head head;
	struct xfer_point point;

	if (len > XFER_HEAD + XFER_POINT_LEN - t->have)
		return -EBADMSG;
	memcpy(t->words + t->have, untrusted_data, len);
	t->have += len;
	if (t->have < XFER_HEAD + XFER_POINT_LEN)
		return 0;
	if (xfer_head_get(t->words, &head) < 0 || head.type != XFER_POINT)
		return -EBADMSG;
	if (xfer_point_get(t->words + XFER_HEAD, &point) < 0 || point.item > INT32_MAX)
		return -EBADMSG;
	t->pointed = true;
	*ret = (struct runctl){ .type = RUNCTL_POINT, .a = (int32_t)point.item, .n = { point.entry, point.offset } };
	return 1;
}

/* Takes what is missing of the head or of the payload. False: that needs more bytes than there are. */
static bool fill_words(struct transfer *t, size_t need, const uint8_t **data, size_t *len)
{
	size_t missing = need > t->have ? need - t->have : 0;
	size_t n = missing < *len ? missing : *len;

	memcpy(t->words + t->have, *data, n);
	t->have += n;
	*data += n;
	*len -= n;
	return n == missing;
}

bool transfer_take_problem(struct transfer *t, const uint8_t **untrusted_data, size_t *len, struct runctl *ret)
{
	struct xfer_head head;

	while (!t->junk && *len > 0) {
		if (!fill_words(t, XFER_HEAD, untrusted_data, len))
			return false;
		if (xfer_head_get(t->words, &head) < 0 || head.type != XFER_PROBLEM) {
			t->junk = true; /* words of the dynamic linker, say */
			break;
		}
		if (!fill_words(t, XFER_HEAD + head.len, untrusted_data, len))
			return false;
		t->have = 0;
		if (t->problems++ >= TRANSFER_PROBLEMS_MAX)
			continue;
		*ret = (struct runctl){ .type = RUNCTL_PROBLEM, .a = (int32_t)head.value };
		text_sanitise(t->words + XFER_HEAD, head.len, ret->text, sizeof(ret->text));
		return true;
	}
	return false;
}

bool transfer_progress(struct transfer *t, uint64_t now_us, bool end, struct runctl *ret)
{
	if (!t->check.started || (!end && t->told_us && now_us - t->told_us < PROGRESS_US))
		return false;
	t->told_us = now_us;
	*ret = (struct runctl){ .type = RUNCTL_PROGRESS, .n = { t->check.bytes, t->check.start.bytes } };
	return true;
}

int32_t transfer_status(const struct transfer *t, int32_t claimed)
{
	bool success = claimed == XFER_OK || (t->sends && claimed == XFER_R_SOME);

	if (success && (!xfer_check_done(&t->check) || (!t->sends && !t->pointed)))
		return -EBADMSG;
	return claimed;
}
