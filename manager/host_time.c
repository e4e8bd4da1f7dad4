/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/host_time.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"

#define NEVER ((time_t)1 << 40)

static int64_t read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* How the three clocks differ. They are read one after the other, which is good to some microseconds. */
static void look(int64_t *ret_asleep, int64_t *ret_ahead)
{
	int64_t monotonic = read_clock(CLOCK_MONOTONIC), boottime = read_clock(CLOCK_BOOTTIME);

	*ret_asleep = boottime - monotonic;
	*ret_ahead = read_clock(CLOCK_REALTIME) - boottime;
}

/*
 * timerfd_create(2): a timer that is cancelled fails read(2) with ECANCELED,
 * once, whenever CLOCK_REALTIME changes by a step; the kernel does so at the
 * end of a suspend, too. Nobody wakes up for it else.
 */
static int arm(int fd)
{
	const struct itimerspec never = { .it_value.tv_sec = NEVER };

	return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) < 0 ? -errno : 0;
}

static int handle_cancelled(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct host_time *t = userdata;
	int64_t asleep_ns = t->asleep_ns, ahead_ns = t->ahead_ns;
	uint64_t expired;

	if (read(fd, &expired, sizeof(expired)) < 0 && errno != ECANCELED)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	look(&t->asleep_ns, &t->ahead_ns);
	t->fn(t->asleep_ns - asleep_ns, t->ahead_ns - ahead_ns, t->userdata);
	return arm(fd);
}

int host_time_open(struct host_time *t, sd_event *event, host_time_fn fn, void *userdata)
{
	int fd cleanup_fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	int r = fd < 0 ? -errno : arm(fd);

	if (r < 0)
		return r;
	*t = (struct host_time){ .fn = fn, .userdata = userdata };
	look(&t->asleep_ns, &t->ahead_ns);
	r = sd_event_add_io(event, &t->io, fd, EPOLLIN, handle_cancelled, t);
	if (r >= 0)
		r = sd_event_source_set_io_fd_own(t->io, 1);
	if (r < 0) {
		host_time_close(t);
		return r;
	}
	(void)steal_fd(&fd);
	return 0;
}

void host_time_close(struct host_time *t)
{
	t->io = sd_event_source_disable_unref(t->io);
}
