/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/log.h"

#include <errno.h>
#include <fcntl.h>
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
#define CHUNK (64 * 1024)
#define LOOK_EVERY 500000 /* microseconds, with --follow */

struct options {
	bool json, follow, verify;
	const char *since; /* NULL: from the beginning */
	char since_time[40];
	uint32_t count; /* 0: all */
};

int log_open_reader(sd_bus *bus, int *ret_fd)
{
	sd_bus_message *call cleanup_message = NULL, *reply cleanup_message = NULL;
	int fd, r = client_manager_call(bus, "OpenLog", &call);

	if (!r)
		r = client_send(bus, call, NULL, &reply);
	if (r)
		return r;
	r = sd_bus_message_read(reply, "h", &fd);
	if (r >= 0)
		*ret_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (r >= 0 && *ret_fd < 0)
		r = -errno;
	return r < 0 ? client_broken(r) : 0;
}

int log_read_from(int fd, off_t from, char **ret_text, size_t *ret_len)
{
	char *text cleanup_free = NULL;
	size_t len = 0;
	ssize_t n = 1;

	if (lseek(fd, from, SEEK_SET) < 0)
		return -errno;
	while (n > 0) {
		char *longer = realloc(text, len + CHUNK + 1);

		if (!longer)
			return -ENOMEM;
		text = longer;
		n = fd_read_all(fd, text + len, CHUNK);
		if (n < 0)
			return (int)n;
		len += (size_t)n;
	}
	text[len] = '\0';
	*ret_text = steal_ptr(&text);
	*ret_len = len;
	return 0;
}

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

/* Ends when its output does, or by a signal. */
static int show(const struct options *o, int fd)
{
	off_t at = 0;

	for (bool first = true; first || o->follow; first = false) {
		char *text cleanup_free = NULL;
		size_t len = 0;
		int r;

		if (!first)
			usleep(LOOK_EVERY);
		r = log_read_from(fd, at, &text, &len);
		if (r < 0)
			return cli_error(CLI_FAILED, "the audit log cannot be read: %s", strerror(-r));
		at += (off_t)print_lines(o, text, len, !first);
		if (fflush(stdout) || ferror(stdout))
			return cli_error(CLI_FAILED, "cannot write the output");
	}
	return CLI_OK;
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
	int fd cleanup_fd = -1;
	int r = read_options(argc, argv, &options);

	if (!r)
		r = client_open(&bus);
	if (!r && options.verify)
		return log_verify(bus);
	if (!r)
		r = log_open_reader(bus, &fd);
	return r ? r : show(&options, fd);
}
