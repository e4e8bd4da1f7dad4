/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/log_bus.h"

#include "base/fd.h"

int log_bus_reply(sd_bus_message *call, int *fds, unsigned n)
{
	sd_bus_message *reply = NULL;
	int r = sd_bus_message_new_method_return(call, &reply);

	if (r >= 0)
		r = sd_bus_message_open_container(reply, 'a', "h");
	for (unsigned i = 0; i < n && r >= 0; i++) {
		if (fds[i] >= 0)
			r = sd_bus_message_append(reply, "h", fds[i]);
	}
	if (r >= 0)
		r = sd_bus_message_close_container(reply);
	if (r >= 0)
		r = sd_bus_message_send(reply);
	sd_bus_message_unref(reply);
	fd_close_all(fds, n);
	return r;
}
