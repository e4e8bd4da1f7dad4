/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/net_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static int parse(void *list, uint32_t file, const char *untrusted_text, size_t len, struct ruleset_error *ret_error)
{
	return netlist_parse(list, file, untrusted_text, len, ret_error);
}

static const struct line_format format = { ".net", "network lists", NET_SET_FILE_MAX, parse };

static int read_all(struct net_set *fresh, const char *const *dirs, bool strict, const struct line_draft *draft)
{
	struct line_files from = { .format = &format, .strict = strict };
	struct net_line *fewer;
	int r;

	fresh->list.cap = NET_SET_LINES_MAX;
	fresh->list.lines = calloc(NET_SET_LINES_MAX, sizeof(fresh->list.lines[0]));
	if (!fresh->list.lines)
		return -ENOMEM;
	r = line_files_read(&from, dirs, draft, &fresh->list);
	fresh->files = from.files;
	fresh->nfiles = from.nfiles;
	fresh->error = from.error;
	fewer = realloc(fresh->list.lines, (fresh->list.count + 1) * sizeof(*fewer));
	if (fewer)
		fresh->list.lines = fewer;
	fresh->list.cap = fresh->list.count;
	return r;
}

bool net_set_same_target(const struct net_target *a, const struct net_target *b)
{
	return a->kind == b->kind && a->proto == b->proto && a->bits == b->bits && a->port_low == b->port_low &&
		a->port_high == b->port_high && memcmp(a->addr, b->addr, sizeof(a->addr)) == 0 &&
		strcmp(a->name, b->name) == 0;
}

static bool lines_equal(const struct net_line *a, const struct net_line *b)
{
	return strcmp(a->vm, b->vm) == 0 && a->target.action == b->target.action &&
		net_set_same_target(&a->target, &b->target) && a->notify == b->notify &&
		a->for_seconds == b->for_seconds && a->file == b->file && a->line == b->line;
}

static bool is_same(const struct net_set *a, const struct net_set *b)
{
	if (!a->files || a->nfiles != b->nfiles || a->list.count != b->list.count)
		return false;
	for (size_t i = 0; i < a->nfiles; i++) {
		if (strcmp(a->files[i].path, b->files[i].path) != 0)
			return false;
	}
	for (size_t i = 0; i < a->list.count; i++) {
		const struct net_line *line = &a->list.lines[i];

		if (!lines_equal(line, &b->list.lines[i]))
			return false;
		if (line->for_seconds && net_set_written(a, line) != net_set_written(b, &b->list.lines[i]))
			return false;
	}
	return true;
}

int net_set_load(struct net_set *set, const char *const *dirs, bool strict)
{
	struct net_set fresh = { 0 };
	int r = read_all(&fresh, dirs, strict, NULL);

	if (r < 0) {
		free(set->error);
		set->error = steal_ptr(&fresh.error);
		net_set_finish(&fresh);
		return r;
	}
	r = !is_same(set, &fresh);
	fresh.generation = set->generation + (unsigned)r;
	net_set_finish(set);
	*set = fresh;
	return r;
}

int net_set_try(const char *const *dirs, bool strict, const struct line_draft *draft, char **ret_error)
{
	struct net_set fresh = { 0 };
	int r = read_all(&fresh, dirs, strict, draft);

	*ret_error = steal_ptr(&fresh.error);
	net_set_finish(&fresh);
	return r;
}

int net_set_read(const char *path, bool strict, char **ret_text, char **ret_error)
{
	struct line_files from = { .format = &format, .strict = strict };
	int r = line_files_read_one(&from, path, ret_text);

	*ret_error = steal_ptr(&from.error);
	line_files_finish(&from);
	return r;
}

void net_set_finish(struct net_set *set)
{
	for (size_t i = 0; i < set->nfiles; i++)
		free(set->files[i].path);
	free(set->files);
	free(set->list.lines);
	free(set->error);
	*set = (struct net_set){ 0 };
}

const char *net_set_file_of(const struct net_set *set, const struct net_line *line)
{
	return line->file < set->nfiles ? set->files[line->file].path : "";
}

time_t net_set_written(const struct net_set *set, const struct net_line *line)
{
	return line->file < set->nfiles ? set->files[line->file].written : 0;
}

bool net_set_is_over(const struct net_set *set, const struct net_line *line, time_t now)
{
	return line_is_over(net_set_written(set, line), line->for_seconds, now);
}

time_t net_set_next_change(const struct net_set *set, time_t now)
{
	time_t next = 0;

	for (size_t i = 0; i < set->list.count; i++) {
		const struct net_line *line = &set->list.lines[i];

		next = line_next_change(net_set_written(set, line), line->for_seconds, now, next);
	}
	return next;
}
