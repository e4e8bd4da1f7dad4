/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SHA-256 of what comes in pieces, as hexadecimal text. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stddef.h>

#define DIGEST_HEX 64 /* digits */

struct digest;

/* NULL: memory is out. */
struct digest *digest_new(void);
void digest_free(struct digest *d);
/* Begins anew. Both: 0 or -ENOMEM. */
int digest_begin(struct digest *d);
int digest_add(struct digest *d, const void *data, size_t len);
/* The digest of all that was added, which ends it. */
int digest_end(struct digest *d, char ret_hex[DIGEST_HEX + 1]);

#endif
