/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/manifest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

#define HASH_TAIL "00112233445566778899aabbccddeeff00112233445566778899aabbccddeef"
#define HASH_A "a" HASH_TAIL
#define HASH_B "b" HASH_TAIL

#define GOOD                                                                                                  \
	"# made by a test\nname=debian-13\nversion=20260101T000000Z-abc\narchitecture=x86_64\nsuite=trixie\n" \
	"cmdline=vmos.roothash=00ff vmos.rootblocks=12\nsize_root=208408576\n"

static int parse(const char *text, struct manifest *ret, unsigned *ret_line)
{
	return manifest_parse(text, strlen(text), ret, ret_line);
}

static void test_good(void **state)
{
	struct manifest m;
	unsigned line;

	assert_int_equal(parse(GOOD, &m, &line), 0);
	assert_string_equal(m.name, "debian-13");
	assert_string_equal(m.version, "20260101T000000Z-abc");
	assert_string_equal(m.architecture, "x86_64");
	assert_string_equal(m.cmdline, "vmos.roothash=00ff vmos.rootblocks=12");
	assert_int_equal(m.size[MANIFEST_ROOT], 208408576);
}

/* An empty cmdline, unknown keys and a last line without its newline are fine. */
static void test_lenient(void **state)
{
	struct manifest m;
	unsigned line;

	assert_int_equal(
		parse("name=a\nversion=1\narchitecture=x86_64\ncmdline=\n\nnew_key=anything \"at\" all", &m, &line), 0);
	assert_string_equal(m.cmdline, "");
	assert_int_equal(m.size[MANIFEST_ROOT], 0);
}

static void test_refused_lines(void **state)
{
	static const char *const wrong[] = {
		"name",
		"=x",
		"name=",
		"name=.hidden",
		"name=-x",
		"name=a/b",
		"name=..",
		"name=a b",
		"version=../x",
		"cmdline=a\"b",
		"cmdline=a'b",
		"cmdline=a\\b",
		"cmdline=a;b\t",
		"size_root=",
		"size_root=-1",
		"size_root=1e9",
		"size_root=9999999999999999",
		"architecture=x86_64\r",
		"kind=server",
		"kind=",
		"kind=ap",
		"kernel=6.12 quiet",
		"kernel=",
		"suite=.",
		"roothash=00ff",
		"roothash=" HASH_A "0",
		"source=A" HASH_TAIL,
		"source=g" HASH_TAIL,
		"sha256_root=",
		"data_blocks=0x10",
		"size_kernel= 1",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct manifest m = { .size = { [MANIFEST_ROOT] = 99 } };
		unsigned line = 0;
		char text[256];

		snprintf(text, sizeof(text), "suite=trixie\n%s\n", wrong[i]);
		assert_int_equal(parse(text, &m, &line), -EBADMSG);
		assert_int_equal(line, 2);
		assert_int_equal(m.size[MANIFEST_ROOT], 99);
	}
}

static void test_twice_and_missing(void **state)
{
	struct manifest m;
	unsigned line = 9;

	assert_int_equal(parse("name=a\nname=a\n", &m, &line), -EBADMSG);
	assert_int_equal(line, 2);
	assert_int_equal(parse("name=a\nversion=1\n", &m, &line), -EBADMSG);
	assert_int_equal(line, 0);
	assert_int_equal(manifest_parse("", 0, &m, &line), -EBADMSG);
}

/* Every byte value in a name and in a command line: let in or refused, never changed. */
static void test_all_bytes(void **state)
{
	for (unsigned byte = 0; byte < 256; byte++) {
		char text[] = "name=aXb\nversion=1\narchitecture=x86_64\n";
		struct manifest m;
		unsigned line;

		text[6] = (char)byte;
		if (manifest_parse(text, sizeof(text) - 1, &m, &line) == 0) {
			assert_int_equal((unsigned char)m.name[1], byte);
			assert_non_null(
				strchr("0123456789_.-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", (int)byte));
		}
	}
}

/* Every truncation of a good manifest is refused or gives what stands in the part that is left. */
static void test_truncated(void **state)
{
	for (size_t len = 0; len < sizeof(GOOD) - 1; len++) {
		struct manifest m;
		unsigned line;

		if (manifest_parse(GOOD, len, &m, &line) == 0)
			assert_string_equal(m.name, "debian-13");
	}
}

static void test_too_long(void **state)
{
	char text[2048] = "name=";
	struct manifest m;
	unsigned line;

	memset(text + 5, 'a', MANIFEST_WORD_MAX + 1);
	assert_int_equal(parse(text, &m, &line), -EBADMSG);
	memcpy(text, "cmdline=", 8);
	memset(text + 8, 'a', MANIFEST_CMDLINE_MAX + 1);
	assert_int_equal(parse(text, &m, &line), -EBADMSG);
}

/* All that a template has. */
static struct manifest whole(void)
{
	struct manifest m = {
		.name = "net",
		.version = "20260101T000000Z-abc",
		.architecture = "x86_64",
		.suite = "trixie",
		.kind = "net",
		.kernel = "6.12.1+deb13~1-amd64",
		.roothash = HASH_A,
		.source = HASH_B,
		.sha256 = { HASH_A, HASH_B, HASH_A },
		.size = { 10, 64, 3 * MANIFEST_BLOCK + 1 },
		.data_blocks = 3,
	};

	return m;
}

static void test_format(void **state)
{
	struct manifest m = whole(), back;
	char text[4096];
	unsigned line;
	int len = manifest_format(&m, text, sizeof(text));

	assert_true(len > 0 && (size_t)len == strlen(text));
	assert_string_equal(m.cmdline, "vmos.kind=net vmos.roothash=" HASH_A " vmos.rootblocks=3");
	assert_int_equal(manifest_parse(text, (size_t)len, &back, &line), 0);
	assert_memory_equal(&m, &back, sizeof(m));
	assert_non_null(strstr(text, "\nsize_root=12289\nsha256_root=" HASH_A "\n"));
	for (size_t size = 0; size <= (size_t)len; size++)
		assert_int_equal(manifest_format(&m, text, size), -EMSGSIZE);
}

/* Without any one of its fields, with sizes beyond the limits, or with no room for a tree, it is none to boot. */
static void test_check(void **state)
{
	static const struct {
		size_t offset, len;
	} fields[] = {
		{ offsetof(struct manifest, name), MANIFEST_WORD_MAX },
		{ offsetof(struct manifest, version), MANIFEST_WORD_MAX },
		{ offsetof(struct manifest, architecture), MANIFEST_WORD_MAX },
		{ offsetof(struct manifest, suite), MANIFEST_WORD_MAX },
		{ offsetof(struct manifest, kind), 3 },
		{ offsetof(struct manifest, kernel), MANIFEST_WORD_MAX },
		{ offsetof(struct manifest, roothash), MANIFEST_HASH },
		{ offsetof(struct manifest, source), MANIFEST_HASH },
		{ offsetof(struct manifest, sha256[MANIFEST_INITRD]), MANIFEST_HASH },
		{ offsetof(struct manifest, size[MANIFEST_KERNEL]), 8 },
		{ offsetof(struct manifest, data_blocks), 8 },
	};
	struct manifest m = whole();
	char text[4096];

	assert_int_equal(manifest_check(&m), 0);
	for (size_t i = 0; i < COUNT(fields); i++) {
		m = whole();
		memset((char *)&m + fields[i].offset, 0, fields[i].len);
		assert_int_equal(manifest_check(&m), -EBADMSG);
		assert_int_equal(manifest_format(&m, text, sizeof(text)), -EBADMSG);
	}
	for (unsigned i = 0; i < MANIFEST_FILES; i++) {
		m = whole();
		m.size[i] = manifest_size_max[i];
		assert_int_equal(manifest_check(&m), 0);
		m.size[i]++;
		assert_int_equal(manifest_check(&m), -EBADMSG);
	}
	m = whole();
	m.size[MANIFEST_ROOT] = 3 * MANIFEST_BLOCK;
	assert_int_equal(manifest_check(&m), -EBADMSG);
}

static void test_set(void **state)
{
	struct manifest m = { 0 };

	assert_int_equal(manifest_set(&m, "kind", "app", 3), 0);
	assert_string_equal(m.kind, "app");
	assert_int_equal(manifest_set(&m, "kind", "apps", 4), -EBADMSG);
	assert_int_equal(manifest_set(&m, "kin", "app", 3), -ENOENT);
	assert_int_equal(manifest_set(&m, "suite", "a\nroothash=", 11), -EBADMSG);
	assert_int_equal(manifest_set(&m, "kernel", "6.12.1+deb13", 12), 0);
	assert_string_equal(m.kernel, "6.12.1+deb13");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_lenient),
		cmocka_unit_test(test_refused_lines),
		cmocka_unit_test(test_twice_and_missing),
		cmocka_unit_test(test_all_bytes),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
