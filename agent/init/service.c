/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/init/service.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/init/mounts.h"
#include "base/log.h"

#define SERVICE_PRIORITY 20 /* of the real-time ones at most */
#define SERVICE_NICE 31 /* 20 less the nice value: -11 at most, see setrlimit(2) */
#define LISTEN_FD 3 /* SD_LISTEN_FDS_START of sd_listen_fds(3) */

int64_t service_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void child_listen(int fd)
{
	char pid[16];

	if (dup2(fd, LISTEN_FD) < 0)
		_exit(126);
	fcntl(LISTEN_FD, F_SETFD, 0);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
}

static void child_become_user(void)
{
	if (initgroups(USER_NAME, USER_GID) < 0 || setgid(USER_GID) < 0 || setuid(USER_UID) < 0)
		_exit(126);
	setenv("HOME", USER_HOME, 1);
	setenv("USER", USER_NAME, 1);
	setenv("LOGNAME", USER_NAME, 1);
	setenv("SHELL", "/bin/bash", 1);
	setenv("XDG_RUNTIME_DIR", USER_RUNTIME, 1);
	if (chdir(USER_HOME) < 0)
		log_warning("%s: %s", USER_HOME, strerror(errno));
}

static void __attribute__((noreturn)) child_exec(const struct service *s)
{
	const struct rlimit priority = { SERVICE_PRIORITY, SERVICE_PRIORITY },
			    nice_limit = { SERVICE_NICE, SERVICE_NICE };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	if (s->listen_fd >= 0)
		child_listen(s->listen_fd);
	if (s->on_time && (setrlimit(RLIMIT_RTPRIO, &priority) < 0 || setrlimit(RLIMIT_NICE, &nice_limit) < 0))
		log_warning("%s: %s", s->name, strerror(errno));
	if (s->as_user)
		child_become_user();
	execv(s->argv[0], s->argv);
	_exit(127);
}

void service_start(struct service *s)
{
	int64_t now = service_now();

	if (s->pid || s->disabled || now < s->due || (s->beside && !s->beside->pid))
		return;
	if (access(s->argv[0], X_OK) < 0) {
		log_error("%s is not in this template: %s", s->name, strerror(errno));
		s->disabled = true;
		return;
	}

	s->started = now;
	s->due = now + SERVICE_DELAY_MAX;
	s->pid = fork();
	if (s->pid == 0)
		child_exec(s);
	if (s->pid < 0) {
		log_error("%s cannot be started: %s", s->name, strerror(errno));
		s->pid = 0;
		return;
	}
	log_debug("%s started %lld ms after power-on", s->name, (long long)now);
}

bool service_ended(struct service *s, pid_t pid, int status)
{
	int64_t now = service_now();

	if (s->pid != pid)
		return false;

	s->pid = 0;
	if (s->delay == 0 || now - s->started > SERVICE_LIFE_GOOD)
		s->delay = SERVICE_DELAY_MIN;
	else
		s->delay = s->delay * 2 < SERVICE_DELAY_MAX ? s->delay * 2 : SERVICE_DELAY_MAX;
	s->due = now + s->delay;

	if (WIFSIGNALED(status))
		log_warning("%s was killed by signal %d, next start in %d ms", s->name, WTERMSIG(status), s->delay);
	else
		log_warning("%s ended with status %d, next start in %d ms", s->name, WEXITSTATUS(status), s->delay);
	return true;
}

bool service_listens(const struct service *s)
{
	return s->on_connect && !s->pid && !s->disabled && service_now() >= s->due;
}

int service_wait(const struct service *s)
{
	int64_t left = s->due - service_now();

	if (s->pid || s->disabled || (s->beside && !s->beside->pid))
		return -1;
	/* A connection starts it, but not before it is due. */
	if (left <= 0)
		return s->on_connect ? -1 : 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}
