/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/close_range.h>

#include "base/fd.h"
#include "proto/helper.h"
#include "proto/text.h"

#define SPAWN_TEXT_MAX 512

extern char **environ;

/* All of our environment that a helper gets to see: debugging, sanitizers, and how pointer and frames look. */
static const char *const helper_env[] = {
	"VMOS_DEBUG=",
	"ASAN_OPTIONS=",
	"UBSAN_OPTIONS=",
	"XCURSOR_THEME=",
	"XCURSOR_SIZE=",
	"XCURSOR_PATH=",
	"VMOS_FRAMES=",
	"HOME=",
};

#define HELPER_ENV (sizeof(helper_env) / sizeof(helper_env[0]))

static void pick_environment(char **ret_env)
{
	unsigned n = 0;

	for (char **e = environ; *e; e++) {
		for (unsigned i = 0; i < HELPER_ENV && n < HELPER_ENV; i++) {
			if (strncmp(*e, helper_env[i], strlen(helper_env[i])) == 0)
				ret_env[n++] = *e;
		}
	}
	ret_env[n] = NULL;
}

/* In the child, between fork and exec: signals as a new program expects them. Calls nothing that takes a lock. */
static void child_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
}

int spawn_helper(const struct spawn_helper *program, int sock, pid_t *ret_pid)
{
	char *argv[SPAWN_ARGS_MAX + 2] = { (char *)program->path, (char *)program->vm };
	char *env[HELPER_ENV + 1];
	pid_t pid;

	if (access(program->path, X_OK) < 0)
		return -errno;
	for (unsigned i = 0; program->args && program->args[i] && i < SPAWN_ARGS_MAX; i++)
		argv[i + 1] = (char *)program->args[i];
	pick_environment(env);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid > 0) {
		*ret_pid = pid;
		return 0;
	}
	setpgid(0, 0);
	child_signals();
	if (sock == HELPER_FD)
		fcntl(sock, F_SETFD, 0);
	else if (sock >= 0)
		dup2(sock, HELPER_FD);
	close_range(sock < 0 ? HELPER_FD : HELPER_FD + 1, ~0u, 0);
	if (identity_become(program->identity, program->label) == 0)
		execve(program->path, argv, env);
	_exit(127);
}

struct tool {
	spawn_done_fn done;
	void *userdata;
	sd_event_source *child;
	int output; /* its standard error */
};

static int handle_tool_exit(sd_event_source *source, const siginfo_t *si, void *userdata)
{
	struct tool *tool = userdata;
	char raw[SPAWN_TEXT_MAX], text[SPAWN_TEXT_MAX];
	ssize_t len = read(tool->output, raw, sizeof(raw) - 1);
	int status = si->si_code == CLD_EXITED ? si->si_status : 128 + si->si_status;

	while (len > 0 && raw[len - 1] == '\n')
		len--;
	text_sanitise((const uint8_t *)raw, len > 0 ? (size_t)len : 0, text, sizeof(text));
	tool->done(status, text, tool->userdata);
	sd_event_source_disable_unref(tool->child);
	close(tool->output);
	free(tool);
	return 0;
}

static pid_t fork_tool(char *const *argv, int output)
{
	pid_t pid = fork();
	int null;

	if (pid != 0)
		return pid;
	child_signals();
	null = open("/dev/null", O_RDWR);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	close_range(3, ~0u, 0);
	execvp(argv[0], argv);
	_exit(127);
}

int spawn_tool(sd_event *event, char *const *argv, spawn_done_fn done, void *userdata)
{
	struct tool *tool = calloc(1, sizeof(*tool));
	int pipe_fds[2];
	pid_t pid;
	int r;

	if (!tool)
		return -ENOMEM;
	if (pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) < 0) {
		free(tool);
		return -errno;
	}
	tool->done = done;
	tool->userdata = userdata;
	tool->output = pipe_fds[0];
	pid = fork_tool(argv, pipe_fds[1]);
	r = pid < 0 ? -errno : 0;
	close(pipe_fds[1]);
	if (r == 0)
		r = sd_event_add_child(event, &tool->child, pid, WEXITED, handle_tool_exit, tool);
	if (r < 0) {
		if (pid > 0)
			kill(pid, SIGKILL);
		close(tool->output);
		free(tool);
		return r;
	}
	return 0;
}

int spawn_daemon(char *const *argv)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return -errno;
	if (pid > 0)
		return waitpid(pid, &status, 0) < 0 ? -errno : 0;
	if (fork() == 0) {
		int null = open("/dev/null", O_RDWR);

		setsid();
		child_signals();
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		close_range(3, ~0u, 0);
		execvp(argv[0], argv);
		_exit(127);
	}
	_exit(0);
}
