/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A template's manifest: what parses has texts that end, and one that a VM can boot is written so that it parses to the same. */
#include "proto/manifest.h"
#include "tests/fuzz/fuzz.h"

static void check_texts(const struct manifest *m)
{
	require(m->name[0] && strnlen(m->name, sizeof(m->name)) <= MANIFEST_WORD_MAX && !strchr(m->name, '/'));
	require(m->version[0] && strnlen(m->version, sizeof(m->version)) <= MANIFEST_WORD_MAX &&
		!strchr(m->version, '/'));
	require(strnlen(m->cmdline, sizeof(m->cmdline)) <= MANIFEST_CMDLINE_MAX && !strpbrk(m->cmdline, "\n\"'\\"));
	for (unsigned i = 0; i < MANIFEST_FILES; i++)
		require(!m->sha256[i][0] || strlen(m->sha256[i]) == MANIFEST_HASH);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), again[4096];
	struct manifest m, back;
	unsigned line;
	int len;

	require(text);
	memcpy(text, data, size);
	text[size] = '\0';
	if (manifest_parse(text, size, &m, &line) == 0) {
		check_texts(&m);
		len = manifest_format(&m, again, sizeof(again));
		require((len < 0) == (manifest_check(&m) < 0));
		if (len >= 0)
			require(manifest_parse(again, (size_t)len, &back, &line) == 0 &&
				memcmp(&m, &back, sizeof(m)) == 0);
	}
	free(text);
	return 0;
}
