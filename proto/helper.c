/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/helper.h"

#include <errno.h>
#include <string.h>

#include "proto/ctl.h"
#include "proto/gui.h"
#include "proto/uapi/vmos_channel.h"

#define REGION_FDS 3 /* region, notify_guest, notify_host */
#define CHANNEL_FDS (REGION_FDS + 1) /* listener */
#define RUN_FDS 5
#define RUN_ARGS_MIN 5 /* two counts and one empty string */
#define REGION_MIN (4u << 20)
#define REGION_MAX VMOS_GUI_REGION
#define SIGNAL_MAX 64
#define ERRNO_MAX 4095

static int verdict(bool ok)
{
	return ok ? 0 : -EBADMSG;
}

static bool setup_ok(const struct helper_setup *s)
{
	return memchr(s->vm, 0, sizeof(s->vm)) && text_is_vm_name(s->vm) && s->rgb <= 0xffffff &&
		(s->role == VMOS_ROLE_CTL || s->role == VMOS_ROLE_GUI) && s->epoch != 0 &&
		s->region_size >= REGION_MIN && s->region_size <= REGION_MAX &&
		(s->region_size & (s->region_size - 1)) == 0;
}

static bool run_ok(const struct helper_run *r)
{
	return r->id != 0 && r->args_len >= RUN_ARGS_MIN && r->args_len <= CTL_ARGS_MAX &&
		r->uid_class <= CTL_UID_ROOT && (r->flags & ~CTL_RUN_FLAGS) == 0;
}

static bool stats_ok(const struct helper_stats *s)
{
	return s->guest <= HELPER_GUEST_READY && s->windows <= GUI_WINDOWS_MAX && s->mem_used_kib <= s->mem_total_kib &&
		s->disk_used <= s->disk_total;
}

static bool fail_ok(const struct helper_fail *f)
{
	const char *end = memchr(f->text, 0, sizeof(f->text));

	if (f->reason < HELPER_REASON_INTERNAL || f->reason > HELPER_REASON_SETUP || !end)
		return false;
	for (const char *c = f->text; c < end; c++)
		if (*c < 0x20 || *c > 0x7e)
			return false;
	return true;
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
		return verdict(setup_ok(&m->setup) &&
			(nfds == CHANNEL_FDS || (nfds == CHANNEL_FDS + 1 && m->setup.role == VMOS_ROLE_GUI)));
	case HELPER_RUN:
		return verdict(run_ok(&m->run) && nfds == RUN_FDS);
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
		return verdict(nfds == REGION_FDS && setup_ok(&m->setup));
	case HELPER_FAILED:
		return verdict(nfds == 0 && fail_ok(&m->fail));
	default:
		return -EBADMSG;
	}
}

static bool dimension_ok(int32_t v)
{
	return v >= 0 && v <= UINT16_MAX;
}

int runctl_check_command(const struct runctl *m, size_t len)
{
	if (len != sizeof(*m) || m->zero != 0)
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
	if (len != sizeof(*m) || m->zero != 0 || m->b != 0)
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
