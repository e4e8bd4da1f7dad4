/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static struct termios saved;
static volatile sig_atomic_t is_raw;

bool terminal_is_ours(void)
{
	return isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

void terminal_restore(void)
{
	if (is_raw)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
	is_raw = 0;
}

/* A bug of ours must not leave the user with a terminal that does not echo. tcsetattr is safe in a handler. */
static void handle_crash(int signo)
{
	terminal_restore();
	signal(signo, SIG_DFL);
	raise(signo);
}

int terminal_raw(void)
{
	static const int crashes[] = { SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL };
	static bool registered;
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &saved) < 0)
		return -errno;
	for (size_t i = 0; i < sizeof(crashes) / sizeof(*crashes); i++)
		signal(crashes[i], handle_crash);
	if (!registered)
		atexit(terminal_restore);
	registered = true;
	raw = saved;
	cfmakeraw(&raw);
	if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) < 0)
		return -errno;
	is_raw = 1;
	return 0;
}

void terminal_size(uint16_t *ret_rows, uint16_t *ret_cols)
{
	struct winsize ws = { 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) < 0 || !ws.ws_row || !ws.ws_col)
		ws = (struct winsize){ .ws_row = 24, .ws_col = 80 };
	*ret_rows = ws.ws_row;
	*ret_cols = ws.ws_col;
}

/*
 * A pipe is opened anew only to write: a reader that opens one whose writers
 * have all left is told of no end (fifo(7), and pipe_poll() in fs/pipe.c).
 */
static bool may_reopen(int fd, bool to_write)
{
	struct stat st;

	if (isatty(fd))
		return true;
	return to_write && !fstat(fd, &st) && S_ISFIFO(st.st_mode);
}

int terminal_share(int fd, bool to_write)
{
	int flags = to_write ? O_WRONLY : O_RDONLY;
	char path[32];
	int shared = -1;

	if (may_reopen(fd, to_write)) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		shared = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	}
	if (shared < 0)
		shared = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (shared < 0 && errno == EBADF)
		shared = open("/dev/null", flags | O_CLOEXEC);
	return shared < 0 ? -errno : shared;
}
