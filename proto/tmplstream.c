/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/tmplstream.h"

#include <errno.h>
#include <string.h>

#define TAKE_MAX (1u << 30) /* fits an int */

static const char magic[8] = "vmosTMPL"; /* without a NUL */

void tmplstream_init(struct tmplstream *s)
{
	memset(s, 0, sizeof(*s));
	s->want = TMPLSTREAM_HEAD;
}

static uint32_t get_u32(const uint8_t *b)
{
	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static bool end_head(struct tmplstream *s)
{
	uint32_t len = get_u32(s->head + 12);

	if (memcmp(s->head, magic, sizeof(magic)) != 0 || get_u32(s->head + 8) != TMPLSTREAM_VERSION)
		return false;
	if (len == 0 || len > MANIFEST_MAX)
		return false;
	s->state = TMPLSTREAM_IN_MANIFEST;
	s->have = 0;
	s->want = len;
	return true;
}

static bool end_manifest(struct tmplstream *s)
{
	unsigned line;

	s->text[s->want] = '\0';
	if (manifest_parse(s->text, s->want, &s->manifest, &line) < 0 || manifest_check(&s->manifest) < 0)
		return false;
	s->state = TMPLSTREAM_IN_FILES;
	s->left = s->manifest.size[0]; /* manifest_check() lets none be empty */
	return true;
}

/* Bytes of the head or the manifest. */
static int take_text(struct tmplstream *s, const uint8_t *untrusted, size_t len)
{
	bool in_head = s->state == TMPLSTREAM_IN_HEAD;
	size_t n = len < s->want - s->have ? len : s->want - s->have;

	memcpy(in_head ? s->head + s->have : (uint8_t *)s->text + s->have, untrusted, n);
	s->have += n;
	if (s->have == s->want && !(in_head ? end_head(s) : end_manifest(s)))
		return -EBADMSG;
	return (int)n;
}

static int take_file(struct tmplstream *s, size_t len)
{
	size_t n = len < s->left ? len : s->left;

	n = n < TAKE_MAX ? n : TAKE_MAX;
	s->left -= n;
	if (s->left > 0)
		return (int)n;
	if (++s->file == MANIFEST_FILES)
		s->state = TMPLSTREAM_WHOLE;
	else
		s->left = s->manifest.size[s->file];
	return (int)n;
}

int tmplstream_take(struct tmplstream *s, const uint8_t *untrusted, size_t len, unsigned *ret_file)
{
	int n = -EBADMSG;

	*ret_file = MANIFEST_FILES;
	if (s->state == TMPLSTREAM_IN_HEAD || s->state == TMPLSTREAM_IN_MANIFEST) {
		n = take_text(s, untrusted, len);
	} else if (s->state == TMPLSTREAM_IN_FILES) {
		*ret_file = s->file;
		n = take_file(s, len);
	}
	if (n < 0)
		s->state = TMPLSTREAM_BROKEN;
	return n;
}
