/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/console.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "proto/text.h"

#define CONSOLE_READ 16384 /* bytes: a panic with its trace */

/* The last bytes of the file; the console's own line ends are made one kind. */
static size_t read_end(const char *path, uint8_t *untrusted, size_t cap)
{
	int fd cleanup_fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	ssize_t len;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	if (st.st_size > (off_t)cap && lseek(fd, st.st_size - (off_t)cap, SEEK_SET) < 0)
		return 0;
	len = fd_read_all(fd, untrusted, cap);
	if (len < 0)
		return 0;
	for (ssize_t i = 0; i < len; i++) {
		if (untrusted[i] == '\r')
			untrusted[i] = '\n';
	}
	return (size_t)len;
}

/* Where the last @lines lines that are not empty begin. */
static size_t find_start(const uint8_t *untrusted, size_t len, unsigned lines)
{
	size_t at = len;

	while (at > 0) {
		bool begins = untrusted[at - 1] != '\n' && (at == 1 || untrusted[at - 2] == '\n');

		at--;
		if (begins && --lines == 0)
			break;
	}
	return at;
}

void console_tail(const char *path, char *dst, size_t cap)
{
	uint8_t untrusted[CONSOLE_READ];
	size_t len = read_end(path, untrusted, sizeof(untrusted));
	size_t at = find_start(untrusted, len, CONSOLE_LINES), used = 0;

	dst[0] = '\0';
	while (at < len) {
		const uint8_t *end = memchr(untrusted + at, '\n', len - at);
		size_t line_len = end ? (size_t)(end - untrusted) - at : len - at;
		char line[CONSOLE_LINE_MAX];
		int n;

		text_sanitise(untrusted + at, line_len, line, sizeof(line));
		at += line_len + 1;
		if (!line_len)
			continue;
		n = snprintf(dst + used, cap - used, "  | %s\n", line);
		if (n < 0 || (size_t)n >= cap - used)
			break;
		used += (size_t)n;
	}
	dst[used] = '\0';
}

bool console_ends_in_order(const char *path)
{
	static const char goodbye[] =
		"reboot: "; /* kernel/reboot.c: "Power down", "Restarting system", "System halted" */
	uint8_t untrusted[CONSOLE_READ];
	size_t len = read_end(path, untrusted, sizeof(untrusted));
	size_t at = find_start(untrusted, len, 1);

	return memmem(untrusted + at, len - at, goodbye, sizeof(goodbye) - 1);
}

bool console_find_panic(const char *path, char *dst, size_t cap)
{
	static const char panic[] = "Kernel panic";
	uint8_t untrusted[CONSOLE_READ];
	size_t len = read_end(path, untrusted, sizeof(untrusted));
	const uint8_t *at = memmem(untrusted, len, panic, sizeof(panic) - 1);
	const uint8_t *end = at ? memchr(at, '\n', (size_t)(untrusted + len - at)) : NULL;

	if (at)
		text_sanitise(at, (size_t)((end ? end : untrusted + len) - at), dst, cap);
	return at;
}
