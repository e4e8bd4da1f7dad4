/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands, one a line, and one line as the answer to each:
 *
 *   settle N SECONDS         waits until N commits have changed something: "settled N", or "unsettled N" after the seconds
 *   measure SECONDS [PID…]   FRAMES COMMITS BYTES NANOSECONDS GUEST-NS HOST-NS OWN-NS GUEST-WAKEUPS HOST-WAKEUPS
 *   keys N                   presses a key N times: SEEN LOST P50-NS P99-NS of the time to the next frame
 *   windows                  how many windows are shown
 *   surface N                "WxH X,Y WxH WxH" of the Nth surface: its buffer, what its viewport takes of it, and how large
 *   maximise W H             the window that has the keyboard, to that size: "maximised"
 *   touch down FINGER SURFACE X Y, touch move FINGER X Y, touch up FINGER, touch frame, touch cancel   "touched"
 *
 * CPU time and wake-ups are those of the processes named, the virtual CPUs of a QEMU apart from its other threads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/screen.h"
#include "tests/bench/usage.h"

#define KEY_A 30
#define KEYS_MAX 1000
#define KEYS_FIRST 5 /* find the probe, and warm up */
#define LOST_MS 1000

static struct {
	enum { IDLE, SETTLE, MEASURE, KEYS } what;
	struct wl_event_source *timer;
	struct counts before;
	uint64_t begin, wanted;
	struct usage used, own;
	int pids[USAGE_PIDS_MAX], npids;

	uint64_t pressed; /* when; 0: no key is down */
	uint64_t took[KEYS_MAX];
	unsigned seen, lost, first;
} job;

static void answer(const char *line)
{
	printf("%s\n", line);
	fflush(stdout);
	job.what = IDLE;
}

static void measure_usage(struct usage *ret_used, struct usage *ret_own)
{
	*ret_used = *ret_own = (struct usage){ 0 };
	for (int i = 0; i < job.npids; i++)
		usage_add(ret_used, job.pids[i]);
	usage_add(ret_own, getpid());
}

static void begin(int what, int ms)
{
	job.what = what;
	job.before = screen.counts;
	surfaces_forget_probes();
	job.begin = now_ns();
	wl_event_source_timer_update(job.timer, ms);
}

static void end_measure(void)
{
	uint64_t ns = now_ns() - job.begin;
	struct usage used, own;
	char line[320];

	measure_usage(&used, &own);
	snprintf(line, sizeof(line), "%llu %llu %llu %llu %llu %llu %llu %llu %llu",
		(unsigned long long)(screen.counts.frames - job.before.frames),
		(unsigned long long)(screen.counts.commits - job.before.commits),
		(unsigned long long)(screen.counts.bytes - job.before.bytes), (unsigned long long)ns,
		(unsigned long long)(used.guest_ns - job.used.guest_ns),
		(unsigned long long)(used.host_ns - job.used.host_ns),
		(unsigned long long)(own.host_ns - job.own.host_ns),
		(unsigned long long)(used.guest_wakeups - job.used.guest_wakeups),
		(unsigned long long)(used.host_wakeups - job.used.host_wakeups));
	answer(line);
}

static void end_settle(const char *word)
{
	char line[64];

	snprintf(line, sizeof(line), "%s %llu", word, (unsigned long long)(screen.counts.changes - job.before.changes));
	answer(line);
}

/* --- keys --- */

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void end_keys(void)
{
	unsigned n = job.seen;
	char line[128];

	qsort(job.took, n, sizeof(job.took[0]), by_size);
	snprintf(line, sizeof(line), "%u %u %llu %llu", n, job.lost,
		(unsigned long long)(n ? job.took[(n - 1) / 2] : 0),
		(unsigned long long)(n ? job.took[(n * 99 + 99) / 100 - 1] : 0));
	answer(line);
}

/* Between two keys passes a time that is no multiple of anybody's period. */
static void key_over(bool seen)
{
	shell_key(KEY_A, false);
	if (job.first > 0)
		job.first -= seen;
	else if (seen)
		job.took[job.seen++] = now_ns() - job.pressed;
	if (!seen) {
		job.lost++;
		surfaces_forget_probes();
	}
	job.pressed = 0;
	wl_event_source_timer_update(job.timer, 40 + (int)(now_ns() / 1000 % 31));
}

static void keys_next(void)
{
	if (job.pressed) {
		key_over(false);
	} else if (job.seen >= job.wanted || job.lost >= job.wanted) {
		end_keys();
	} else {
		shell_key(KEY_A, true);
		wl_display_flush_clients(screen.display);
		job.pressed = now_ns();
		wl_event_source_timer_update(job.timer, LOST_MS);
	}
}

/* --- */

void ask_changed(bool frame)
{
	if (job.what == SETTLE && screen.counts.changes - job.before.changes >= job.wanted)
		end_settle("settled");
	else if (job.what == KEYS && job.pressed && frame)
		key_over(true);
}

static int handle_timer(void *data)
{
	if (job.what == SETTLE)
		end_settle("unsettled");
	else if (job.what == MEASURE)
		end_measure();
	else if (job.what == KEYS)
		keys_next();
	return 0;
}

static void take_pids(char *rest)
{
	char *word, *save = NULL;

	job.npids = 0;
	for (word = strtok_r(rest, " ", &save); word && job.npids < USAGE_PIDS_MAX; word = strtok_r(NULL, " ", &save))
		job.pids[job.npids++] = (int)strtol(word, NULL, 10);
}

static void count_windows(void)
{
	struct surface *s;
	char line[32];
	int n = 0;

	wl_list_for_each(s, &screen.surfaces, link)
		n += s->mapped;
	snprintf(line, sizeof(line), "%d", n);
	answer(line);
}

static void obey(char *line)
{
	unsigned n = 0, m = 0, seconds = 0;
	char text[128];
	int used = 0;

	if (sscanf(line, "settle %u %u", &n, &seconds) == 2) {
		job.wanted = n;
		begin(SETTLE, (int)seconds * 1000);
	} else if (sscanf(line, "measure %u%n", &seconds, &used) == 1) {
		take_pids(line + used);
		measure_usage(&job.used, &job.own);
		begin(MEASURE, (int)seconds * 1000);
	} else if (sscanf(line, "keys %u", &n) == 1 && n <= KEYS_MAX) {
		job.wanted = n;
		job.seen = job.lost = 0;
		job.first = KEYS_FIRST;
		job.pressed = 0;
		begin(KEYS, 1);
	} else if (!strcmp(line, "windows")) {
		count_windows();
	} else if (sscanf(line, "surface %u", &n) == 1) {
		answer(scale_tell(n, text) ? text : "none");
	} else if (sscanf(line, "maximise %u %u", &n, &m) == 2) {
		shell_maximise((int)n, (int)m);
		answer("maximised");
	} else if (touch_obey(line)) {
		answer("touched");
	} else {
		answer("what?");
	}
}

static int handle_input(int fd, uint32_t mask, void *data)
{
	static char buffer[4096];
	static size_t len;
	ssize_t n = read(fd, buffer + len, sizeof(buffer) - 1 - len);
	char *end;

	if (n <= 0) {
		wl_display_terminate(screen.display);
		return 0;
	}
	len += (size_t)n;
	buffer[len] = '\0';
	end = strchr(buffer, '\n');
	if (!end)
		return 0;
	*end = '\0';
	obey(buffer);
	len = 0; /* who asks waits for the answer */
	return 0;
}

bool ask_init(void)
{
	struct wl_event_loop *loop = wl_display_get_event_loop(screen.display);

	job.timer = wl_event_loop_add_timer(loop, handle_timer, NULL);
	return job.timer && wl_event_loop_add_fd(loop, STDIN_FILENO, WL_EVENT_READABLE, handle_input, NULL);
}
