/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/ctl/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "agent/ctl/sntp.h"
#include "base/log.h"

#define NOBODY 65534
#define CHILD_SECONDS 50 /* four servers, twice each, and their name */

/* What the child says. */
struct finding {
	int error; /* of sntp_ask() */
	struct sntp_sample sample;
};

static struct {
	struct source source; /* the child's pipe */
	struct agent *agent;
	uint32_t id; /* of the question; 0: nobody waits for it */
	bool busy;
} question = { .source.fd = -1 };

static void send_clock(struct agent *a, const struct ctl_clock *clock)
{
	const struct ctl_msg c = { .head.type = CTL_CLOCK, .clock = *clock };

	agent_send(a, &c);
}

static uint32_t status_of(int error)
{
	switch (error) {
	case -ENOENT:
		return CTL_CLOCK_NO_NAME;
	case -ETIMEDOUT:
		return CTL_CLOCK_NO_ANSWER;
	case -ESTALE:
		return CTL_CLOCK_UNSURE;
	default:
		return CTL_CLOCK_FAILED;
	}
}

static int64_t monotonic_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* @clock: with its id. A time that the host would not take is none. */
static void fill(const struct finding *f, struct ctl_clock *clock)
{
	int64_t now;

	clock->status = CTL_CLOCK_UNSURE;
	if (f->error < 0) {
		clock->status = status_of(f->error);
		return;
	}
	now = f->sample.base_ns + monotonic_ns();
	if (now < (int64_t)CTL_CLOCK_MIN || now > (int64_t)CTL_CLOCK_MAX ||
		f->sample.error_ns > CTL_CLOCK_ERROR_MAX * 1000ll)
		return;
	clock->status = CTL_CLOCK_OK;
	clock->error_us = (uint32_t)(f->sample.error_ns / 1000);
	clock->realtime_ns = (uint64_t)now;
}

static void handle_finding(struct source *source, uint32_t events)
{
	struct ctl_clock clock = { .id = question.id };
	struct finding f;

	if (read(source->fd, &f, sizeof(f)) != sizeof(f))
		f = (struct finding){ .error = -EIO };
	agent_close(question.agent, source);
	question.busy = false;
	fill(&f, &clock);
	if (clock.id)
		send_clock(question.agent, &clock);
}

/* The child: an alarm ends it should the resolver not come back. */
static void find(const char *host, uint16_t port, int out)
{
	struct finding f = { 0 };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	alarm(CHILD_SECONDS);
	if (dup3(out, 3, O_CLOEXEC) < 0 && errno != EINVAL)
		_exit(1);
	close_range(4, ~0u, 0); /* the channel to the host above all */
	if (geteuid() == 0 &&
		(setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
			setresuid(NOBODY, NOBODY, NOBODY) < 0))
		f.error = -errno;
	if (f.error == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		f.error = -errno;
	if (f.error == 0)
		f.error = sntp_ask(host, port, &f.sample);
	_exit(write(3, &f, sizeof(f)) == sizeof(f) ? 0 : 1);
}

static int begin(struct agent *a, const struct ctl_clock_req *req)
{
	char host[CTL_SERVER_MAX];
	uint16_t port;
	int ends[2], r;
	pid_t pid;

	if (question.busy)
		return -EBUSY;
	r = ctl_server_parse(req->server, host, &port);
	if (r < 0)
		return r;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		find(host, port, ends[1]);
	r = pid < 0 ? -errno : 0;
	close(ends[1]);
	question.source = (struct source){ .fd = ends[0], .handle = handle_finding };
	if (r == 0)
		r = agent_watch(a, &question.source, EPOLLIN);
	if (r < 0) {
		agent_close(a, &question.source);
		return r;
	}
	question.agent = a;
	question.id = req->id;
	question.busy = true;
	return 0;
}

void clock_ask(struct agent *a, const struct ctl_clock_req *req)
{
	int r = begin(a, req);

	if (r == 0)
		return;
	log_warning("The time is not asked for: %s", strerror(-r));
	send_clock(a, &(struct ctl_clock){ .id = req->id, .status = CTL_CLOCK_FAILED });
}

void clock_end_session(void)
{
	question.id = 0;
}
