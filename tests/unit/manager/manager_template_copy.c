/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A version of a template on its way into its place: real folders, and what must be left after each error. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/fd.h"
#include "base/paths.h"
#include "manager/template.h"
#include "manager/template_copy.h"
#include "tests/unit/unit.h"

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define ROOT_BYTES (3u << 20) /* more than one piece */

static char folder[] = "/tmp/vmos-test-copy-XXXXXX";
static char templates[64], given[64];

static int set_up(void **state)
{
	if (!mkdtemp(folder))
		return -1;
	snprintf(templates, sizeof(templates), "%s/templates", folder);
	snprintf(given, sizeof(given), "%s/given", folder);
	return 0;
}

static int tear_down(void **state)
{
	return paths_remove(folder);
}

static char *path_of(const char *dir, const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static bool is_there(const char *name)
{
	return access(path_of(templates, name), F_OK) == 0;
}

static void put(const char *name, size_t size)
{
	char *bytes = malloc(size);
	uint64_t seed = size;
	int fd = open(path_of(given, name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0 && bytes);
	for (size_t i = 0; i < size; i++)
		bytes[i] = (char)unit_random(&seed);
	assert_int_equal(fd_write_all(fd, bytes, size), 0);
	close(fd);
	free(bytes);
}

struct stand {
	struct template_copy copy;
	int fds[MANIFEST_FILES];
};

/* Three files of somebody's, and the facts of a template for them. */
static int begin(void **state)
{
	struct stand *s = calloc(1, sizeof(*s));

	paths_remove(templates);
	paths_remove(given);
	if (!s || mkdir(templates, 0700) < 0 || mkdir(given, 0700) < 0)
		return -1;
	put("kernel", 5000);
	put("initrd", 1);
	put("root.erofs", ROOT_BYTES);
	for (unsigned i = 0; i < MANIFEST_FILES; i++)
		s->fds[i] = open(path_of(given, manifest_file_names[i]), O_RDWR | O_CLOEXEC);
	s->copy.manifest = (struct manifest){
		.name = "net",
		.version = "1",
		.architecture = "x86_64",
		.suite = "trixie",
		.kind = "net",
		.kernel = "6.12+deb13",
		.roothash = HASH,
		.source = HASH,
		.data_blocks = 5,
	};
	*state = s;
	return 0;
}

static int end(void **state)
{
	struct stand *s = *state;

	template_copy_finish(&s->copy);
	fd_close_all(s->fds, MANIFEST_FILES);
	free(s);
	return 0;
}

static void digest_of(int fd, char ret_hex[DIGEST_HEX + 1])
{
	struct digest *d = digest_new();
	char bytes[777];
	ssize_t n;

	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		assert_int_equal(digest_add(d, bytes, (size_t)n), 0);
	assert_int_equal(digest_end(d, ret_hex), 0);
	digest_free(d);
}

static void check_file(const char *name, int from)
{
	char here[DIGEST_HEX + 1], there[DIGEST_HEX + 1];
	char path[64];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "net/1/%s", name);
	fd = open(path_of(templates, path), O_RDONLY);
	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	assert_int_equal(st.st_mode & 07777, 0444);
	digest_of(fd, there);
	digest_of(from, here);
	assert_string_equal(here, there);
	close(fd);
}

/* What vmosd finds there afterwards is a template that a VM can boot. */
static void test_whole(void **state)
{
	struct stand *s = *state;
	struct template *list;
	char hex[DIGEST_HEX + 1];

	assert_int_equal(
		lseek(s->fds[MANIFEST_ROOT], 100, SEEK_SET), 100); /* where the caller stands does not matter */
	assert_int_equal(template_copy_init(&s->copy, templates, s->fds), 0);
	assert_int_equal(template_copy_run(&s->copy), 0);
	assert_false(is_there("net/1"));
	assert_int_equal(template_copy_place(&s->copy), 0);
	template_copy_discard(&s->copy);
	assert_false(is_there("net/.import.tmp"));
	for (unsigned i = 0; i < MANIFEST_FILES; i++)
		check_file(manifest_file_names[i], s->fds[i]);
	assert_int_equal(template_scan(templates, &list), 0);
	assert_non_null(list);
	assert_string_equal(list->newest.kind, "net");
	assert_string_equal(list->newest.cmdline, "vmos.kind=net vmos.roothash=" HASH " vmos.rootblocks=5");
	digest_of(s->fds[MANIFEST_ROOT], hex);
	assert_string_equal(list->newest.sha256[MANIFEST_ROOT], hex);
	assert_int_equal(manifest_check(&list->newest), 0);
	template_free(list);
}

static void test_refused(void **state)
{
	struct stand *s = *state;
	int pair[2], good = s->fds[MANIFEST_INITRD];

	assert_int_equal(pipe(pair), 0);
	s->fds[MANIFEST_INITRD] = pair[0];
	assert_int_equal(template_copy_init(&s->copy, templates, s->fds), -EINVAL);
	assert_string_equal(s->copy.failed, "initrd");
	template_copy_finish(&s->copy);
	s->fds[MANIFEST_INITRD] = good;
	assert_int_equal(ftruncate(good, 0), 0);
	assert_int_equal(template_copy_init(&s->copy, templates, s->fds), -EMSGSIZE);
	template_copy_finish(&s->copy);
	assert_int_equal(ftruncate(good, (off_t)manifest_size_max[MANIFEST_INITRD] + 1), 0);
	assert_int_equal(template_copy_init(&s->copy, templates, s->fds), -EMSGSIZE);
	template_copy_finish(&s->copy);
	assert_int_equal(ftruncate(good, 1), 0);
	s->copy.manifest.data_blocks = ROOT_BYTES / MANIFEST_BLOCK;
	assert_int_equal(template_copy_init(&s->copy, templates, s->fds), -EBADMSG);
	template_copy_finish(&s->copy);
	s->copy.manifest.data_blocks = 1;
	s->copy.manifest.suite[0] = '\0';
	assert_int_equal(template_copy_init(&s->copy, templates, s->fds), -EBADMSG);
	close(pair[0]);
	close(pair[1]);
	assert_false(is_there("net"));
}

/* The file's size when it was looked at is what it must have to its end. */
static void test_changed(void **state)
{
	static const off_t sizes[] = { ROOT_BYTES - 1, ROOT_BYTES + 1, 0 };
	struct stand *s = *state;

	for (size_t i = 0; i < COUNT(sizes); i++) {
		assert_int_equal(ftruncate(s->fds[MANIFEST_ROOT], ROOT_BYTES), 0);
		assert_int_equal(template_copy_init(&s->copy, templates, s->fds), 0);
		assert_int_equal(ftruncate(s->fds[MANIFEST_ROOT], sizes[i]), 0);
		assert_int_equal(template_copy_run(&s->copy), -ESTALE);
		assert_string_equal(s->copy.failed, "root.erofs");
		assert_true(is_there("net/.import.tmp/kernel"));
		template_copy_discard(&s->copy);
		assert_false(is_there("net"));
		template_copy_finish(&s->copy);
	}
}

static void test_unreadable(void **state)
{
	struct stand *s = *state;

	close(s->fds[MANIFEST_KERNEL]);
	s->fds[MANIFEST_KERNEL] = open(path_of(given, "kernel"), O_WRONLY);
	assert_int_equal(template_copy_init(&s->copy, templates, s->fds), 0);
	assert_int_equal(template_copy_run(&s->copy), -EBADF);
	template_copy_discard(&s->copy);
	assert_false(is_there("net"));
}

static void test_stop(void **state)
{
	struct stand *s = *state;

	assert_int_equal(template_copy_init(&s->copy, templates, s->fds), 0);
	atomic_store(&s->copy.stop, true);
	assert_int_equal(template_copy_run(&s->copy), -ECANCELED);
	template_copy_discard(&s->copy);
	assert_false(is_there("net"));
}

/* Another version stays, whatever becomes of this one. */
static void test_there_already(void **state)
{
	struct stand *s = *state;

	assert_int_equal(paths_mkdir(path_of(templates, "net/1")), 0);
	assert_int_equal(symlink("x", path_of(templates, "net/1/kernel")), 0);
	assert_int_equal(template_copy_init(&s->copy, templates, s->fds), 0);
	assert_int_equal(template_copy_run(&s->copy), 0);
	assert_int_equal(template_copy_place(&s->copy), -EEXIST);
	template_copy_discard(&s->copy);
	assert_true(is_there("net/1"));
	assert_false(is_there("net/.import.tmp"));
}

/* What a vmosd that was killed has left, and what a build of the user's has not finished, which stays. */
static void test_sweep(void **state)
{
	struct stand *s = *state;

	assert_int_equal(template_copy_init(&s->copy, templates, s->fds), 0);
	assert_int_equal(template_copy_run(&s->copy), 0);
	assert_int_equal(paths_mkdir(path_of(templates, "app/.import.tmp/deep")), 0);
	assert_int_equal(paths_mkdir(path_of(templates, "app/.77.tmp")), 0);
	template_copy_sweep(templates);
	assert_false(is_there("net"));
	assert_false(is_there("app/.import.tmp"));
	assert_true(is_there("app/.77.tmp"));
	/* and a copy begins anew over what could not be swept */
	assert_int_equal(paths_mkdir(path_of(templates, "net/.import.tmp/kernel")), 0);
	assert_int_equal(template_copy_run(&s->copy), 0);
	assert_int_equal(template_copy_place(&s->copy), 0);
}

/* Before, and in the middle: only root can make a disk that is full. */
static void test_full(void **state)
{
	struct stand *s = *state;

	if (mount("tmpfs", templates, "tmpfs", 0, "size=2M") < 0)
		skip();
	assert_int_equal(template_copy_init(&s->copy, templates, s->fds), -ENOSPC);
	template_copy_finish(&s->copy);
	assert_int_equal(mount(NULL, templates, NULL, MS_REMOUNT, "size=8M"), 0);
	assert_int_equal(template_copy_init(&s->copy, templates, s->fds), 0);
	assert_int_equal(mount(NULL, templates, NULL, MS_REMOUNT, "size=2M"), 0);
	assert_int_equal(template_copy_run(&s->copy), -ENOSPC);
	template_copy_discard(&s->copy);
	assert_false(is_there("net"));
	assert_int_equal(umount(templates), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_whole),
		TEST(test_refused),
		TEST(test_changed),
		TEST(test_unreadable),
		TEST(test_stop),
		TEST(test_there_already),
		TEST(test_sweep),
		TEST(test_full),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
