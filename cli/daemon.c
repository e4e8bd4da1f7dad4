/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/paths.h"
#include "cli/cli.h"

/* The folder this program is in. */
static char *own_folder(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	if (n < 0)
		return NULL;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		return NULL;
	*slash = '\0';
	return strdup(path);
}

static bool is_program(const char *folder, const char *name)
{
	char *path cleanup_free = paths_join(folder, name, NULL);

	return path && !access(path, X_OK);
}

static bool is_in_build_tree(const char *own)
{
	return !strcmp(own, VMOS_BUILD_FOLDER);
}

const char *daemon_source_tree(void)
{
	char *own cleanup_free = own_folder();

	return own && is_in_build_tree(own) ? VMOS_SOURCE_TREE : NULL;
}

char *daemon_find(void)
{
	const char *set = getenv("VMOS_LIBEXEC");
	char *own cleanup_free = own_folder();
	char *folder;

	if (set && *set)
		return strdup(set);
	if (!own)
		return strdup(VMOS_HELPER_DIR);
	folder = paths_join(own, is_in_build_tree(own) ? "../manager" : "../libexec/vmos", NULL);
	if (folder && is_program(folder, "vmosd"))
		return folder;
	free(folder);
	return strdup(VMOS_HELPER_DIR);
}

/* ${XDG_STATE_HOME:-~/.local/state}/vmos/vmosd.log, its folder made. */
static char *log_path(void)
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	char *folder cleanup_free = NULL;

	if (state && *state == '/')
		folder = paths_join(state, "vmos", NULL);
	else if (home && *home == '/')
		folder = paths_join(home, ".local/state/vmos", NULL);
	if (!folder || paths_mkdir(folder) < 0)
		return NULL;
	return paths_join(folder, "vmosd.log", NULL);
}

/* In the child: nothing of the terminal or of the caller's fds goes along. */
static void daemon_exec(const char *program, int log_fd)
{
	int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	setsid();
	if (null_fd < 0 || dup2(null_fd, 0) < 0 || dup2(log_fd, 1) < 0 || dup2(log_fd, 2) < 0 || chdir("/") < 0)
		_exit(CLI_FAILED);
	close_range(3, ~0u, 0);
	execl(program, "vmosd", (char *)NULL);
	_exit(CLI_RUN_NOT_FOUND);
}

int daemon_start(struct daemon *d)
{
	char *folder cleanup_free = daemon_find();
	char *program cleanup_free = folder ? paths_join(folder, "vmosd", NULL) : NULL;
	int log_fd cleanup_fd = -1;

	if (!program)
		return cli_oom();
	if (access(program, X_OK))
		return cli_error(
			CLI_FAILED, "there is no manager at %s: install vmOS whole, or set VMOS_LIBEXEC", program);
	d->log_path = log_path();
	if (!d->log_path)
		return cli_error(CLI_FAILED,
			"cannot make the folder for vmosd's log: set HOME or XDG_STATE_HOME to a "
			"folder that you may write to");
	log_fd = open(d->log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log_fd < 0)
		return cli_error(CLI_FAILED, "cannot write %s: %s", d->log_path, strerror(errno));
	d->pid = fork();
	if (!d->pid)
		daemon_exec(program, log_fd);
	if (d->pid < 0)
		return cli_error(CLI_FAILED, "cannot start vmosd: %s", strerror(errno));
	return 0;
}

bool daemon_is_alive(struct daemon *d)
{
	int status;

	if (d->pid <= 0 || waitpid(d->pid, &status, WNOHANG) == 0)
		return d->pid > 0;
	d->pid = 0;
	d->had_rival = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	return false;
}
