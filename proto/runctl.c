/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/runctl.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "proto/text.h"
#include "proto/xfer.h"

#define SIGNAL_MAX 64
#define ERRNO_MAX 4095 /* MAX_ERRNO of the kernel */

static int verdict(bool ok)
{
	return ok ? 0 : -EBADMSG;
}

static bool dimension_ok(int32_t v)
{
	return v >= 0 && v <= UINT16_MAX;
}

static bool no_text(const struct runctl *m)
{
	static const char nothing[RUNCTL_TEXT_MAX];

	return memcmp(m->text, nothing, sizeof(nothing)) == 0;
}

/* Size, and nothing in the fields that only transfers have. */
static bool plain_ok(const struct runctl *m, size_t len)
{
	return len == sizeof(*m) && m->zero == 0 && m->n[0] == 0 && m->n[1] == 0 && no_text(m);
}

int runctl_check_command(const struct runctl *m, size_t len)
{
	if (!plain_ok(m, len))
		return -EBADMSG;
	switch (m->type) {
	case RUNCTL_WINCH:
		return verdict(dimension_ok(m->a) && dimension_ok(m->b));
	case RUNCTL_SIGNAL:
		return verdict(m->a >= 1 && m->a <= SIGNAL_MAX && m->b == 0);
	default:
		return -EBADMSG;
	}
}

int runctl_check_courier(const struct runctl *m, size_t len)
{
	if (!plain_ok(m, len) || m->b != 0)
		return -EBADMSG;
	switch (m->type) {
	case RUNCTL_STARTED:
		return verdict(m->a >= 1);
	case RUNCTL_EXIT:
		return verdict(m->a >= -ERRNO_MAX && m->a <= 256 + SIGNAL_MAX && m->a != 256);
	case RUNCTL_LOST:
		return verdict(m->a == 0);
	default:
		return -EBADMSG;
	}
}

static bool text_ok(const char *text)
{
	size_t len = strnlen(text, RUNCTL_TEXT_MAX);

	for (size_t i = len; i < RUNCTL_TEXT_MAX; i++)
		if (text[i])
			return false;
	return len > 0 && len < RUNCTL_TEXT_MAX && text_is_clean(text);
}

int runctl_check_transfer(const struct runctl *m, size_t len)
{
	if (len != sizeof(*m) || m->zero != 0 || m->b != 0)
		return -EBADMSG;
	switch (m->type) {
	case RUNCTL_STARTED:
		return verdict(m->a >= 1 && m->n[0] <= UINT32_MAX && m->n[1] == 0 && no_text(m));
	case RUNCTL_POINT:
		return verdict(m->a >= 0 && m->n[1] % XFER_DATA_MAX == 0 && no_text(m));
	case RUNCTL_PROGRESS:
		return verdict(m->a == 0 && no_text(m));
	case RUNCTL_PROBLEM:
		return verdict(m->a >= 1 && m->a <= ERRNO_MAX && m->n[0] == 0 && m->n[1] == 0 && text_ok(m->text));
	default:
		return runctl_check_courier(m, len);
	}
}
