/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vmos net log`: two files at most, the older first. What is in them is a guest's word in part, and made safe to show. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/format.h"
#include "cli/log.h"
#include "cli/net.h"

#define SHOWN 20 /* lines, where nothing else is said */
#define LOOK_EVERY 500000 /* microseconds, with --follow */
#define ROTATED "{\"event\":\"rotated\"}" /* the last line of a file that became the older one */

struct options {
	bool json, follow;
	const char *vm; /* "": all */
	uint32_t count;
	uint64_t shown;
};

static int open_logs(sd_bus *bus, struct log_files *ret)
{
	sd_bus_message *call cleanup_message = NULL;
	int r = client_net_call(bus, "OpenLog", &call);

	return r ? r : log_files_open(bus, call, ret);
}

static bool is_wanted(struct options *o, const char *line, size_t len)
{
	char *vm cleanup_free = *o->vm ? log_line_value(line, len, "vm") : NULL;

	if (len == strlen(ROTATED) && !memcmp(line, ROTATED, len))
		return false;
	return !*o->vm || (vm && !strcmp(vm, o->vm));
}

static int print_line(struct options *o, const char *line, size_t len)
{
	char *text cleanup_free = o->json ? strndup(line, len) : net_log_line(line, len);

	/* a line of JSON has no control characters unless somebody else has written it */
	if (text && o->json) {
		for (char *p = text; *p; p++)
			*p = (unsigned char)*p < ' ' || *p == 0x7f ? '?' : *p;
	}
	if (!text)
		return cli_oom();
	if (!o->shown++ && !o->json)
		net_log_heads();
	puts(text);
	return CLI_OK;
}

/* Where the last @count wanted lines of @text begin, which ends with a newline or is empty. */
static const char *first_of_last(struct options *o, const char *text, size_t len)
{
	const char *line = text + len;
	uint32_t found = 0;

	while (line > text && found < o->count) {
		const char *end = line - 1, *before = memrchr(text, '\n', (size_t)(end - text));

		line = before ? before + 1 : text;
		found += is_wanted(o, line, (size_t)(end - line));
	}
	return line;
}

/* Prints whole lines from @text on; how many bytes they were. @ret_rotated: there are no more of this file. */
static size_t print_lines(struct options *o, const char *text, size_t len, bool *ret_rotated)
{
	const char *at = text, *newline;

	while ((newline = memchr(at, '\n', len - (size_t)(at - text)))) {
		size_t n = (size_t)(newline - at);

		*ret_rotated = n == strlen(ROTATED) && !memcmp(at, ROTATED, n);
		if (is_wanted(o, at, n))
			print_line(o, at, n);
		at = newline + 1;
	}
	return (size_t)(at - text);
}

/* Prints what is new in @fd. 1: the log goes on in another file. */
static int show_more(struct options *o, int fd, off_t *at)
{
	char *text cleanup_free = NULL;
	bool rotated = false;
	size_t len = 0;
	int r = log_read_from(fd, *at, &text, &len);

	if (r < 0)
		return -cli_error(CLI_FAILED, "the network's log cannot be read: %s", strerror(-r));
	*at += (off_t)print_lines(o, text, len, &rotated);
	if (fflush(stdout) || ferror(stdout))
		return -cli_error(CLI_FAILED, "cannot write the output");
	return rotated;
}

/* Ends when its output does, or by a signal. The last of @files is the one that is written. */
static int follow(sd_bus *bus, struct options *o, struct log_files *files, off_t at)
{
	int r = 0;

	while (r >= 0) {
		usleep(LOOK_EVERY);
		r = show_more(o, files->fds[files->n - 1], &at);
		if (r <= 0)
			continue;
		log_files_close(files);
		r = -open_logs(bus, files);
		at = 0;
	}
	return -r;
}

static int show(sd_bus *bus, struct options *o, struct log_files *files)
{
	char *text cleanup_free = NULL;
	bool rotated = false;
	size_t len = 0;
	off_t at = 0;
	const char *from;
	int r = log_files_read(files, &text, &len, &at);

	if (r < 0)
		return cli_error(CLI_FAILED, "the network's log cannot be read: %s", strerror(-r));
	while (len > 0 && text[len - 1] != '\n')
		len--;
	from = first_of_last(o, text, len);
	print_lines(o, from, len - (size_t)(from - text), &rotated);
	if (o->follow)
		return follow(bus, o, files, at);
	if (!o->shown && !o->json)
		fprintf(stderr, "Nothing that the network's log has kept.\n");
	return CLI_OK;
}

static int read_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "follow", no_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	int opt;

	while ((opt = cli_option(argc, argv, "hf", longs)) != -1) {
		if (opt == '?')
			return cli_usage(argv[0]);
		o->follow = o->follow || opt == 'f';
		o->json = o->json || opt == 'j';
	}
	o->count = SHOWN;
	o->vm = "";
	if (argc - optind > 2)
		return cli_usage(argv[0]);
	/* a VM first, then a number; a number alone is no VM's name that anybody would choose */
	if (optind < argc && format_parse_number(argv[argc - 1], 1000000, &o->count) == 0)
		argc--;
	if (argc - optind > 1)
		return cli_error(CLI_USAGE, "\"%s\" is no number of lines", argv[argc - 1]);
	if (optind < argc)
		o->vm = argv[optind];
	return 0;
}

int net_log(int argc, char **argv)
{
	sd_bus *bus cleanup_bus = NULL;
	struct options options = { 0 };
	struct log_files files = { 0 };
	int r = read_options(argc, argv, &options);

	if (!r)
		r = client_open(&bus);
	if (!r)
		r = open_logs(bus, &files);
	if (!r)
		r = show(bus, &options, &files);
	log_files_close(&files);
	return r;
}
