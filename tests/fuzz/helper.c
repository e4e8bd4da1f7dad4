/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmosd's and its helpers' packets, and a run's control packets: a helper may have been taken over by its guest. */
#include "proto/ctl.h"
#include "proto/helper.h"
#include "proto/runctl.h"
#include "proto/xfer.h"
#include "tests/fuzz/fuzz.h"

static void check_helper(const uint8_t *data, size_t size)
{
	struct helper_msg m = { 0 };
	int request, report;

	memcpy(&m, data, size < sizeof(m) ? size : sizeof(m));
	request = helper_check_request(&m, size, m.nfds);
	report = helper_check_report(&m, size, m.nfds);
	require(request < 0 || report < 0);
	if (request < 0 && report < 0)
		return;
	require(size == sizeof(m) && m.nfds <= HELPER_FDS_MAX);
	if (m.type == HELPER_SETUP || m.type == HELPER_FDS)
		require(strnlen(m.setup.vm, sizeof(m.setup.vm)) <= VM_NAME_MAX);
	if (m.type == HELPER_FAILED)
		require(memchr(m.fail.text, 0, sizeof(m.fail.text)));
	if (m.type == HELPER_REQUEST)
		require(m.request.args_len <= CTL_ARGS_MAX && memchr(m.request.object, 0, sizeof(m.request.object)) &&
			memchr(m.request.claim, 0, sizeof(m.request.claim)) && text_is_clean(m.request.claim));
	if (m.type == HELPER_RUN && (m.run.flags & CTL_RUN_TRANSFER))
		require(m.nfds == 6);
	if (m.type == HELPER_CLIP_TAKE || m.type == HELPER_CLIP_GIVE)
		require(m.clip.len <= HELPER_CLIP_MAX);
}

static void check_transfer(const struct runctl *m, size_t size)
{
	if (runctl_check_courier(m, size) == 0)
		require(runctl_check_transfer(m, size) == 0);
	if (runctl_check_transfer(m, size) < 0)
		return;
	require(memchr(m->text, 0, sizeof(m->text)) && text_is_clean(m->text));
	require(m->type != RUNCTL_POINT || (m->a >= 0 && m->n[1] % XFER_DATA_MAX == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct runctl m = { 0 };

	check_helper(data, size);
	memcpy(&m, data, size < sizeof(m) ? size : sizeof(m));
	require(runctl_check_command(&m, size) < 0 || runctl_check_transfer(&m, size) < 0);
	check_transfer(&m, size);
	return 0;
}
