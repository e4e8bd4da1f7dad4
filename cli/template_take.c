/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/template_take.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/paths.h"

int template_take_init(struct template_take *t, const char *folder)
{
	tmplstream_init(&t->stream);
	t->folder = folder;
	for (unsigned i = 0; i < MANIFEST_FILES; i++)
		t->fds[i] = -1;
	t->digest = digest_new();
	return t->digest ? digest_begin(t->digest) : -ENOMEM;
}

void template_take_release(struct template_take *t)
{
	fd_close_all(t->fds, MANIFEST_FILES);
	digest_free(t->digest);
	t->digest = NULL;
}

static int open_unnamed(const char *folder)
{
	char *path cleanup_free = NULL;
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
		return fd < 0 ? -errno : fd;
	path = paths_join(folder, "template.XXXXXX", NULL);
	fd = path ? mkostemp(path, O_CLOEXEC) : -1;
	if (fd < 0)
		return -errno;
	unlink(path);
	return fd;
}

/* All of their space at once: a disk that is too small is seen before gigabytes have come. */
static int open_files(struct template_take *t)
{
	const struct manifest *m = &t->stream.manifest;

	for (unsigned i = 0; i < MANIFEST_FILES; i++) {
		t->fds[i] = open_unnamed(t->folder);
		if (t->fds[i] < 0)
			return t->fds[i];
		if (fallocate(t->fds[i], FALLOC_FL_KEEP_SIZE, 0, (off_t)m->size[i]) < 0 && errno != EOPNOTSUPP)
			return -errno;
	}
	return 0;
}

/* The file @file is whole. */
static int check_hash(struct template_take *t, unsigned file)
{
	char hex[DIGEST_HEX + 1];
	int r = digest_end(t->digest, hex);

	if (r == 0 && strcmp(hex, t->stream.manifest.sha256[file]) != 0)
		r = -EBADMSG;
	return r < 0 ? r : digest_begin(t->digest);
}

static int keep(struct template_take *t, unsigned file, const uint8_t *bytes, size_t len)
{
	int r = fd_write_all(t->fds[file], bytes, len);

	if (r == 0)
		r = digest_add(t->digest, bytes, len);
	if (r < 0 || (t->stream.state == TMPLSTREAM_IN_FILES && t->stream.file == file))
		return r;
	return check_hash(t, file);
}

int template_take_feed(struct template_take *t, const uint8_t *untrusted, size_t len)
{
	for (size_t at = 0; at < len;) {
		unsigned file;
		int n = tmplstream_take(&t->stream, untrusted + at, len - at, &file);
		int r = n < 0 ? n : 0;

		if (r == 0 && file != MANIFEST_FILES)
			r = keep(t, file, untrusted + at, (size_t)n);
		else if (r == 0 && t->stream.state == TMPLSTREAM_IN_FILES)
			r = open_files(t);
		if (r < 0) {
			t->stream.state = TMPLSTREAM_BROKEN;
			return r;
		}
		at += (size_t)n;
	}
	return 0;
}

bool template_take_is_whole(const struct template_take *t)
{
	return t->stream.state == TMPLSTREAM_WHOLE;
}
