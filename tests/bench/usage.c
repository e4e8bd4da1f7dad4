/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/usage.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LINE_BYTES 256

/* The first line of a thread's file that begins with @start, or the first of all. */
static bool read_line(int pid, const char *thread, const char *file, const char *start, char line[LINE_BYTES])
{
	char path[320];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%s/%s", pid, thread, file);
	f = fopen(path, "re");
	if (!f)
		return false;
	while (!found && fgets(line, LINE_BYTES, f))
		found = strncmp(line, start, strlen(start)) == 0;
	fclose(f);
	return found;
}

static void add_thread(struct usage *u, int pid, const char *thread)
{
	unsigned long long ns = 0, wakeups = 0;
	char line[LINE_BYTES];
	bool guest;

	guest = read_line(pid, thread, "comm", "CPU ", line);
	if (read_line(pid, thread, "schedstat", "", line))
		sscanf(line, "%llu", &ns);
	if (read_line(pid, thread, "status", "voluntary_ctxt_switches:", line))
		sscanf(line, "voluntary_ctxt_switches: %llu", &wakeups);
	*(guest ? &u->guest_ns : &u->host_ns) += ns;
	*(guest ? &u->guest_wakeups : &u->host_wakeups) += wakeups;
}

void usage_add(struct usage *u, int pid)
{
	struct dirent *entry;
	char path[64];
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	d = opendir(path);
	if (!d)
		return;
	while ((entry = readdir(d))) {
		if (entry->d_name[0] != '.')
			add_thread(u, pid, entry->d_name);
	}
	closedir(d);
}
