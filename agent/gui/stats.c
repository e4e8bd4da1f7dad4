/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/gui/server.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/paths.h"

void stats_write(const struct stats *stats)
{
	const char *dir = getenv("XDG_RUNTIME_DIR");
	char *path cleanup_free = dir ? paths_join(dir, "vmos-stats", NULL) : NULL;
	char *temporary cleanup_free = dir ? paths_join(dir, ".vmos-stats.new", NULL) : NULL;
	FILE *f = temporary ? fopen(temporary, "we") : NULL;

	if (!f) {
		log_warning("Cannot write the counters to XDG_RUNTIME_DIR");
		return;
	}
	fprintf(f, "commits %" PRIu64 "\n", stats->commits);
	fprintf(f, "bytes_damaged %" PRIu64 "\n", stats->bytes_damaged);
	fprintf(f, "bytes_copied %" PRIu64 "\n", stats->bytes_copied);
	fprintf(f, "bytes_caught_up %" PRIu64 "\n", stats->bytes_caught_up);
	fprintf(f, "wakeups %" PRIu64 "\n", stats->wakeups);
	if (fclose(f) == 0)
		rename(temporary, path);
}
