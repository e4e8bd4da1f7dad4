/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One standard stream of a run, carried between the user's fd and a socket
 * whose other end the VM's courier has: on a host in system mode no file or
 * terminal of the user's leaves the user's processes.
 */
#ifndef CLI_PUMP_H
#define CLI_PUMP_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#define PUMP_BYTES 16384

struct pump {
	int from, to; /* one of them is sock, the other borrowed */
	int sock; /* owned; -1: the stream has ended */
	size_t chunk; /* most that a write takes after POLLOUT without blocking */
	size_t at, len;
	uint8_t buf[PUMP_BYTES];
};

/*
 * Begins to carry from our fd @from to the courier (@to -1), or from the
 * courier to our fd @to (@from -1). @ret_far: the courier's end of the socket.
 * -errno; then nothing is open.
 */
int pump_open(struct pump *p, int from, int to, int *ret_far);

/* What to wait for: two entries of poll(2), whose fds are -1 once the stream has ended. */
void pump_poll(const struct pump *p, struct pollfd *ret_from, struct pollfd *ret_to);
/* Carries what can be carried without waiting. */
void pump_work(struct pump *p, short from_revents, short to_revents);
/* The program has ended: all that the courier wrote is in the socket, and goes to its place. May block. */
void pump_drain(struct pump *p);
void pump_close(struct pump *p);

#endif
