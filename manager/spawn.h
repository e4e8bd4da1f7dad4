/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Child processes: helpers with one socket, tools that are waited for on the main loop, the private bus. */
#ifndef MANAGER_SPAWN_H
#define MANAGER_SPAWN_H

#include <sys/types.h>

#include <systemd/sd-event.h>

#include "manager/identity.h"

/* @status: exit status; 128 + signal; @text: its standard error, cut, one line, printable. */
typedef void (*spawn_done_fn)(int status, const char *text, void *userdata);

#define SPAWN_ARGS_MAX 4

/* All borrowed. */
struct spawn_helper {
	const char *path;
	const char *vm; /* its only argument, for those who read a list of processes … */
	const char *const *args; /* … unless these are given: at most SPAWN_ARGS_MAX, NULL terminated */
	const struct identity *identity; /* who it becomes … */
	enum label_kind label; /* … with this label */
};

/* Starts the program in a process group of its own with @sock (-1: none) as fd 3, nothing else open and a small environment. */
int spawn_helper(const struct spawn_helper *program, int sock, pid_t *ret_pid);

/* Runs @argv (found by PATH) on @event's loop; @done is called once, never from within. -errno: it did not start. */
int spawn_tool(sd_event *event, char *const *argv, spawn_done_fn done, void *userdata);

/* Starts @argv in a session of its own: it outlives us. Standard streams are /dev/null. */
int spawn_daemon(char *const *argv);

#endif
