/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/files/items.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/files/walk.h"
#include "base/cleanup.h"

#define COUNTED_MAX 20000 /* entries that are looked at to say how much it is: well below a second */

int items_base(bool public)
{
	const char *home = getenv("HOME");
	int dir cleanup_fd = home ? open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int fd;

	if (dir < 0)
		return home ? -errno : -ENOENT;
	if (!public)
		return steal_fd(&dir);
	fd = openat(dir, "Public", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int items_split(const char *path, struct item *ret)
{
	size_t len = strlen(path), from;

	while (len > 1 && path[len - 1] == '/')
		len--;
	for (from = len; from > 0 && path[from - 1] != '/';)
		from--;
	if (len - from >= sizeof(ret->name) || from >= sizeof(ret->folder) - 1)
		return -ENAMETOOLONG;
	memcpy(ret->name, path + from, len - from);
	ret->name[len - from] = '\0';
	memcpy(ret->folder, path, from);
	ret->folder[from] = '\0';
	if (from == 0)
		memcpy(ret->folder, ".", 2);
	return !ret->name[0] || strcmp(ret->name, ".") == 0 || strcmp(ret->name, "..") == 0 ? -EINVAL : 0;
}

int items_open_folder(int base, const struct item *item, bool public)
{
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC };
	long fd;

	if (public)
		how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
	fd = syscall(SYS_openat2, base, item->folder, &how, sizeof(how));
	return fd < 0 ? -errno : (int)fd;
}

/* Adds an item's files. False: there are too many entries. */
static bool add_item(int dir, const char *name, unsigned *entries, struct items_sum *sum)
{
	struct walk *w = malloc(sizeof(*w));
	struct walk_entry e;
	bool counted = true;

	if (!w) {
		close(dir);
		return false;
	}
	if (walk_begin(w, dir, name, name) < 0) {
		free(w);
		return false;
	}
	while (counted && walk_next(w, &e)) {
		counted = ++*entries <= COUNTED_MAX;
		if (e.error || !S_ISREG(e.st.st_mode))
			continue;
		sum->files++;
		sum->bytes += (uint64_t)e.st.st_size;
	}
	walk_end(w);
	free(w);
	return counted;
}

void items_sum_below(int base, char *const *paths, bool public, struct items_sum *ret)
{
	unsigned entries = 0;
	struct item item;

	*ret = (struct items_sum){ 0 };
	for (; *paths; paths++) {
		int dir = items_split(*paths, &item) < 0 ? -1 : items_open_folder(base, &item, public);

		if (dir < 0 || add_item(dir, item.name, &entries, ret))
			continue;
		*ret = (struct items_sum){ 0 };
		return;
	}
}

void items_sum(char *const *paths, struct items_sum *ret)
{
	items_sum_below(AT_FDCWD, paths, false, ret);
}
