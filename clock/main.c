/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmos-clock sets the host's clock for vmosd, which may not. One request on
 * standard input, one answer on standard output: systemd starts it with a
 * connection of vmos-clock.socket, which only root can open. It holds
 * CAP_SYS_TIME and nothing else, reads sixteen bytes and ends.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "clock/set.h"

static int usage(void)
{
	fprintf(stderr,
		"Usage: vmos-clock\n\n"
		"Sets the host's clock for vmosd. systemd starts it, see vmosd(8).\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct clock_msg request, reply = { .type = CLOCK_DONE };
	ssize_t n;

	if (argc > 1)
		return usage();
	log_open("vmos-clock", NULL);
	/* whole or not at all from a socket of packets; a pipe may deliver it in parts */
	n = fd_read_all(STDIN_FILENO, &request, sizeof(request));
	if (n < 0 || clock_check_request(&request, (size_t)n) < 0) {
		log_error("What came is no request of vmosd");
		return 1;
	}
	reply.error = set_clock(&request);
	if (reply.error == 0)
		log_info("The clock was %s by %+.6f s", request.type == CLOCK_SLEW ? "slewed" : "set",
			(double)request.offset_ns / 1e9);
	else
		log_error("The clock cannot be moved by %+.6f s: %s", (double)request.offset_ns / 1e9,
			strerror(-reply.error));
	return fd_write_all(STDOUT_FILENO, &reply, sizeof(reply)) < 0;
}
