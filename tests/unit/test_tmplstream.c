/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/tmplstream.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

#define HASH "a00112233445566778899aabbccddeeff00112233445566778899aabbccddeef"
#define MANIFEST                                                                                                      \
	"name=net\nversion=20260101T000000Z-abc\narchitecture=x86_64\nsuite=trixie\nkind=net\nkernel=6.12-x\n"        \
	"roothash=" HASH "\ndata_blocks=1\nsize_kernel=3\nsha256_kernel=" HASH "\nsize_initrd=2\nsha256_initrd=" HASH \
	"\nsize_root=8192\nsha256_root=" HASH "\nsource=" HASH "\n"
#define FILES (3 + 2 + 8192)

static uint8_t stream[TMPLSTREAM_HEAD + sizeof(MANIFEST) - 1 + FILES + 1]; /* and one byte too many */
static const size_t whole = sizeof(stream) - 1;

static void put(const char *manifest, size_t len)
{
	memset(stream, 'x', sizeof(stream));
	memcpy(stream, "vmosTMPL\1\0\0\0", 12);
	for (unsigned i = 0; i < 4; i++)
		stream[12 + i] = (uint8_t)(len >> 8 * i);
	memcpy(stream + TMPLSTREAM_HEAD, manifest, strlen(manifest));
}

static int setup(void **state)
{
	put(MANIFEST, strlen(MANIFEST));
	return 0;
}

/* Feeds @len bytes in pieces of @piece. 0, or what refused them; @bytes counts those of each file. */
static int feed(struct tmplstream *s, size_t len, size_t piece, size_t bytes[MANIFEST_FILES + 1])
{
	unsigned file;
	int n = 1;

	memset(bytes, 0, sizeof(*bytes) * (MANIFEST_FILES + 1));
	tmplstream_init(s);
	for (size_t at = 0; at < len && n > 0; at += (size_t)n) {
		n = tmplstream_take(s, stream + at, piece < len - at ? piece : len - at, &file);
		if (n < 0)
			return n;
		bytes[file] += (size_t)n;
	}
	return 0;
}

static struct tmplstream s;
static size_t bytes[MANIFEST_FILES + 1];

static void test_whole(void **state)
{
	for (size_t piece = 1; piece <= whole; piece = piece * 3 + 1) {
		assert_int_equal(feed(&s, whole, piece, bytes), 0);
		assert_int_equal(s.state, TMPLSTREAM_WHOLE);
		assert_string_equal(s.manifest.kernel, "6.12-x");
		assert_int_equal(bytes[MANIFEST_KERNEL], 3);
		assert_int_equal(bytes[MANIFEST_INITRD], 2);
		assert_int_equal(bytes[MANIFEST_ROOT], 8192);
		assert_int_equal(bytes[MANIFEST_FILES], TMPLSTREAM_HEAD + strlen(MANIFEST));
	}
}

/* Wherever it ends early it is not whole, and where it goes on it is broken. */
static void test_truncated(void **state)
{
	for (size_t len = 0; len < whole; len++) {
		assert_int_equal(feed(&s, len, 4096, bytes), 0);
		assert_int_not_equal(s.state, TMPLSTREAM_WHOLE);
		assert_int_not_equal(s.state, TMPLSTREAM_BROKEN);
	}
	assert_int_equal(feed(&s, whole + 1, 4096, bytes), -EBADMSG);
	assert_int_equal(s.state, TMPLSTREAM_BROKEN);
}

/* Once broken it stays so. */
static void assert_refused(void)
{
	unsigned file;

	assert_int_equal(feed(&s, whole, 4096, bytes), -EBADMSG);
	assert_int_equal(tmplstream_take(&s, stream, whole, &file), -EBADMSG);
	assert_int_equal(file, MANIFEST_FILES);
	assert_int_equal(bytes[0] + bytes[1] + bytes[2], 0);
}

static void test_head(void **state)
{
	for (unsigned i = 0; i < 12; i++) {
		put(MANIFEST, strlen(MANIFEST));
		stream[i] ^= 1;
		assert_refused();
	}
	put(MANIFEST, 0);
	assert_refused();
	put(MANIFEST, MANIFEST_MAX + 1);
	assert_refused();
	put(MANIFEST, SIZE_MAX);
	assert_refused();
}

/* What its parser takes, but no VM can boot, and what it does not take. */
static void test_manifest(void **state)
{
	static const char *const bad[] = { "name=../net\n", "name=n\nversion=v\narchitecture=a\n", "\n",
		"size_kernel=67108865\n", "size_root=0\n" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		put(bad[i], strlen(bad[i]));
		assert_refused();
	}
	put(MANIFEST, strlen(MANIFEST));
	*strstr((char *)stream + TMPLSTREAM_HEAD, "_blocks=1") = ' ';
	assert_refused();
	put(MANIFEST, strlen(MANIFEST));
	memcpy(strstr((char *)stream + TMPLSTREAM_HEAD, "_blocks=1"), "_blocks=2", 9); /* no tree behind the data */
	assert_refused();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_whole, setup),
		cmocka_unit_test_setup(test_truncated, setup),
		cmocka_unit_test_setup(test_head, setup),
		cmocka_unit_test_setup(test_manifest, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
