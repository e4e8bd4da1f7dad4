/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A receiver's journal, and the names that items get: what a crash leaves and what a sender chooses. */
#include "agent/files/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/files/place.h"
#include "base/fd.h"
#include "proto/text.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Steele and Vigna's splitmix64. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static int dir = -1;
static char folder[] = "/tmp/test-journal.XXXXXX";

static int setup(void **state)
{
	if (!mkdtemp(folder))
		return -1;
	dir = open(folder, O_RDONLY | O_DIRECTORY);
	return dir < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	unlinkat(dir, JOURNAL, 0);
	close(dir);
	return rmdir(folder);
}

static struct journal sample(void)
{
	struct journal j = { .point = { 7, 3, 5ull * XFER_DATA_MAX }, .item = "gr\xc3\xbc\xc3\x9f e", .nready = 2 };

	memset(j.digest, 0xa5, sizeof(j.digest));
	snprintf(j.file, sizeof(j.file), "gr\xc3\xbc\xc3\x9f e/a/b c");
	j.ready[0] = (struct journal_item){ .index = 5, .name = "ready 1" };
	j.ready[1] = (struct journal_item){ .index = 6, .name = " \"'\\" };
	return j;
}

static void test_round_trip(void **state)
{
	static struct journal back;
	struct journal j = sample();

	unlinkat(dir, JOURNAL, 0);
	assert_int_equal(journal_load(dir, &back), -ENOENT);
	assert_int_equal(journal_save(dir, &j), 0);
	memset(&back, 0xff, sizeof(back));
	assert_int_equal(journal_load(dir, &back), 0);
	assert_true(back.point.item == 7 && back.point.entry == 3 && back.point.offset == 5ull * XFER_DATA_MAX);
	assert_string_equal(back.item, j.item);
	assert_string_equal(back.file, j.file);
	assert_memory_equal(back.digest, j.digest, XFER_HASH);
	assert_int_equal(back.nready, 2);
	assert_int_equal(back.ready[1].index, 6);
	assert_string_equal(back.ready[1].name, j.ready[1].name);
	j = (struct journal){ .point.item = 1 };
	assert_int_equal(journal_save(dir, &j), 0);
	assert_int_equal(journal_load(dir, &back), 0);
	assert_true(back.point.item == 1 && !back.item[0] && !back.file[0] && back.nready == 0);
}

/* As many items, with names as long, as there may be. */
static void test_full(void **state)
{
	static struct journal j, back;

	j = sample();
	j.point.item = JOURNAL_READY_MAX;
	j.nready = JOURNAL_READY_MAX;
	for (uint32_t i = 0; i < j.nready; i++) {
		j.ready[i].index = i;
		memset(j.ready[i].name, 'n', NAME_MAX);
		j.ready[i].name[NAME_MAX] = '\0';
	}
	assert_int_equal(journal_save(dir, &j), 0);
	assert_int_equal(journal_load(dir, &back), 0);
	assert_int_equal(back.nready, JOURNAL_READY_MAX);
	assert_string_equal(back.ready[JOURNAL_READY_MAX - 1].name, j.ready[0].name);
}

static void write_journal(const char *text, size_t len)
{
	int fd = openat(dir, JOURNAL, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0 && fd_write_all(fd, text, len) == 0);
	close(fd);
}

static size_t read_journal(char *text, size_t cap)
{
	int fd = openat(dir, JOURNAL, O_RDONLY);
	ssize_t n = fd_read_all(fd, text, cap);

	close(fd);
	assert_true(n > 0);
	return (size_t)n;
}

static void check_accepted(const struct journal *j)
{
	assert_true(j->nready <= JOURNAL_READY_MAX && j->point.offset % XFER_DATA_MAX == 0);
	assert_true(!j->item[0] || text_is_file_name((const uint8_t *)j->item, strlen(j->item)));
	assert_true(!j->file[0] || xfer_is_path((const uint8_t *)j->file, strlen(j->file)));
	assert_true(j->item[0] || (j->point.entry == 0 && j->point.offset == 0));
	for (uint32_t i = 0; i < j->nready; i++)
		assert_true(j->ready[i].index < j->point.item &&
			text_is_file_name((const uint8_t *)j->ready[i].name, strlen(j->ready[i].name)));
}

/* Cut anywhere it is refused, and what is changed is refused or within its bounds. */
static void test_damaged(void **state)
{
	static struct journal back;
	struct journal j = sample();
	char text[4096], copy[4096];
	uint64_t seed = 6;
	size_t len;

	assert_int_equal(journal_save(dir, &j), 0);
	len = read_journal(text, sizeof(text));
	for (size_t cut = 0; cut < len; cut++) {
		write_journal(text, cut);
		assert_int_equal(journal_load(dir, &back), -EBADMSG);
	}
	for (unsigned n = 0; n < 3000; n++) {
		uint64_t r = next_random(&seed);

		memcpy(copy, text, len);
		for (unsigned changes = 1 + n % 3; changes > 0; changes--, r = next_random(&seed))
			copy[r % len] = (char)(r >> 32);
		write_journal(copy, len);
		if (journal_load(dir, &back) == 0)
			check_accepted(&back);
		else
			assert_true(back.point.item == 0 && back.nready == 0);
	}
}

static void test_refused(void **state)
{
	static const char *const bad[] = {
		"vmOS transfer 1\nitems 1\nentries 1\noffset 0\ndigest %s\nitem \nfile \nend\n", /* entries of no item */
		"vmOS transfer 1\nitems 1\nentries 0\noffset 65536\ndigest %s\nitem a\nfile \nend\n", /* offset in no file */
		"vmOS transfer 1\nitems 1\nentries 0\noffset 65536\ndigest %s\nitem a\nfile b\nend\n", /* of another item */
		"vmOS transfer 1\nitems 1\nentries 0\noffset 65536\ndigest %s\nitem a\nfile ab\nend\n",
		"vmOS transfer 1\nitems 1\nentries 0\noffset 1\ndigest %s\nitem a\nfile a\nend\n",
		"vmOS transfer 1\nitems 1\nentries 1\noffset 0\ndigest %s\nitem ..\nfile \nend\n",
		"vmOS transfer 1\nitems 1\nentries 1\noffset 0\ndigest %s\nitem a/b\nfile \nend\n",
		"vmOS transfer 1\nitems 1\nentries 1\noffset 65536\ndigest %s\nitem a\nfile a/../x\nend\n",
		"vmOS transfer 1\nitems 1\nentries 1\noffset 0\ndigest %s\nitem a\nfile \nready 1 x\nend\n", /* not whole yet */
		"vmOS transfer 1\nitems 1\nentries 1\noffset 0\ndigest %s\nitem a\nfile \nready 0 ../x\nend\n",
		"vmOS transfer 1\nitems -1\nentries 1\noffset 0\ndigest %s\nitem a\nfile \nend\n",
		"vmOS transfer 1\nitems 99999999999999999999\nentries 1\noffset 0\ndigest %s\nitem a\nfile \nend\n",
		"vmOS transfer 2\nitems 1\nentries 1\noffset 0\ndigest %s\nitem a\nfile \nend\n",
		"vmOS transfer 1\nitems 1\nentries 1\noffset 0\ndigest %s\nitem a\nfile \nend\nmore",
	};
	static struct journal back;
	char digest[2 * XFER_HASH + 1], text[512];

	memset(digest, 'a', sizeof(digest) - 1);
	digest[sizeof(digest) - 1] = '\0';
	for (size_t i = 0; i < COUNT(bad); i++) {
		const char *at = strstr(bad[i], "%s");

		snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - bad[i]), bad[i], digest, at + 2);
		write_journal(text, strlen(text));
		if (journal_load(dir, &back) != -EBADMSG)
			fail_msg("taken: %s", text);
	}
}

static void check_name(const char *name, unsigned n, const char *expected)
{
	char got[NAME_MAX + 1];

	place_name(name, n, got);
	assert_string_equal(got, expected);
}

static void test_names(void **state)
{
	check_name("a.pdf", 1, "a.pdf");
	check_name("a.pdf", 2, "a (2).pdf");
	check_name("a.pdf", 10, "a (10).pdf");
	check_name("a", 2, "a (2)");
	check_name(".bashrc", 2, ".bashrc (2)");
	check_name(".a.b", 2, ".a (2).b");
	check_name("a.", 2, "a. (2)");
	check_name("a.tar.gz", 3, "a.tar (3).gz");
	check_name("gr\xc3\xbc\xc3\x9f.txt", 2, "gr\xc3\xbc\xc3\x9f (2).txt");
}

/* Of any name: at most 255 bytes, whole characters, and one that may cross. */
static void test_long_names(void **state)
{
	char name[NAME_MAX + 1], got[NAME_MAX + 1];

	for (size_t len = 1; len <= NAME_MAX; len++) {
		for (size_t i = 0; i + 1 < len; i += 2)
			memcpy(name + i, "\xc3\xbc", 2);
		name[len] = '\0';
		name[len - 1] = len % 2 ? 'x' : name[len - 1];
		if (len > 20)
			name[len - 5 + (len % 2 ? 0 : 1)] = '.';
		if (!text_is_file_name((const uint8_t *)name, len))
			continue;
		for (unsigned n = 1; n < 100000; n = n * 10 + 1) {
			place_name(name, n, got);
			assert_true(text_is_file_name((const uint8_t *)got, strlen(got)));
		}
	}
}

static void test_staging_names(void **state)
{
	assert_true(place_is_staging(".0123456789abcdef.part"));
	assert_false(place_is_staging("0123456789abcdef.part"));
	assert_false(place_is_staging(".0123456789abcdef.parts"));
	assert_false(place_is_staging(".0123456789abcde.part"));
	assert_false(place_is_staging(".0123456789abcdeg.part"));
	assert_false(place_is_staging(".0123456789abcdef0.part"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_staging_names),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
