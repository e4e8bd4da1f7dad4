/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/net_switch.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/paths.h"
#include "manager/proc_note.h"
#include "manager/spawn.h"

int net_switch_init(struct net_switch *sw, const char *run_dir, const char *name)
{
	char *note;

	sw->dir = paths_join(run_dir, name, NULL);
	if (!sw->dir || asprintf(&note, "%s.pid", sw->dir) < 0)
		return -ENOMEM;
	sw->note = note;
	return 0;
}

void net_switch_finish(struct net_switch *sw)
{
	sw->watch = sd_event_source_disable_unref(sw->watch);
	free(sw->dir);
	free(sw->note);
	*sw = (struct net_switch){ 0 };
}

bool net_switch_is_installed(void)
{
	return access(NET_SWITCH_PROGRAM, X_OK) == 0;
}

static void net_switch_lost(struct net_switch *sw)
{
	sw->watch = sd_event_source_disable_unref(sw->watch);
	sw->pid = 0;
	if (sw->ended)
		sw->ended(sw, sw->userdata);
}

/* A child's source without userdata is of one that was stopped: it only had to be waited for. */
static int handle_exit(sd_event_source *source, const siginfo_t *si, void *userdata)
{
	if (userdata)
		net_switch_lost(userdata);
	else
		sd_event_source_disable_unref(source);
	return 0;
}

static int handle_pidfd(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	net_switch_lost(userdata);
	return 0;
}

/* The VM's processes make sockets in there. */
static int make_folder(const struct net_switch *sw, const struct identity *id)
{
	int r = paths_remove(sw->dir);

	if (r == 0)
		r = paths_mkdir(sw->dir);
	if (r == 0 && id->apart)
		r = identity_own_file(id, sw->dir);
	if (r == 0 && chmod(sw->dir, 0700) < 0)
		r = -errno;
	return r;
}

int net_switch_start(struct net_switch *sw, const struct net_switch_start *start)
{
	const char *const args[] = { "--switch", sw->dir, NULL };
	const struct spawn_helper program = {
		.path = start->program,
		.args = args,
		.identity = start->identity,
		.label = LABEL_QEMU,
	};
	int r = make_folder(sw, start->identity);

	if (r == 0)
		r = spawn_helper(&program, -1, &sw->pid);
	if (r < 0)
		return r;
	r = sd_event_add_child(start->event, &sw->watch, sw->pid, WEXITED, handle_exit, sw);
	if (r >= 0)
		r = proc_note_write(sw->note, sw->pid);
	if (r < 0)
		net_switch_stop(sw);
	return r < 0 ? r : 0;
}

int net_switch_adopt(struct net_switch *sw, sd_event *event)
{
	int fd = proc_note_open(sw->note, &sw->pid);
	int r;

	if (fd < 0)
		return fd;
	r = sd_event_add_io(event, &sw->watch, fd, EPOLLIN, handle_pidfd, sw);
	if (r >= 0)
		r = sd_event_source_set_io_fd_own(sw->watch, true);
	else
		close(fd);
	if (r < 0)
		sw->pid = 0;
	return r < 0 ? r : 0;
}

void net_switch_stop(struct net_switch *sw)
{
	pid_t pid;

	if (sw->pid <= 0)
		return;
	if (!sw->watch) {
		kill(sw->pid, SIGKILL);
	} else if (sd_event_source_get_child_pid(sw->watch, &pid) >= 0) {
		kill(pid, SIGKILL);
		sd_event_source_set_userdata(sw->watch, NULL);
	} else {
		pidfd_send_signal(sd_event_source_get_io_fd(sw->watch), SIGKILL, NULL, 0);
		sd_event_source_disable_unref(sw->watch);
	}
	sw->watch = NULL;
	sw->pid = 0;
}
