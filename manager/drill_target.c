/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/drill_target.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/close_range.h>

#include "base/cleanup.h"

#define LINE_WAIT_MS 15000

static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 } };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || syscall(SYS_capset, &header, none) < 0)
		return -errno;
	return 0;
}

static void become_target(const struct drill_target *t, int out)
{
	sigset_t none;
	int r;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(t->witness, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0)
		_exit(127);
	close_range(3, ~0u, 0);
	r = t->identity ? identity_become(t->identity, LABEL_QEMU) : drop_capabilities();
	if (r == 0)
		execv(t->argv[0], t->argv);
	_exit(127);
}

/* One line, within the time. The target closes its end after it. */
static int read_line(int fd, char *ret_line)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t len = 0;

	while (len < DRILL_LINE_MAX && poll(&p, 1, LINE_WAIT_MS) > 0) {
		ssize_t n = read(fd, ret_line + len, DRILL_LINE_MAX - len);
		char *end;

		if (n <= 0)
			return -EBADMSG;
		end = memchr(ret_line + len, '\n', (size_t)n);
		len += (size_t)n;
		if (!end)
			continue;
		*end = '\0';
		return memchr(ret_line, '\0', (size_t)(end - ret_line)) || end == ret_line ? -EBADMSG : 0;
	}
	return -EBADMSG;
}

static int handle_target_end(sd_event_source *source, const siginfo_t *si, void *userdata)
{
	sd_event_source_unref(source);
	return 0;
}

int drill_target_start(sd_event *event, const struct drill_target *target, char *ret_line)
{
	sd_event_source *child = NULL;
	int pipe_fds[2];
	pid_t pid;
	int r;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		become_target(target, pipe_fds[1]);
	r = pid < 0 ? -errno : 0;
	close(pipe_fds[1]);
	if (r == 0)
		r = sd_event_add_child(event, &child, pid, WEXITED, handle_target_end, NULL);
	if (r >= 0)
		r = read_line(pipe_fds[0], ret_line);
	close(pipe_fds[0]);
	if (r < 0 && pid > 0)
		kill(pid, SIGKILL);
	return r;
}
