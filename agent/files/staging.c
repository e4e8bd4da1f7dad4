/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/files/staging.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "agent/files/walk.h"
#include "base/cleanup.h"

#define INCOMING "Incoming"
#define OLD_S (7 * 24 * 3600) /* what nobody has gone on with for a week */
#define LOCK_TRIES 50 /* of 100 ms: a receiver that is hung up on ends at once */

void staging_item_name(uint32_t index, char ret[16])
{
	snprintf(ret, 16, "%u", index);
}

/* Folder @name of @parent, made if it is not there. fd or -errno. */
static int open_folder(int parent, const char *name, mode_t mode)
{
	int fd;

	if (mkdirat(parent, name, mode) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int lock(int dir)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(dir, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK)
			return -errno;
		poll(NULL, 0, 100);
	}
	return -EWOULDBLOCK;
}

/* Removes a staging folder that nobody has used for long and nobody holds. */
static void remove_old(int place, const char *name)
{
	int dir cleanup_fd = openat(place, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (dir < 0 || fstat(dir, &st) < 0 || time(NULL) - st.st_mtim.tv_sec < OLD_S)
		return;
	if (flock(dir, LOCK_EX | LOCK_NB) == 0)
		(void)walk_remove(place, name); /* next time */
}

/* Calls @each for every name in @dir, which stays open. */
static int for_each_name(int dir, void (*each)(void *userdata, const char *name), void *userdata)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *entry;

	if (!d) {
		int r = -errno;

		if (copy >= 0)
			close(copy);
		return r;
	}
	while ((entry = readdir(d)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			each(userdata, entry->d_name);
	closedir(d);
	return 0;
}

static void handle_staged(void *userdata, const char *name)
{
	if (place_is_staging(name))
		remove_old(*(const int *)userdata, name);
}

static void handle_sender(void *userdata, const char *name)
{
	int place cleanup_fd = openat(*(const int *)userdata, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (place >= 0)
		(void)for_each_name(place, handle_staged, &place);
}

static int open_all(struct staging *s, const char *from, const char *id)
{
	const char *home = getenv("HOME");
	int base cleanup_fd = home ? open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int incoming cleanup_fd = -1;

	if (base < 0)
		return home ? -errno : -ENOENT;
	incoming = open_folder(base, INCOMING, 0755);
	if (incoming < 0)
		return incoming;
	(void)for_each_name(incoming, handle_sender, &incoming);
	s->place = open_folder(incoming, from, 0755);
	if (s->place < 0)
		return s->place;
	snprintf(s->name, sizeof(s->name), ".%s.part", id);
	if (snprintf(s->path, sizeof(s->path), "%s/" INCOMING "/%s", home, from) >= (int)sizeof(s->path))
		return -ENAMETOOLONG;
	s->dir = open_folder(s->place, s->name, 0700);
	return s->dir < 0 ? s->dir : lock(s->dir);
}

/* Items of the journal that are whole: each that is still here goes to its place. */
static int place_ready(struct staging *s)
{
	const struct journal *j = &s->journal;

	for (uint32_t i = 0; i < j->nready; i++) {
		char staged[16];
		int r;

		staging_item_name(j->ready[i].index, staged);
		r = place_item(s->dir, staged, s->place, j->ready[i].name, s->placed);
		if (r < 0 && r != -ENOENT)
			return r;
		s->nplaced += r == 0;
	}
	return 0;
}

/* Of a staging folder: all but the journal and the item under way. */
struct sweep {
	int dir;
	char keep[16];
};

static void handle_rest(void *userdata, const char *name)
{
	const struct sweep *w = userdata;

	if (strcmp(name, JOURNAL) != 0 && strcmp(name, w->keep) != 0)
		(void)walk_remove(w->dir, name); /* what stays is met again when its name is needed */
}

/* The file under way, cut to what is synced of it. */
static int cut_file(const struct walk_entry *e, uint64_t offset)
{
	int fd cleanup_fd = openat(e->dir, e->name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if ((uint64_t)e->st.st_size < offset)
		return -EBADMSG;
	return ftruncate(fd, (off_t)offset) < 0 ? -errno : 0;
}

static struct xfer_head head_of(const struct walk_entry *e)
{
	struct xfer_head head = { .type = XFER_DIR, .len = (uint32_t)e->len };

	if (S_ISDIR(e->st.st_mode))
		return head;
	head.type = XFER_FILE;
	head.flags = e->st.st_mode & S_IXUSR ? XFER_EXEC : 0;
	head.value = (uint64_t)e->st.st_size;
	return head;
}

/* An entry behind those that the journal knows. */
static int trim(struct walk *w, const struct walk_entry *e, const struct journal *j)
{
	if (j->point.offset > 0 && strcmp(e->path, j->file) == 0 && !e->error && S_ISREG(e->st.st_mode))
		return cut_file(e, j->point.offset) < 0 ? -EBADMSG : 1;
	if (!e->error && S_ISDIR(e->st.st_mode))
		walk_skip(w);
	return walk_remove(e->dir, e->name);
}

/*
 * Walks the item under way: the entries that the journal knows must be those
 * it knows, what is behind them was not synced and goes. -EBADMSG: something is not as it was left.
 */
static int check_item(struct walk *w, const struct journal *j, struct hash *hash)
{
	uint8_t digest[XFER_HASH] = { 0 };
	uint64_t n = 0;
	struct walk_entry e;
	bool found = j->point.offset == 0;
	int r = 0;

	while (r >= 0 && walk_next(w, &e)) {
		const struct xfer_head head = head_of(&e);

		if (n < j->point.entry && !e.error && strcmp(e.path, j->file) != 0) {
			hash_chain(hash, digest, &head, e.path);
			n++;
			continue;
		}
		r = trim(w, &e, j);
		found = found || r == 1;
	}
	if (r < 0)
		return r;
	return found && n == j->point.entry && memcmp(digest, j->digest, XFER_HASH) == 0 ? 0 : -EBADMSG;
}

static int check_staged(struct staging *s, struct hash *hash)
{
	const struct journal *j = &s->journal;
	struct walk *w = malloc(sizeof(*w));
	int dir = fcntl(s->dir, F_DUPFD_CLOEXEC, 3), r;
	char staged[16];

	staging_item_name(j->point.item, staged);
	r = !w || dir < 0 ? -ENOMEM : walk_begin(w, dir, staged, j->item);
	if (r == 0) {
		r = check_item(w, j, hash);
		walk_end(w);
	}
	free(w);
	return r;
}

int staging_drop_item(struct staging *s)
{
	struct journal next = { .point.item = s->journal.point.item };
	char staged[16];
	int r;

	staging_item_name(next.point.item, staged);
	r = walk_remove(s->dir, staged);
	return r < 0 ? r : staging_commit(s, &next);
}

/* Makes what is there and what the journal says the same. */
static int put_in_order(struct staging *s, bool fresh, struct hash *hash)
{
	struct sweep w = { .dir = s->dir };
	int r = journal_load(s->dir, &s->journal);
	bool amid;

	if (r < 0 && r != -ENOENT && r != -EBADMSG)
		return r;
	r = place_ready(s);
	if (r < 0)
		return r;
	amid = !fresh && (s->journal.point.entry > 0 || s->journal.point.offset > 0);
	if (amid)
		staging_item_name(s->journal.point.item, w.keep);
	r = for_each_name(s->dir, handle_rest, &w);
	if (r < 0 || s->journal.item[0] == '\0')
		return r;
	if (amid && check_staged(s, hash) == 0)
		return 0;
	return staging_drop_item(s);
}

int staging_open(struct staging *s, const char *from, const char *id, bool fresh, struct hash *hash)
{
	int r;

	s->place = s->dir = -1;
	r = open_all(s, from, id);
	return r < 0 ? r : put_in_order(s, fresh, hash);
}

void staging_close(struct staging *s)
{
	if (s->dir >= 0)
		close(s->dir);
	if (s->place >= 0)
		close(s->place);
	s->dir = s->place = -1;
}

int staging_commit(struct staging *s, const struct journal *next)
{
	int r = journal_save(s->dir, next);

	if (r < 0)
		return r;
	s->journal = *next;
	return place_ready(s);
}

int staging_remove(struct staging *s)
{
	return walk_remove(s->place, s->name);
}
