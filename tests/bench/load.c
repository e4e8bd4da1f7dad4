/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

#define TRY_FIRST 4
#define TRY_MOST (1u << 24)

const struct load loads[LOADS] = {
	{ "64B", 64 },
	{ "4KiB", 4096 },
	{ "64KiB", 65536 },
	{ "1MiB", 1u << 20 },
};

uint64_t load_turn_ns = 300000000;

int load_count(const struct load_work *work, uint32_t least, uint32_t *ret_count)
{
	uint32_t count = TRY_FIRST;
	uint64_t ns = 0;
	double n;
	int r;

	for (;;) {
		r = work->run(work->job, count, &ns);
		if (r < 0 || ns >= load_turn_ns / 4 || count >= TRY_MOST)
			break;
		count *= 4;
	}
	n = (double)count * (double)load_turn_ns / (double)(ns ? ns : 1);
	*ret_count = n < least ? least : n > TRY_MOST ? TRY_MOST : (uint32_t)n;
	return r;
}

void tell(const char *what, const char *name, const char *subject, double value)
{
	printf("%s %s %s %.6g\n", what, name, subject, value);
	fflush(stdout);
}

double mib_s(double bytes, uint64_t ns)
{
	return bytes / (1 << 20) / ((double)ns / 1e9);
}

/* An answer is a line; what comes between are events. */
static bool qmp_ask(int fd, const char *question, char *answer, size_t cap)
{
	size_t len = 0;

	if (fd_write_all(fd, question, strlen(question)) < 0)
		return false;
	do {
		ssize_t n = read(fd, answer + len, cap - 1 - len);

		if (n <= 0)
			return false;
		len += (size_t)n;
		answer[len] = '\0';
	} while ((!strstr(answer, "\"return\"") || answer[len - 1] != '\n') && len < cap - 1);
	return true;
}

int turn_qmp(const char *path)
{
	char answer[4096];
	int fd = fd_unix_connect(path, SOCK_STREAM);

	if (fd >= 0 && !qmp_ask(fd, "{\"execute\":\"qmp_capabilities\"}\n", answer, sizeof(answer))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Exits of all virtual processors; 0 where KVM does not count, as there is none. */
static uint64_t count_exits(int qmp)
{
	static const char question[] = "{\"execute\":\"query-stats\",\"arguments\":{\"target\":\"vcpu\",\"providers\":"
				       "[{\"provider\":\"kvm\",\"names\":[\"exits\"]}]}}\n";
	static const char word[] = "\"value\": ";
	char answer[8192];
	uint64_t n = 0;

	if (qmp < 0 || !qmp_ask(qmp, question, answer, sizeof(answer)))
		return 0;
	for (const char *at = strstr(answer, word); at; at = strstr(at, word)) {
		at += strlen(word);
		n += strtoull(at, NULL, 10);
	}
	return n;
}

static void look(const struct turn *t, struct usage *ret)
{
	*ret = (struct usage){ 0 };
	for (unsigned i = 0; i < t->n; i++)
		usage_add(ret, t->pids[i]);
}

void turn_begin(struct turn *t)
{
	t->exits = count_exits(t->qmp);
	look(t, &t->before);
}

void turn_end(struct turn *t, const struct load *l, const char *subject, uint32_t blocks)
{
	const double bytes = (double)l->size * blocks;
	struct usage now;
	uint64_t exits;

	look(t, &now);
	exits = count_exits(t->qmp);
	tell("cpu-guest", l->name, subject, (double)(now.guest_ns - t->before.guest_ns) / bytes);
	tell("cpu-host", l->name, subject, (double)(now.host_ns - t->before.host_ns) / bytes);
	tell("wake-guest", l->name, subject, (double)(now.guest_wakeups - t->before.guest_wakeups) / blocks);
	tell("wake-host", l->name, subject, (double)(now.host_wakeups - t->before.host_wakeups) / blocks);
	if (exits)
		tell("exits", l->name, subject, (double)(exits - t->exits) / blocks);
}
