/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/dict.h"

static int read_entry(sd_bus_message *m, dict_fn take, void *userdata)
{
	const char *key, *type;
	char kind;
	int r = sd_bus_message_read(m, "s", &key);

	if (r >= 0)
		r = sd_bus_message_peek_type(m, &kind, &type);
	return r < 0 ? r : take(m, key, type, userdata);
}

int dict_read(sd_bus_message *m, dict_fn take, void *userdata)
{
	int r = sd_bus_message_enter_container(m, 'a', "{sv}");

	while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
		r = read_entry(m, take, userdata);
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	return r < 0 ? r : sd_bus_message_exit_container(m);
}
