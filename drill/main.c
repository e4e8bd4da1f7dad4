/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libvmos-drill.so: what code could do that a guest has brought into its QEMU.
 *
 * `vmos drill` has it preloaded into a real VM's QEMU. A thread of its own
 * waits until that QEMU has its last filter and its guest runs, and then tries
 * every act of proto/drill_acts.c. QEMU loads its filter for all threads at
 * once (SECCOMP_FILTER_FLAG_TSYNC), so the thread stands under what QEMU's
 * devices stand under; it checks that before it begins.
 */
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "drill/actions.h"

#define POLL_MS 50
#define WAIT_MS 120000
/* Processor time of a guest's first CPU that shows that it is past its firmware, in ticks of 10 ms. */
#define GUEST_TICKS 50

static struct facts facts;

static bool is_qemu(void)
{
	static const char name[] = "/qemu-system-";
	char path[256] = "";

	return readlink("/proc/self/exe", path, sizeof(path) - 1) > 0 && strstr(path, name);
}

/* A number of a status file such as "Seccomp:\t2"; -1: not there. */
static long status_of(const char *path, const char *key)
{
	char *text cleanup_free = NULL;
	const char *at;
	size_t len;

	if (fd_read_file(path, 16384, &text, &len) < 0)
		return -1;
	at = strstr(text, key);
	return at ? strtol(at + strlen(key), NULL, 10) : -1;
}

static long filters(void)
{
	return status_of("/proc/thread-self/status", "\nSeccomp_filters:");
}

static bool is_sandboxed_by_qemu(void)
{
	char *words cleanup_free = NULL;
	size_t len;

	if (fd_read_file("/proc/self/cmdline", 1 << 20, &words, &len) < 0)
		return true;
	for (const char *at = words; at < words + len; at += strlen(at) + 1) {
		if (!strcmp(at, "-sandbox"))
			return strncmp(at + strlen(at) + 1, "on", 2) == 0;
	}
	return false;
}

/* Ticks that the thread @tid has run, when it is one of the guest's CPUs; else 0. */
static long guest_ticks(const char *tid)
{
	char path[64], *stat cleanup_free = NULL;
	unsigned long user, kernel;
	const char *fields;
	size_t len;

	snprintf(path, sizeof(path), "/proc/self/task/%.16s/stat", tid);
	if (fd_read_file(path, 4096, &stat, &len) < 0 || !strstr(stat, "(CPU "))
		return 0;
	fields = strrchr(stat, ')');
	if (!fields || sscanf(fields, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel) != 2)
		return 0;
	return (long)(user + kernel);
}

static bool guest_runs(void)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *entry;
	long most = 0;

	if (!tasks)
		return true;
	while ((entry = readdir(tasks))) {
		long ticks = guest_ticks(entry->d_name);

		most = ticks > most ? ticks : most;
	}
	closedir(tasks);
	return most >= GUEST_TICKS;
}

/* Waits for QEMU's own filter on top of the @before that QEMU was started with, and for the guest. */
static void wait_for_qemu(long before)
{
	long wanted = before + (is_sandboxed_by_qemu() ? 1 : 0);

	for (int waited = 0; waited < WAIT_MS; waited += POLL_MS) {
		if (filters() >= wanted && guest_runs())
			return;
		usleep(POLL_MS * 1000);
	}
}

static void report_inside(void)
{
	const char *status = "/proc/thread-self/status";
	char *label cleanup_free = NULL, line[DRILL_LINE_MAX];
	size_t len = 0;
	int n;

	if (fd_read_file("/proc/thread-self/attr/current", 256, &label, &len) == 0)
		label[strcspn(label, "\n")] = '\0';
	n = snprintf(line, sizeof(line),
		"VMOS-DRILL in uid=%u filters=%ld main-thread-filters=%ld new-privileges=%s label=%s\n",
		(unsigned)getuid(), filters(), status_of("/proc/self/status", "\nSeccomp_filters:"),
		status_of(status, "\nNoNewPrivs:") == 1 ? "no" : "yes", label && *label ? label : "-");
	if (write(STDERR_FILENO, line, (size_t)n) < 0)
		return;
}

static void run_family(const struct family *family, const char *prefix)
{
	for (unsigned i = 0; i < family->count; i++) {
		struct attempt a = { .facts = &facts };
		char number[16];

		family->run[i](&a);
		snprintf(number, sizeof(number), "%s%u", prefix, family->first + i);
		attempt_report(&a, number);
	}
}

static void *handle_drill(void *before)
{
	static const struct family *const families[] = { &family_files, &family_devices, &family_proc, &family_trace,
		&family_signals, &family_sockets, &family_network, &family_ipc, &family_kernel, &family_limits,
		&family_card };
	static const char end[] = "VMOS-DRILL end\n";

	wait_for_qemu((long)before);
	if (attempt_catch_sigsys() < 0)
		return NULL;
	report_inside();
	run_family(&family_controls, "c");
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		run_family(families[i], "");
	if (write(STDERR_FILENO, end, sizeof(end) - 1) < 0)
		return NULL;
	return NULL;
}

/* QEMU waits for its signals in its own threads: this one takes none but SIGSYS. */
static int start_thread(void)
{
	sigset_t all, old;
	pthread_t thread;
	int ret;

	sigfillset(&all);
	sigdelset(&all, SIGSYS);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = pthread_create(&thread, NULL, handle_drill, (void *)filters());
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return ret;
}

__attribute__((constructor)) static void begin(void)
{
	const char *told = getenv(FACTS_VARIABLE);
	static const char broken[] = "VMOS-DRILL in broken\n";

	if (!told || !is_qemu())
		return;
	if (facts_parse(&facts, told) == 0 && start_thread() == 0)
		return;
	if (write(STDERR_FILENO, broken, sizeof(broken) - 1) < 0)
		return;
}
