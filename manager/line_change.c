/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/line_change.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/paths.h"
#include "manager/audit.h"
#include "manager/errors.h"
#include "manager/manager.h"
#include "manager/polkit.h"

void line_change_uid(sd_bus_message *call, char ret_uid[16])
{
	uid_t uid;

	ret_uid[0] = '\0';
	if (call && polkit_sender(call, &uid) == 0)
		snprintf(ret_uid, 16, "%u", (unsigned)uid);
}

/* The file as it is: none is an empty one. */
static int read_old(
	const struct manager *m, const struct line_store *store, struct line_change *c, sd_bus_error *ret_error)
{
	char *error cleanup_free = NULL;
	struct stat st;
	int r;

	c->edit.now = c->edit.written = time(NULL);
	if (stat(c->path, &st) < 0 && errno == ENOENT) {
		c->old = strdup("");
		return c->old ? 0 : -ENOMEM;
	}
	r = store->read(m, c->path, &c->old, &error);
	if (r < 0)
		return error ? errors_set(ret_error, ERROR_FAILED, "%s Nothing was changed.", error) : r;
	c->edit.written = st.st_mtim.tv_sec;
	return 0;
}

/* Whether all would parse with the new file in its place. */
static int try_new(
	const struct manager *m, const struct line_store *store, const struct line_change *c, sd_bus_error *ret_error)
{
	struct line_draft draft = { .dir = c->dir, .path = c->path, .text = c->text };
	char *error cleanup_free = NULL;
	int r = store->try(m, &draft, &error);

	return r < 0 && error ? errors_set(ret_error, ERROR_FAILED, "%s Nothing was changed.", error) : r;
}

static int record(
	const struct manager *m, const struct line_store *store, const struct line_change *c, sd_bus_error *ret_error)
{
	int r = store->record(m, c);

	return r < 0 ? errors_set(ret_error, ERROR_FAILED,
			       "The audit log in %s cannot be written (%s), so the %s stay as they are. See to it, "
			       "then try again.",
			       m->data, strerror(-r), store->noun)
		     : 0;
}

/* Writes the new file, and has it in force. */
static int put_new(
	struct manager *m, const struct line_store *store, const struct line_change *c, sd_bus_error *ret_error)
{
	const char *error = NULL;
	int r = line_edit_write(c->path, c->text);

	if (r < 0) {
		audit_write(m->audit, store->failed_event, "file", c->path, "reason", strerror(-r), NULL);
		return errors_set(ret_error, r == -ENOSPC ? ERROR_NO_SPACE : ERROR_FAILED,
			"%s cannot be written: %s. The %s before stay in force.", c->path, strerror(-r), store->noun);
	}
	r = store->reload(m, &error);
	return r < 0 ? errors_set(ret_error, ERROR_FAILED, "%s was written, but is not in force yet: %s", c->path,
			       error ? error : strerror(-r))
		     : 0;
}

static int make(struct manager *m, const struct line_store *store, struct line_change *c, sd_bus_error *ret_error)
{
	int r = paths_mkdir(c->dir);

	if (r < 0)
		return errors_set(ret_error, ERROR_FAILED, "The folder %s cannot be made: %s", c->dir, strerror(-r));
	r = read_old(m, store, c, ret_error);
	if (r == 0)
		r = line_edit_text(c->old, &c->edit, &c->text, &c->removed);
	if (r == 0 && !c->edit.line && c->removed == 0)
		return 0;
	if (r == 0)
		r = try_new(m, store, c, ret_error);
	if (r == 0)
		r = record(m, store, c, ret_error);
	return r == 0 ? put_new(m, store, c, ret_error) : r;
}

int line_change_make(struct manager *m, const struct line_store *store, struct line_change *c, sd_bus_error *ret_error)
{
	char *path cleanup_free = paths_join(store->folder(m), store->file, NULL);
	int r = -ENOMEM;

	c->dir = store->folder(m);
	c->path = path;
	if (path)
		r = make(m, store, c, ret_error);
	free(c->old);
	free(c->text);
	c->old = c->text = NULL;
	c->dir = c->path = NULL;
	return r;
}
