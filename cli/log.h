/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of `vmos log`. What stands in the log is checked before it is shown: somebody may have written to it. */
#ifndef CLI_LOG_H
#define CLI_LOG_H

#include <json-c/json.h>
#include <stddef.h>
#include <stdio.h>
#include <systemd/sd-bus.h>
#include <time.h>

#define LOG_ROTATED "audit-rotated" /* the event of the last line of a file that became an older one */
#define LOG_FILES_MAX 16

/* A log's files, opened to read, the oldest first. */
struct log_files {
	int fds[LOG_FILES_MAX];
	unsigned n;
};

/* log_files.c: what OpenLog(), which is @call, gives: at least one file. Exit code. */
int log_files_open(sd_bus *bus, sd_bus_message *call, struct log_files *ret);
void log_files_close(struct log_files *files);
/* What all have, ended by a NUL, for the caller to free; *ret_last: bytes of the newest one's whole lines. -errno. */
int log_files_read(const struct log_files *files, char **ret_text, size_t *ret_len, off_t *ret_last);
/* The audit log's. Exit code. */
int log_open_readers(sd_bus *bus, struct log_files *ret);
/* What the log has from byte @from on, ended by a NUL, for the caller to free. -errno. */
int log_read_from(int fd, off_t from, char **ret_text, size_t *ret_len);

/* log_verify.c: checks the log's chain and says what was found. Exit code. */
int log_verify(sd_bus *bus);

/*
 * log_line.c: a line as one for people: time, event, key=value …, for the
 * caller to free. NULL: memory is out. @line has no newline.
 */
char *log_line_text(const char *untrusted_line, size_t len);
#define LOG_VALUE_MAX 4096 /* bytes of a value that are shown */

/* The object of a line, for json_object_put(). NULL: it is no JSON object. */
struct json_object *log_line_parse(const char *untrusted_line, size_t len);
/* "2026-01-31T12:34:56.789012Z" as local time; anything else cleaned, as it is. */
void log_line_time(FILE *out, const char *untrusted_time);
/* The value of @key of a line, cleaned, for the caller to free. NULL: it has none. */
char *log_line_value(const char *untrusted_line, size_t len, const char *key);
/*
 * The earliest time that @since means, as lines have it: "10m" before @now, or
 * a local date and time, "2026-01-31" or "2026-01-31 12:30[:59]". -EINVAL.
 */
int log_line_since(const char *since, time_t now, char ret_time[40]);

#endif
