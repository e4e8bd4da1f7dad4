/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files are dated by a finer clock than time(2) tells: for a tick what was just written is of the future. */
#ifndef TESTS_UNIT_MANAGER_FILE_CLOCK_H
#define TESTS_UNIT_MANAGER_FILE_CLOCK_H

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Waits until what was written to @fd is not. */
static inline void file_clock_pass(int fd)
{
	struct stat st;

	while (fstat(fd, &st) == 0 && time(NULL) < st.st_mtim.tv_sec)
		usleep(1000);
}

#endif
