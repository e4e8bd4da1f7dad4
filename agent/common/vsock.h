/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's end of ctl by vsock: listens, and has the host's connection. The
 * host makes another one only when it has lost that: it ends the one before.
 * Whoever else comes is hung up on at once, so that nobody waits in its way.
 */
#ifndef AGENT_COMMON_VSOCK_H
#define AGENT_COMMON_VSOCK_H

#include <stdbool.h>

#include "proto/vstream.h"

struct sockaddr_vm;

struct vsock {
	int listener; /* owned */
	int fd; /* of the connection, owned; -1: none */
	int next; /* of one that came later, owned; -1: none */
	int epoll; /* readable when there is something to do, owned */
	bool waits; /* for room in the connection */
	bool is_given; /* the listener is a test's: who comes there is not looked at */
	struct vstream *stream; /* borrowed */
	void *memory; /* of the stream, owned */
};

/* The host, as a program that may bind a port below VSTREAM_PORT_END: vsock tells no more of who it is. */
bool vsock_is_host(const struct sockaddr_vm *peer);

/* Listens at VSTREAM_PORT, or on @listener if that is not -1. -errno. */
int vsock_open(struct vsock *v, struct vstream *stream, int listener);
void vsock_close(struct vsock *v);

/* Takes a connection, and what has come by it. */
void vsock_read(struct vsock *v);
/* Writes what is pending, as far as the host takes it. There is something to do again when it takes more and somebody waits. */
void vsock_write(struct vsock *v);
/* Ends the connection; vsock_read() takes the next one. */
void vsock_hang_up(struct vsock *v);
/* Whether that is there already: no event says so again. */
bool vsock_has_next(const struct vsock *v);

#endif
