/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/wire.h"

#include <errno.h>
#include <string.h>

#include "proto/netplan.h"

static int verdict(bool ok)
{
	return ok ? 0 : -EBADMSG;
}

static bool is_empty(const char text[WIRE_TEXT_MAX])
{
	for (unsigned i = 0; i < WIRE_TEXT_MAX; i++) {
		if (text[i])
			return false;
	}
	return true;
}

static bool names_card(uint32_t type)
{
	return type >= WIRE_MAKE && type <= WIRE_HAS;
}

int wire_check_request(const struct wire_msg *m, size_t len, unsigned nfds)
{
	if (len != sizeof(*m) || m->nfds != nfds || m->type < WIRE_OPEN || m->type > WIRE_SHARE)
		return -EBADMSG;
	if (m->ifindex || m->error || !is_empty(m->text) || nfds != (m->type == WIRE_GIVE))
		return -EBADMSG;
	if (m->filter > (m->type == WIRE_OPEN))
		return -EBADMSG;
	return verdict(names_card(m->type) ? m->index <= NETPLAN_INDEX_MAX : m->index == 0);
}

/* How many fds come beside the answer to @request, and whether it names a device. */
static unsigned fds_of(uint32_t request)
{
	return request == WIRE_OPEN || request == WIRE_MAKE ? 1 : request == WIRE_SHARE ? WIRE_FDS_MAX : 0;
}

int wire_check_reply(const struct wire_msg *m, uint32_t request, size_t len, unsigned nfds)
{
	bool device = request == WIRE_TAKE || request == WIRE_HAS;

	if (len != sizeof(*m) || m->nfds != nfds || m->type != WIRE_DONE || m->filter || m->index > NETPLAN_INDEX_MAX)
		return -EBADMSG;
	if (m->error > 0 || !memchr(m->text, 0, sizeof(m->text)))
		return -EBADMSG;
	if (m->error)
		return verdict(nfds == 0 && m->ifindex == 0);
	return verdict(
		is_empty(m->text) && nfds == fds_of(request) && device == (m->ifindex != 0) && m->ifindex <= INT32_MAX);
}

void wire_name(uint32_t index, char name[WIRE_NAME_MAX + 1])
{
	uint32_t unit = 1;

	if (index == 0) {
		memcpy(name, "inside", sizeof("inside"));
		return;
	}
	memcpy(name, "vmos", strlen("vmos"));
	while (index / unit >= 10)
		unit *= 10;
	for (name += strlen("vmos"); unit; unit /= 10)
		*name++ = (char)('0' + index / unit % 10);
	*name = 0;
}
