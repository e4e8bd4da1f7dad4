/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmosd's and its helpers' packets, and a run's control packets: a helper may have been taken over by its guest. */
#include "proto/helper.h"
#include "proto/runctl.h"
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
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct runctl m = { 0 };

	check_helper(data, size);
	memcpy(&m, data, size < sizeof(m) ? size : sizeof(m));
	require(runctl_check_command(&m, size) < 0 || runctl_check_courier(&m, size) < 0);
	return 0;
}
