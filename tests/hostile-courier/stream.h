/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A transfer's bytes under construction. */
#ifndef TESTS_HOSTILE_COURIER_STREAM_H
#define TESTS_HOSTILE_COURIER_STREAM_H

#include <stddef.h>
#include <stdint.h>

extern uint8_t stream[4u << 20];
extern size_t stream_len;

/* A record behind those that are there. */
void stream_put(uint16_t type, uint64_t value, const void *payload, size_t len);
/* Begins anew, with the START of one item of so many bytes. */
void stream_start(uint64_t bytes);

#endif
