/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/files/launch.h"

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "proto/xfer.h"

#define OWN_HANDLER "vmos-open.desktop"
#define WAIT_MS 5000 /* a program that still runs then has opened it */

static void use_files(int in, int out)
{
	dup2(in, 0);
	dup2(out, 1);
	dup2(in, 2);
}

/* Apart from this run: what is opened stays when that ends. */
static void __attribute__((noreturn)) launch_exec(const char *what, bool browser)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	use_files(null, null);
	setenv(LAUNCH_MARK, "1", 1);
	if (browser) {
		execlp("x-www-browser", "x-www-browser", what, (char *)NULL);
		_exit(127);
	}
	execlp("gio", "gio", "open", what, (char *)NULL);
	execlp("xdg-open", "xdg-open", what, (char *)NULL);
	_exit(127);
}

static int launch(const char *what, bool browser)
{
	pid_t pid = fork();
	int status = 0;

	if (pid < 0)
		return XFER_R_OPEN;
	if (pid == 0)
		launch_exec(what, browser);
	for (int waited = 0; waited < WAIT_MS; waited += 20) {
		pid_t ended = waitpid(pid, &status, WNOHANG);

		if (ended == pid)
			return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? XFER_OK : XFER_R_OPEN;
		poll(NULL, 0, 20);
	}
	return XFER_OK;
}

int launch_file(const char *path)
{
	return launch(path, false);
}

/* What xdg-mime(1) says of @type: the name of a .desktop file; empty: nothing, or there is no such program. */
static void query_default(const char *type, char *dst, size_t cap)
{
	int fds[2], null = open("/dev/null", O_RDWR | O_CLOEXEC);
	ssize_t n = 0;
	pid_t pid;

	dst[0] = '\0';
	if (null < 0 || pipe2(fds, O_CLOEXEC) < 0)
		return;
	pid = fork();
	if (pid == 0) {
		use_files(null, fds[1]);
		execlp("xdg-mime", "xdg-mime", "query", "default", type, (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	if (pid > 0)
		n = fd_read_all(fds[0], dst, cap - 1);
	dst[n > 0 ? n : 0] = '\0';
	close(fds[0]);
	close(null);
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

/* vmos-open would send the link on to yet another VM, or refuse to. */
static bool leads_away(const char *url)
{
	char type[64], program[64];

	snprintf(type, sizeof(type), "x-scheme-handler/%.*s", (int)strcspn(url, ":"), url);
	query_default(type, program, sizeof(program));
	return strncmp(program, OWN_HANDLER, strlen(OWN_HANDLER)) == 0;
}

int launch_url(const char *url)
{
	return launch(url, leads_away(url));
}
