/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/files/status.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define KEPT_S (24 * 3600)

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Folder @name below @runtime; it may be there already. */
static void make_folder(const char *runtime, const char *name)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", runtime, name) < (int)sizeof(path))
		(void)mkdir(path, 0700); /* if it cannot be made, nothing can be written */
}

/* Forgets what has been told for a day: it is news, no record. */
static void forget_old(const char *runtime)
{
	char path[PATH_MAX];
	struct dirent *entry;
	struct stat st;
	DIR *dir;

	if (snprintf(path, sizeof(path), "%s/" STATUS_FOLDER, runtime) >= (int)sizeof(path))
		return;
	dir = opendir(path);
	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
			time(NULL) - st.st_mtim.tv_sec > KEPT_S)
			(void)unlinkat(dirfd(dir), entry->d_name, 0); /* next time */
	closedir(dir);
}

void status_open(struct status *s, const char *id, const char *from)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char path[PATH_MAX];

	memset(s, 0, sizeof(*s));
	s->from = from;
	if (!runtime)
		return;
	make_folder(runtime, "vmos");
	make_folder(runtime, STATUS_FOLDER);
	forget_old(runtime);
	if (snprintf(path, sizeof(path), "%s/" STATUS_FOLDER "/%s", runtime, id) < (int)sizeof(path))
		memcpy(s->path, path, sizeof(path));
}

void status_tell(struct status *s, const struct status_news *news)
{
	char tmp[PATH_MAX + 4];
	uint64_t now = now_ms();
	FILE *f;

	if (!s->path[0] || (!news->now && s->told_ms && now - s->told_ms < STATUS_GAP_MS))
		return;
	s->told_ms = now;
	snprintf(tmp, sizeof(tmp), "%s.new", s->path);
	f = fopen(tmp, "we");
	if (!f)
		return;
	fprintf(f, "from %s\nstate %s\ndone %" PRIu64 "\ntotal %" PRIu64 "\nname %s\n", s->from, news->state,
		news->done, news->total, news->name);
	if (fclose(f) == 0)
		(void)rename(tmp, s->path); /* it is news only: the next one comes */
}
