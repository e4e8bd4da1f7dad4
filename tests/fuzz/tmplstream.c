/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A template's stream: one verdict however it is cut, a manifest that a VM can
 * boot before a file's first byte, as many bytes of each as it says, and
 * nothing behind. The first byte says how the others are cut.
 */
#include "proto/tmplstream.h"
#include "tests/fuzz/fuzz.h"

struct told {
	enum tmplstream_state state;
	uint64_t bytes[MANIFEST_FILES + 1];
};

/* Feeds in pieces whose sizes follow from @seed; 0: all at once. */
static struct told feed(struct tmplstream *s, const uint8_t *data, size_t size, uint32_t seed)
{
	struct told told = { 0 };

	tmplstream_init(s);
	for (size_t at = 0; at < size;) {
		size_t len = size - at, piece = 1 + (seed >> 24) % 40;
		unsigned file;
		uint8_t *copy;
		int n;

		len = seed && piece < len ? piece : len;
		copy = fuzz_copy(data + at, len);
		n = tmplstream_take(s, copy, len, &file);
		free(copy);
		require(file <= MANIFEST_FILES && (n < 0 || (n > 0 && (size_t)n <= len)));
		if (n < 0)
			break;
		require(file == MANIFEST_FILES || manifest_check(&s->manifest) == 0);
		told.bytes[file] += (uint64_t)n;
		at += (size_t)n;
		seed = seed ? seed * 1664525 + 1013904223 : 0;
	}
	told.state = s->state;
	return told;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tmplstream whole, pieces;
	struct told a, b;
	unsigned file;

	if (size < 1)
		return 0;
	a = feed(&whole, data + 1, size - 1, 0);
	b = feed(&pieces, data + 1, size - 1, data[0] | 0x5a000000);
	require(a.state == b.state);
	if (a.state == TMPLSTREAM_BROKEN)
		return 0;
	require(memcmp(&a, &b, sizeof(a)) == 0);
	for (unsigned i = 0; i < MANIFEST_FILES && a.state != TMPLSTREAM_IN_HEAD; i++)
		require(a.state == TMPLSTREAM_IN_MANIFEST || a.bytes[i] <= whole.manifest.size[i]);
	if (a.state == TMPLSTREAM_WHOLE)
		require(tmplstream_take(&whole, data, 1, &file) < 0);
	return 0;
}
