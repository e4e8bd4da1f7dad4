/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/files/status.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void status_open(struct status *s, const char *id, const char *from)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	int n;

	*s = (struct status){ .from = from };
	if (!runtime)
		return;
	snprintf(s->path, sizeof(s->path), "%s/vmos", runtime);
	(void)mkdir(s->path, 0700); /* if it cannot be made, nothing can be written */
	snprintf(s->path, sizeof(s->path), "%s/" STATUS_FOLDER, runtime);
	(void)mkdir(s->path, 0700);
	n = snprintf(s->path, sizeof(s->path), "%s/" STATUS_FOLDER "/%s", runtime, id);
	if (n < 0 || n + 4 >= (int)sizeof(s->path))
		s->path[0] = '\0';
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
