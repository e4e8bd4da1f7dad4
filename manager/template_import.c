/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files are copied by a thread: they are another's, on whatever file system
 * he has, which may answer late or never, and 16 GiB go to the disk. The main
 * loop decides, audits, and gives the copy its place.
 */
#include "manager/template_import.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/paths.h"
#include "manager/audit.h"
#include "manager/errors.h"
#include "manager/line_change.h"
#include "manager/manager.h"
#include "manager/template_copy.h"
#include "proto/text.h"

struct template_import {
	struct manager *manager; /* borrowed */
	sd_bus_message *call; /* owned, and with it the files */
	sd_bus_track *caller;
	struct template_copy copy;
	int result; /* of the thread */
	int done; /* eventfd: the thread is */
	sd_event_source *wake;
};

static void import_free(struct template_import *import)
{
	if (!import)
		return;
	if (import->manager->import == import)
		import->manager->import = NULL;
	sd_event_source_disable_unref(import->wake);
	sd_bus_track_unref(import->caller);
	sd_bus_message_unref(import->call);
	template_copy_finish(&import->copy);
	if (import->done >= 0)
		close(import->done);
	free(import);
}

/* --- what the caller says --- */

static int read_blocks(sd_bus_message *call, struct manifest *m, sd_bus_error *ret_error)
{
	uint32_t blocks;

	if (sd_bus_message_read(call, "v", "u", &blocks) < 0)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT, "The fact data_blocks must be a number (type u).");
	m->data_blocks = blocks;
	return 0;
}

static int read_text(sd_bus_message *call, struct manifest *m, const char *key, sd_bus_error *ret_error)
{
	const char *value;

	if (sd_bus_message_read(call, "v", "s", &value) < 0)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT, "The fact %s must be a text (type s).", key);
	if (manifest_set(m, key, value, strlen(value)) < 0)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT,
			"The fact %s of the template is not what it can be in a manifest. Build the template anew.",
			key);
	return 0;
}

/* One fact; @seen has one bit for each. */
static int read_fact(sd_bus_message *call, struct manifest *m, unsigned *seen, sd_bus_error *ret_error)
{
	static const char *const keys[] = { "data_blocks", "kind", "version", "suite", "kernel", "roothash", "source" };
	const char *key;
	unsigned i = 0;
	int r = sd_bus_message_read(call, "s", &key);

	if (r < 0)
		return r;
	while (i < sizeof(keys) / sizeof(keys[0]) && strcmp(key, keys[i]) != 0)
		i++;
	if (i == sizeof(keys) / sizeof(keys[0]) || *seen & 1u << i)
		return errors_set(
			ret_error, ERROR_INVALID_ARGUMENT, "A template has no fact %.64s, or it is there twice.", key);
	*seen |= 1u << i;
	return i == 0 ? read_blocks(call, m, ret_error) : read_text(call, m, key, ret_error);
}

static int read_facts(sd_bus_message *call, struct manifest *m, sd_bus_error *ret_error)
{
	unsigned seen = 0;
	int r = sd_bus_message_enter_container(call, 'a', "{sv}");

	while (r >= 0 && (r = sd_bus_message_enter_container(call, 'e', "sv")) > 0) {
		r = read_fact(call, m, &seen, ret_error);
		if (r >= 0)
			r = sd_bus_message_exit_container(call);
	}
	return r < 0 ? r : sd_bus_message_exit_container(call);
}

static int read_files(sd_bus_message *call, int ret_fds[MANIFEST_FILES], sd_bus_error *ret_error)
{
	unsigned n = 0;
	int fd, r = sd_bus_message_enter_container(call, 'a', "h");

	while (r >= 0 && (r = sd_bus_message_read_basic(call, 'h', &fd)) > 0) {
		if (n < MANIFEST_FILES)
			ret_fds[n] = fd;
		n++;
	}
	if (r >= 0 && n != MANIFEST_FILES)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT,
			"A template has three files, kernel, initrd and root.erofs, not %u.", n);
	return r;
}

static int read_call(sd_bus_message *call, struct manifest *m, int ret_fds[MANIFEST_FILES], sd_bus_error *ret_error)
{
	const char *name;
	int r = sd_bus_message_read(call, "s", &name);

	if (r < 0)
		return r;
	if (!text_is_vm_name(name) || manifest_set(m, "name", name, strlen(name)) < 0)
		return errors_set(ret_error, ERROR_INVALID_NAME,
			"That is no template name: use letters, digits, '_', '.' and '-', beginning with a letter or "
			"digit.");
	r = read_facts(call, m, ret_error);
	if (r >= 0 && !text_is_vm_name(m->version))
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT,
			"The fact version is missing, or is no folder's name of at most %d letters and digits.",
			VM_NAME_MAX);
	if (r >= 0)
		r = manifest_set(m, "architecture", "x86_64", 6);
	return r < 0 ? r : read_files(call, ret_fds, ret_error);
}

/* --- whether it may be --- */

/* Of a template from before there were kinds: app. */
static const char *kind_of(const struct manifest *m)
{
	return m->kind[0] ? m->kind : "app";
}

static bool has_version(const struct template *t, const char *version)
{
	for (unsigned i = 0; t && i < t->nversions; i++) {
		if (strcmp(t->versions[i], version) == 0)
			return true;
	}
	return false;
}

/* 1: it is there already. */
static int check_place(const struct manager *m, const struct template_copy *c, sd_bus_error *ret_error)
{
	const struct template *t = manager_find_template(m, c->manifest.name);

	if (t && strcmp(kind_of(&t->newest), kind_of(&c->manifest)) != 0)
		return errors_set(ret_error, ERROR_EXISTS,
			"Template %s is for VMs of kind %s, and this one is for kind %s. Give it another name.",
			t->name, kind_of(&t->newest), kind_of(&c->manifest));
	if (has_version(t, c->manifest.version))
		return 1;
	if (access(c->place, F_OK) == 0)
		return errors_set(ret_error, ERROR_EXISTS,
			"%s is there, but is no whole version of a template. Remove it, then try again.", c->place);
	if (t && t->nversions >= TEMPLATE_VERSIONS_MAX)
		return errors_set(ret_error, ERROR_EXISTS,
			"Template %s has %d versions already. Remove the oldest folders in %s, then try again.",
			t->name, TEMPLATE_VERSIONS_MAX, c->folder);
	return 0;
}

/* What stopped it, in a sentence. */
static int fail(const struct template_copy *c, int error, sd_bus_error *ret_error)
{
	const char *name = c->manifest.name, *file = c->failed ? c->failed : "folder";

	switch (error) {
	case -EINVAL:
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT,
			"The file %s of template %s is no regular file, or cannot be read. Give the files of a "
			"template that "
			"was built.",
			file, name);
	case -EMSGSIZE:
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT,
			"The file %s of template %s is empty, or larger than such a file can be. Build the template "
			"anew.",
			file, name);
	case -EBADMSG:
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT,
			"A fact of template %s is missing, or its root has no dm-verity tree behind data_blocks "
			"blocks. Build "
			"the template anew.",
			name);
	case -ENOSPC:
	case -EDQUOT:
		return errors_set(ret_error, ERROR_NO_SPACE,
			"There is no space for template %s in %s. Remove a VM or a template, then try again.", name,
			c->folder);
	case -ESTALE:
		return errors_set(ret_error, ERROR_FAILED,
			"The file %s of template %s changed while it was read. Try again when it is done.", file, name);
	case -EEXIST:
		return errors_set(
			ret_error, ERROR_EXISTS, "%s was made meanwhile. See to it, then try again.", c->place);
	}
	return errors_set(ret_error, ERROR_FAILED, "The %s of template %s cannot be put into %s: %s", file, name,
		c->folder, strerror(-error));
}

/* --- the copy --- */

/* The record first: what cannot be told later is not done. */
static int record(const struct template_import *import, sd_bus_error *ret_error)
{
	const struct manifest *f = &import->copy.manifest;
	struct manager *m = import->manager;
	char uid[16];
	int r;

	line_change_uid(import->call, uid);
	r = audit_write(m->audit, "template-add", "template", f->name, "version", f->version, "kind", f->kind, "kernel",
		f->sha256[MANIFEST_KERNEL], "initrd", f->sha256[MANIFEST_INITRD], "root", f->sha256[MANIFEST_ROOT],
		"roothash", f->roothash, "source", f->source, "uid", uid, NULL);
	return r < 0
		? errors_set(ret_error, ERROR_FAILED,
			  "The audit log in %s cannot be written (%s), so that template %s is not taken in. See to it, "
			  "then try again.",
			  m->data, strerror(-r), f->name)
		: 0;
}

static int put_in_place(struct template_import *import, sd_bus_error *ret_error)
{
	struct template_copy *c = &import->copy;
	struct manager *m = import->manager;
	int r = template_copy_place(c);

	c->failed = NULL;
	if (r < 0)
		return fail(c, r, ret_error);
	r = manager_rescan(m);
	if (r < 0 || has_version(manager_find_template(m, c->manifest.name), c->manifest.version))
		return r;
	paths_remove(c->place);
	return errors_set(ret_error, ERROR_FAILED,
		"Template %s was copied, but cannot be used, and is gone again; the log of vmosd says why.",
		c->manifest.name);
}

/* What was copied gets its place, unless the same came there by itself. */
static int place(struct template_import *import, sd_bus_error *ret_error)
{
	const struct manifest *f = &import->copy.manifest;
	struct manager *m = import->manager;
	int r = check_place(m, &import->copy, ret_error);

	if (r != 0)
		return r < 0 ? r : 0;
	r = record(import, ret_error);
	if (r < 0)
		return r;
	r = put_in_place(import, ret_error);
	if (r < 0)
		audit_write(m->audit, "template-failed", "template", f->name, "version", f->version, "reason",
			ret_error->message, NULL);
	else
		log_info("Template %s has a new version, %s", f->name, f->version);
	return r;
}

static int handle_done(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct template_import *import = userdata;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = import->result;

	if (r == 0 && atomic_load(&import->copy.stop))
		r = -ECANCELED;
	r = r < 0 ? fail(&import->copy, r, &error) : place(import, &error);
	template_copy_discard(&import->copy);
	if (atomic_load(&import->copy.stop))
		log_info("Who gave template %s left before it was there: nothing of it is kept",
			import->copy.manifest.name);
	else if (r < 0)
		sd_bus_reply_method_errno(import->call, r, &error);
	else
		sd_bus_reply_method_return(import->call, NULL);
	sd_bus_error_free(&error);
	import_free(import);
	return 0;
}

static int handle_left(sd_bus_track *track, void *userdata)
{
	struct template_import *import = userdata;

	atomic_store(&import->copy.stop, true);
	return 0;
}

static void *handle_thread(void *userdata)
{
	struct template_import *import = userdata;

	import->result = template_copy_run(&import->copy);
	fd_eventfd_kick(import->done);
	return NULL;
}

/* From here on the thread has import->copy, until it has kicked. */
static int start(struct template_import *import)
{
	struct manager *m = import->manager;
	pthread_t thread;
	int r = sd_bus_track_new(m->bus, &import->caller, handle_left, import);

	if (r >= 0)
		r = sd_bus_track_add_sender(import->caller, import->call);
	if (r < 0)
		return r;
	import->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (import->done < 0)
		return -errno;
	r = sd_event_add_io(m->event, &import->wake, import->done, EPOLLIN, handle_done, import);
	if (r >= 0)
		r = -pthread_create(&thread, NULL, handle_thread, import);
	if (r < 0)
		return r;
	pthread_detach(thread);
	m->import = import;
	return 1;
}

/* 1: it runs; 0: there is nothing to do. */
static int begin(struct template_import *import, sd_bus_error *ret_error)
{
	struct template_copy *c = &import->copy;
	struct manager *m = import->manager;
	int fds[MANIFEST_FILES];
	int r = read_call(import->call, &c->manifest, fds, ret_error);

	if (r < 0)
		return r;
	r = template_copy_init(c, m->templates_dir, fds);
	if (r < 0)
		return r == -ENOMEM ? r : fail(c, r, ret_error);
	r = check_place(m, c, ret_error);
	if (r != 0)
		return r < 0 ? r : 0;
	return start(import);
}

int template_import(struct manager *m, sd_bus_message *call, sd_bus_error *ret_error)
{
	struct template_import *import;
	int r;

	if (m->import)
		return errors_set(ret_error, ERROR_BUSY,
			"Template %s is just being taken in. Try again when it is there.",
			m->import->copy.manifest.name);
	import = calloc(1, sizeof(*import));
	if (!import)
		return -ENOMEM;
	*import = (struct template_import){ .manager = m, .call = sd_bus_message_ref(call), .done = -1 };
	import->copy.share = m->system;
	r = begin(import, ret_error);
	if (r > 0)
		return 1;
	import_free(import);
	return r < 0 ? r : sd_bus_reply_method_return(call, NULL);
}
