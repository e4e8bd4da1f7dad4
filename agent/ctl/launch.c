/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/ctl/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"

#define USER_UID 1000

/* What a session manager would set for a Wayland session of the user. */
static const char *const launch_session[][2] = {
	{ "LANG", "C.UTF-8" },
	{ "XDG_RUNTIME_DIR", "/run/user/1000" },
	{ "XDG_SESSION_TYPE", "wayland" },
	{ "XDG_CURRENT_DESKTOP", "vmOS" },
	{ "WAYLAND_DISPLAY", "wayland-0" },
	{ "DISPLAY", ":0" },
	{ "DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/user/1000/bus" },
	{ "GDK_BACKEND", "wayland,x11" },
	{ "QT_QPA_PLATFORM", "wayland;xcb" },
	{ "MOZ_ENABLE_WAYLAND", "1" },
};

/* -errno. Runs in the child. */
static int launch_environment(const struct launch *l, const struct passwd *user)
{
	clearenv();
	setenv("HOME", user->pw_dir, 1);
	setenv("USER", user->pw_name, 1);
	setenv("LOGNAME", user->pw_name, 1);
	setenv("SHELL", user->pw_shell, 1);
	setenv("PATH",
		l->root ? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
			: "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games",
		1);
	for (size_t i = 0; i < sizeof(launch_session) / sizeof(launch_session[0]); i++)
		setenv(launch_session[i][0], launch_session[i][1], 1);
	for (char *const *env = l->envv; *env; env++) {
		if (putenv(*env) != 0)
			return -errno;
	}
	return 0;
}

static int launch_files(const struct launch *l)
{
	int fds[3];

	if (setsid() < 0)
		return -errno;
	if (l->tty && ioctl(l->fds[0], TIOCSCTTY, 0) < 0)
		return -errno;
	/* out of the way of 0, 1 and 2 first, as one of them may be among the fds */
	for (int i = 0; i < 3; i++) {
		fds[i] = fcntl(l->fds[i], F_DUPFD_CLOEXEC, 3);
		if (fds[i] < 0)
			return -errno;
	}
	for (int i = 0; i < 3; i++) {
		if (dup2(fds[i], i) < 0)
			return -errno;
	}
	return 0;
}

static int launch_user(const struct passwd *user)
{
	if (initgroups(user->pw_name, user->pw_gid) < 0 || setgid(user->pw_gid) < 0 || setuid(user->pw_uid) < 0)
		return -errno;
	if (chdir(user->pw_dir) < 0 && chdir("/") < 0)
		return -errno;
	return 0;
}

static void launch_signals(void)
{
	sigset_t none;

	for (int signo = 1; signo < NSIG; signo++)
		signal(signo, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Returns only if it failed. */
static int launch_exec(const struct launch *l)
{
	const struct passwd *user = getpwuid(l->root ? 0 : USER_UID);
	int r;

	if (!user)
		return -ENOENT;
	r = launch_files(l);
	if (r == 0)
		r = launch_environment(l, user);
	if (r == 0)
		r = launch_user(user);
	if (r < 0)
		return r;
	launch_signals();
	execvp(l->argv[0], l->argv);
	return -errno;
}

pid_t launch_start(const struct launch *l)
{
	int pipe_fds[2], error = 0;
	int report cleanup_fd = -1;
	ssize_t n;
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return -errno;
	report = pipe_fds[0];
	pid = fork();
	if (pid < 0)
		error = -errno;
	if (pid == 0) {
		error = launch_exec(l);
		n = write(pipe_fds[1], &error, sizeof(error));
		_exit(n == sizeof(error) ? 127 : 126);
	}
	close(pipe_fds[1]);
	if (pid < 0)
		return error;
	/* the pipe closes by itself when the program has been executed */
	do {
		n = read(report, &error, sizeof(error));
	} while (n < 0 && errno == EINTR);
	return n == sizeof(error) ? error : pid;
}
