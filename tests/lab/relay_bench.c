/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/lab/relay_bench.h"

#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/lab/relay_guest.h"
#include "tests/lab/relay_stand.h"

#define BENCH_LEN (1u << 20)
#define BENCH_CHUNK (64u << 10)

/* One guest's loop: it fills, or empties, its ring as fast as it can. */
struct side {
	struct relay_guest g;
	size_t (*look)(const struct relay_guest *g);
	pthread_t thread;
	bool over;
};

static void *run_side(void *arg)
{
	struct side *s = arg;

	while (!__atomic_load_n(&s->over, __ATOMIC_RELAXED)) {
		if (relay_guest_wait(&s->g, s->look, 50))
			relay_guest_pass(&s->g, s->look(&s->g));
	}
	return NULL;
}

static void begin(struct side *s, size_t (*look)(const struct relay_guest *g))
{
	*s = (struct side){ .look = look };
	relay_guest_init(&s->g, VMOS_RELAY_AREA_MIN, BENCH_LEN);
}

static void join_side(struct side *s)
{
	relay_guest_join(&s->g, 1);
	if (pthread_create(&s->thread, NULL, run_side, s))
		errx(2, "no thread");
}

static uint64_t end(struct side *s)
{
	uint64_t count;

	__atomic_store_n(&s->over, true, __ATOMIC_RELAXED);
	pthread_join(s->thread, NULL);
	count = s->g.count;
	relay_guest_finish(&s->g);
	return count;
}

/* Lets both run so long; what has passed, in MiB a second, and what that took of @cpu, in seconds. */
static void print(const char *way, uint64_t bytes, double took, double cpu)
{
	double mib = (double)bytes / (1 << 20);

	printf("# %s %.0f MiB/s, %.0f ms of CPU for a GiB\n", way, mib / took, mib > 0 ? cpu * 1e3 * 1024 / mib : 0);
	fflush(stdout);
}

/* CPU of the thread vmos-relay/1, in seconds. */
static double relay_cpu(void)
{
	for (int pid = 2; pid < 65536; pid++) {
		char path[64], text[512] = "", *at;
		unsigned long user, kernel;
		int fd;

		snprintf(path, sizeof(path), "/proc/self/task/%d/stat", pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		at = read(fd, text, sizeof(text) - 1) > 0 ? strstr(text, "(vmos-relay/1) ") : NULL;
		close(fd);
		if (at && sscanf(at, "%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu %lu", &user, &kernel) == 2)
			return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
	}
	errx(2, "no thread of the relay's");
}

static void bench_relay(unsigned seconds)
{
	struct side from, to;
	struct vmos_relay_create create = { .gate = fd_memfd_sealed("gate", 1), .generation = 1 };
	int relay = open("/dev/vmos_relay", O_RDONLY | O_CLOEXEC);
	double began, took, cpu;

	begin(&from, relay_guest_room);
	begin(&to, relay_guest_ready);
	create.source = relay_guest_end(&from.g);
	create.target = relay_guest_end(&to.g);
	if (relay < 0 || ioctl(relay, VMOS_RELAY_IOC_CREATE, &create) < 0)
		err(2, "a relay");
	join_side(&to);
	join_side(&from);
	began = now();
	sleep(seconds);
	took = now() - began;
	cpu = relay_cpu();
	end(&from);
	print("relay", end(&to), took, cpu);
	close(relay);
	close(create.gate);
}

/* The host's side of an area, which here a process has. */
static struct vmos_relay_side *host_side(struct relay_guest *g)
{
	return (struct vmos_relay_side *)(g->base + g->offset + VMOS_RELAY_HOST_OFF);
}

/* Bytes that a courier can take out of the ring, or put into it. */
static size_t courier_look(struct relay_guest *g, uint64_t count, bool source)
{
	uint64_t guest = __atomic_load_n(&g->guest->count, __ATOMIC_ACQUIRE);

	return source ? guest - count : g->len - (count - guest);
}

/* Waits for the guest as the couriers do: says so, looks again, sleeps. */
static size_t courier_wait(struct relay_guest *g, uint64_t count, bool source)
{
	struct pollfd p = { .fd = g->kick, .events = POLLIN };
	size_t n = courier_look(g, count, source);

	while (n == 0) {
		__atomic_store_n(&host_side(g)->waits, 1, __ATOMIC_SEQ_CST);
		n = courier_look(g, count, source);
		if (n > 0)
			break;
		poll(&p, 1, -1);
		fd_eventfd_take(g->kick);
		n = courier_look(g, count, source);
	}
	__atomic_store_n(&host_side(g)->waits, 0, __ATOMIC_RELAXED);
	return n;
}

static void __attribute__((noreturn)) courier(struct relay_guest *g, int pipe_end, bool source)
{
	uint64_t count = 0;

	for (;;) {
		size_t n = courier_wait(g, count, source), at = count & (g->len - 1);
		ssize_t done;

		n = n < BENCH_CHUNK ? n : BENCH_CHUNK;
		n = n < g->len - at ? n : g->len - at;
		done = source ? write(pipe_end, g->data + at, n) : read(pipe_end, g->data + at, n);
		if (done <= 0)
			_exit(0);
		count += (uint64_t)done;
		__atomic_store_n(&host_side(g)->count, count, __ATOMIC_SEQ_CST);
		if (__atomic_load_n(&g->guest->waits, __ATOMIC_SEQ_CST))
			fd_eventfd_kick(g->call);
	}
}

static pid_t start_courier(struct side *s, int pipe_end, bool source)
{
	pid_t pid = fork();

	if (pid < 0)
		err(2, "fork");
	if (pid == 0)
		courier(&s->g, pipe_end, source);
	return pid;
}

static void bench_couriers(unsigned seconds)
{
	struct rusage before, after;
	struct side from, to;
	double began, took, cpu;
	pid_t pids[2];
	int ends[2];

	if (pipe(ends) < 0 || fcntl(ends[1], F_SETPIPE_SZ, 1 << 20) < 0 || getrusage(RUSAGE_CHILDREN, &before) < 0)
		err(2, "a pipe");
	begin(&from, relay_guest_room);
	begin(&to, relay_guest_ready);
	pids[0] = start_courier(&from, ends[1], true);
	pids[1] = start_courier(&to, ends[0], false);
	join_side(&to);
	join_side(&from);
	began = now();
	sleep(seconds);
	took = now() - began;
	for (unsigned i = 0; i < 2; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	getrusage(RUSAGE_CHILDREN, &after);
	cpu = (double)(after.ru_utime.tv_sec - before.ru_utime.tv_sec + after.ru_stime.tv_sec -
		      before.ru_stime.tv_sec) +
		(double)(after.ru_utime.tv_usec - before.ru_utime.tv_usec + after.ru_stime.tv_usec -
			before.ru_stime.tv_usec) /
			1e6;
	end(&from);
	print("couriers", end(&to), took, cpu);
	close(ends[0]);
	close(ends[1]);
}

void relay_bench(unsigned seconds)
{
	for (unsigned i = 0; i < 3; i++) {
		bench_relay(seconds);
		bench_couriers(seconds);
	}
}
