/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/common/notify.h"

#include <errno.h>
#include <string.h>

int notify_check_packet(const void *untrusted_packet, size_t len, struct notify_packet *ret_packet)
{
	struct notify_packet p;

	if (len != sizeof(p))
		return -EBADMSG;
	memcpy(&p, untrusted_packet, sizeof(p));
	if (p.kind < NOTIFY_SHOW || p.kind > NOTIFY_BACK || p.id == 0 || p.timeout_ms > NOTIFICATION_TIMEOUT_MAX ||
		p.urgency > NOTIFICATION_CRITICAL || notification_check(&p.text) < 0)
		return -EBADMSG;
	*ret_packet = p;
	return 0;
}
