/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "agent/files/done.h"
#include "agent/files/receive.h"
#include "agent/files/walk.h"
#include "base/cleanup.h"
#include "base/fd.h"

#define COMMIT_ENTRIES 4096
#define COMMIT_BYTES (64u << 20)
#define COMMIT_FILE_BYTES (8u << 20) /* of a big file, but no more often than */
#define COMMIT_FILE_MS 500
#define COMMIT_MS 1000
#define SYNC_FILE_BYTES (1u << 20) /* a file of its size is synced by itself */

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int reason_of(int r)
{
	if (r >= 0)
		return XFER_OK;
	return r == -ENOSPC || r == -EDQUOT || r == -EFBIG ? XFER_R_NO_SPACE : XFER_R_WRITE;
}

static void close_folders(struct arrival *a, size_t longer_than)
{
	while (a->depth > 0 && a->folders[a->depth - 1].len > longer_than)
		close(a->folders[--a->depth].fd);
}

static int push_folder(struct arrival *a, int parent, const char *name, size_t len)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	a->folders[a->depth++] = (struct arrival_folder){ .fd = fd, .len = len };
	return 0;
}

/* Opens the folders of @path down to @up bytes of it, one name at a time. */
static int open_folders(struct arrival *a, const char *path, size_t up)
{
	char name[NAME_MAX + 1];
	int r = 0;

	close_folders(a, up);
	while (r == 0 && (a->depth == 0 || a->folders[a->depth - 1].len < up)) {
		size_t at = a->depth ? a->folders[a->depth - 1].len + 1 : 0;
		size_t len = strcspn(path + at, "/");

		if (a->depth == XFER_DEPTH_MAX || len > NAME_MAX)
			return -ENAMETOOLONG; /* cannot be: xfer_is_path() */
		memcpy(name, path + at, len);
		name[len] = '\0';
		if (a->depth == 0)
			staging_item_name(a->next.point.item, name);
		r = push_folder(a, a->depth ? a->folders[a->depth - 1].fd : a->staging.dir, name, at + len);
	}
	return r;
}

/* Finds an entry's folder and its name there. fd, borrowed, or -errno. */
static int find_place(struct arrival *a, const char *path, char ret_name[NAME_MAX + 1])
{
	const char *slash = strrchr(path, '/');
	int r;

	if (!slash) {
		close_folders(a, 0);
		staging_item_name(a->next.point.item, ret_name);
		return a->staging.dir;
	}
	memcpy(ret_name, slash + 1, strlen(slash)); /* with its NUL; a text_is_file_name() */
	r = open_folders(a, path, (size_t)(slash - path));
	return r < 0 ? r : a->folders[a->depth - 1].fd;
}

/* The first entry of an item names it. One that goes on must be of the item that is there. */
static bool fits_item(struct arrival *a, const char *path)
{
	size_t len = strcspn(path, "/");

	if (a->next.item[0])
		return strlen(a->next.item) == len && memcmp(path, a->next.item, len) == 0;
	memcpy(a->next.item, path, len);
	a->next.item[len] = '\0';
	return true;
}

static void count_entry(struct arrival *a, const struct xfer_head *head, const char *path)
{
	hash_chain(&a->hash, a->next.digest, head, path);
	a->next.point.entry++;
	a->entries++;
}

static bool is_empty(const struct journal *j)
{
	return j->point.item == 0 && j->point.entry == 0 && j->point.offset == 0;
}

void arrival_begin(struct arrival *a, bool fresh)
{
	a->commit_ms = now_ms();
	a->file = -1;
	if (!fresh && is_empty(&a->staging.journal))
		a->staging.journal.point.item = done_items(a->id);
	a->next = a->staging.journal;
	a->next.nready = 0; /* these are in their place */
}

int arrival_start(struct arrival *a, const struct xfer_start *start)
{
	const struct journal *had = &a->staging.journal;
	const struct xfer_point *want = &had->point;
	char name[NAME_MAX + 1];
	int dir;

	if (start->point.item != want->item || start->point.entry != want->entry)
		return XFER_R_MISMATCH;
	if (want->entry > 0 && memcmp(start->passed, had->digest, XFER_HASH) != 0)
		return XFER_R_MISMATCH;
	if (start->point.offset == want->offset)
		return 0;
	if (start->point.offset != 0)
		return XFER_R_MISMATCH;
	/* the file is shorter now, or gone: what is here of it is of no use */
	a->next.point.offset = 0;
	dir = find_place(a, had->file, name);
	if (dir < 0 || unlinkat(dir, name, 0) < 0)
		return XFER_R_MISMATCH;
	a->next.file[0] = '\0';
	if (want->entry == 0)
		a->next.item[0] = '\0';
	return 0;
}

int arrival_folder(struct arrival *a, const struct xfer_head *head, const char *path)
{
	char name[NAME_MAX + 1];
	int dir, r;

	if (!fits_item(a, path))
		return XFER_R_MISMATCH;
	dir = find_place(a, path, name);
	if (dir < 0)
		return reason_of(dir);
	r = mkdirat(dir, name, 0755) < 0 ? -errno : 0;
	if (r == -EEXIST) {
		r = walk_remove(dir, name);
		if (r == 0 && mkdirat(dir, name, 0755) < 0)
			r = -errno;
	}
	if (r < 0)
		return reason_of(r);
	count_entry(a, head, path);
	a->unsynced++;
	return arrival_commit(a, false);
}

/* A new file that nobody else can read before it is whole. fd or -errno. */
static int create_file(int dir, const char *name)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(dir, name, flags, 0600), r;

	if (fd < 0 && errno == EEXIST) {
		r = walk_remove(dir, name);
		if (r < 0)
			return r;
		fd = openat(dir, name, flags, 0600);
	}
	return fd < 0 ? -errno : fd;
}

/* Goes on with the file of which an earlier run has synced the first bytes. */
static int resume_file(struct arrival *a, int dir, const char *name)
{
	uint64_t offset = a->next.point.offset;
	struct stat st;

	a->file = openat(dir, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (a->file < 0 || fstat(a->file, &st) < 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size != offset)
		return XFER_R_MISMATCH;
	if (hash_add_file(&a->hash, a->file, offset) < 0 || lseek(a->file, (off_t)offset, SEEK_SET) < 0)
		return XFER_R_MISMATCH;
	a->got = offset;
	return 0;
}

/* Room for all of a big file at once: a full disk shows before the bytes have been sent. */
static int reserve(int fd, uint64_t size)
{
	if (size < SYNC_FILE_BYTES || fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)size) == 0)
		return 0;
	return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? -errno : 0;
}

int arrival_file(struct arrival *a, const struct xfer_head *head, const char *path)
{
	char name[NAME_MAX + 1];
	int dir, r = 0;

	a->resumed = a->next.point.offset > 0;
	if (!fits_item(a, path) || (a->resumed && strcmp(path, a->next.file) != 0))
		return XFER_R_MISMATCH;
	dir = find_place(a, path, name);
	if (dir < 0)
		return reason_of(dir);
	hash_begin(&a->hash);
	a->got = 0;
	if (a->resumed) {
		r = resume_file(a, dir, name);
	} else {
		a->file = create_file(dir, name);
		r = reason_of(a->file);
	}
	if (r == 0)
		r = reason_of(reserve(a->file, head->value));
	a->head = *head;
	memcpy(a->path, path, strlen(path) + 1);
	return r;
}

int arrival_data(struct arrival *a, const uint8_t *data, size_t len)
{
	int r = fd_write_all(a->file, data, len);

	if (r < 0)
		return reason_of(r);
	hash_add(&a->hash, data, len);
	a->got += len;
	a->bytes += len;
	return arrival_commit(a, false);
}

static void forget_file(struct arrival *a)
{
	if (a->file >= 0)
		close(a->file);
	a->file = -1;
	a->next.point.offset = 0;
	a->next.file[0] = '\0';
}

static int end_file(struct arrival *a)
{
	mode_t mask = umask(0);
	mode_t mode = (a->head.flags & XFER_EXEC ? 0755 : 0644) & ~mask;

	umask(mask);
	if (ftruncate(a->file, (off_t)a->got) < 0 || fchmod(a->file, mode) < 0)
		return -errno;
	if (a->got >= SYNC_FILE_BYTES)
		return fsync(a->file) < 0 ? -errno : 0;
	a->unsynced++;
	return 0;
}

int arrival_end(struct arrival *a, const uint8_t digest[XFER_HASH])
{
	uint8_t own[XFER_HASH];
	int r;

	hash_end(&a->hash, own);
	if (memcmp(own, digest, XFER_HASH) != 0)
		return a->resumed ? XFER_R_MISMATCH : XFER_R_HASH;
	r = end_file(a);
	if (r < 0)
		return reason_of(r);
	forget_file(a);
	count_entry(a, &a->head, a->path);
	return arrival_commit(a, false);
}

int arrival_break(struct arrival *a)
{
	char name[NAME_MAX + 1];
	int dir = find_place(a, a->path, name);

	forget_file(a);
	if (dir >= 0 && unlinkat(dir, name, 0) < 0)
		dir = -errno;
	return reason_of(dir);
}

int arrival_item(struct arrival *a)
{
	struct journal *next = &a->next;
	struct journal_item *item = &next->ready[next->nready];

	close_folders(a, 0);
	if (next->point.entry > 0) {
		item->index = next->point.item;
		memcpy(item->name, next->item, sizeof(item->name));
		next->nready++;
	}
	next->point = (struct xfer_point){ .item = next->point.item + 1 };
	next->item[0] = '\0';
	memset(next->digest, 0, sizeof(next->digest));
	a->entries++;
	return arrival_commit(a, false);
}

static bool is_worth_commit(const struct arrival *a)
{
	uint64_t since = now_ms() - a->commit_ms;

	if (a->next.nready == JOURNAL_READY_MAX || a->entries >= COMMIT_ENTRIES || a->bytes >= COMMIT_BYTES)
		return true;
	if (a->bytes >= COMMIT_FILE_BYTES && since >= COMMIT_FILE_MS)
		return true;
	return a->entries > 0 && since >= COMMIT_MS;
}

/* The file under way counts up to the last whole chunk. */
static void note_file(struct arrival *a)
{
	uint64_t offset = a->got - a->got % XFER_DATA_MAX;

	if (a->file < 0 || offset == 0)
		return;
	a->next.point.offset = offset;
	memcpy(a->next.file, a->path, sizeof(a->next.file));
}

int arrival_commit(struct arrival *a, bool now)
{
	int r = 0;

	if (!now && !is_worth_commit(a))
		return 0;
	if (a->unsynced > 0)
		r = syncfs(a->staging.dir) < 0 ? -errno : 0;
	else if (a->file >= 0)
		r = fdatasync(a->file) < 0 ? -errno : 0;
	note_file(a);
	if (r == 0)
		r = staging_commit(&a->staging, &a->next);
	/* while a file goes on, its place in the journal is news for the next commit only */
	a->next.nready = 0;
	a->next.point.offset = 0;
	a->next.file[0] = '\0';
	a->entries = a->unsynced = 0;
	a->bytes = 0;
	a->commit_ms = now_ms();
	return reason_of(r);
}

int arrival_wait_ms(const struct arrival *a)
{
	uint64_t since = now_ms() - a->commit_ms;

	if (a->entries == 0)
		return -1;
	return since >= COMMIT_MS ? 0 : (int)(COMMIT_MS - since);
}

/* Takes back what the item under way has, so that its place is free again. */
static int drop_item(struct arrival *a)
{
	char staged[16];
	int r;

	forget_file(a);
	close_folders(a, 0);
	staging_item_name(a->next.point.item, staged);
	r = walk_remove(a->staging.dir, staged);
	a->next.point = (struct xfer_point){ .item = a->next.point.item };
	a->next.item[0] = '\0';
	memset(a->next.digest, 0, sizeof(a->next.digest));
	return reason_of(r);
}

int arrival_finish(struct arrival *a, int reason)
{
	int r = 0;

	if (reason == XFER_R_MISMATCH)
		return reason; /* all that is on the disk stays as it is: "fresh" begins there */
	if (reason == XFER_R_NO_SPACE || reason == XFER_R_HASH)
		r = drop_item(a);
	if (r == 0)
		r = arrival_commit(a, true);
	forget_file(a);
	close_folders(a, 0);
	if (r == 0 && reason == XFER_OK && fsync(a->staging.place) < 0)
		r = XFER_R_WRITE;
	if (r == 0 && reason == XFER_OK)
		r = reason_of(done_note(a->id, a->staging.journal.point.item));
	if (r == 0 && (reason == XFER_OK || is_empty(&a->staging.journal)))
		r = reason_of(staging_remove(&a->staging));
	return reason == XFER_OK ? r : reason;
}
