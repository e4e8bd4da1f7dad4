/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/files/hash.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int hash_open(struct hash *h)
{
	h->md = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	h->ctx = EVP_MD_CTX_new();
	return h->md && h->ctx ? 0 : -ENOMEM;
}

void hash_close(struct hash *h)
{
	EVP_MD_CTX_free(h->ctx);
	EVP_MD_free(h->md);
}

void hash_begin(struct hash *h)
{
	(void)EVP_DigestInit_ex2(h->ctx, h->md, NULL); /* hash_end() says whether it did */
}

void hash_add(struct hash *h, const void *data, size_t len)
{
	(void)EVP_DigestUpdate(h->ctx, data, len);
}

void hash_end(struct hash *h, uint8_t ret_digest[XFER_HASH])
{
	unsigned len = 0;

	if (EVP_DigestFinal_ex(h->ctx, ret_digest, &len) != 1 || len != XFER_HASH)
		memset(ret_digest, 0, XFER_HASH);
}

int hash_add_file(struct hash *h, int fd, uint64_t len)
{
	uint8_t data[XFER_DATA_MAX];

	for (uint64_t at = 0; at < len;) {
		size_t want = len - at < sizeof(data) ? (size_t)(len - at) : sizeof(data);
		ssize_t n = pread(fd, data, want, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		hash_add(h, data, (size_t)n);
		at += (uint64_t)n;
	}
	return 0;
}

void hash_chain(struct hash *h, uint8_t digest[XFER_HASH], const struct xfer_head *head, const char *path)
{
	uint8_t bytes[XFER_HEAD];

	xfer_head_put(bytes, head);
	hash_begin(h);
	hash_add(h, digest, XFER_HASH);
	hash_add(h, bytes, sizeof(bytes));
	hash_add(h, path, head->len);
	hash_end(h, digest);
}
