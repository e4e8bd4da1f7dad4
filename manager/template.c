/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/template.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/paths.h"
#include "base/smack.h"
#include "manager/labels.h"
#include "proto/text.h"

static const char *const files[] = { "kernel", "initrd", "root.erofs", "manifest" };

/* Bytes that a version takes on disk; 0 when a file of it is missing. */
static uint64_t version_size(const char *dir, const char **ret_missing)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char *path cleanup_free = paths_join(dir, files[i], NULL);
		struct stat st;

		if (!path || stat(path, &st) < 0 || !S_ISREG(st.st_mode)) {
			*ret_missing = files[i];
			return 0;
		}
		sum += (uint64_t)st.st_blocks * 512;
	}
	return sum;
}

/* Reads and checks one version's manifest. */
static int version_load(const char *dir, const char *name, const char *version, struct manifest *ret_manifest)
{
	char *path cleanup_free = paths_join(dir, "manifest", NULL);
	char *text cleanup_free = NULL;
	unsigned line;
	size_t len;
	int r;

	if (!path)
		return -ENOMEM;
	r = fd_read_file(path, MANIFEST_MAX, &text, &len);
	if (r < 0)
		return r;
	r = manifest_parse(text, len, ret_manifest, &line);
	if (r < 0) {
		log_warning(
			"%s: line %u is wrong (0: name, version or architecture is missing); the version is left out",
			path, line);
		return r;
	}
	if (strcmp(ret_manifest->name, name) != 0 || strcmp(ret_manifest->version, version) != 0) {
		log_warning("%s: names template %s version %s, but lies in %s/%s; the version is left out", path,
			ret_manifest->name, ret_manifest->version, name, version);
		return -EBADMSG;
	}
	return 0;
}

static int compare_versions(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

/* The names of the sub-folders of @dir that are valid names, sorted as versions; at most @max. */
static unsigned list_folders(const char *dir, char **ret_names, unsigned max)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	unsigned n = 0;

	if (!d)
		return 0;
	while (n < max && (e = readdir(d))) {
		struct stat st;

		if (!text_is_vm_name(e->d_name) || fstatat(dirfd(d), e->d_name, &st, 0) < 0 || !S_ISDIR(st.st_mode))
			continue;
		ret_names[n] = strdup(e->d_name);
		if (!ret_names[n])
			break;
		n++;
	}
	closedir(d);
	qsort(ret_names, n, sizeof(*ret_names), compare_versions);
	return n;
}

/* Adds a version that is whole to @t; takes @version. */
static void add_version(struct template *t, char *version)
{
	char *name cleanup_free = version;
	char *dir cleanup_free = paths_join(t->dir, name, NULL);
	const char *missing = NULL;
	struct manifest manifest;
	uint64_t size;

	if (!dir)
		return;
	size = version_size(dir, &missing);
	if (missing) {
		log_warning("Template %s: version %s has no file %s and is left out", t->name, name, missing);
		return;
	}
	if (version_load(dir, t->name, name, &manifest) < 0)
		return;
	t->newest = manifest;
	t->size_bytes += size;
	t->versions[t->nversions++] = steal_ptr(&name);
}

static struct template *template_load(const char *dir, const char *name)
{
	char *versions[TEMPLATE_VERSIONS_MAX];
	struct template *t = calloc(1, sizeof(*t));
	unsigned n;

	if (!t)
		return NULL;
	snprintf(t->name, sizeof(t->name), "%s", name);
	t->dir = paths_join(dir, name, NULL);
	if (!t->dir) {
		template_free(t);
		return NULL;
	}
	n = list_folders(t->dir, versions, TEMPLATE_VERSIONS_MAX);
	for (unsigned i = 0; i < n; i++)
		add_version(t, versions[i]);
	if (t->nversions == 0) {
		template_free(t);
		return NULL;
	}
	return t;
}

int template_scan(const char *dir, struct template **ret_list)
{
	char *names[TEMPLATE_VERSIONS_MAX];
	unsigned n = list_folders(dir, names, TEMPLATE_VERSIONS_MAX);
	struct template **tail = ret_list;

	*ret_list = NULL;
	for (unsigned i = 0; i < n; i++) {
		*tail = template_load(dir, names[i]);
		if (*tail)
			tail = &(*tail)->next;
		free(names[i]);
	}
	return 0;
}

void template_free(struct template *t)
{
	if (!t)
		return;
	sd_bus_slot_unref(t->bus_slot);
	for (unsigned i = 0; i < t->nversions; i++)
		free(t->versions[i]);
	free(t->bus_path);
	free(t->dir);
	free(t);
}

bool template_same(const struct template *a, const struct template *b)
{
	if (strcmp(a->name, b->name) != 0 || a->nversions != b->nversions || a->size_bytes != b->size_bytes)
		return false;
	for (unsigned i = 0; i < a->nversions; i++) {
		if (strcmp(a->versions[i], b->versions[i]) != 0)
			return false;
	}
	return memcmp(&a->newest, &b->newest, sizeof(a->newest)) == 0;
}

static int share(const char *path, mode_t mode, const char *label)
{
	char now[SMACK_LABEL_MAX + 1];
	struct stat st;
	int r;

	if (lstat(path, &st) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode))
		return -ELOOP;
	if ((st.st_mode & 07777) != mode && chmod(path, mode) < 0)
		return -errno;
	r = smack_path_get(path, now);
	return r == 0 && strcmp(now, label) == 0 ? 0 : smack_path_set(path, label);
}

int template_share_version(const char *dir)
{
	int r = share(dir, 0755, LABEL_HOST);

	for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char *path cleanup_free = paths_join(dir, files[i], NULL);
		int one = path ? share(path, 0444, LABEL_ROOT) : -ENOMEM;

		r = one < 0 ? one : r;
	}
	return r;
}

int template_share(const struct template *t)
{
	int r = share(t->dir, 0755, LABEL_HOST);

	for (unsigned i = 0; i < t->nversions; i++) {
		char *dir cleanup_free = paths_join(t->dir, t->versions[i], NULL);
		int one = dir ? template_share_version(dir) : -ENOMEM;

		r = one < 0 ? one : r;
	}
	return r;
}

int template_boot_init(struct template_boot *boot, const struct template *t, const char **ret_missing)
{
	const char *version = t->versions[t->nversions - 1];
	char *dir cleanup_free = paths_join(t->dir, version, NULL);

	*boot = (struct template_boot){ .manifest = &t->newest };
	if (!dir)
		return -ENOMEM;
	*ret_missing = NULL;
	version_size(dir, ret_missing);
	if (*ret_missing)
		return -ENOENT;
	boot->kernel = paths_join(dir, "kernel", NULL);
	boot->initrd = paths_join(dir, "initrd", NULL);
	boot->root = paths_join(dir, "root.erofs", NULL);
	if (!boot->kernel || !boot->initrd || !boot->root) {
		template_boot_finish(boot);
		return -ENOMEM;
	}
	return 0;
}

void template_boot_finish(struct template_boot *boot)
{
	free(boot->kernel);
	free(boot->initrd);
	free(boot->root);
	*boot = (struct template_boot){ 0 };
}
