/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/ctl/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"

static const struct files files_none = { { -1, -1, -1 }, { -1, -1, -1 } };

void files_close_theirs(struct files *f)
{
	fd_close_all(f->theirs, 3);
}

int files_open_null(struct files *f)
{
	*f = files_none;
	for (int i = 0; i < 3; i++) {
		f->theirs[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (f->theirs[i] < 0) {
			int r = -errno;

			files_close_theirs(f);
			return r;
		}
	}
	return 0;
}

int files_open_pipes(struct files *f)
{
	*f = files_none;
	for (int i = 0; i < 3; i++) {
		int fds[2];

		if (pipe2(fds, O_CLOEXEC) < 0) {
			int r = -errno;

			files_close_theirs(f);
			fd_close_all(f->ours, 3);
			return r;
		}
		f->theirs[i] = fds[i == 0 ? 0 : 1];
		f->ours[i] = fds[i == 0 ? 1 : 0];
		fd_set_nonblock(f->ours[i], true);
	}
	return 0;
}

int files_open_tty(struct files *f, uint16_t rows, uint16_t cols, uid_t owner)
{
	const struct winsize size = { .ws_row = rows ? rows : 24, .ws_col = cols ? cols : 80 };
	int master cleanup_fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	int slave cleanup_fd = -1;

	*f = files_none;
	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		return -errno;
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || fchown(slave, owner, (gid_t)-1) < 0 || ioctl(slave, TIOCSWINSZ, &size) < 0)
		return -errno;
	fd_set_nonblock(master, true);
	for (int i = 0; i < 3; i++)
		f->theirs[i] = fcntl(slave, F_DUPFD_CLOEXEC, 3);
	f->ours[0] = fcntl(master, F_DUPFD_CLOEXEC, 3);
	f->ours[1] = steal_fd(&master);
	if (f->theirs[2] >= 0 && f->ours[0] >= 0)
		return 0;
	files_close_theirs(f);
	fd_close_all(f->ours, 3);
	return -EMFILE;
}
