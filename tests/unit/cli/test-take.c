/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a VM sends as a template against who takes it: the lines of images/template/inside-vm write it here, too. */
#include "cli/template_take.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/unit/unit.h"

#define STREAM_MAX (1u << 20)

static const char *script;
static char folder[] = "/tmp/vmos-take.XXXXXX";
static uint8_t stream[STREAM_MAX];
static size_t size;

/* A template of small files, and what the script's send() makes of it. */
static const char make[] =
	"set -eu; eval \"$(sed -n '/^number()/,/^}/p; /^send()/,/^}/p' \"$1\")\"; cd \"$2\"\n"
	"head -c 70000 /dev/urandom >kernel; head -c 300 /dev/urandom >initrd; head -c 40960 /dev/urandom >root.erofs\n"
	"hash() { sha256sum <\"$1\" | cut -c 1-64; }\n"
	"{ echo name=x; echo version=v1; echo architecture=x86_64; echo suite=trixie; echo kind=app; echo kernel=6.12\n"
	"echo roothash=$(hash kernel); echo data_blocks=9; echo source=$(hash initrd)\n"
	"for f in kernel initrd root; do n=$f; [ $f != root ] || n=root.erofs\n"
	"echo size_$f=$(stat -c %s $n); echo sha256_$f=$(hash $n); done; } >manifest\n"
	"send 2>/dev/null";

static int setup(void **state)
{
	int out[2], status;
	ssize_t n;
	pid_t pid;

	assert_non_null(mkdtemp(folder));
	assert_int_equal(pipe(out), 0);
	pid = fork();
	if (!pid) {
		dup2(out[1], 1);
		execlp("bash", "bash", "-c", make, "make", script, folder, (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	n = fd_read_all(out[0], stream, sizeof(stream));
	close(out[0]);
	assert_true(n > 0);
	size = (size_t)n;
	return waitpid(pid, &status, 0) == pid ? status : -1;
}

static int teardown(void **state)
{
	static const char *const names[] = { "kernel", "initrd", "root.erofs", "manifest" };
	char path[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	return rmdir(folder); /* fails where anything else was left in it */
}

static int feed(struct template_take *t, size_t len, size_t piece)
{
	int r = template_take_init(t, folder);

	for (size_t at = 0; at < len && r == 0; at += piece)
		r = template_take_feed(t, stream + at, piece < len - at ? piece : len - at);
	return r;
}

static void assert_file_is(int fd, const char *name)
{
	char path[128], *kept = malloc(STREAM_MAX), *made = malloc(STREAM_MAX);
	ssize_t len = pread(fd, kept, STREAM_MAX, 0);
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_true(len > 0);
	assert_int_equal(fread(made, 1, STREAM_MAX, f), len);
	assert_memory_equal(made, kept, (size_t)len);
	fclose(f);
	free(kept);
	free(made);
}

static void test_whole(void **state)
{
	static struct template_take t;

	for (size_t piece = 7; piece < 2 * STREAM_MAX; piece *= 50) {
		assert_int_equal(feed(&t, size, piece), 0);
		assert_true(template_take_is_whole(&t));
		assert_string_equal(t.stream.manifest.name, "x");
		for (unsigned i = 0; i < MANIFEST_FILES; i++)
			assert_file_is(t.fds[i], manifest_file_names[i]);
		template_take_release(&t);
	}
}

static void test_early_end(void **state)
{
	static struct template_take t;

	assert_int_equal(feed(&t, size - 1, 4096), 0);
	assert_false(template_take_is_whole(&t));
	template_take_release(&t);
}

/* One bit anywhere in a file, and one byte behind all. */
static void test_wrong(void **state)
{
	static struct template_take t;
	const size_t at[] = { size - 1, size - 40960, size - 40961, size - 41260, size - 41261, size - 111260 };

	for (size_t i = 0; i < sizeof(at) / sizeof(*at); i++) {
		stream[at[i]] ^= 4;
		assert_int_equal(feed(&t, size, 4096), -EBADMSG);
		assert_false(template_take_is_whole(&t));
		template_take_release(&t);
		stream[at[i]] ^= 4;
	}
	assert_int_equal(feed(&t, size + 1, 4096), -EBADMSG);
	template_take_release(&t);
}

static void test_no_place(void **state)
{
	static struct template_take t;

	assert_int_equal(template_take_init(&t, "/nonexistent"), 0);
	assert_int_equal(template_take_feed(&t, stream, size), -ENOENT);
	template_take_release(&t);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_early_end),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_no_place),
	};

	script = argc > 1 ? argv[1] : "images/template/inside-vm";
	return cmocka_run_group_tests(tests, setup, teardown);
}
