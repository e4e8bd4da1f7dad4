/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that a guest makes to trouble whoever receives them, and streams that
 * no honest vmos-files would send. Runs in a guest, linked statically.
 *
 *	names make DIR COUNT SEED	makes COUNT of them below DIR
 *	names send SEED			one transfer on standard output, wrong at one place that SEED picks
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "proto/xfer.h"

static uint64_t random_state;

static uint32_t pick(uint32_t bound)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state % bound);
}

/* Parts that mean something to a path, a shell, a terminal, a log or a reader. */
static const char *const parts[] = {
	"..",
	".",
	"...",
	"-rf",
	"--",
	"~",
	"$HOME",
	"`id`",
	"a\nb",
	"\r",
	"\t",
	"\x1b[2J",
	"\x7f",
	" ",
	"  ",
	"\\",
	"%s%n",
	"\xe2\x80\xae"
	"fdp.exe",
	"\xe2\x80\x8b",
	"\xef\xbb\xbf",
	"\xc0\xaf",
	"\xc1\x81",
	"\xed\xa0\x80",
	"\xf4\x90\x80\x80",
	"\xff",
	"\xfe\xff",
	"\xc3",
	"\xe2\x82",
	"CON",
	"nul",
	".bashrc",
	".ssh",
	"Incoming",
	"x (2)",
	"\xf0\x9f\x98\x80",
	"a:b",
	"*?",
	"\xcc\x81",
	"\xe2\x80\xa8",
	"\xc2\x85",
	".part",
	"\xd8\x9c",
	"\xe2\x81\xa6",
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

/* A name that this file system takes: no '/', no NUL, 1 … 255 bytes, not "." or "..". Unique by @n at its end. */
static void make_name(char *name, size_t cap, unsigned n)
{
	size_t len = 0;

	while (pick(3) && len + 16 < cap) {
		const char *part = parts[pick(PARTS)];
		size_t more = strlen(part);

		if (pick(4) == 0) {
			name[len++] = (char)(1 + pick(255));
			len -= name[len - 1] == '/';
		} else if (len + more + 16 < cap) {
			memcpy(name + len, part, more);
			len += more;
		}
	}
	if (pick(50) == 0)
		while (len + 16 < cap)
			name[len++] = 'n';
	snprintf(name + len, cap - len, "%u", n);
}

static int make_file(int dir, const char *name, unsigned n)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	dprintf(fd, "%u", n);
	fchown(fd, 1000, 1000);
	fchmod(fd, (mode_t)(0400 | pick(010000))); /* setuid, setgid and sticky among them */
	close(fd);
	return 0;
}

static int make_one(int dir, const char *name, unsigned n)
{
	static const char *const targets[] = { "/etc/passwd", "../../../../etc", "/proc/self/mem", ".", "nowhere" };

	switch (pick(20)) {
	case 0:
		return symlinkat(targets[pick(5)], dir, name);
	case 1:
		return mkfifoat(dir, name, 0666);
	case 2:
		return mknodat(dir, name, S_IFCHR | 0666, makedev(1, 5)); /* /dev/zero: would never end */
	case 3:
		return mknodat(dir, name, S_IFSOCK | 0666, 0);
	case 4:
		return mkdirat(dir, name, 0777) < 0 || fchownat(dir, name, 1000, 1000, 0) < 0
			? -1
			: fchmodat(dir, name, 07777, 0);
	default:
		return make_file(dir, name, n);
	}
}

static int make(const char *path, unsigned count)
{
	unsigned made = 0;
	char name[256];
	int dir;

	if (mkdir(path, 0755) < 0 || chown(path, 1000, 1000) < 0)
		return perror(path), 1;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (unsigned n = 0; n < count; n++) {
		make_name(name, sizeof(name), n);
		made += make_one(dir, name, n) >= 0;
	}
	printf("%u\n", made);
	return made == 0;
}

static void put(uint16_t type, uint16_t flags, uint64_t value, const void *payload, uint32_t len)
{
	const struct xfer_head head = { .type = type, .flags = flags, .len = len, .value = value };
	uint8_t bytes[XFER_HEAD];

	xfer_head_put(bytes, &head);
	fwrite(bytes, 1, sizeof(bytes), stdout);
	fwrite(payload, 1, len, stdout);
}

static void put_start(uint32_t items)
{
	const struct xfer_start start = { .version = XFER_VERSION, .items = items, .bytes = 3 };
	uint8_t bytes[XFER_START_LEN];

	xfer_start_put(bytes, &start);
	put(XFER_START, 0, 0, bytes, sizeof(bytes));
}

static void put_path(uint16_t type, uint64_t size, const char *path, size_t len)
{
	put(type, (uint16_t)(type == XFER_FILE && pick(2) ? XFER_EXEC : 0), size, path, (uint32_t)len);
}

/* A path that must not be taken, and how many bytes of it count. */
static size_t bad_path(char *path, size_t cap)
{
	static const char *const bad[] = { "../x", "..", ".", "/etc/cron.d/x", "a/../../x", "a//x", "a/", "/", "",
		"a/./x", "ok/../../../.bashrc", "\xff", "a\nb",
		"\xe2\x80\xae"
		"gpj.sh",
		"a/\x1b]0;x\x07", "\xc0\xae\xc0\xae/x" };
	size_t n = pick(sizeof(bad) / sizeof(bad[0]) + 3), len = 0;

	if (n < sizeof(bad) / sizeof(bad[0]))
		return (size_t)snprintf(path, cap, "%s", bad[n]);
	if (n % 3 == 0) { /* a name of 256 bytes */
		memset(path, 'x', 256);
		return 256;
	}
	if (n % 3 == 1) { /* one folder too deep */
		for (unsigned i = 0; i <= XFER_DEPTH_MAX; i++)
			len += (size_t)snprintf(path + len, cap - len, "%sd", i ? "/" : "");
		return len;
	}
	memcpy(path, "a\0/../x", 7);
	return 7;
}

static int send_bad(void)
{
	static const uint8_t digest[XFER_HASH];
	char path[XFER_PATH_MAX + 2];
	size_t len = bad_path(path, sizeof(path));
	unsigned kind = pick(8);

	put_start(kind == 7 ? 0xffffffff : 1);
	switch (kind) {
	case 0: /* says three bytes, sends more */
		put_path(XFER_FILE, 3, "lie", 3);
		put(XFER_DATA, 0, 0, "four", 4);
		break;
	case 1: /* a hash of something else */
		put_path(XFER_FILE, 3, "lie", 3);
		put(XFER_DATA, 0, 0, "abc", 3);
		put(XFER_END, 0, 0, digest, sizeof(digest));
		put(XFER_ITEM, 0, 0, NULL, 0);
		put(XFER_DONE, 0, 0, NULL, 0);
		break;
	case 2: /* a record that is longer than any may be */
		put_path(XFER_FILE, 3, "lie", 3);
		put(XFER_DATA, 0, 0, path, 0);
		break;
	case 3: /* a second item inside the first */
		put_path(XFER_DIR, 0, "lie", 3);
		put_path(XFER_DIR, 0, "other", 5);
		break;
	default:
		put_path(pick(2) ? XFER_DIR : XFER_FILE, 0, path, len);
		break;
	}
	fflush(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	uint8_t point[XFER_HEAD + XFER_POINT_LEN];

	/* In the place of vmos-files: "send", the VM, then the path, which is the seed. */
	if (argc >= 4 && strcmp(argv[1], "send") == 0) {
		random_state = strtoull(argv[argc - 1], NULL, 10) * 0x9e3779b97f4a7c15u + 1;
		(void)!fread(point, 1, sizeof(point), stdin);
		return send_bad();
	}
	if (argc == 5 && strcmp(argv[1], "make") == 0) {
		random_state = strtoull(argv[4], NULL, 10) * 0x9e3779b97f4a7c15u + 1;
		return make(argv[2], (unsigned)strtoul(argv[3], NULL, 10));
	}
	fprintf(stderr, "usage: names make DIR COUNT SEED\n       names send VM SEED\n");
	return 2;
}
