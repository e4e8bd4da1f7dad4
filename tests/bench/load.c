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
#define WARM_BYTES (2u * VMOS_CTL_BLOB)
#define WARM_TURNS 10

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

int load_warm(const struct load_work *work, uint32_t size)
{
	uint64_t all = 0, bytes = 0, ns;
	uint32_t count = TRY_FIRST;
	int r = 0;

	while (r == 0 && bytes < WARM_BYTES && all < WARM_TURNS * load_turn_ns) {
		r = work->run(work->job, count, &ns);
		all += ns;
		bytes += (uint64_t)count * size;
		if (ns < load_turn_ns / 4)
			count *= 2;
	}
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

/* As KVM names them, of all virtual processors, and as they are told. */
static const struct {
	const char *name, *what;
} kinds[EXIT_KINDS] = {
	{ "exits", "exits" },
	{ "pf_taken", "exits-fault" },
	{ "insn_emulation", "exits-device" },
	{ "irq_exits", "exits-interrupt" },
	{ "halt_exits", "exits-halt" },
};

static void take_exits(const char *answer, const char *name, uint64_t *ret)
{
	static const char value[] = "\"value\": ";
	char word[64];

	*ret = 0;
	snprintf(word, sizeof(word), "\"name\": \"%s\"", name);
	for (const char *at = strstr(answer, word); at; at = strstr(at + 1, word)) {
		const char *from = at;

		/* the value is before its name, or behind it */
		while (from > answer && *from != '{')
			from--;
		from = strstr(from, value);
		*ret += from ? strtoull(from + strlen(value), NULL, 10) : 0;
	}
}

/* 0 where KVM does not count, as there is none. */
static void count_exits(int qmp, uint64_t ret[EXIT_KINDS])
{
	static const char question[] =
		"{\"execute\":\"query-stats\",\"arguments\":{\"target\":\"vcpu\",\"providers\":[{\"provider\":\"kvm\","
		"\"names\":[\"exits\",\"pf_taken\",\"insn_emulation\",\"irq_exits\",\"halt_exits\"]}]}}\n";
	char answer[8192] = "";

	if (qmp >= 0 && !qmp_ask(qmp, question, answer, sizeof(answer)))
		answer[0] = '\0';
	for (unsigned i = 0; i < EXIT_KINDS; i++)
		take_exits(answer, kinds[i].name, &ret[i]);
}

static void look(const struct turn *t, struct usage *ret)
{
	*ret = (struct usage){ 0 };
	for (unsigned i = 0; i < t->n; i++)
		usage_add(ret, t->pids[i]);
}

void turn_begin(struct turn *t)
{
	count_exits(t->qmp, t->exits);
	look(t, &t->before);
}

void turn_end(struct turn *t, const struct load *l, const char *subject, uint32_t blocks)
{
	const double bytes = (double)l->size * blocks;
	struct usage now;
	uint64_t exits[EXIT_KINDS];

	look(t, &now);
	count_exits(t->qmp, exits);
	tell("cpu-guest", l->name, subject, (double)(now.guest_ns - t->before.guest_ns) / bytes);
	tell("cpu-host", l->name, subject, (double)(now.host_ns - t->before.host_ns) / bytes);
	tell("wake-guest", l->name, subject, (double)(now.guest_wakeups - t->before.guest_wakeups) / blocks);
	tell("wake-host", l->name, subject, (double)(now.host_wakeups - t->before.host_wakeups) / blocks);
	for (unsigned i = 0; exits[0] && i < EXIT_KINDS; i++)
		tell(kinds[i].what, l->name, subject, (double)(exits[i] - t->exits[i]) / blocks);
}
