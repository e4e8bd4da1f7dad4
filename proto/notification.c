/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/notification.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "proto/text.h"

_Static_assert(sizeof(struct notification) == NOTIFICATION_WIRE_BYTES, "it is handed on as bytes, without any between");

/* False: it does not end. */
static bool get_text(const uint8_t *untrusted, size_t cap, char *dst)
{
	size_t len = strnlen((const char *)untrusted, cap);

	if (len == cap)
		return false;
	text_sanitise(untrusted, len, dst, cap);
	return true;
}

int notification_decode(const uint8_t *untrusted, size_t len, struct notification *ret)
{
	const uint8_t *summary = untrusted + NOTIFICATION_APP_MAX, *body = summary + NOTIFICATION_SUMMARY_MAX;
	struct notification n;

	if (len != NOTIFICATION_WIRE_BYTES)
		return -EBADMSG;
	memset(&n, 0, sizeof(n));
	if (!get_text(untrusted, sizeof(n.app), n.app) || !get_text(summary, sizeof(n.summary), n.summary) ||
		!get_text(body, sizeof(n.body), n.body))
		return -EBADMSG;
	*ret = n;
	return 0;
}

void notification_encode(const struct notification *n, uint8_t dst[NOTIFICATION_WIRE_BYTES])
{
	memcpy(dst, n, NOTIFICATION_WIRE_BYTES);
}

static bool is_good(const char *text, size_t size)
{
	return memchr(text, 0, size) && text_is_clean(text);
}

int notification_check(const struct notification *n)
{
	return is_good(n->app, sizeof(n->app)) && is_good(n->summary, sizeof(n->summary)) &&
			is_good(n->body, sizeof(n->body))
		? 0
		: -EBADMSG;
}
