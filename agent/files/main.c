/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmos-files send [--public] VM PATH… | receive VM ID keep|fresh|open | url VM URL
 * Run by vmos-agent for the host; see agent/files/files.h.
 */
#include <stdio.h>
#include <string.h>

#include "agent/files/files.h"
#include "agent/files/launch.h"
#include "proto/ctl.h"
#include "proto/text.h"
#include "proto/xfer.h"

int files_url(const char *from, const char *url)
{
	if ((from[0] && !text_is_vm_name(from)) || !ctl_is_url(url))
		return XFER_R_USAGE;
	return launch_url(url);
}

static int usage(void)
{
	fprintf(stderr, "usage: vmos-files send [--public] VM PATH… | receive VM ID keep|fresh|open | url VM URL\n");
	return XFER_R_USAGE;
}

int main(int argc, char **argv)
{
	bool public = argc > 2 && strcmp(argv[2], "--public") == 0;

	if (argc < 2)
		return usage();
	if (strcmp(argv[1], "send") == 0 && argc >= 4 + public)
		return files_send(argv[2 + public], argv + 3 + public, public);
	if (strcmp(argv[1], "receive") == 0 && argc == 5)
		return files_receive(argv[2], argv[3], argv[4]);
	if (strcmp(argv[1], "url") == 0 && argc == 4)
		return files_url(argv[2], argv[3]);
	return usage();
}
