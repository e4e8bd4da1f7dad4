/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/folder_watch.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"

#define GONE (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)
#define FILES_MASK                                                                                           \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ATTRIB | IN_DELETE_SELF | \
		IN_MOVE_SELF | IN_ONLYDIR)
#define FOLDER_MASK (IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
/* A folder on the way may come while we look for it: then it is looked for again. */
#define TRIES 8

static int handle_file(sd_event_source *source, const struct inotify_event *event, void *userdata)
{
	struct folder_watch *w = userdata;

	if (event->mask & GONE)
		folder_watch_open(w);
	w->changed(w->userdata);
	return 0;
}

/* Whether @name is a part of the path of one of the folders. */
static bool is_on_the_way(const struct folder_watch *w, const char *name)
{
	size_t len = strlen(name);

	for (unsigned i = 0; w->dirs[i]; i++) {
		for (const char *at = strchr(w->dirs[i], '/'); at; at = strchr(at + 1, '/')) {
			if (strncmp(at + 1, name, len) == 0 && (at[1 + len] == '/' || at[1 + len] == '\0'))
				return true;
		}
	}
	return false;
}

static int handle_folder(sd_event_source *source, const struct inotify_event *event, void *userdata)
{
	struct folder_watch *w = userdata;

	if (!(event->mask & GONE) && (event->len == 0 || !is_on_the_way(w, event->name)))
		return 0;
	folder_watch_open(w);
	w->changed(w->userdata);
	return 0;
}

/* Cuts @path to the nearest folder above it that is there. */
static void cut_to_folder(char *path)
{
	struct stat st;
	char *slash;

	while ((slash = strrchr(path, '/')) && slash > path) {
		*slash = '\0';
		if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			return;
	}
	path[slash ? 1 : 0] = '\0';
}

/* Watches a folder, if it is there, and the nearest one above it. -EAGAIN: what was there has moved meanwhile. */
static int watch(struct folder_watch *w, unsigned i)
{
	char *above cleanup_free = strdup(w->dirs[i]);
	char *again cleanup_free = strdup(w->dirs[i]);
	sd_event_source **sources = w->sources[i];
	int r;

	if (!above || !again)
		return -ENOMEM;
	for (unsigned k = 0; k < 2; k++)
		sources[k] = sd_event_source_disable_unref(sources[k]);
	cut_to_folder(above);
	r = sd_event_add_inotify(w->event, &sources[1], above, FOLDER_MASK, handle_folder, w);
	if (r < 0)
		return r == -ENOENT ? -EAGAIN : r;
	r = sd_event_add_inotify(w->event, &sources[0], w->dirs[i], FILES_MASK, handle_file, w);
	if (r < 0 && r != -ENOENT && r != -ENOTDIR)
		return r;
	cut_to_folder(again);
	return strcmp(above, again) == 0 ? 0 : -EAGAIN;
}

void folder_watch_open(struct folder_watch *w)
{
	for (unsigned i = 0; w->dirs[i]; i++) {
		int r = -EAGAIN;

		for (unsigned n = 0; n < TRIES && r == -EAGAIN; n++)
			r = watch(w, i);
		if (r < 0)
			log_warning("%s is not watched (%s): what changes there counts when vmosd starts anew",
				w->dirs[i], strerror(-r));
	}
}

void folder_watch_close(struct folder_watch *w)
{
	for (unsigned i = 0; i < FOLDER_WATCH_MAX; i++) {
		for (unsigned k = 0; k < 2; k++)
			w->sources[i][k] = sd_event_source_disable_unref(w->sources[i][k]);
	}
}
