/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/line_edit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "manager/line_files.h"

/* Writes the line with another time behind each "for=" of it. */
static void write_time(FILE *out, const char *line, size_t len, long long seconds)
{
	const char *comment = memchr(line, '#', len), *end = line + len, *at = line;
	const char *stop = comment ? comment : end;

	while (at < stop) {
		const char *word = at;

		while (at < stop && (*at == ' ' || *at == '\t'))
			fputc(*at++, out);
		word = at;
		while (at < stop && *at != ' ' && *at != '\t')
			at++;
		if (at - word > 4 && memcmp(word, "for=", 4) == 0)
			fprintf(out, "for=%llds", seconds);
		else
			fwrite(word, 1, (size_t)(at - word), out);
	}
	fwrite(stop, 1, (size_t)(end - stop), out);
}

/* True: the line went. */
static bool copy_line(FILE *out, const char *line, size_t len, unsigned number, const struct line_edit *edit)
{
	struct line_look look = { 0 };
	time_t age = edit->now - edit->written;

	if (!edit->look(edit, line, len, number, &look)) {
		fwrite(line, 1, len, out);
	} else if (look.goes) {
		return true;
	} else if (look.for_seconds == 0) {
		fwrite(line, 1, len, out);
	} else if (line_is_over(edit->written, look.for_seconds, edit->now)) {
		fputs("# ended: ", out);
		fwrite(line, 1, len, out);
	} else {
		write_time(out, line, len, (long long)((time_t)look.for_seconds - age));
	}
	fputc('\n', out);
	return false;
}

int line_edit_text(const char *text, const struct line_edit *edit, char **ret_text, unsigned *ret_removed)
{
	char *made = NULL;
	size_t size = 0;
	unsigned number = 1;
	FILE *out = open_memstream(&made, &size);
	bool bad;

	if (!out)
		return -ENOMEM;
	*ret_removed = 0;
	for (const char *next; *text; text = next, number++) {
		size_t len = strcspn(text, "\n");

		next = text[len] ? text + len + 1 : text + len;
		if (len > 0 && text[len - 1] == '\r')
			len--;
		*ret_removed += copy_line(out, text, len, number, edit);
	}
	if (edit->line)
		fprintf(out, "%s\n", edit->line);
	bad = ferror(out);
	if (fclose(out) != 0 || bad) {
		free(made);
		return -ENOMEM;
	}
	*ret_text = made;
	return 0;
}

/* The folder of @path, synced. */
static int sync_folder(const char *path)
{
	char *dir cleanup_free = strdup(path);
	char *slash = dir ? strrchr(dir, '/') : NULL;
	int fd cleanup_fd = -1;

	if (!slash)
		return dir ? -EINVAL : -ENOMEM;
	*slash = '\0';
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

/* No file that is read has a name that begins with a dot. */
static char *hidden_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *name;

	if (!slash || asprintf(&name, "%.*s/.%s.new", (int)(slash - path), path, slash + 1) < 0)
		return NULL;
	return name;
}

static int write_new(const char *name, const char *text)
{
	int fd cleanup_fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	int r;

	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, text, strlen(text));
	if (r == 0 && (fchmod(fd, 0644) < 0 || fsync(fd) < 0))
		r = -errno;
	return r;
}

int line_edit_write(const char *path, const char *text)
{
	char *name cleanup_free = hidden_name(path);
	int r = name ? write_new(name, text) : -ENOMEM;

	if (r == 0 && rename(name, path) < 0)
		r = -errno;
	if (r < 0 && name)
		unlink(name);
	return r < 0 ? r : sync_folder(path);
}
