/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A side over a stream of bytes: each note 64 bytes, then its block. And one over a file, which has no notes at all. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/bench/side.h"

#define IN_BYTES (64u << 10)

static int fd_write(struct side *s, struct iovec *parts, int n)
{
	while (n > 0) {
		ssize_t done = writev(s->fd, parts, n);

		if (done < 0 && errno != EINTR)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		while (n > 0 && done >= (ssize_t)parts->iov_len) {
			done -= (ssize_t)parts->iov_len;
			parts++;
			n--;
		}
		if (n > 0 && done > 0) {
			parts->iov_base = (uint8_t *)parts->iov_base + done;
			parts->iov_len -= (size_t)done;
		}
	}
	return 0;
}

static int stream_write(struct side *s, const void *block, size_t len)
{
	struct iovec parts[] = {
		{ s->out, s->unsent * sizeof(struct msg) },
		{ (void *)block, len },
	};

	if (s->unsent == 0 && len == 0)
		return 0;
	s->unsent = 0;
	return s->bytes->write(s, parts, len ? 2 : 1);
}

static int handle_flush(struct side *s)
{
	return stream_write(s, NULL, 0);
}

static int handle_send(struct side *s, const struct side_note *note, const void *block)
{
	const bool has_block = note->type == SIDE_BLOCK && note->size > MSG_SIZE;
	struct msg m;

	side_note_put(&m, note, (struct blob_ref){ 0, has_block ? note->size : 0 });
	memcpy(s->out + s->unsent++ * sizeof(m), &m, sizeof(m));
	if (has_block)
		return stream_write(s, block, note->size);
	return s->unsent == SIDE_LOT ? handle_flush(s) : 0;
}

static ssize_t fd_read(struct side *s, void *to, size_t len)
{
	ssize_t n;

	do
		n = read(s->fd, to, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	return n == 0 ? -EPIPE : n;
}

/* Small reads by way of the buffer, the rest of a large one straight to its place. */
static int take(struct side *s, uint8_t *to, size_t len)
{
	while (len > 0) {
		size_t have = s->in_len - s->in_at, n = have < len ? have : len;
		ssize_t got;

		memcpy(to, s->in + s->in_at, n);
		s->in_at += n;
		to += n;
		len -= n;
		if (len == 0)
			break;
		if (len >= IN_BYTES) {
			got = s->bytes->read(s, to, len);
			if (got > 0) {
				to += got;
				len -= (size_t)got;
			}
		} else {
			got = s->bytes->read(s, s->in, IN_BYTES);
			s->in_at = 0;
			s->in_len = got > 0 ? (size_t)got : 0;
		}
		if (got < 0)
			return (int)got;
	}
	return 0;
}

static int handle_receive(struct side *s, struct side_note *ret_note, void *block)
{
	struct blob_ref ref;
	struct msg m;
	int r = take(s, (uint8_t *)&m, sizeof(m));

	if (r == 0)
		r = side_note_get(&m, ret_note, &ref);
	if (r == 0 && ref.len > SIDE_BLOCK_MAX)
		r = -EMSGSIZE;
	return r == 0 && ref.len ? take(s, block, ref.len) : r;
}

static const struct side_carrier stream = { handle_send, handle_receive, handle_flush };

static const struct side_bytes of_fd = { fd_write, fd_read };

int side_stream_open(struct side *s, int fd, const struct side_bytes *bytes)
{
	*s = (struct side){ .carrier = &stream, .fd = fd, .bytes = bytes ? bytes : &of_fd };
	s->out = malloc(SIDE_LOT * sizeof(struct msg));
	s->in = malloc(IN_BYTES);
	return s->out && s->in ? 0 : -ENOMEM;
}

static uint32_t step(uint32_t *at, uint32_t size)
{
	uint32_t now = *at + size <= SIDE_FILE_BYTES ? *at : 0;

	*at = now + size;
	return now;
}

static int file_send(struct side *s, const struct side_note *note, const void *block)
{
	ssize_t n = pwrite(s->fd, block, note->size, step(&s->out_at, note->size));

	return n == (ssize_t)note->size ? 0 : -EIO;
}

static int file_receive(struct side *s, struct side_note *ret_note, void *block)
{
	ssize_t n = pread(s->fd, block, s->size, step(&s->file_at, s->size));

	*ret_note = (struct side_note){ .type = SIDE_BLOCK, .size = s->size };
	return n == (ssize_t)s->size ? 0 : -EIO;
}

static int file_flush(struct side *s)
{
	(void)s;
	return 0;
}

static const struct side_carrier file = { file_send, file_receive, file_flush };

int side_file_open(struct side *s, int fd)
{
	static const uint8_t zeros[SIDE_BLOCK_MAX];

	*s = (struct side){ .carrier = &file, .fd = fd };
	for (uint32_t at = 0; at < SIDE_FILE_BYTES; at += SIDE_BLOCK_MAX) {
		if (pwrite(fd, zeros, SIDE_BLOCK_MAX, at) != SIDE_BLOCK_MAX)
			return -EIO;
	}
	return 0;
}

void side_close(struct side *s)
{
	close(s->fd);
	free(s->out);
	free(s->in);
	s->carrier = NULL;
}
