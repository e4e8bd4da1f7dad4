/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/tap.h"

#include <errno.h>
#include <string.h>

#define SETUP_FDS 2 /* memory, listener */
#define PLUG_FDS 2 /* data, control */
#define IFINDEX_MAX INT32_MAX
#define STATE_FDS 1 /* memory */

static int verdict(bool ok)
{
	return ok ? 0 : -EBADMSG;
}

static bool is_client(uint32_t index)
{
	return index >= 1 && index <= NETPLAN_INDEX_MAX;
}

static bool setup_ok(const struct tap_setup *s, unsigned nfds)
{
	if (s->fabric > TAP_FABRIC_KERNEL || nfds != SETUP_FDS + (s->fabric == TAP_FABRIC_KERNEL ? TAP_KERNEL_FDS : 0))
		return false;
	return memchr(s->net, 0, sizeof(s->net)) && text_is_vm_name(s->net);
}

/* Either a plug or a device. */
static bool end_ok(const struct tap_link *l, unsigned nfds)
{
	return l->ifindex ? nfds == 0 && l->ifindex <= IFINDEX_MAX : nfds == PLUG_FDS;
}

static bool list_ok(const struct tap_list *l)
{
	return is_client(l->index) && l->count <= TAP_LINES_MAX && l->fallback <= NET_ASK;
}

static bool line_ok(const struct tap_line *l)
{
	return is_client(l->index) && l->number < TAP_LINES_MAX && net_target_is_valid(&l->target);
}

static bool flow_name_ok(const char *name)
{
	return memchr(name, 0, NET_NAME_MAX + 1) && (!name[0] || net_name_is_valid(name));
}

/* What all three have in common: question, list and log. */
static bool flow_ok(const struct tap_flow *f)
{
	bool proto = f->proto == NET_ICMP || f->proto == NET_TCP || f->proto == NET_UDP;

	return is_client(f->index) && proto && f->action <= NET_ASK && flow_name_ok(f->name) &&
		(f->line == UINT32_MAX || f->line < TAP_LINES_MAX);
}

static bool question_ok(const struct tap_flow *f)
{
	return flow_ok(f) && f->id != 0 && f->event == 0 && f->action == NET_ASK;
}

static bool event_ok(const struct tap_flow *f)
{
	return flow_ok(f) && f->id == 0 && f->event >= TAP_EVENT_OPEN && f->event <= TAP_EVENT_NAME &&
		(f->event != TAP_EVENT_NAME || f->name[0]);
}

static bool stats_ok(const struct tap_stats *s)
{
	return s->index <= NETPLAN_INDEX_MAX && s->flows <= TAP_FLOWS_MAX && s->waiting <= TAP_WAITING_MAX;
}

static bool fail_ok(const struct tap_fail *f)
{
	const char *end = memchr(f->text, 0, sizeof(f->text));

	if (f->reason < TAP_REASON_INTERNAL || f->reason > TAP_REASON_PROTOCOL || !end)
		return false;
	for (const char *c = f->text; c < end; c++)
		if (*c < 0x20 || *c > 0x7e)
			return false;
	return true;
}

/* Size and number of fds, which hold for every type. */
static bool frame_ok(const struct tap_msg *m, size_t len, unsigned nfds)
{
	return len == sizeof(*m) && m->nfds == nfds && nfds <= TAP_FDS_MAX;
}

int tap_check_request(const struct tap_msg *m, size_t len, unsigned nfds)
{
	if (!frame_ok(m, len, nfds))
		return -EBADMSG;
	switch (m->type) {
	case TAP_SETUP:
		return verdict(setup_ok(&m->setup, nfds));
	case TAP_NET:
		return verdict(end_ok(&m->link, nfds) && m->link.index == 0 && m->link.rate_kib == 0);
	case TAP_LINK:
		return verdict(end_ok(&m->link, nfds) && is_client(m->link.index));
	case TAP_UNLINK:
		return verdict(nfds == 0 && is_client(m->id.index) && m->id.id == 0);
	case TAP_LIST:
		return verdict(nfds == 0 && list_ok(&m->list));
	case TAP_LINE:
		return verdict(nfds == 0 && line_ok(&m->line));
	case TAP_ANSWER:
		return verdict(nfds == 0 && is_client(m->answer.index) && m->answer.id != 0 && m->answer.allow <= 1);
	case TAP_FLOWS:
	case TAP_QUERY:
	case TAP_ADOPT:
	case TAP_QUIT:
		return verdict(nfds == 0);
	default:
		return -EBADMSG;
	}
}

int tap_check_report(const struct tap_msg *m, size_t len, unsigned nfds)
{
	if (!frame_ok(m, len, nfds))
		return -EBADMSG;
	switch (m->type) {
	case TAP_UP:
	case TAP_FLOWS_END:
		return verdict(nfds == 0);
	case TAP_STATE:
		return verdict(nfds == STATE_FDS);
	case TAP_HAVE:
		return verdict(nfds == 0 && is_client(m->id.index) && m->id.id == 0);
	case TAP_QUESTION:
		return verdict(nfds == 0 && question_ok(&m->flow));
	case TAP_WITHDRAW:
		return verdict(nfds == 0 && is_client(m->id.index) && m->id.id != 0);
	case TAP_FLOW:
		return verdict(nfds == 0 && flow_ok(&m->flow) && m->flow.id == 0 && m->flow.event == 0);
	case TAP_LOG:
		return verdict(nfds == 0 && event_ok(&m->flow));
	case TAP_STATS:
		return verdict(nfds == 0 && stats_ok(&m->stats));
	case TAP_FAILED:
		return verdict(nfds == 0 && fail_ok(&m->fail));
	default:
		return -EBADMSG;
	}
}
