/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of courier-guest. Each ends the process on failure. */
#ifndef TESTS_HOSTILE_COURIER_TESTS_H
#define TESTS_HOSTILE_COURIER_TESTS_H

#include <stdbool.h>
#include <stdint.h>

/* @streams: by a stream in vsock's place, else by a region. */
int friendly(const char *program, bool streams);
/* What no agent writes on a stream, connections that end at once, and one that vmosd makes too many. */
int streams(const char *program);
int transfers(const char *program);
int relays(const char *program);
int owners(const char *program);
int clocks(const char *program);
int apps(const char *program);
int notifications(const char *program);
/* Random, boundary and racing values in every field and word the guest can write, for @seconds. */
int hostile(const char *program, unsigned seconds, uint64_t seed);

#endif
