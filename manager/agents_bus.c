/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of org.vmos.Manager1: the methods of agents. */
#include "manager/agents.h"

#include "manager/manager.h"
#include "manager/polkit.h"
#include "manager/vm_notify.h"

static int handle_register(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	return agents_register(userdata, call, ret_error);
}

static int handle_unregister(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	return agents_unregister(userdata, call, ret_error);
}

static void *find_manager(struct manager *m, sd_bus_message *call)
{
	return m;
}

static const struct polkit_gate agents_gates[] = {
	{ "RegisterAgent", POLKIT_USE, handle_register },
	{ "UnregisterAgent", POLKIT_USE, handle_unregister },
	{ 0 },
};

/* Whose display the windows are on sees and types into all of them: that user may also be asked. */
static bool is_display_user(const struct manager *m, sd_bus_message *call)
{
	uid_t uid;

	return m->system && m->display && polkit_sender(call, &uid) == 0 && uid == m->display_uid;
}

static int handle_call(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	static const struct polkit_gates gates = { find_manager, agents_gates };
	struct manager *m = userdata;

	if (!is_display_user(m, call))
		return polkit_pass(m, &gates, call, m, ret_error);
	return sd_bus_message_is_method_call(call, NULL, "RegisterAgent") ? agents_register(m, call, ret_error)
									  : agents_unregister(m, call, ret_error);
}

static int handle_closed(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	return vm_notify_closed(userdata, call, ret_error);
}

/* Unprivileged: sd-bus lets everybody call, and handle_call() decides; what an agent says of a notification counts from agents alone. */
static const sd_bus_vtable agents_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("RegisterAgent", "o", "", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("UnregisterAgent", "o", "", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("NotificationClosed", "sus", "", handle_closed, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

int agents_bus_add(struct manager *m)
{
	int r = sd_bus_add_object_vtable(m->bus, NULL, MANAGER_BUS_PATH, MANAGER_BUS_NAME, agents_vtable, m);

	return r < 0 ? r : 0;
}
