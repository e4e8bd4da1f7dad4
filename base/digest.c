/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/digest.h"

#include <errno.h>
#include <stdlib.h>

#include <openssl/evp.h>

struct digest {
	EVP_MD_CTX *context; /* owned */
};

struct digest *digest_new(void)
{
	struct digest *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->context = EVP_MD_CTX_new();
	if (d->context && digest_begin(d) == 0)
		return d;
	digest_free(d);
	return NULL;
}

void digest_free(struct digest *d)
{
	if (!d)
		return;
	EVP_MD_CTX_free(d->context);
	free(d);
}

int digest_begin(struct digest *d)
{
	return EVP_DigestInit_ex(d->context, EVP_sha256(), NULL) == 1 ? 0 : -ENOMEM;
}

int digest_add(struct digest *d, const void *data, size_t len)
{
	return EVP_DigestUpdate(d->context, data, len) == 1 ? 0 : -ENOMEM;
}

int digest_end(struct digest *d, char ret_hex[DIGEST_HEX + 1])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char hash[DIGEST_HEX / 2];
	unsigned size = sizeof(hash);

	if (EVP_DigestFinal_ex(d->context, hash, &size) != 1 || size != sizeof(hash))
		return -ENOMEM;
	for (unsigned i = 0; i < size; i++) {
		ret_hex[2 * i] = digits[hash[i] >> 4];
		ret_hex[2 * i + 1] = digits[hash[i] & 15];
	}
	ret_hex[DIGEST_HEX] = '\0';
	return 0;
}
