/* SPDX-License-Identifier: GPL-2.0-or-later */
/* org.vmos.Manager1: reading the audit log. */
#include <errno.h>
#include <string.h>

#include "manager/audit.h"
#include "manager/errors.h"
#include "manager/log_bus.h"
#include "manager/manager.h"
#include "manager/polkit.h"

static int no_log(const struct manager *m, int error, sd_bus_error *ret_error)
{
	return errors_set(ret_error, ERROR_FAILED,
		"The audit log %s/audit.log cannot be read: %s. See to its folder, then end vmosd, which begins anew.",
		m->data, strerror(-error));
}

static int handle_open(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	struct manager *m = userdata;
	int fds[AUDIT_FILES];
	int n = m->audit ? audit_readers(m->audit, fds) : -ENODEV;

	return n < 0 ? no_log(m, n, ret_error) : log_bus_reply(call, fds, (unsigned)n);
}

static int handle_head(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	struct manager *m = userdata;

	if (!m->audit)
		return no_log(m, -ENODEV, ret_error);
	return sd_bus_reply_method_return(call, "ts", audit_head(m->audit)->seq, audit_head(m->audit)->hash);
}

static const struct polkit_gate audit_gates[] = {
	{ "OpenLog", POLKIT_USE, handle_open },
	{ "LogHead", POLKIT_USE, handle_head },
	{ 0 },
};

static int handle_call(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	static const struct polkit_gates gates = { polkit_find_manager, audit_gates };

	return polkit_pass(userdata, &gates, call, userdata, ret_error);
}

static const sd_bus_vtable audit_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("OpenLog", "", "ah", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("LogHead", "", "ts", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

int audit_bus_add(struct manager *m)
{
	return sd_bus_add_object_vtable(m->bus, NULL, MANAGER_BUS_PATH, MANAGER_BUS_INTERFACE, audit_vtable, m);
}
