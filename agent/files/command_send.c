/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmos-send: asks the host to send files and folders to another VM. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/files/client.h"
#include "agent/files/items.h"
#include "proto/text.h"

static int usage(void)
{
	fprintf(stderr,
		"usage: vmos-send [--to VM] PATH…\n"
		"Sends files and folders to another VM, whose ~/Incoming gets them. Without --to the host asks which "
		"VM.\n");
	return CLIENT_USAGE;
}

/* Absolute paths of @names in @paths. False: one is not there. */
static bool find_paths(char **paths, char *const *names, int count)
{
	for (int i = 0; i < count; i++) {
		paths[i] = client_path(names[i]);
		if (!paths[i]) {
			fprintf(stderr, "vmos-send: %s: %s\n", names[i], strerror(errno));
			return false;
		}
	}
	return true;
}

static int send_paths(struct client_request *r, char *const *names, int count)
{
	char **paths = calloc((size_t)count + 1, sizeof(*paths));
	int ret = CLIENT_FAILED;
	struct items_sum sum;

	if (paths && find_paths(paths, names, count)) {
		items_sum(paths, &sum);
		r->strings = paths;
		r->files = sum.files;
		r->bytes = sum.bytes;
		ret = client_ask(r);
	}
	for (int i = 0; paths && paths[i]; i++)
		free(paths[i]);
	free(paths);
	return ret;
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "to", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' }, { 0 } };
	struct client_request r = { .program = "vmos-send", .vm = "", .kind = CTL_REQUEST_SEND };
	int option;

	while ((option = getopt_long(argc, argv, "t:h", options, NULL)) != -1) {
		if (option != 't')
			return usage();
		r.vm = optarg;
	}
	if (optind == argc)
		return usage();
	if (r.vm[0] && !text_is_vm_name(r.vm)) {
		fprintf(stderr, "vmos-send: \"%s\" is no name of a VM\n", r.vm);
		return CLIENT_USAGE;
	}
	return send_paths(&r, argv + optind, argc - optind);
}
