/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Log lines on standard error: "vmosd: error: …". A program that runs once per VM names it: "vmos-courier[work]: …". */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* @program and @vm (may be NULL) are borrowed for the life of the process. VMOS_DEBUG=1 in the environment: debug too. */
void log_open(const char *program, const char *vm);
void log_write(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
