/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/template_copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/paths.h"
#include "manager/template.h"
#include "proto/text.h"

/* No version begins with a dot, and the folder of a build of session mode is called otherwise. */
#define TMP ".import.tmp"
#define PIECE (1u << 20)

static int check_file(struct template_copy *c, enum manifest_file file)
{
	struct stat st;

	c->failed = manifest_file_names[file];
	if (fstat(c->from[file], &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (st.st_size <= 0 || (uint64_t)st.st_size > manifest_size_max[file])
		return -EMSGSIZE;
	c->manifest.size[file] = (uint64_t)st.st_size;
	c->failed = NULL;
	return 0;
}

/* What fills up in the middle would fill up for running VMs, too. */
static int check_space(const struct template_copy *c, const char *dir)
{
	uint64_t need = MANIFEST_MAX;
	struct statvfs fs;

	for (unsigned i = 0; i < MANIFEST_FILES; i++)
		need += c->manifest.size[i];
	if (statvfs(dir, &fs) < 0)
		return -errno;
	return need > (uint64_t)fs.f_bavail * fs.f_frsize ? -ENOSPC : 0;
}

int template_copy_init(struct template_copy *c, const char *dir, const int from[MANIFEST_FILES])
{
	struct manifest m;
	int r = 0;

	memcpy(c->from, from, sizeof(c->from));
	c->folder = paths_join(dir, c->manifest.name, NULL);
	c->tmp = c->folder ? paths_join(c->folder, TMP, NULL) : NULL;
	c->place = c->folder ? paths_join(c->folder, c->manifest.version, NULL) : NULL;
	if (!c->tmp || !c->place)
		return -ENOMEM;
	for (unsigned i = 0; i < MANIFEST_FILES && r == 0; i++)
		r = check_file(c, i);
	if (r < 0)
		return r;
	/* with hashes that are still to come in their place */
	m = c->manifest;
	for (unsigned i = 0; i < MANIFEST_FILES; i++)
		memcpy(m.sha256[i], m.roothash, sizeof(m.roothash));
	r = manifest_check(&m);
	return r < 0 ? r : check_space(c, dir);
}

void template_copy_finish(struct template_copy *c)
{
	free(c->folder);
	free(c->tmp);
	free(c->place);
	c->folder = c->tmp = c->place = NULL;
}

/* Where copies write: one buffer and one digest for all files. */
struct pump {
	struct template_copy *copy;
	struct digest *digest;
	char *buffer; /* PIECE bytes */
	int dir;
};

/* Exactly the bytes that the file had when it was looked at. */
static int pump_bytes(struct pump *p, int from, int to, uint64_t size)
{
	uint64_t at = 0;

	while (at < size) {
		size_t want = size - at < PIECE ? (size_t)(size - at) : PIECE;
		ssize_t n = pread(from, p->buffer, want, (off_t)at);
		int r;

		if (atomic_load(&p->copy->stop))
			return -ECANCELED;
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ESTALE;
		r = digest_add(p->digest, p->buffer, (size_t)n);
		if (r == 0)
			r = fd_write_all(to, p->buffer, (size_t)n);
		if (r < 0)
			return r;
		at += (uint64_t)n;
	}
	return 0;
}

static int make_file(const struct pump *p, const char *name)
{
	int fd = openat(p->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : fd;
}

static int end_file(int fd)
{
	return fchmod(fd, 0444) < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int pump_file(struct pump *p, enum manifest_file file)
{
	struct template_copy *c = p->copy;
	int to cleanup_fd = make_file(p, manifest_file_names[file]);
	struct stat st;
	int r = to < 0 ? to : digest_begin(p->digest);

	if (r == 0)
		r = pump_bytes(p, c->from[file], to, c->manifest.size[file]);
	if (r == 0)
		r = digest_end(p->digest, c->manifest.sha256[file]);
	if (r < 0)
		return r;
	if (fstat(c->from[file], &st) < 0 || (uint64_t)st.st_size != c->manifest.size[file])
		return -ESTALE;
	return end_file(to);
}

static int write_manifest(const struct pump *p)
{
	char text[4096];
	int fd cleanup_fd = make_file(p, "manifest");
	int r = fd < 0 ? fd : manifest_format(&p->copy->manifest, text, sizeof(text));

	if (r >= 0)
		r = fd_write_all(fd, text, (size_t)r);
	return r < 0 ? r : end_file(fd);
}

static int pump_all(struct pump *p)
{
	struct template_copy *c = p->copy;
	int r = 0;

	for (unsigned i = 0; i < MANIFEST_FILES && r == 0; i++) {
		c->failed = manifest_file_names[i];
		r = pump_file(p, i);
	}
	if (r < 0)
		return r;
	c->failed = "manifest";
	r = write_manifest(p);
	if (r == 0 && c->share)
		r = template_share_version(c->tmp);
	return r == 0 && fsync(p->dir) < 0 ? -errno : r;
}

static int make_tmp(const struct template_copy *c)
{
	int r = paths_mkdir(c->folder);

	if (r == 0)
		r = paths_remove(c->tmp);
	return r == 0 && mkdir(c->tmp, 0755) < 0 ? -errno : r;
}

int template_copy_run(struct template_copy *c)
{
	int r = make_tmp(c);
	int dir cleanup_fd = r == 0 ? open(c->tmp, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
	char *buffer cleanup_free = malloc(PIECE);
	struct pump p = { .copy = c, .buffer = buffer, .dir = dir };

	if (r < 0)
		return r;
	if (dir < 0)
		return -errno;
	p.digest = buffer ? digest_new() : NULL;
	r = p.digest ? pump_all(&p) : -ENOMEM;
	digest_free(p.digest);
	return r;
}

int template_copy_place(struct template_copy *c)
{
	int dir cleanup_fd = open(c->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return -errno;
	if (rename(c->tmp, c->place) < 0)
		return errno == ENOTEMPTY ? -EEXIST : -errno;
	return fsync(dir) < 0 ? -errno : 0;
}

void template_copy_discard(const struct template_copy *c)
{
	int r = paths_remove(c->tmp);

	if (r < 0)
		log_warning("%s cannot be removed: %s", c->tmp, strerror(-r));
	rmdir(c->folder); /* stays when it holds a version */
}

void template_copy_sweep(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		char *folder cleanup_free = text_is_vm_name(e->d_name) ? paths_join(dir, e->d_name, NULL) : NULL;
		char *tmp cleanup_free = folder ? paths_join(folder, TMP, NULL) : NULL;
		struct stat st;

		if (!tmp || lstat(tmp, &st) < 0)
			continue;
		log_info("Template %s: what was copied when vmosd ended is removed", e->d_name);
		template_copy_discard(&(struct template_copy){ .folder = folder, .tmp = tmp });
	}
	if (d)
		closedir(d);
}
