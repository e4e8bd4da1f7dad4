/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/send.h"

#include <limits.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/watch.h"

int send_parse(const char *text, struct send_source *ret_source)
{
	const char *colon = strchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;

	if (!colon || len == 0 || len > VM_NAME_MAX || !colon[1])
		return cli_error(CLI_USAGE, "\"%s\" is not of the form VM:PATH, such as work:report.pdf", text);
	memcpy(ret_source->vm, text, len);
	ret_source->vm[len] = '\0';
	ret_source->path = colon + 1;
	if (!text_is_vm_name(ret_source->vm))
		return cli_error(
			CLI_USAGE, "\"%s\" is no name of a VM: `vmos list` shows those there are", ret_source->vm);
	return 0;
}

/* Makes the paths of @sources, which must all be of one VM, one list: into @paths, of @n + 1 entries. */
static int read_sources(char *const *sources, int n, const char **paths, struct send_source *ret_first)
{
	struct send_source source;

	for (int i = 0; i < n; i++) {
		int r = send_parse(sources[i], i ? &source : ret_first);

		if (r)
			return r;
		if (i && strcmp(source.vm, ret_first->vm) != 0)
			return cli_error(CLI_USAGE,
				"\"%s\" is not of VM \"%s\": what is sent at once comes from one VM", sources[i],
				ret_first->vm);
		paths[i] = i ? source.path : ret_first->path;
	}
	paths[n] = NULL;
	return 0;
}

/* What Send() takes. */
struct wish {
	const char *from, *to, *kind;
	const char **paths; /* NULL terminated */
};

static int ask(sd_bus *bus, const struct wish *wish, sd_bus_message **ret_reply)
{
	sd_bus_message *call cleanup_message = NULL;
	int r = client_manager_call(bus, "Send", &call);

	if (r)
		return r;
	r = sd_bus_message_append(call, "s", wish->from);
	if (r >= 0)
		r = sd_bus_message_append_strv(call, (char **)wish->paths);
	if (r >= 0)
		r = sd_bus_message_append(call, "ss", wish->to, wish->kind);
	return r < 0 ? client_broken(r) : client_send(bus, call, NULL, ret_reply);
}

int send_operands(int argc, char **argv, const char *kind)
{
	const char **paths cleanup_free = calloc((size_t)argc, sizeof(*paths));
	sd_bus_message *reply cleanup_message = NULL;
	sd_bus *bus cleanup_bus = NULL;
	struct send_source first;
	const char *path;
	int r;

	if (!paths)
		return cli_oom();
	r = read_sources(argv, argc - 1, paths, &first);
	if (!r)
		r = client_open(&bus);
	if (!r)
		r = client_send_display(bus, false);
	if (!r)
		r = ask(bus, &(struct wish){ first.vm, argv[argc - 1], kind, paths }, &reply);
	if (r)
		return r;
	r = sd_bus_message_read(reply, "o", &path);
	return r < 0 ? client_broken(r) : watch_transfer(&bus, path);
}

int send_main(int argc, char **argv)
{
	int r = cli_simple_options(argc, argv, 2, INT_MAX, NULL);

	return r ? r : send_operands(argc - optind, argv + optind, "send");
}
