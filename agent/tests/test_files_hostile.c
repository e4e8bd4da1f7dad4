/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmos-files receive, and a sender that writes what it likes: random records
 * with hostile names, flags, sizes and hashes. Whatever comes, nothing appears
 * outside of ~/Incoming/SENDER, and there only files and folders.
 *   test_files_hostile VMOS_FILES STREAMS [SEED]
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "agent/tests/relay.h"
#include "agent/tests/tree.h"
#include "proto/text.h"

#define INCOMING "to/Incoming/work"
#define LOOK_EACH 25 /* streams */

static char *program;
static uint64_t rng;

static uint32_t pick(uint32_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (uint32_t)(rng % n);
}

static struct {
	uint8_t bytes[1u << 20];
	size_t len;
	uint32_t items;
} stream;

static void put(const struct xfer_head *head, const void *payload, size_t len)
{
	if (stream.len + XFER_HEAD + len > sizeof(stream.bytes))
		return;
	xfer_head_put(stream.bytes + stream.len, head);
	memcpy(stream.bytes + stream.len + XFER_HEAD, payload, len);
	stream.len += XFER_HEAD + len;
}

static const char *const nasty[] = { "..", ".", "", "/", "../x", "../../x", "../../../secret", "/etc/passwd", "/tmp/x",
	"a/../../../x", "a/..", "./a", "a//b", "a/", "\n", "a\nb", "\x1b[2J", "\x7f", "\xff", "\xc0\xae\xc0\xae/x",
	"\xe2\x80\xae.exe", "a\xe2\x80\x8b", "\xef\xbb\xbf", "\xed\xa0\x80", "journal", "../journal", "0", "1", "0/x",
	".0123456789abcdef.part", ".0123456789abcdef.part/journal", ".0123456789abcdef.part/../../x", "-rf", "~", "~/x",
	"$HOME", "`id`", "|id", "con", "nul", ".bashrc", ".ssh/authorized_keys", "work", "existing", "link", "link/x",
	"folder", "folder/x", "a:b", "a\\b", "..\\..\\x", "\xe2\x80\xa8", "...", "....", ". .", " ", "  ", "a ",
	"%s%n" };

/* A name that may be fine, hostile, very long, or any bytes. */
static size_t make_name(char *dst, size_t cap)
{
	size_t len;

	switch (pick(6)) {
	case 0:
		len = 1 + pick(300);
		break;
	case 1:
		len = 1 + pick(12);
		for (size_t i = 0; i < len; i++)
			dst[i] = (char)pick(256);
		return len;
	case 2:
	case 3:
		snprintf(dst, cap, "%s", nasty[pick(sizeof(nasty) / sizeof(nasty[0]))]);
		return strlen(dst);
	default:
		dst[0] = (char)('a' + pick(26));
		return 1;
	}
	memset(dst, 'n', len < cap ? len : cap);
	return len < cap ? len : cap;
}

static size_t make_path(char *dst, size_t cap)
{
	size_t len = make_name(dst, cap);

	for (uint32_t more = pick(4) ? 0 : 1 + pick(5); more > 0 && len + 400 < cap; more--) {
		dst[len++] = '/';
		len += make_name(dst + len, 320);
	}
	return len;
}

static void put_entry(void)
{
	static const uint64_t sizes[] = { 0, 1, 5, XFER_DATA_MAX, UINT32_MAX, (uint64_t)INT64_MAX, UINT64_MAX,
		1ull << 63 };
	static const uint8_t data[XFER_DATA_MAX];
	struct xfer_head head = { .type = pick(2) ? XFER_FILE : XFER_DIR };
	char path[4096];
	size_t len = make_path(path, sizeof(path));
	uint8_t hash[XFER_HASH] = { 0 };

	head.len = (uint32_t)len;
	head.flags = pick(4) ? (uint16_t)pick(2) : (uint16_t)(1u << pick(16));
	if (head.type == XFER_FILE)
		head.value = pick(3) ? sizes[pick(3)] : sizes[pick(8)];
	else if (pick(2))
		head.flags = 0;
	put(&head, path, len);
	if (head.type == XFER_DIR || !pick(8))
		return;
	for (uint64_t left = head.value; left > 0 && left <= XFER_DATA_MAX && pick(20);) {
		size_t n = 1 + pick((uint32_t)left);

		put(&(struct xfer_head){ .type = XFER_DATA, .len = (uint32_t)n }, data, n);
		left -= n;
	}
	for (size_t i = 0; i < sizeof(hash) && !pick(2); i++)
		hash[i] = (uint8_t)pick(256);
	put(&(struct xfer_head){ .type = pick(6) ? XFER_END : XFER_BREAK, .len = pick(6) ? XFER_HASH : 0 }, hash,
		XFER_HASH);
}

/* An item as it should be, but for its name: it arrives where that may cross. */
static void put_item(void)
{
	static const uint8_t of_nothing[XFER_HASH] = { 0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4,
		0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b,
		0x78, 0x52, 0xb8, 0x55 };
	char path[4096];
	size_t len = make_name(path, sizeof(path)), first = len;

	if (pick(2)) {
		put(&(struct xfer_head){ .type = XFER_DIR, .len = (uint32_t)len }, path, len);
		path[first] = '/';
		len = first + 1 + make_path(path + first + 1, 2000);
	}
	put(&(struct xfer_head){ .type = XFER_FILE, .flags = (uint16_t)pick(2), .len = (uint32_t)len }, path, len);
	put(&(struct xfer_head){ .type = XFER_END, .len = XFER_HASH }, of_nothing, XFER_HASH);
	put(&(struct xfer_head){ .type = XFER_ITEM }, "", 0);
}

static void put_start(const struct xfer_point *point)
{
	struct xfer_start start = { .version = XFER_VERSION, .items = stream.items, .point = *point };
	uint8_t payload[XFER_START_LEN];

	if (!pick(10))
		start.point = (struct xfer_point){ pick(3), pick(3), (uint64_t)pick(3) * XFER_DATA_MAX };
	memset(start.passed, pick(20) ? 0 : 7, sizeof(start.passed));
	xfer_start_put(payload, &start);
	stream.len = 0;
	put(&(struct xfer_head){ .type = XFER_START, .len = XFER_START_LEN }, payload, sizeof(payload));
}

static void make_stream(void)
{
	static const uint16_t others[] = { XFER_ITEM, XFER_ITEM, XFER_ITEM, XFER_DONE, XFER_BREAK, XFER_START,
		XFER_POINT, 9, 0xffff };

	stream.items = 1 + pick(3);
	put_start(&(struct xfer_point){ 0 });
	if (pick(2)) {
		for (uint32_t n = stream.items; n > 0; n--)
			put_item();
		put(&(struct xfer_head){ .type = XFER_DONE }, "", 0);
		return;
	}
	for (uint32_t n = 1 + pick(5); n > 0; n--) {
		put_entry();
		if (pick(3) == 0)
			put(&(struct xfer_head){ .type = others[pick(pick(4) ? 4 : 9)] }, "", 0);
	}
	/* and a byte of it all changed */
	if (!pick(4))
		stream.bytes[pick((uint32_t)stream.len)] ^= (uint8_t)(1u << pick(8));
	if (!pick(10))
		stream.len = pick((uint32_t)stream.len);
}

/* Only files and folders, of names that may cross, without a bit that was not agreed on. */
static unsigned check_folder(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	unsigned count = 0;

	CHECK(dir);
	while ((entry = readdir(dir))) {
		char below[4096];
		struct stat st;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		count++;
		CHECK(text_is_file_name((const uint8_t *)entry->d_name, strlen(entry->d_name)));
		CHECK(snprintf(below, sizeof(below), "%s/%s", path, entry->d_name) < (int)sizeof(below));
		CHECK(lstat(below, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)));
		CHECK((st.st_mode & 07022) == 0);
		count += S_ISDIR(st.st_mode) ? check_folder(below) : 0;
	}
	closedir(dir);
	return count;
}

static void make_homes(void)
{
	tree_clean("elsewhere");
	tree_clean("to");
	tree_file(100, 1, "elsewhere/canary");
	tree_file(100, 2, "to/secret");
	tree_file(100, 3, "to/.ssh/authorized_keys");
	tree_file(100, 4, "to/Incoming/other/canary");
	tree_file(100, 5, INCOMING "/existing");
	tree_file(100, 6, INCOMING "/folder/x");
}

int main(int argc, char **argv)
{
	struct relay r = { .to_home = "to" };
	unsigned long streams = argc > 2 ? strtoul(argv[2], NULL, 10) : 0, by_status[256] = { 0 }, arrived = 0;
	char folder[] = "/tmp/test-files-hostile.XXXXXX";
	uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 10) : (uint64_t)time(NULL), outside, existing;

	if (argc < 3)
		return 2;
	r.program = program = tree_path(argv[1]);
	signal(SIGPIPE, SIG_IGN);
	umask(022);
	rng = seed | 1;
	printf("# seed %llu\n", (unsigned long long)seed);
	CHECK(mkdtemp(folder) && chdir(folder) == 0);
	make_homes();
	outside = tree_digest(".", "./" INCOMING);
	existing = tree_digest(INCOMING "/folder", NULL);
	for (unsigned long i = 1; i <= streams; i++) {
		int status;

		make_stream();
		status = relay_feed(&r, stream.bytes, stream.len);
		CHECK(status < 256 && status != 99);
		by_status[status]++;
		if (i % LOOK_EACH)
			continue;
		CHECK(tree_digest(".", "./" INCOMING) == outside);
		CHECK(tree_digest(INCOMING "/folder", NULL) == existing);
		arrived += check_folder(INCOMING) - 3;
		make_homes();
	}
	for (int i = 0; i < 256; i++)
		if (by_status[i])
			printf("# status %d: %lu\n", i, by_status[i]);
	printf("# %lu entries arrived under names that may cross\n", arrived);
	printf("ok 1 - nothing of %lu streams escaped\n1..1\n", streams);
	CHECK(arrived > 0 && by_status[XFER_R_STREAM] > 0);
	CHECK(chdir("/") == 0);
	tree_clean(folder);
	rmdir(folder);
	free(program);
	return 0;
}
