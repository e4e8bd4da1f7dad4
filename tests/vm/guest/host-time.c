/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs in a guest, as root, where a clock may be set: what vmosd notices of its
 * host's clock (manager/host_time.c), and what vmos-clock did to it.
 *
 *   host-time watch    sets the clock an hour ahead and back; prints what was noticed, one a line: SLEPT SET, in seconds
 *   host-time sleep    suspends the machine, as far as the kernel does for a test, and prints the same
 *   host-time show     prints what is left to slew in usec, and whether the kernel holds the clock for right
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "manager/host_time.h"

#define HOUR 3600
#define SECOND_NS 1000000000ll
#define WAIT (30 * 1000000ull) /* usec */

static unsigned seen;

static long long seconds(int64_t ns)
{
	return (ns + (ns < 0 ? -SECOND_NS / 2 : SECOND_NS / 2)) / SECOND_NS;
}

static void handle_change(int64_t slept_ns, int64_t set_ns, void *userdata)
{
	printf("%lld %lld\n", seconds(slept_ns), seconds(set_ns));
	seen++;
}

static int move_clock(time_t seconds)
{
	struct timex t = { .modes = ADJ_SETOFFSET, .time.tv_sec = seconds };

	return clock_adjtime(CLOCK_REALTIME, &t) < 0 ? -errno : 0;
}

static int put(const char *path, const char *word)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int r = fd < 0 || write(fd, word, strlen(word)) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return r;
}

/* Until one more change was seen. */
static int hear(sd_event *event)
{
	unsigned before = seen;
	int r = 1;

	while (seen == before && r > 0)
		r = sd_event_run(event, WAIT);
	return seen > before ? 0 : -ETIME;
}

static int watch(sd_event *event)
{
	int r = move_clock(HOUR);

	if (r == 0)
		r = hear(event);
	if (r == 0)
		r = move_clock(-HOUR);
	return r == 0 ? hear(event) : r;
}

/* "core": all that a suspend does, but the processor waits five seconds instead of sleeping. */
static int suspend(sd_event *event)
{
	int r = put("/sys/power/pm_test", "core");

	if (r == 0)
		r = put("/sys/power/state", "mem");
	return r == 0 ? hear(event) : r;
}

static int show(void)
{
	struct timex left = { .modes = ADJ_OFFSET_SS_READ }, now = { 0 };

	if (clock_adjtime(CLOCK_REALTIME, &left) < 0 || clock_adjtime(CLOCK_REALTIME, &now) < 0)
		return -errno;
	printf("%ld %s\n", left.offset, now.status & STA_UNSYNC ? "doubtful" : "right");
	return 0;
}

int main(int argc, char **argv)
{
	struct host_time t;
	sd_event *event;
	int r = argc == 2 ? sd_event_new(&event) : -EINVAL;

	if (r >= 0)
		r = host_time_open(&t, event, handle_change, NULL);
	if (r >= 0 && strcmp(argv[1], "watch") == 0)
		r = watch(event);
	else if (r >= 0 && strcmp(argv[1], "sleep") == 0)
		r = suspend(event);
	else if (r >= 0)
		r = show();
	if (r < 0)
		fprintf(stderr, "host-time: %s\n", strerror(-r));
	return r < 0;
}
