/* SPDX-License-Identifier: GPL-2.0-or-later */
/* org.vmos.Manager1: reading the audit log. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "manager/audit.h"
#include "manager/errors.h"
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
	int fd cleanup_fd = m->audit ? audit_reader(m->audit) : -ENODEV;

	return fd < 0 ? no_log(m, fd, ret_error) : sd_bus_reply_method_return(call, "h", fd);
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
	SD_BUS_METHOD("OpenLog", "", "h", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("LogHead", "", "ts", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

int audit_bus_add(struct manager *m)
{
	return sd_bus_add_object_vtable(m->bus, NULL, MANAGER_BUS_PATH, MANAGER_BUS_INTERFACE, audit_vtable, m);
}
