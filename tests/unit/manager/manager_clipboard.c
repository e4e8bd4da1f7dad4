/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "manager/clipboard.h"
#include "tests/unit/unit.h"

#define SECOND 1000000ull
#define START (500 * SECOND)

static struct clipboard clip;
static const char secret[] = "correct horse battery staple";

static int empty(void **state)
{
	clipboard_wipe(&clip);
	return 0;
}

static int take(const char *source, const void *data, size_t len, uint64_t now)
{
	const struct helper_clip what = { HELPER_MIME_TEXT, (uint32_t)len };
	int fd = fd_memfd_data("test", data, len);
	int r = clipboard_take(&clip, source, &what, fd, now);

	close(fd);
	return r;
}

/* What is given holds exactly these bytes and cannot be changed. */
static void check_given(int fd, const struct helper_clip *got, const void *data, size_t len)
{
	char back[256];

	assert_true(fd >= 0);
	assert_int_equal(got->len, len);
	assert_int_equal(fd_check_sealed(fd, len), 0);
	assert_int_equal(pread(fd, back, sizeof(back), 0), len);
	assert_memory_equal(back, data, len);
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(errno, EPERM);
	close(fd);
}

static void test_once(void **state)
{
	struct helper_clip got;

	assert_false(clipboard_is_full(&clip, START));
	assert_int_equal(clipboard_give(&clip, &got), -ENOENT);
	assert_int_equal(take("work", secret, sizeof(secret), START), 0);
	assert_true(clipboard_is_full(&clip, START));
	assert_string_equal(clip.source, "work");
	check_given(clipboard_give(&clip, &got), &got, secret, sizeof(secret));
	assert_int_equal(got.mime, HELPER_MIME_TEXT);
	assert_false(clipboard_is_full(&clip, START));
	assert_string_equal(clip.source, "");
	assert_int_equal(clipboard_give(&clip, &got), -ENOENT);
}

static void test_age(void **state)
{
	assert_int_equal(take("work", secret, sizeof(secret), START), 0);
	assert_true(clipboard_is_full(&clip, START + 60 * SECOND - 1));
	assert_false(clipboard_is_full(&clip, START + 60 * SECOND));
	assert_null(clip.bytes);
	assert_int_equal(take("work", secret, sizeof(secret), START), 0);
	assert_int_equal(take("work", secret, sizeof(secret), START + 59 * SECOND), 0);
	assert_true(clipboard_is_full(&clip, START + 118 * SECOND));
}

static void test_newest(void **state)
{
	uint64_t serial;
	struct helper_clip got;

	assert_int_equal(take("work", secret, sizeof(secret), START), 0);
	serial = clip.serial;
	assert_int_equal(take("web", "b", 1, START), 0);
	assert_string_equal(clip.source, "web");
	assert_true(clip.serial != serial);
	check_given(clipboard_give(&clip, &got), &got, "b", 1);
	serial = clip.serial;
	assert_int_equal(take("work", "a", 1, START), 0);
	assert_true(clip.serial != serial); /* a wipe does not start it anew */
}

static void test_forget(void **state)
{
	assert_int_equal(take("work", secret, sizeof(secret), START), 0);
	clipboard_forget(&clip, "wor");
	clipboard_forget(&clip, "web");
	assert_true(clipboard_is_full(&clip, START));
	clipboard_forget(&clip, "work");
	assert_false(clipboard_is_full(&clip, START));
}

/* A helper that was taken over hands anything; what was there stays. */
static void test_bad_fds(void **state)
{
	const struct helper_clip what = { HELPER_MIME_PNG, 5 };
	int event = eventfd(0, 0), file = fd_memfd_data("test", "1234", 4), open = memfd_create("test", 0), pair[2];

	assert_int_equal(pipe(pair), 0);
	assert_int_equal(write(open, "12345", 5), 5); /* may shrink while it is read */
	assert_int_equal(take("work", secret, sizeof(secret), START), 0);
	assert_int_equal(clipboard_take(&clip, "web", &what, file, START), -EBADFD);
	assert_int_equal(clipboard_take(&clip, "web", &what, open, START), -EBADFD);
	assert_int_equal(clipboard_take(&clip, "web", &what, event, START), -EBADFD);
	assert_int_equal(clipboard_take(&clip, "web", &what, pair[0], START), -EBADFD);
	assert_int_equal(clipboard_take(&clip, "web", &what, -1, START), -EBADFD);
	assert_string_equal(clip.source, "work");
	assert_true(clipboard_is_full(&clip, START));
	close(event);
	close(open);
	close(file);
	close(pair[0]);
	close(pair[1]);
}

/* A copy of our own: the memfd's maker keeps it and may write to one that is not sealed against that. */
static void test_own_copy(void **state)
{
	const struct helper_clip what = { HELPER_MIME_TEXT, 4 };
	int fd = fd_memfd_sealed("test", 4);
	struct helper_clip got;

	assert_int_equal(pwrite(fd, "good", 4, 0), 4);
	assert_int_equal(clipboard_take(&clip, "work", &what, fd, START), 0);
	assert_int_equal(pwrite(fd, "evil", 4, 0), 4);
	check_given(clipboard_give(&clip, &got), &got, "good", 4);
	close(fd);
}

static void test_rate(void **state)
{
	struct clipboard_rate rate = { 0 };
	unsigned allowed = 0;

	for (uint64_t t = 0; t < 10 * SECOND; t += SECOND / 100)
		allowed += clipboard_rate_allows(&rate, START + t);
	assert_int_equal(allowed, 20);
	assert_true(clipboard_rate_allows(&rate, START + 20 * SECOND));
	assert_true(clipboard_rate_allows(&rate, START + 20 * SECOND));
	assert_false(clipboard_rate_allows(&rate, START + 20 * SECOND));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_once, empty),
		cmocka_unit_test_setup(test_age, empty),
		cmocka_unit_test_setup(test_newest, empty),
		cmocka_unit_test_setup(test_forget, empty),
		cmocka_unit_test_setup(test_bad_fds, empty),
		cmocka_unit_test_setup(test_own_copy, empty),
		cmocka_unit_test(test_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
