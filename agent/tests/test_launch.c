/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What vmos-files opens, and with which program: those of the desktop are
 * scripts here, which write down how they were called.
 *   test_launch VMOS_FILES
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/tests/tree.h"
#include "base/fd.h"
#include "proto/xfer.h"

static const char *program;
static char folder[] = "/tmp/test-launch.XXXXXX";

/* A program of the desktop: notes its arguments, says @says, exits with @status. */
static void make_program(const char *name, const char *says, int status)
{
	char path[64], text[256];
	int fd, n;

	snprintf(path, sizeof(path), "bin/%s", name);
	n = snprintf(text, sizeof(text),
		"#!/bin/sh\necho \"%s $* $VMOS_OPENED\" >>'%s/calls'\nprintf '%%s' '%s'\nexit %d\n", name, folder, says,
		status);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755);
	CHECK(fd >= 0 && fd_write_all(fd, text, (size_t)n) == 0);
	close(fd);
}

static void make_desktop(void)
{
	tree_clean("bin");
	unlink("calls");
}

/* Runs vmos-files with the desktop's programs and the shell's. Its status. */
static int run(char *const *argv)
{
	char path[256];
	int status;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		snprintf(path, sizeof(path), "%s/bin", folder);
		setenv("PATH", path, 1);
		execv(program, argv);
		_exit(127);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int open_url(const char *url)
{
	char *argv[] = { "vmos-files", "url", "work", (char *)(uintptr_t)url, NULL };

	return run(argv);
}

static void expect_calls(const char *expected)
{
	char *calls = NULL;

	if (fd_read_file("calls", 4096, &calls, NULL) < 0)
		calls = strdup("");
	if (strcmp(calls, expected) != 0)
		fprintf(stderr, "# called:\n%s# expected:\n%s", calls, expected);
	CHECK(strcmp(calls, expected) == 0);
	free(calls);
	unlink("calls");
}

static void test_url(void)
{
	make_desktop();
	make_program("gio", "", 0);
	make_program("xdg-mime", "firefox.desktop", 0);
	CHECK(open_url("https://example.org/a?b=c&d") == XFER_OK);
	expect_calls("xdg-mime query default x-scheme-handler/https \ngio open https://example.org/a?b=c&d 1\n");
	make_program("gio", "", 2);
	CHECK(open_url("mailto:a@b.c") == XFER_R_OPEN);
	make_desktop();
	CHECK(open_url("https://example.org/") == XFER_R_OPEN); /* there is nothing at all */
}

/* The desktop's program for links is the one that asks the host: it is not asked again. */
static void test_own_handler(void)
{
	make_desktop();
	make_program("gio", "", 0);
	make_program("xdg-mime", "vmos-open.desktop", 0);
	CHECK(open_url("https://example.org/") == XFER_R_OPEN);
	expect_calls("xdg-mime query default x-scheme-handler/https \n");
	make_program("x-www-browser", "", 0);
	CHECK(open_url("https://example.org/") == XFER_OK);
	expect_calls("xdg-mime query default x-scheme-handler/https \nx-www-browser https://example.org/ 1\n");
}

static void test_bad_urls(void)
{
	static const char *const bad[] = { "file:///etc/passwd", "javascript:1", "--help", "", "https://a b",
		"https://a\n", "x" };

	make_desktop();
	make_program("gio", "", 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(open_url(bad[i]) == XFER_R_USAGE);
	expect_calls("");
}

#define RUN_TEST(f) (f(), printf("ok %d - %s\n", ++count, #f))

int main(int argc, char **argv)
{
	int count = 0;

	if (argc != 2)
		return 2;
	program = tree_path(argv[1]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	CHECK(mkdtemp(folder) && chdir(folder) == 0);
	RUN_TEST(test_url);
	RUN_TEST(test_own_handler);
	RUN_TEST(test_bad_urls);
	printf("1..%d\n", count);
	CHECK(chdir("/") == 0);
	tree_clean(folder);
	rmdir(folder);
	return 0;
}
