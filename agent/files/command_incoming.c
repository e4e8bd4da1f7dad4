/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmos-incoming: shows what other VMs send, and what came since the start. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/files/status.h"

#define LINE_MAX_BYTES 512

struct news {
	char from[LINE_MAX_BYTES], state[LINE_MAX_BYTES], name[LINE_MAX_BYTES];
	uint64_t done, total;
};

/* "key value" of one line; others are of a later version. */
static void take_line(struct news *n, char *line)
{
	char *value = strchr(line, ' ');

	line[strcspn(line, "\n")] = '\0';
	if (!value)
		return;
	*value++ = '\0';
	if (strcmp(line, "from") == 0)
		snprintf(n->from, sizeof(n->from), "%s", value);
	else if (strcmp(line, "state") == 0)
		snprintf(n->state, sizeof(n->state), "%s", value);
	else if (strcmp(line, "name") == 0)
		snprintf(n->name, sizeof(n->name), "%s", value);
	else if (strcmp(line, "done") == 0)
		n->done = strtoull(value, NULL, 10);
	else if (strcmp(line, "total") == 0)
		n->total = strtoull(value, NULL, 10);
}

static void show(int dir, const char *id)
{
	int fd = openat(dir, id, O_RDONLY | O_CLOEXEC);
	FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;
	const double mib = 1u << 20;
	struct news n = { 0 };
	char line[LINE_MAX_BYTES];

	if (!f) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while (fgets(line, sizeof(line), f))
		take_line(&n, line);
	fclose(f);
	printf("%-10s %-20s %10.1f MiB", n.state, n.from, (double)n.done / mib);
	if (n.total > 0)
		printf(" of %.1f", (double)n.total / mib);
	printf("  %s\n", n.name);
}

int main(int argc, char **argv)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	if (argc > 1) {
		fprintf(stderr, "usage: vmos-incoming\nShows what other VMs send; it arrives in ~/Incoming.\n");
		return 2;
	}
	if (!runtime || snprintf(path, sizeof(path), "%s/" STATUS_FOLDER, runtime) >= (int)sizeof(path)) {
		fprintf(stderr, "vmos-incoming: XDG_RUNTIME_DIR is not set: log in first\n");
		return 1;
	}
	dir = opendir(path);
	if (!dir && errno == ENOENT)
		return 0; /* nothing has come yet */
	if (!dir) {
		fprintf(stderr, "vmos-incoming: %s: %s\n", path, strerror(errno));
		return 1;
	}
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' && !strchr(entry->d_name, '.'))
			show(dirfd(dir), entry->d_name);
	closedir(dir);
	return 0;
}
