/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/ctl/system.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define GUI_DEVICE "/dev/vmos-gui"
#define COMPOSITOR "/usr/lib/vmos/vmos-compositor"
#define WINDOWS_READY "/run/user/1000/vmos-windows" /* written by the compositor once it listens */
#define CLOCK_SLACK_NS 500000000

static uint64_t monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* proc_stat(5): user nice system idle iowait irq softirq steal, in clock ticks. */
static uint64_t system_busy(void)
{
	uint64_t v[8] = { 0 };
	FILE *f = fopen("/proc/stat", "re");
	int n;

	if (!f)
		return 0;
	n = fscanf(f,
		"cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64,
		&v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7]);
	fclose(f);
	return n == 8 ? v[0] + v[1] + v[2] + v[5] + v[6] : 0;
}

static void system_memory(struct ctl_stats *ret)
{
	char line[128];
	uint32_t available = 0;
	FILE *f = fopen("/proc/meminfo", "re");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		(void)sscanf(line, "MemTotal: %" SCNu32, &ret->mem_total_kib);
		(void)sscanf(line, "MemAvailable: %" SCNu32, &available);
	}
	fclose(f);
	ret->mem_used_kib = ret->mem_total_kib > available ? ret->mem_total_kib - available : 0;
}

void system_stats(struct system_cpu *cpu, struct ctl_stats *ret)
{
	struct system_cpu now = { .busy = system_busy(), .at_ms = monotonic_ms() };
	uint64_t ms = now.at_ms - cpu->at_ms, ticks = now.busy > cpu->busy ? now.busy - cpu->busy : 0;
	uint64_t hz = (uint64_t)sysconf(_SC_CLK_TCK), most = 1000 * (uint64_t)sysconf(_SC_NPROCESSORS_ONLN);
	struct statvfs home;

	*ret = (struct ctl_stats){ 0 };
	if (ms > 0)
		ticks = ticks * 1000 * 1000 / hz / ms;
	ret->cpu_permille = (uint32_t)(ticks < most ? ticks : most);
	*cpu = now;
	system_memory(ret);
	if (statvfs("/home", &home) == 0) {
		ret->disk_total = (uint64_t)home.f_blocks * home.f_frsize;
		ret->disk_used = (uint64_t)(home.f_blocks - home.f_bfree) * home.f_frsize;
	}
}

int system_set_time(uint64_t realtime_ns)
{
	struct timespec t;
	int64_t off;

	clock_gettime(CLOCK_REALTIME, &t);
	off = (int64_t)realtime_ns - ((int64_t)t.tv_sec * 1000000000 + t.tv_nsec);
	if (off >= -CLOCK_SLACK_NS && off <= CLOCK_SLACK_NS)
		return 0;
	t.tv_sec = (time_t)(realtime_ns / 1000000000);
	t.tv_nsec = (long)(realtime_ns % 1000000000);
	return clock_settime(CLOCK_REALTIME, &t) < 0 ? -errno : 0;
}

int system_power_off(void)
{
	char name[32] = "";
	FILE *f = fopen("/proc/1/comm", "re");
	int signo;

	if (f) {
		if (!fgets(name, sizeof(name), f))
			name[0] = 0;
		fclose(f);
	}
	/* systemd(1), section Signals: SIGRTMIN+4 starts poweroff.target, SIGTERM would only re-execute it */
	signo = strncmp(name, "systemd", 7) == 0 ? SIGRTMIN + 4 : SIGTERM;
	return kill(1, signo) < 0 ? -errno : 0;
}

bool system_has_windows(void)
{
	return access(GUI_DEVICE, F_OK) < 0 || access(COMPOSITOR, X_OK) < 0 || access(WINDOWS_READY, F_OK) == 0;
}
