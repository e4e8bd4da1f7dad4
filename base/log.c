/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOG_LINE_MAX 1024

static const char *const level_names[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

static const char *log_program = "vmos"; /* borrowed */
static const char *log_vm; /* borrowed, may be NULL */
static bool log_debug_on;

void log_open(const char *program, const char *vm)
{
	const char *debug = getenv("VMOS_DEBUG");

	log_program = program;
	log_vm = vm;
	log_debug_on = debug && strcmp(debug, "1") == 0;
}

/* Bytes that snprintf() wrote to a buffer with @room bytes left. */
static size_t written(int ret, size_t room)
{
	if (ret < 0)
		return 0;
	return (size_t)ret < room ? (size_t)ret : room - 1;
}

/* One line is one write, so lines of several processes in one file do not mix; control bytes cannot forge lines. */
void log_write(enum log_level level, const char *fmt, ...)
{
	int saved_errno = errno;
	char line[LOG_LINE_MAX];
	size_t room = sizeof(line) - 1; /* the newline */
	size_t len;
	va_list ap;

	if (level == LOG_LEVEL_DEBUG && !log_debug_on)
		return;
	if (log_vm)
		len = written(snprintf(line, room, "%s[%s]: %s: ", log_program, log_vm, level_names[level]), room);
	else
		len = written(snprintf(line, room, "%s: %s: ", log_program, level_names[level]), room);
	errno = saved_errno; /* for %m */
	va_start(ap, fmt);
	len += written(vsnprintf(line + len, room - len, fmt, ap), room - len);
	va_end(ap);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[len++] = '\n';
	if (write(STDERR_FILENO, line, len) < 0) {
		/* Nowhere left to say it. */
	}
	errno = saved_errno;
}
