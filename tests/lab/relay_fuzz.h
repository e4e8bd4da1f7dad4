/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two guests that write whatever they can while relays come and go. */
#ifndef TESTS_LAB_RELAY_FUZZ_H
#define TESTS_LAB_RELAY_FUZZ_H

#include <stdbool.h>
#include <stdint.h>

/* What became of the relays; @outside: bytes that changed where no relay may write. */
struct relay_fuzz {
	unsigned made;
	unsigned revoked;
	unsigned ended_proto;
	unsigned ended_stale;
	unsigned ended_other;
	uint64_t moved;
	uint64_t outside;
};

struct relay_fuzz relay_fuzz(unsigned seconds, uint64_t seed);

#endif
