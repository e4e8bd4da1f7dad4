/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/paths.h"
#include "manager/audit.h"
#include "proto/text.h"
#include "tests/unit/unit.h"

static char folder[] = "/tmp/vmos-test-audit-XXXXXX";
static char log_path[64], head_path[64];
static struct audit *a;

static int set_up(void **state)
{
	signal(SIGXFSZ, SIG_IGN);
	return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
	return paths_remove(folder);
}

static int empty(void **state)
{
	snprintf(log_path, sizeof(log_path), "%s/audit.log", folder);
	snprintf(head_path, sizeof(head_path), "%s/audit.head", folder);
	return paths_remove(folder) || mkdir(folder, 0700);
}

static int close_it(void **state)
{
	audit_close(a);
	a = NULL;
	return 0;
}

static void reopen(void)
{
	audit_close(a);
	a = NULL;
	assert_int_equal(audit_open(folder, NULL, &a), 0);
}

static char *content(const char *path)
{
	char *text = NULL;
	size_t len;

	assert_int_equal(fd_read_file(path, 1 << 20, &text, &len), 0);
	return text;
}

static void append_bytes(const char *text)
{
	int fd = open(log_path, O_WRONLY | O_APPEND);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
	close(fd);
}

static struct chain_verdict verify(void)
{
	const struct chain_ends ends = { CHAIN_START, *audit_head(a) };
	struct chain_verdict verdict;
	char *text = content(log_path);

	assert_int_equal(chain_verify(text, strlen(text), &ends, &verdict), 0);
	free(text);
	return verdict;
}

/* Line @number of the log as an object, for the caller to put. */
static struct json_object *line(unsigned number)
{
	char *text = content(log_path), *at = text;
	struct json_object *o;

	for (unsigned i = 1; i < number; i++) {
		at = strchr(at, '\n');
		assert_non_null(at);
		at++;
	}
	*strchrnul(at, '\n') = '\0';
	o = json_tokener_parse(at);
	assert_non_null(o);
	free(text);
	return o;
}

static void line_has(unsigned number, const char *key, const char *value)
{
	struct json_object *o = line(number);

	assert_string_equal(json_object_get_string(json_object_object_get(o, key)), value);
	json_object_put(o);
}

static void test_new(void **state)
{
	struct stat st;

	reopen();
	assert_int_equal(audit_head(a)->seq, 0);
	assert_int_equal(audit_write(a, "first", "from", "work", "to", "web", NULL), 0);
	assert_int_equal(audit_write(a, "second", NULL), 0);
	assert_int_equal(audit_write(a, "third", "nothing", NULL, NULL), 0);
	assert_int_equal(audit_head(a)->seq, 3);
	line_has(1, "event", "first");
	line_has(1, "from", "work");
	line_has(1, "to", "web");
	line_has(1, "prev", CHAIN_START.hash);
	line_has(2, "seq", "2");
	line_has(3, "nothing", "");
	assert_int_equal(verify().fault, CHAIN_GOOD);
	assert_int_equal(verify().lines, 3);
	assert_int_equal(stat(log_path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_time(void **state)
{
	struct json_object *o;
	const char *text;
	unsigned y, mo, d, h, mi, s, us;
	char end;

	reopen();
	assert_int_equal(audit_write(a, "e", NULL), 0);
	o = line(1);
	text = json_object_get_string(json_object_object_get(o, "time"));
	assert_int_equal(sscanf(text, "%4u-%2u-%2uT%2u:%2u:%2u.%6u%c", &y, &mo, &d, &h, &mi, &s, &us, &end), 8);
	assert_int_equal(end, 'Z');
	assert_int_equal(strlen(text), 27);
	json_object_put(o);
}

static void test_goes_on(void **state)
{
	char *head;

	reopen();
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(audit_write(a, "e", NULL), 0);
	reopen();
	assert_int_equal(audit_head(a)->seq, 5);
	assert_int_equal(audit_write(a, "e", NULL), 0);
	assert_int_equal(verify().fault, CHAIN_GOOD);
	assert_int_equal(verify().lines, 6);
	head = content(head_path);
	assert_int_equal(strtoul(head, NULL, 10), 6);
	assert_memory_equal(head + 2, audit_head(a)->hash, CHAIN_HEX);
	free(head);
}

/* Whatever a value is, it is one line of valid JSON, and can end neither the value nor the line. */
static void test_hostile(void **state)
{
	char all[256], many[5000];

	for (unsigned i = 0; i < 255; i++)
		all[i] = (char)(i + 1);
	all[255] = '\0';
	memset(many, '\\', sizeof(many));
	many[sizeof(many) - 1] = '\0';
	reopen();
	assert_int_equal(audit_write(a, "e", "a", all, "b", "\",\"prev\":\"\n{\"seq\":1,", "c", many, NULL), 0);
	assert_int_equal(audit_write(a, "e", "a", "\xff\xc0\x80\xed\xa0\x80 \xe2\x80\xae", NULL), 0);
	assert_int_equal(verify().fault, CHAIN_GOOD);
	assert_int_equal(verify().lines, 2);
	for (unsigned i = 1; i <= 2; i++) {
		struct json_object *o = line(i);

		assert_true(text_is_clean(json_object_get_string(json_object_object_get(o, "a"))));
		json_object_put(o);
	}
	memset(many, 'x', AUDIT_VALUE_MAX + 1);
	many[AUDIT_VALUE_MAX] = '\0';
	assert_int_equal(audit_write(a, "e", "a", many, NULL), 0);
	line_has(3, "a", many);
}

static void test_many_fields(void **state)
{
	reopen();
	assert_int_equal(audit_write(a, "e", "1", "", "2", "", "3", "", "4", "", "5", "", "6", "", "7", "", "8", "",
				 "9", "", "a", "", "b", "", "c", "", "d", "", "e", "", "f", "", "g", "", NULL),
		0);
	assert_true(audit_write(a, "e", "1", "", "2", "", "3", "", "4", "", "5", "", "6", "", "7", "", "8", "", "9", "",
			    "a", "", "b", "", "c", "", "d", "", "e", "", "f", "", "g", "", "h", "", NULL) < 0);
	assert_int_equal(verify().lines, 1);
}

static void test_none(void **state)
{
	assert_int_equal(audit_write(NULL, "e", NULL), -ENODEV);
}

/* A line that a crash left unfinished is moved aside, and the log goes on. */
static void test_torn(void **state)
{
	char *text, name[96];

	reopen();
	assert_int_equal(audit_write(a, "e", NULL), 0);
	append_bytes("{\"seq\":2,\"ti");
	reopen();
	line_has(2, "event", "audit-torn");
	line_has(2, "bytes", "12");
	snprintf(name, sizeof(name), "%s.torn-2", log_path);
	line_has(2, "file", name);
	text = content(name);
	assert_string_equal(text, "{\"seq\":2,\"ti");
	free(text);
	assert_int_equal(verify().fault, CHAIN_GOOD);
	assert_int_equal(verify().lines, 2);
	reopen();
	assert_int_equal(audit_head(a)->seq, 2);
}

/* A crash between a line and its head. */
static void test_head_behind(void **state)
{
	char *old;
	int fd;

	reopen();
	assert_int_equal(audit_write(a, "e", NULL), 0);
	old = content(head_path);
	assert_int_equal(audit_write(a, "e", NULL), 0);
	fd = open(head_path, O_WRONLY | O_TRUNC);
	assert_int_equal(fd_write_all(fd, old, strlen(old)), 0);
	close(fd);
	reopen();
	assert_int_equal(audit_head(a)->seq, 2); /* nothing to note */
	assert_int_equal(audit_write(a, "e", NULL), 0);
	assert_int_equal(audit_write(a, "e", NULL), 0);
	assert_int_equal(verify().fault, CHAIN_GOOD);
	fd = open(head_path, O_WRONLY | O_TRUNC);
	assert_int_equal(fd_write_all(fd, old, strlen(old)), 0);
	close(fd);
	free(old);
	reopen();
	line_has(5, "event", "audit-fault");
	assert_int_equal(verify().fault, CHAIN_GOOD);
}

/* What was cut off while no vmosd ran stays missed, however often one starts after that. */
static void test_cut(void **state)
{
	struct chain_verdict verdict;
	off_t len = 0;
	char *text;

	reopen();
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(audit_write(a, "e", NULL), 0);
	text = content(log_path);
	for (unsigned i = 0; i < 2; i++)
		len += (off_t)strcspn(text + len, "\n") + 1;
	free(text);
	assert_int_equal(truncate(log_path, len), 0);
	assert_int_equal(verify().fault, CHAIN_CUT);
	reopen();
	reopen();
	line_has(3, "event", "audit-fault");
	line_has(3, "seq", "5");
	verdict = verify();
	assert_int_equal(verdict.fault, CHAIN_MISSING);
	assert_int_equal(verdict.line, 3);
	assert_int_equal(verdict.seq, 3);
	assert_int_equal(verdict.missing, 2);
}

static void test_all_cut(void **state)
{
	reopen();
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(audit_write(a, "e", NULL), 0);
	assert_int_equal(unlink(log_path), 0);
	reopen();
	line_has(1, "seq", "5");
	assert_int_equal(verify().fault, CHAIN_MISSING);
	assert_int_equal(verify().missing, 4);
}

static void test_no_head(void **state)
{
	reopen();
	assert_int_equal(audit_write(a, "e", NULL), 0);
	assert_int_equal(unlink(head_path), 0);
	reopen();
	line_has(2, "event", "audit-fault");
	line_has(2, "reason", "audit.head was missing: lines may have been cut off before this one");
	assert_int_equal(truncate(head_path, 20), 0);
	reopen();
	line_has(3, "reason", "audit.head could not be read: lines may have been cut off before this one");
	assert_int_equal(verify().fault, CHAIN_GOOD);
}

static void test_changed_end(void **state)
{
	int fd;

	reopen();
	assert_int_equal(audit_write(a, "e", NULL), 0);
	assert_int_equal(audit_write(a, "e", NULL), 0);
	fd = open(log_path, O_WRONLY);
	assert_int_equal(pwrite(fd, "X", 1, lseek(fd, 0, SEEK_END) - 3), 1);
	close(fd);
	reopen();
	line_has(3, "event", "audit-fault");
	assert_int_equal(verify().fault, CHAIN_UNREADABLE);
	assert_int_equal(verify().line, 2);
}

/* Fills the log's file; what follows goes into another one. */
static void fill(void)
{
	char much[AUDIT_VALUE_MAX + 1];
	struct stat st;

	memset(much, 'x', AUDIT_VALUE_MAX);
	much[AUDIT_VALUE_MAX] = '\0';
	do {
		assert_int_equal(audit_write(a, "e", "1", much, "2", much, "3", much, "4", much, "5", much, "6", much,
					 "7", much, "8", much, "9", much, "a", much, "b", much, "c", much, "d", much,
					 "e", much, "f", much, "g", much, NULL),
			0);
		assert_int_equal(stat(log_path, &st), 0);
	} while (st.st_size < AUDIT_FILE_MAX);
}

/* The text of all files, the oldest first, for the caller to free. */
static char *all_files(void)
{
	static const size_t room = (size_t)2 * AUDIT_FILE_MAX + (1 << 20);
	char *text = calloc(1, room);
	int fds[AUDIT_FILES], n = audit_readers(a, fds);
	size_t len = 0;

	assert_non_null(text);
	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		ssize_t have = fd_read_all(fds[i], text + len, room - len - 1);

		assert_true(have >= 0);
		len += (size_t)have;
		close(fds[i]);
	}
	return text;
}

static void all_is_good(uint64_t first)
{
	char *text = all_files();
	const struct chain_ends ends = { chain_claimed_start(text, strlen(text)), *audit_head(a) };
	struct chain_verdict verdict;

	assert_int_equal(ends.start.seq + 1, first);
	assert_int_equal(chain_verify(text, strlen(text), &ends, &verdict), 0);
	assert_int_equal(verdict.fault, CHAIN_GOOD);
	assert_int_equal(verdict.lines, audit_head(a)->seq - ends.start.seq);
	free(text);
}

static void move(unsigned from, unsigned to)
{
	char *a_name = audit_files_name(log_path, from), *b_name = audit_files_name(log_path, to);

	assert_int_equal(rename(a_name, b_name), 0);
	free(a_name);
	free(b_name);
}

/* The number that the last announcement in the file of @age has. */
static uint64_t announced(unsigned age)
{
	char *name = audit_files_name(log_path, age), *text = NULL, *at;
	uint64_t first;
	size_t len;

	assert_int_equal(fd_read_file(name, 2 * AUDIT_FILE_MAX, &text, &len), 0);
	at = memrchr(text, '\n', len - 1);
	assert_non_null(at);
	assert_non_null(strstr(at, "\"event\":\"audit-rotated\",\"first\":\""));
	first = strtoull(strstr(at, "first\":\"") + 8, NULL, 10);
	free(text);
	free(name);
	return first;
}

/* A full file becomes an older one. The chain goes through both, also after a crash before the new one has a line. */
static void test_rotated(void **state)
{
	struct stat st;

	reopen();
	fill();
	assert_int_equal(audit_write(a, "next", NULL), 0);
	line_has(1, "event", "next");
	assert_int_equal(announced(1), 1);
	all_is_good(1);
	assert_int_equal(truncate(log_path, 0), 0);
	audit_close(a);
	a = NULL;
	assert_int_equal(audit_open(folder, NULL, &a), 0);
	line_has(1, "event", "audit-fault"); /* the line was in the head: it was cut off */
	assert_int_equal(stat(log_path, &st), 0);
	assert_true(st.st_size < 1024);
}

static void test_rotated_empty(void **state)
{
	reopen();
	assert_int_equal(audit_write(a, "e", NULL), 0);
	audit_close(a);
	a = NULL;
	move(0, 1);
	reopen();
	assert_int_equal(audit_head(a)->seq, 1);
	assert_int_equal(audit_write(a, "f", NULL), 0);
	line_has(1, "event", "f");
	all_is_good(1);
}

/* The oldest goes, and a line said before where the chain begins then. */
static void test_oldest_goes(void **state)
{
	reopen();
	for (unsigned age = AUDIT_FILES - 1; age > 0; age--) {
		assert_int_equal(audit_write(a, "e", NULL), 0);
		assert_int_equal(audit_write(a, "e", NULL), 0);
		move(0, age);
	}
	all_is_good(1);
	fill();
	assert_int_equal(audit_write(a, "next", NULL), 0);
	assert_int_equal(announced(1), 3);
	all_is_good(3);
}

/* Taken away while it is written: lines go on in a new file, by number. */
static void test_taken_away(void **state)
{
	char other[96];
	int fd, fds[AUDIT_FILES];

	reopen();
	assert_int_equal(audit_write(a, "e", NULL), 0);
	snprintf(other, sizeof(other), "%s.1", log_path);
	assert_int_equal(rename(log_path, other), 0);
	assert_int_equal(audit_write(a, "f", NULL), 0);
	line_has(1, "seq", "2");
	assert_int_equal(verify().fault, CHAIN_MISSING);
	assert_int_equal(unlink(log_path), 0);
	assert_int_equal(unlink(other), 0);
	assert_int_equal(audit_readers(a, fds), 1);
	fd = fds[0];
	assert_int_equal(lseek(fd, 0, SEEK_END), 0);
	assert_int_equal(write(fd, "x", 1), -1);
	close(fd);
	assert_int_equal(unlink(log_path), 0);
	assert_int_equal(symlink(other, log_path), 0);
	assert_true(audit_write(a, "g", NULL) < 0);
}

/* No room for the whole line: no part of it stays, and later ones follow the last that was written. */
static void test_full(void **state)
{
	struct rlimit old, small;
	char *before, *after;

	reopen();
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(audit_write(a, "e", NULL), 0);
	before = content(log_path);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = (struct rlimit){ strlen(before) + 10, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(audit_write(a, "lost", NULL), -EFBIG);
	assert_int_equal(audit_write(a, "lost", NULL), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	after = content(log_path);
	assert_string_equal(before, after);
	assert_int_equal(audit_write(a, "e", NULL), 0);
	assert_int_equal(verify().fault, CHAIN_GOOD);
	assert_int_equal(verify().lines, 4);
	free(before);
	free(after);
}

static void test_not_there(void **state)
{
	assert_int_equal(audit_open("/nowhere/at/all", NULL, &a), -ENOENT);
	assert_int_equal(mkdir(log_path, 0700), 0);
	assert_true(audit_open(folder, NULL, &a) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_new, empty, close_it),
		cmocka_unit_test_setup_teardown(test_time, empty, close_it),
		cmocka_unit_test_setup_teardown(test_goes_on, empty, close_it),
		cmocka_unit_test_setup_teardown(test_hostile, empty, close_it),
		cmocka_unit_test_setup_teardown(test_many_fields, empty, close_it),
		cmocka_unit_test(test_none),
		cmocka_unit_test_setup_teardown(test_torn, empty, close_it),
		cmocka_unit_test_setup_teardown(test_head_behind, empty, close_it),
		cmocka_unit_test_setup_teardown(test_cut, empty, close_it),
		cmocka_unit_test_setup_teardown(test_all_cut, empty, close_it),
		cmocka_unit_test_setup_teardown(test_no_head, empty, close_it),
		cmocka_unit_test_setup_teardown(test_changed_end, empty, close_it),
		cmocka_unit_test_setup_teardown(test_rotated, empty, close_it),
		cmocka_unit_test_setup_teardown(test_rotated_empty, empty, close_it),
		cmocka_unit_test_setup_teardown(test_oldest_goes, empty, close_it),
		cmocka_unit_test_setup_teardown(test_taken_away, empty, close_it),
		cmocka_unit_test_setup_teardown(test_full, empty, close_it),
		cmocka_unit_test_setup_teardown(test_not_there, empty, close_it),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
