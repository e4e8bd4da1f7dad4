/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TAP devices, and a plain bridge, in a network namespace of the test's own. */
#ifndef TESTS_NET_TAPS_H
#define TESTS_NET_TAPS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TAPS_SKIPPED 77 /* meson's */

/* Says why a test is left out; its exit status. Only what is not there, or not permitted, is a reason, else it failed. */
int taps_left_out(const char *what, int r);

/* From here on the process has a network of its own, without IPv6 of the host's: 0, or -errno: not permitted. */
int taps_unshare(void);

/* A TAP device, up, that takes frames of 9014 bytes. Its fd, which does not block; or -errno. */
int taps_open(const char *name);
/* The same with a struct virtio_net_hdr before each frame, which may be longer than a cable takes (GSO of TCP). */
int taps_open_vnet(const char *name);
/* A frame as the host would send it. */
int taps_send_as_host(const char *name, const void *data, size_t len);
int taps_up(const char *name);

/* The next frame that came out, waiting up to @ms; 0: none. */
size_t taps_read(int fd, void *data, size_t size, int ms);
/* Reads all that is there; how many. */
unsigned taps_drain(int fd);

/* A bridge that learns nothing: each frame goes to each other port. */
int taps_bridge(const char *name);
int taps_join(const char *bridge, const char *tap, int join);

#endif
