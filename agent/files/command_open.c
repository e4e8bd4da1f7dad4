/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmos-open: asks the host to open a file or a link in another VM. It is the desktop's program for links, too. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/files/client.h"
#include "agent/files/items.h"
#include "agent/files/launch.h"
#include "base/cleanup.h"
#include "proto/text.h"

static int usage(void)
{
	fprintf(stderr,
		"usage: vmos-open [--in VM] PATH|URL\n"
		"Opens a file or a link (http, https, mailto) in another VM. Without --in the host asks which VM.\n");
	return CLIENT_USAGE;
}

static int open_path(struct client_request *r, const char *name)
{
	char *path cleanup_free = client_path(name);
	char *paths[2] = { path, NULL };
	struct items_sum sum;

	if (!path) {
		fprintf(stderr, "vmos-open: %s: %s; a link must begin with http:, https: or mailto:\n", name,
			strerror(errno));
		return CLIENT_FAILED;
	}
	items_sum(paths, &sum);
	r->kind = CTL_REQUEST_OPEN;
	r->files = sum.files;
	r->bytes = sum.bytes;
	r->strings = paths;
	return client_ask(r);
}

static int open_url(struct client_request *r, char *url)
{
	char *urls[2] = { url, NULL };

	r->kind = CTL_REQUEST_URL;
	r->strings = urls;
	return client_ask(r);
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "in", required_argument, NULL, 'i' },
		{ "help", no_argument, NULL, 'h' }, { 0 } };
	struct client_request r = { .program = "vmos-open", .vm = "" };
	int option;

	while ((option = getopt_long(argc, argv, "i:h", options, NULL)) != -1) {
		if (option != 'i')
			return usage();
		r.vm = optarg;
	}
	if (optind + 1 != argc)
		return usage();
	if (r.vm[0] && !text_is_vm_name(r.vm)) {
		fprintf(stderr, "vmos-open: \"%s\" is no name of a VM\n", r.vm);
		return CLIENT_USAGE;
	}
	if (getenv(LAUNCH_MARK)) {
		fprintf(stderr, "vmos-open: this came from another VM already, and no program here opens it\n");
		return CLIENT_FAILED;
	}
	return ctl_is_url(argv[optind]) ? open_url(&r, argv[optind]) : open_path(&r, argv[optind]);
}
