/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A connection to a VM, from a port that its agent believes. */
#ifndef DIAL_VSOCK_H
#define DIAL_VSOCK_H

#include <stdint.h>

/*
 * A stream socket, bound to a free port below VSTREAM_PORT_END. -EACCES: that
 * needs CAP_NET_BIND_SERVICE; -EADDRINUSE: none is free; -errno of socket(),
 * where the kernel has no vsock.
 */
int vsock_socket(void);

/* Connected to the agent of @cid, non-blocking. Waits as long as the kernel does, 2 s. -errno as vsock_socket() and connect(). */
int vsock_connect(uint32_t cid);

#endif
