/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two words into one, for the tables' hashes (the multiplication of wyhash, Wang Yi). */
#ifndef TAP_MIX_H
#define TAP_MIX_H

#include <stdint.h>

static inline uint64_t mix(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 product = __extension__((unsigned __int128)a * b);

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

#endif
