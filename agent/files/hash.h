/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SHA-256 of files, and the chain of digests over a transfer's entries. See proto/xfer.h. */
#ifndef AGENT_FILES_HASH_H
#define AGENT_FILES_HASH_H

#include <openssl/evp.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/xfer.h"

struct hash {
	EVP_MD *md; /* owned */
	EVP_MD_CTX *ctx; /* owned */
};

/* -ENOMEM: libcrypto has no SHA-256 for us. */
int hash_open(struct hash *h);
void hash_close(struct hash *h);

/* All between begin and end is one message. libcrypto cannot fail here; if it does, the digest is 0 and fits nothing. */
void hash_begin(struct hash *h);
void hash_add(struct hash *h, const void *data, size_t len);
void hash_end(struct hash *h, uint8_t ret_digest[XFER_HASH]);

/* Adds the first @len bytes of @fd, from its offset 0. -errno; -EIO: there are fewer. */
int hash_add_file(struct hash *h, int fd, uint64_t len);

/* Goes on with @digest by one entry: its head and, @head->len bytes, its path. Not between begin and end. */
void hash_chain(struct hash *h, uint8_t digest[XFER_HASH], const struct xfer_head *head, const char *path);

#endif
