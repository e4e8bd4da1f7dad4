/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vsock connection that carries ctl where the VM has no region for it.
 * vmosd makes it, as no socket call is left here, and each is one session.
 */
#ifndef COURIER_CONNECTION_H
#define COURIER_CONNECTION_H

#include <stdint.h>
#include <systemd/sd-event.h>

struct guest;
struct vstream;

struct connection {
	int fd; /* owned; -1: none */
	struct vstream *stream; /* borrowed */
	void *memory; /* of the stream, owned */
	sd_event_source *source;
};

/* Makes the memory; no connection yet. -ENOMEM. */
int connection_prepare(struct connection *c, struct vstream *stream);
/* Takes @fd over, and says HELLO of @epoch. -errno: it is closed. */
int connection_open(struct connection *c, struct guest *g, int fd, uint32_t epoch);
/* Writes what is pending, as far as the socket takes it; watches for room while something is left. */
void connection_write(struct connection *c);
/* Hangs up; @c can be opened again. */
void connection_drop(struct connection *c);
void connection_close(struct connection *c);

#endif
