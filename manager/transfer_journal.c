/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the next vmosd needs to go on: $DATA/transfers/ID/ with job, see
 * transfer_job.h, and args, the sender's arguments as they came. Each is
 * written under another name, synced and renamed; the folder is there as a
 * whole or not at all.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/paths.h"
#include "manager/manager.h"
#include "manager/transfer.h"
#include "proto/ctl.h"

#define NEW_PREFIX "new-" /* of a folder that is being made */

static int sync_folder(const char *path)
{
	int fd cleanup_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int write_file(const char *path, const void *data, size_t len)
{
	int fd cleanup_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r = fd < 0 ? -errno : fd_write_all(fd, data, len);

	if (r < 0)
		return r;
	return fsync(fd) < 0 ? -errno : 0;
}

static int write_job(const struct transfer *t, const char *dir)
{
	char *path cleanup_free = paths_join(dir, "job", NULL);
	char *fresh cleanup_free = paths_join(dir, "job.new", NULL);
	char text[TRANSFER_JOB_MAX];
	size_t len = transfer_job_format(&t->job, text);
	int r;

	if (!path || !fresh)
		return -ENOMEM;
	r = write_file(fresh, text, len);
	if (r < 0)
		return r;
	return rename(fresh, path) < 0 ? -errno : 0;
}

/* The bytes of a guest, perhaps, which are copied and not looked at. */
static int write_args(const struct transfer *t, const char *dir)
{
	char *path cleanup_free = paths_join(dir, "args", NULL);
	char *bytes cleanup_free = malloc(t->job.args_len);
	ssize_t n;

	if (!path || !bytes)
		return -ENOMEM;
	n = pread(t->args, bytes, t->job.args_len, 0);
	if (n != (ssize_t)t->job.args_len)
		return n < 0 ? -errno : -EIO;
	return write_file(path, bytes, t->job.args_len);
}

static int make_folder(struct transfer *t, const char *id, const char *dir)
{
	char *fresh cleanup_free = NULL;
	int r;

	if (asprintf(&fresh, "%s/" NEW_PREFIX "%s", t->manager->transfers.dir, id) < 0) {
		fresh = NULL;
		return -ENOMEM;
	}
	r = mkdir(fresh, 0700) < 0 && errno != EEXIST ? -errno : 0;
	if (r == 0)
		r = write_args(t, fresh);
	if (r == 0)
		r = write_job(t, fresh);
	if (r == 0)
		r = sync_folder(fresh);
	if (r == 0 && rename(fresh, dir) < 0)
		r = -errno;
	if (r < 0)
		paths_remove(fresh);
	return r < 0 ? r : sync_folder(t->manager->transfers.dir);
}

/* A call that waits for the end ends with its caller; nothing of it is to be taken up. */
int transfer_journal_save(struct transfer *t)
{
	char id[TRANSFER_ID_LEN + 1];
	char *dir cleanup_free = NULL;
	int r;

	if (t->call)
		return 0;
	transfer_id_format(t->job.id, id);
	dir = paths_join(t->manager->transfers.dir, id, NULL);
	if (!dir)
		return -ENOMEM;
	if (!t->journalled) {
		r = make_folder(t, id, dir);
	} else {
		r = write_job(t, dir);
		if (r == 0)
			r = sync_folder(dir);
	}
	if (r < 0)
		log_warning("transfer %s: its journal %s cannot be written: %s", id, dir, strerror(-r));
	t->journalled = t->journalled || r == 0;
	return r;
}

void transfer_journal_remove(struct transfer *t)
{
	char id[TRANSFER_ID_LEN + 1];
	char *dir cleanup_free = NULL;
	int r;

	if (!t->journalled)
		return;
	transfer_id_format(t->job.id, id);
	dir = paths_join(t->manager->transfers.dir, id, NULL);
	r = dir ? paths_remove(dir) : -ENOMEM;
	if (r < 0)
		log_warning("transfer %s: its journal cannot be removed: %s", id, strerror(-r));
	t->journalled = false;
}

static int load_job(const char *dir, struct transfer_job *ret_job)
{
	char *path cleanup_free = paths_join(dir, "job", NULL);
	char *text cleanup_free = NULL;
	unsigned line = 0;
	size_t len;
	int r = path ? fd_read_file(path, TRANSFER_JOB_MAX, &text, &len) : -ENOMEM;

	if (r == 0)
		r = transfer_job_parse(text, len, ret_job, &line);
	if (r < 0)
		log_warning("%s/job cannot be used (line %u): %s", dir, line, strerror(-r));
	return r;
}

/* A memfd as that which the transfer had. */
static int load_args(const char *dir, uint32_t args_len)
{
	char *path cleanup_free = paths_join(dir, "args", NULL);
	char *bytes cleanup_free = NULL;
	size_t len;
	int r = path ? fd_read_file(path, CTL_ARGS_MAX, &bytes, &len) : -ENOMEM;

	if (r < 0)
		return r;
	return len == args_len ? fd_memfd_data("vmos-transfer", bytes, len) : -EBADMSG;
}

static int load(struct manager *m, const char *name, const char *dir)
{
	struct transfer_job job;
	struct transfer *t;
	uint64_t id;
	int args, r = transfer_id_parse(name, &id);

	if (r == 0)
		r = load_job(dir, &job);
	if (r == 0 && (job.id != id || transfers_find(m, id)))
		r = -EBADMSG;
	if (r < 0)
		return r;
	args = load_args(dir, job.args_len);
	if (args < 0)
		return args;
	r = transfer_new(m, &job, args, &t);
	if (r < 0)
		return r;
	t->journalled = true;
	t->adopted = job.request != 0;
	t->state = job.allowed ? TRANSFER_WAITING : TRANSFER_ASKING;
	log_info("transfer %s from %s to %s is taken up again", name, job.from, job.to);
	return 0;
}

int transfer_journal_load(struct manager *m)
{
	DIR *d = opendir(m->transfers.dir);
	struct dirent *e;
	unsigned n = 0;

	if (!d)
		return -errno;
	while ((e = readdir(d))) {
		char *dir cleanup_free = NULL;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		dir = paths_join(m->transfers.dir, e->d_name, NULL);
		if (!dir || (n < TRANSFERS_MAX && load(m, e->d_name, dir) == 0)) {
			n++;
			continue;
		}
		log_warning("%s is no whole transfer and is removed", dir);
		paths_remove(dir);
	}
	closedir(d);
	return 0;
}
