/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long a decision takes whose answer is no: Send() of a file that no rule
 * allows, over D-Bus and back, and beside it a Ping() of the same vmosd.
 *
 *   decide FROM TO COUNT
 *
 * Prints four numbers, microseconds: median and 99th percentile of Send(), then
 * of Ping(). The vmosd is that of $XDG_RUNTIME_DIR.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <systemd/sd-bus.h>

#include "base/paths.h"
#include "base/userbus.h"

#define NAME "org.vmos.Manager1"
#define PATH "/org/vmos/Manager1"

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* 0: it was denied, as it must be. */
static int ask(sd_bus *bus, const char *from, const char *to)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = sd_bus_call_method(bus, NAME, PATH, NAME, "Send", &error, NULL, "sasss", from, 1, "x", to, "send");

	r = r < 0 && sd_bus_error_has_name(&error, "org.vmos.Error.Denied") ? 0 : -1;
	if (r < 0)
		fprintf(stderr, "decide: not denied: %s\n", error.message ? error.message : "it was allowed");
	sd_bus_error_free(&error);
	return r;
}

static int ping(sd_bus *bus)
{
	return sd_bus_call_method(bus, NAME, PATH, "org.freedesktop.DBus.Peer", "Ping", NULL, NULL, NULL) < 0 ? -1 : 0;
}

static void report(double *times, int n)
{
	qsort(times, (size_t)n, sizeof(*times), by_value);
	printf("%.1f %.1f ", times[n / 2], times[n * 99 / 100]);
}

int main(int argc, char **argv)
{
	int n = argc == 4 ? (int)strtol(argv[3], NULL, 10) : 0;
	double *asks = calloc((size_t)n + 1, sizeof(*asks)), *pings = calloc((size_t)n + 1, sizeof(*pings));
	char *runtime = paths_runtime(), *path = runtime ? paths_join(runtime, "bus", NULL) : NULL;
	sd_bus *bus = NULL;

	if (n < 1 || !asks || !pings || !path || userbus_open(path, &bus) < 0) {
		fprintf(stderr, "usage: decide FROM TO COUNT\n");
		return 1;
	}
	for (int i = 0; i < n; i++) {
		double begin = now_us();

		if (ask(bus, argv[1], argv[2]) < 0)
			return 1;
		asks[i] = now_us() - begin;
		begin = now_us();
		if (ping(bus) < 0)
			return 1;
		pings[i] = now_us() - begin;
	}
	report(asks, n);
	report(pings, n);
	putchar('\n');
	return 0;
}
