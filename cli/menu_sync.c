/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files that make a menu: $XDG_DATA_HOME/applications/vmos.VM.ID.desktop and
 * vmos/menu/vmos.VM.ID.png beside it. One that stays the same is not written
 * again, as desktops look at each that changes.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/paths.h"
#include "cli/cli.h"
#include "cli/menu.h"

#define SUFFIX ".desktop"
#define PREFIX "vmos."
#define MARK "\nX-vmOS-Mode="
#define ENTRY_MAX 65536

struct folders {
	char *entries, *icons; /* owned */
};

static void folders_free(struct folders *f)
{
	free(f->entries);
	free(f->icons);
}

static int folders_open(struct folders *f)
{
	char *data cleanup_free = paths_data(); /* …/vmos */
	char *share cleanup_free = data ? strndup(data, (size_t)(strrchr(data, '/') - data)) : NULL;
	int r;

	*f = (struct folders){ 0 };
	if (!share)
		return cli_oom();
	f->entries = paths_join(share, "applications", NULL);
	f->icons = paths_join(data, "menu", NULL);
	if (!f->entries || !f->icons)
		return cli_oom();
	r = paths_mkdir(f->entries);
	if (r >= 0)
		r = paths_mkdir(f->icons);
	return r < 0 ? cli_error(CLI_FAILED, "cannot make %s: %s", f->entries, strerror(-r)) : 0;
}

/* folder/name.suffix, for the caller to free. */
static char *file_path(const char *folder, const char *name, const char *suffix)
{
	char *path;

	return asprintf(&path, "%s/%s%s", folder, name, suffix) < 0 ? NULL : path;
}

static bool holds(const char *path, const void *data, size_t len)
{
	char *old cleanup_free = NULL;
	size_t old_len;

	return fd_read_file(path, ENTRY_MAX, &old, &old_len) == 0 && old_len == len && memcmp(old, data, len) == 0;
}

/* The file is the old one or the new one, never half of it. */
static int put(const char *path, const void *data, size_t len)
{
	char *fresh cleanup_free = file_path("", path, ".new");
	int fd cleanup_fd = -1;
	int r;

	if (!fresh)
		return cli_oom();
	if (holds(path, data, len))
		return 0;
	fd = open(fresh + 1, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	r = fd < 0 ? -errno : fd_write_all(fd, data, len);
	if (r == 0 && rename(fresh + 1, path) < 0)
		r = -errno;
	return r < 0 ? cli_error(CLI_FAILED, "cannot write %s: %s", path, strerror(-r)) : 0;
}

/* This very program, where a .desktop file can say so without quotes; else by its name. */
static const char *own_command(char path[PATH_MAX])
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._+-";
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);

	if (n <= 0)
		return "vmos";
	path[n] = '\0';
	return path[strspn(path, plain)] ? "vmos" : path;
}

static int put_app(const struct folders *f, const struct menu_app *a, const char *name, const char *mode)
{
	char own[PATH_MAX];
	char *icon cleanup_free = file_path(f->icons, name, ".png"), *text cleanup_free = NULL;
	char *entry cleanup_free = file_path(f->entries, name, SUFFIX);
	uint8_t *png cleanup_free = NULL;
	size_t len = 0;
	int r = menu_icon(a, &png, &len);

	if (r < 0)
		return cli_error(CLI_FAILED, "cannot draw an icon: %s", strerror(-r));
	text = icon ? menu_entry(a, own_command(own), mode, icon) : NULL;
	if (!entry || !text)
		return cli_oom();
	r = put(icon, png, len);
	return r ? r : put(entry, text, strlen(text));
}

/* Whether the entry @path is one that we made for @mode (NULL: for any). */
static bool is_ours(const char *path, const char *mode)
{
	char *text cleanup_free = NULL;
	const char *mark;
	size_t len;

	if (fd_read_file(path, ENTRY_MAX, &text, &len) < 0)
		return false;
	mark = strstr(text, MARK);
	if (!mark || !mode)
		return mark;
	mark += strlen(MARK);
	return strncmp(mark, mode, strlen(mode)) == 0 && mark[strlen(mode)] == '\n';
}

static bool is_kept(char *const *kept, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(kept[i], name) == 0)
			return true;
	return false;
}

static void remove_app(const struct folders *f, const char *file, const char *name)
{
	char *entry cleanup_free = file_path(f->entries, file, ""), *icon cleanup_free = NULL;

	icon = file_path(f->icons, name, ".png");
	if (entry)
		unlink(entry);
	if (icon)
		unlink(icon);
}

/* Takes away what is ours, of @mode, and not among @kept. */
static int sweep(const struct folders *f, const char *mode, char *const *kept, size_t n)
{
	DIR *dir = opendir(f->entries);

	if (!dir)
		return cli_error(CLI_FAILED, "cannot read %s: %s", f->entries, strerror(errno));
	for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		size_t len = strlen(e->d_name);
		char *path cleanup_free = NULL, *name cleanup_free = NULL;

		if (strncmp(e->d_name, PREFIX, strlen(PREFIX)) != 0 || len <= strlen(SUFFIX) ||
			strcmp(e->d_name + len - strlen(SUFFIX), SUFFIX) != 0)
			continue;
		path = file_path(f->entries, e->d_name, "");
		name = strndup(e->d_name, len - strlen(SUFFIX));
		if (path && name && !is_kept(kept, n, name) && is_ours(path, mode))
			remove_app(f, e->d_name, name);
	}
	closedir(dir);
	return 0;
}

int menu_sync(const struct menu *m, const char *mode)
{
	char **kept = calloc(m->n + 1, sizeof(*kept));
	struct folders f;
	int r = folders_open(&f);

	for (size_t i = 0; i < m->n && kept && !r; i++) {
		kept[i] = menu_file_name(&m->list[i]);
		r = kept[i] ? put_app(&f, &m->list[i], kept[i], mode) : cli_oom();
	}
	if (!r)
		r = kept ? sweep(&f, mode, kept, m->n) : cli_oom();
	for (size_t i = 0; kept && i < m->n; i++)
		free(kept[i]);
	free(kept);
	folders_free(&f);
	return r;
}

int menu_clear(const char *mode)
{
	struct folders f;
	int r = folders_open(&f);

	if (!r)
		r = sweep(&f, mode, NULL, 0);
	folders_free(&f);
	return r;
}
