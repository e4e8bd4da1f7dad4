/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/clipboard.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"

bool clipboard_rate_allows(struct clipboard_rate *rate, uint64_t now)
{
	if (rate->last[0] && now - rate->last[0] < CLIPBOARD_PERIOD)
		return false;
	memmove(rate->last, rate->last + 1, sizeof(rate->last) - sizeof(rate->last[0]));
	rate->last[CLIPBOARD_RATE - 1] = now;
	return true;
}

void clipboard_wipe(struct clipboard *c)
{
	uint64_t serial = c->serial;

	if (c->bytes) {
		explicit_bzero(c->bytes, c->len);
		munmap(c->bytes, c->len);
	}
	*c = (struct clipboard){ .serial = serial };
}

void clipboard_forget(struct clipboard *c, const char *source)
{
	if (strcmp(c->source, source) == 0)
		clipboard_wipe(c);
}

/* A copy of our own: whoever made @fd may still hold it. Not in core dumps. */
static int read_copy(int fd, size_t len, uint8_t **ret_bytes)
{
	int r = fd_check_sealed(fd, len);
	uint8_t *bytes;

	if (r < 0)
		return r;
	bytes = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (bytes == MAP_FAILED)
		return -errno;
	(void)madvise(bytes, len, MADV_DONTDUMP);
	if (pread(fd, bytes, len, 0) != (ssize_t)len) {
		munmap(bytes, len);
		return -EBADFD;
	}
	*ret_bytes = bytes;
	return 0;
}

int clipboard_take(struct clipboard *c, const char *source, const struct helper_clip *clip, int fd, uint64_t now)
{
	uint8_t *bytes = NULL;
	int r = read_copy(fd, clip->len, &bytes);

	if (r < 0)
		return r;
	clipboard_wipe(c);
	snprintf(c->source, sizeof(c->source), "%s", source);
	c->mime = clip->mime;
	c->bytes = bytes;
	c->len = clip->len;
	c->until = now + CLIPBOARD_SECONDS * 1000000ull;
	c->serial++;
	return 0;
}

bool clipboard_is_full(struct clipboard *c, uint64_t now)
{
	if (c->bytes && now >= c->until)
		clipboard_wipe(c);
	return c->bytes != NULL;
}

int clipboard_give(struct clipboard *c, struct helper_clip *ret_clip)
{
	int fd = c->bytes ? fd_memfd_data("vmos-clipboard", c->bytes, c->len) : -ENOENT;

	if (fd < 0)
		return fd;
	*ret_clip = (struct helper_clip){ c->mime, (uint32_t)c->len };
	clipboard_wipe(c);
	return fd;
}
