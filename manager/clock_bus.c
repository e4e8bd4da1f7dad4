/* SPDX-License-Identifier: GPL-2.0-or-later */
/* org.vmos.Clock1: how the host's clock is kept, who is asked for the time, and what the user believes once. */
#include "manager/clock.h"

#include <errno.h>

#include "manager/manager.h"
#include "manager/polkit.h"

#define CLOCK_INTERFACE "org.vmos.Clock1"

static const char *const result_names[] = {
	[CLOCK_NEVER] = "never",
	[CLOCK_SET] = "set",
	[CLOCK_FINE] = "right",
	[CLOCK_WAITS] = "waits",
	[CLOCK_LOST] = "lost",
};

/* Times of CLOCK_REALTIME in usec, differences in nsec: what to add to the clock. */
static int handle_get(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	const struct manager *m = userdata;
	const struct clock *c = &m->clock;
	sd_bus_message *reply = NULL;
	int r = sd_bus_message_new_method_return(call, &reply);

	if (r >= 0)
		r = sd_bus_message_append(reply, "a{sv}", 10, "KeptBy", "s", c->socket ? "vmos" : "host", "From", "s",
			c->source.vm, "Server", "s", c->source.server, "Result", "s", result_names[c->result], "Reason",
			"s", c->text, "OffsetNSec", "x", c->offset_ns, "ErrorNSec", "x", c->error_ns, "MeasuredUSec",
			"t", c->measured, "MovedNSec", "x", c->day.moved_ns, "MayMoveNSec", "x",
			(int64_t)CLOCK_DAY_MAX);
	if (r >= 0)
		r = sd_bus_message_send(reply);
	sd_bus_message_unref(reply);
	return r < 0 ? r : 1;
}

static int handle_set_source(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	const char *vm, *server;
	int r = sd_bus_message_read(call, "ss", &vm, &server);

	if (r >= 0)
		r = clock_set_source(userdata, vm, server, ret_error);
	return r < 0 ? r : sd_bus_reply_method_return(call, NULL);
}

static int handle_measure(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	return clock_measure(userdata, call, ret_error);
}

static int handle_accept(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	int64_t offset_ns;
	int r = sd_bus_message_read(call, "x", &offset_ns);

	return r < 0 ? r : clock_accept(userdata, offset_ns, call, ret_error);
}

static const struct polkit_gate clock_gates[] = {
	{ "Get", POLKIT_USE, handle_get },
	{ "SetSource", POLKIT_MANAGE, handle_set_source },
	{ "Measure", POLKIT_MANAGE, handle_measure },
	{ "Accept", POLKIT_MANAGE, handle_accept },
	{ 0 },
};

static int handle_call(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	static const struct polkit_gates gates = { polkit_find_manager, clock_gates };

	return polkit_pass(userdata, &gates, call, userdata, ret_error);
}

static const sd_bus_vtable clock_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Get", "", "a{sv}", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("SetSource", "ss", "", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Measure", "", "", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Accept", "x", "", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

int clock_bus_add(struct manager *m)
{
	int r = sd_bus_add_object_vtable(m->bus, NULL, MANAGER_BUS_PATH, CLOCK_INTERFACE, clock_vtable, m);

	return r < 0 ? r : 0;
}
