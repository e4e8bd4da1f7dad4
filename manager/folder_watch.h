/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sees what happens to some folders of files, also to one that is not there yet, or goes and comes back. */
#ifndef MANAGER_FOLDER_WATCH_H
#define MANAGER_FOLDER_WATCH_H

#include <systemd/sd-event.h>

#define FOLDER_WATCH_MAX 2

struct folder_watch {
	sd_event *event;
	const char *const *dirs; /* NULL terminated, at most FOLDER_WATCH_MAX; borrowed */
	void (*changed)(void *userdata); /* a file or folder did */
	void *userdata;
	sd_event_source *sources[FOLDER_WATCH_MAX][2]; /* inotify: of the folder, of what it is in */
};

/* The first four fields are the caller's. What cannot be watched is a line of the log. Also begins anew. */
void folder_watch_open(struct folder_watch *w);
void folder_watch_close(struct folder_watch *w);

#endif
