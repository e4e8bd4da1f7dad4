/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/send.h"
#include "proto/ctl.h"

/* @from "": the user of the host, whom no rule binds. */
static int open_url(const char *from, const char *url, const char *to)
{
	sd_bus_message *call cleanup_message = NULL;
	sd_bus *bus cleanup_bus = NULL;
	char progress[128];
	int r = client_open(&bus);

	if (!r)
		r = client_send_display(bus, false);
	if (!r)
		r = client_manager_call(bus, "OpenURL", &call);
	if (r)
		return r;
	snprintf(progress, sizeof(progress), "opening it in %s", to);
	r = sd_bus_message_append(call, "sss", from, url, to);
	return r < 0 ? client_broken(r) : client_send(bus, call, progress, NULL);
}

/* What begins as a URL is one: a VM called "https" cannot be named so that its path begins with two slashes. */
int open_main(int argc, char **argv)
{
	int r = cli_simple_options(argc, argv, 2, 2, NULL);
	struct send_source source;

	if (r)
		return r;
	argv += optind;
	if (ctl_is_url(argv[0]))
		return open_url("", argv[0], argv[1]);
	r = send_parse(argv[0], &source);
	if (r)
		return r;
	if (ctl_is_url(source.path))
		return open_url(source.vm, source.path, argv[1]);
	return send_operands(2, argv, "open");
}
