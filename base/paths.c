/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/paths.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

/* An XDG directory; the specification says that a relative one is to be ignored. NULL: unset. */
static const char *xdg_directory(const char *variable)
{
	const char *dir = getenv(variable);

	return dir && dir[0] == '/' ? dir : NULL;
}

static const char *home_directory(void)
{
	const char *home = xdg_directory("HOME");
	const struct passwd *pw;

	if (home)
		return home;
	pw = getpwuid(geteuid());
	return pw && pw->pw_dir && pw->pw_dir[0] == '/' ? pw->pw_dir : "/";
}

static char *xdg_path(const char *variable, const char *under_home)
{
	const char *dir = xdg_directory(variable);

	return dir ? paths_join(dir, "vmos", NULL) : paths_join(home_directory(), under_home, "vmos", NULL);
}

char *paths_data(void)
{
	return xdg_path("XDG_DATA_HOME", ".local/share");
}

char *paths_cache(void)
{
	return xdg_path("XDG_CACHE_HOME", ".cache");
}

char *paths_config(void)
{
	return xdg_path("XDG_CONFIG_HOME", ".config");
}

/* Makes @path a directory that is ours alone. -EPERM: it is somebody else's, or no directory. */
static int make_private(const char *path)
{
	struct stat st;

	if (mkdir(path, 0700) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	if (lstat(path, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid())
		return -EPERM;
	if ((st.st_mode & 07777) != 0700 && chmod(path, 0700) < 0)
		return -errno;
	return 0;
}

char *paths_runtime(void)
{
	const char *dir = xdg_directory("XDG_RUNTIME_DIR");
	char *path cleanup_free = NULL;
	char fallback[64];
	int ret = -ENOENT;

	if (dir) {
		path = paths_join(dir, "vmos", NULL);
		if (!path)
			return NULL;
		ret = make_private(path);
	}
	/* Unset, or set by a login whose directory is gone. */
	if (ret == -ENOENT) {
		free(path);
		snprintf(fallback, sizeof(fallback), "/tmp/vmos-%u", (unsigned)geteuid());
		path = strdup(fallback);
		if (!path)
			return NULL;
		ret = make_private(path);
	}
	if (ret < 0) {
		errno = -ret;
		return NULL;
	}
	return steal_ptr(&path);
}

char *paths_join(const char *first, ...)
{
	size_t len = strlen(first) + 1;
	const char *part;
	char *path, *at;
	va_list ap;

	va_start(ap, first);
	while ((part = va_arg(ap, const char *)))
		len += strlen(part) + 1;
	va_end(ap);
	path = malloc(len);
	if (!path)
		return NULL;
	at = stpcpy(path, first);
	va_start(ap, first);
	while ((part = va_arg(ap, const char *))) {
		*at++ = '/';
		at = stpcpy(at, part);
	}
	va_end(ap);
	return path;
}

static int make_one(const char *path)
{
	struct stat st;

	if (mkdir(path, 0700) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	if (stat(path, &st) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int paths_mkdir(const char *path)
{
	char *copy cleanup_free = strdup(path);

	if (!copy)
		return -ENOMEM;
	if (!copy[0])
		return -EINVAL;
	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		int ret;

		*slash = '\0';
		ret = make_one(copy);
		*slash = '/';
		if (ret < 0)
			return ret;
	}
	return make_one(copy);
}

static int remove_at(int dir, const char *name);

/* Empties the directory @fd, which is consumed. */
static int empty_directory(int fd)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	int ret = 0;

	if (!dir) {
		ret = -errno;
		close(fd);
		return ret;
	}
	while (ret == 0 && (errno = 0, entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			ret = remove_at(dirfd(dir), entry->d_name);
	if (ret == 0 && errno)
		ret = -errno;
	closedir(dir);
	return ret;
}

static int remove_at(int dir, const char *name)
{
	int fd, ret;

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return -errno;
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	ret = empty_directory(fd);
	if (ret < 0)
		return ret;
	return unlinkat(dir, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : -errno;
}

int paths_remove(const char *path)
{
	return remove_at(AT_FDCWD, path);
}
