/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/log.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/chain.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/format.h"

#define SHOWN 20 /* lines, where nothing else is said */
#define LOOK_EVERY 500000 /* microseconds, with --follow */

struct options {
	bool json, follow, verify;
	const char *since; /* NULL: from the beginning */
	char since_time[40];
	uint32_t count; /* 0: all */
};

static bool is_wanted(const struct options *o, const char *line, size_t len)
{
	char *when cleanup_free = o->since ? log_line_value(line, len, "time") : NULL;

	return !o->since || !when || strcmp(when, o->since_time) >= 0;
}

static int print_line(const struct options *o, const char *line, size_t len)
{
	struct chain_head own;
	char *text cleanup_free = NULL;

	if (!o->json)
		text = log_line_text(line, len);
	else if (chain_read_line(line, len, &own) == 0)
		text = strndup(line, len);
	else
		return cli_error(CLI_FAILED, "the log has a line that cannot be read: `vmos log --verify`");
	if (!text)
		return cli_oom();
	puts(text);
	return CLI_OK;
}

/* Where the last @count of the whole lines of @text begin that are wanted; 0: all are. */
static const char *first_of_last(const struct options *o, const char *text, size_t len)
{
	const char *line = text + len;
	uint32_t found = 0;

	while (line > text && (o->count == 0 || found < o->count)) {
		const char *end = line - 1, *before = memrchr(text, '\n', (size_t)(end - text));

		line = before ? before + 1 : text;
		found += is_wanted(o, line, (size_t)(end - line));
	}
	return line;
}

/* Prints the whole lines of @text. How many bytes they were. */
static size_t print_lines(const struct options *o, const char *text, size_t len, bool all)
{
	const char *last = memrchr(text, '\n', len);
	size_t whole = last ? (size_t)(last - text) + 1 : 0;

	for (const char *at = all ? text : first_of_last(o, text, whole); at < text + whole;) {
		size_t n = (size_t)((const char *)memchr(at, '\n', (size_t)(text + whole - at)) - at);

		if (is_wanted(o, at, n))
			print_line(o, at, n);
		at += n + 1;
	}
	return whole;
}

/* Whether the last of the whole lines of @text says that the log goes on in another file. */
static bool is_rotated(const char *text, size_t whole)
{
	const char *before = whole > 1 ? memrchr(text, '\n', whole - 1) : NULL, *line = before ? before + 1 : text;
	char *event cleanup_free = whole ? log_line_value(line, whole - 1 - (size_t)(line - text), "event") : NULL;

	return event && !strcmp(event, LOG_ROTATED);
}

/* Prints what is new in the newest file, which @at is a place in. */
static int show_more(sd_bus *bus, const struct options *o, struct log_files *files, off_t *at)
{
	char *text cleanup_free = NULL;
	size_t len = 0, whole;
	int r = log_read_from(files->fds[files->n - 1], *at, &text, &len);

	if (r < 0)
		return cli_error(CLI_FAILED, "the audit log cannot be read: %s", strerror(-r));
	whole = print_lines(o, text, len, true);
	*at += (off_t)whole;
	if (!is_rotated(text, whole))
		return CLI_OK;
	*at = 0;
	log_files_close(files);
	return log_open_readers(bus, files);
}

/* Ends when its output does, or by a signal. */
static int show(sd_bus *bus, const struct options *o, struct log_files *files)
{
	char *text cleanup_free = NULL;
	size_t len = 0;
	off_t at = 0;
	int r = log_files_read(files, &text, &len, &at);

	if (r < 0)
		return cli_error(CLI_FAILED, "the audit log cannot be read: %s", strerror(-r));
	print_lines(o, text, len, false);
	for (r = CLI_OK; !r; r = show_more(bus, o, files, &at)) {
		if (fflush(stdout) || ferror(stdout))
			return cli_error(CLI_FAILED, "cannot write the output");
		if (!o->follow)
			return CLI_OK;
		usleep(LOOK_EVERY);
	}
	return r;
}

static int read_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "follow", no_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ "since", required_argument, NULL, 's' },
		{ "verify", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	int opt;

	while ((opt = cli_option(argc, argv, "hf", longs)) != -1) {
		if (opt == '?')
			return cli_usage(argv[0]);
		o->follow = o->follow || opt == 'f';
		o->json = o->json || opt == 'j';
		o->verify = o->verify || opt == 'v';
		if (opt == 's')
			o->since = optarg;
	}
	o->count = o->since ? 0 : SHOWN;
	if (argc - optind > 1 || (o->verify && (o->json || o->follow || o->since || optind < argc)))
		return cli_usage(argv[0]);
	if (optind < argc && format_parse_number(argv[optind], 1000000000, &o->count))
		return cli_error(CLI_USAGE, "\"%s\" is no number of lines", argv[optind]);
	if (o->since && log_line_since(o->since, time(NULL), o->since_time) < 0)
		return cli_error(CLI_USAGE,
			"\"%s\" is no time: give one such as 10m, 2026-01-31 or \"2026-01-31 12:30\"", o->since);
	return 0;
}

int log_main(int argc, char **argv)
{
	sd_bus *bus cleanup_bus = NULL;
	struct options options = { 0 };
	struct log_files files = { 0 };
	int r = read_options(argc, argv, &options);

	if (!r)
		r = client_open(&bus);
	if (!r && options.verify)
		return log_verify(bus);
	if (!r)
		r = log_open_readers(bus, &files);
	if (!r)
		r = show(bus, &options, &files);
	log_files_close(&files);
	return r;
}
