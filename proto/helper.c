/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/helper.h"

#include <errno.h>
#include <string.h>

#include "proto/apps.h"
#include "proto/channel.h"
#include "proto/ctl.h"
#include "proto/gui.h"
#include "proto/notification.h"
#include "proto/uapi/vmos_channel.h"

#define REGION_FDS 3 /* region, notify_guest, notify_host */
#define RUN_FDS 5
#define RUN_ARGS_MIN 5 /* two counts and one empty string */

_Static_assert(HELPER_SERVER_MAX == CTL_SERVER_MAX, "a server's name passes as it is");
_Static_assert(HELPER_OWNER_NAME == CTL_OWNER_NAME, "a program's name passes as it is");

static int verdict(bool ok)
{
	return ok ? 0 : -EBADMSG;
}

/* ASCII without control characters, and a NUL. */
static bool is_printable(const char *text, size_t size)
{
	const char *end = memchr(text, 0, size);

	for (const char *c = text; end && c < end; c++)
		if (*c < 0x20 || *c > 0x7e)
			return false;
	return end;
}

static bool carrier_ok(const struct helper_setup *s)
{
	if (s->carrier == HELPER_CARRIER_VSOCK)
		return s->role == VMOS_ROLE_CTL && s->region_size == 0;
	return s->carrier == HELPER_CARRIER_CHANNEL && s->region_size != 0 &&
		s->region_size == channel_region_size(s->role);
}

static bool setup_ok(const struct helper_setup *s)
{
	return memchr(s->vm, 0, sizeof(s->vm)) && text_is_vm_name(s->vm) && s->rgb <= 0xffffff && s->epoch != 0 &&
		carrier_ok(s) && s->sound <= (s->role == VMOS_ROLE_GUI);
}

/* Beside a SETUP or FDS: those of the region, if there is one. */
static unsigned region_fds(const struct helper_setup *s)
{
	return s->carrier == HELPER_CARRIER_VSOCK ? 0 : REGION_FDS;
}

static bool setup_fds_ok(const struct helper_setup *s, unsigned nfds)
{
	unsigned least = region_fds(s) + 1; /* listener */

	return nfds == least || (nfds == least + 1 && s->role != VMOS_ROLE_CTL);
}

static bool run_ok(const struct helper_run *r, unsigned nfds)
{
	bool transfer = r->flags & CTL_RUN_TRANSFER;

	return r->id != 0 && r->args_len >= RUN_ARGS_MIN && r->args_len <= CTL_ARGS_MAX &&
		r->uid_class <= CTL_UID_ROOT && ctl_run_flags_ok(r->flags) &&
		ctl_relay_ok(r->flags, r->relay, r->area) && nfds == (transfer ? RUN_FDS + 1 : RUN_FDS);
}

static bool is_claim(const char *text, size_t size)
{
	return memchr(text, 0, size) && text_is_clean(text);
}

static bool request_ok(const struct helper_request *r)
{
	bool named = memchr(r->object, 0, sizeof(r->object)) && (!r->object[0] || text_is_vm_name(r->object));

	return r->id != 0 && r->kind >= CTL_REQUEST_SEND && r->kind <= CTL_REQUEST_URL && named &&
		r->args_len >= RUN_ARGS_MIN && r->args_len <= CTL_ARGS_MAX && is_claim(r->claim, sizeof(r->claim));
}

static bool answer_ok(const struct helper_answer *a)
{
	return a->id != 0 && a->status >= CTL_ANSWER_ASKED && a->status <= CTL_ANSWER_FAILED &&
		a->reason <= CTL_REASON_MAX;
}

static bool clip_ok(const struct helper_clip *c)
{
	return c->mime >= HELPER_MIME_TEXT && c->mime <= HELPER_MIME_PNG && c->len >= 1 && c->len <= HELPER_CLIP_MAX;
}

static bool owner_req_ok(const struct helper_owner_req *r)
{
	return r->id != 0 && r->port <= UINT16_MAX && ctl_owner_ok(r->proto, (uint16_t)r->port);
}

static bool owner_ok(const struct helper_owner *o)
{
	return o->id != 0 && is_printable(o->name, sizeof(o->name));
}

static bool clock_req_ok(const struct helper_clock_req *r)
{
	char host[CTL_SERVER_MAX];
	uint16_t port;

	return r->id != 0 && memchr(r->server, 0, sizeof(r->server)) && ctl_server_parse(r->server, host, &port) == 0;
}

/* The guest's time and ours are both at most some centuries from 1970. */
static bool clock_ok(const struct helper_clock *c)
{
	const int64_t max = (int64_t)CTL_CLOCK_MAX;

	if (c->id == 0 || c->status > CTL_CLOCK_STATUS_MAX)
		return false;
	if (c->status != CTL_CLOCK_OK)
		return c->error_us == 0 && c->offset_ns == 0;
	return c->error_us <= CTL_CLOCK_ERROR_MAX && c->offset_ns >= -max && c->offset_ns <= max;
}

static bool notify_ok(const struct helper_notify *n)
{
	return n->id != 0 && n->timeout_ms <= NOTIFICATION_TIMEOUT_MAX && n->urgency <= NOTIFICATION_CRITICAL;
}

static bool notified_ok(const struct helper_notified *n)
{
	return n->id != 0 && n->how >= NOTIFICATION_EXPIRED && n->how <= NOTIFICATION_CLICKED;
}

static bool stats_ok(const struct helper_stats *s)
{
	return s->guest <= HELPER_GUEST_READY && s->windows <= GUI_WINDOWS_MAX && s->mem_used_kib <= s->mem_total_kib &&
		s->disk_used <= s->disk_total;
}

static bool audio_set_ok(const struct helper_audio_set *a)
{
	return a->volume <= HELPER_VOLUME_MAX && a->muted <= 1 && a->microphone <= 1;
}

static bool audio_ok(const struct helper_audio *a)
{
	return a->state <= HELPER_AUDIO_PLAYING && a->volume <= HELPER_VOLUME_MAX && a->muted <= 1 && a->listening <= 1;
}

static bool fail_ok(const struct helper_fail *f)
{
	return f->reason >= HELPER_REASON_INTERNAL && f->reason <= HELPER_REASON_SETUP &&
		is_printable(f->text, sizeof(f->text));
}

/* Size and number of fds, which hold for every type. */
static bool frame_ok(const struct helper_msg *m, size_t len, unsigned nfds)
{
	return len == sizeof(*m) && m->nfds == nfds && nfds <= HELPER_FDS_MAX;
}

int helper_check_request(const struct helper_msg *m, size_t len, unsigned nfds)
{
	if (!frame_ok(m, len, nfds))
		return -EBADMSG;
	switch (m->type) {
	case HELPER_SETUP:
		return verdict(setup_ok(&m->setup) && setup_fds_ok(&m->setup, nfds));
	case HELPER_CONNECTION:
		return verdict(nfds == 1);
	case HELPER_RUN:
		return verdict(run_ok(&m->run, nfds));
	case HELPER_ANSWER:
		return verdict(nfds == 0 && answer_ok(&m->answer));
	case HELPER_CLIP_GIVE:
		return verdict(nfds == 1 && clip_ok(&m->clip));
	case HELPER_CLIP_NOTE:
		return verdict(nfds == 0 && m->note.bad <= 1 && is_claim(m->note.text, sizeof(m->note.text)));
	case HELPER_OWNER_REQ:
		return verdict(nfds == 0 && owner_req_ok(&m->owner_req));
	case HELPER_CLOCK_REQ:
		return verdict(nfds == 0 && clock_req_ok(&m->clock_req));
	case HELPER_NOTIFIED:
		return verdict(nfds == 0 && notified_ok(&m->notified));
	case HELPER_AUDIO_SET:
		return verdict(nfds == 0 && audio_set_ok(&m->audio_set));
	case HELPER_SHUTDOWN:
	case HELPER_QUIT:
	case HELPER_QUERY:
	case HELPER_ADOPT:
	case HELPER_RESUMED:
		return verdict(nfds == 0);
	default:
		return -EBADMSG;
	}
}

int helper_check_report(const struct helper_msg *m, size_t len, unsigned nfds)
{
	if (!frame_ok(m, len, nfds))
		return -EBADMSG;
	switch (m->type) {
	case HELPER_UP:
		return verdict(nfds == 0);
	case HELPER_GUEST:
		return verdict(nfds == 0 && m->guest.state <= HELPER_GUEST_READY);
	case HELPER_STATS:
		return verdict(nfds == 0 && stats_ok(&m->stats));
	case HELPER_FDS:
		return verdict(nfds == region_fds(&m->setup) && setup_ok(&m->setup));
	case HELPER_CONNECT:
		return verdict(nfds == 0);
	case HELPER_FAILED:
		return verdict(nfds == 0 && fail_ok(&m->fail));
	case HELPER_REQUEST:
		return verdict(nfds == 1 && request_ok(&m->request));
	case HELPER_CANCEL:
		return verdict(nfds == 0 && m->cancel.id != 0);
	case HELPER_CLIP_TAKE:
		return verdict(nfds == 1 && clip_ok(&m->clip));
	case HELPER_CLIP_WANT:
		return verdict(nfds == 0);
	case HELPER_OWNER:
		return verdict(nfds == 0 && owner_ok(&m->owner));
	case HELPER_CLOCK:
		return verdict(nfds == 0 && clock_ok(&m->clock));
	case HELPER_ACT:
		return verdict(nfds == 0 && m->act.kind >= HELPER_ACT_PAUSE && m->act.kind <= HELPER_ACT_MUTE);
	case HELPER_SOUND:
		return verdict(nfds == 0 && audio_ok(&m->audio));
	case HELPER_APPS:
		return verdict(m->apps.count <= APPS_MAX && nfds == (m->apps.count > 0));
	case HELPER_NOTIFY:
		return verdict(nfds == 1 && notify_ok(&m->notify));
	case HELPER_UNNOTIFY:
		return verdict(nfds == 0 && m->notify.id != 0);
	case HELPER_HELD:
		return verdict(nfds == 0 && m->held.count != 0);
	default:
		return -EBADMSG;
	}
}
