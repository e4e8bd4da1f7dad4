/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmos-files with itself, in two homes of one machine, the test in between:
 *   test_files VMOS_FILES FAST_CLOCK [KILLS [relay]]
 * With "relay" contents go by one, and nothing else may differ.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/tests/relay.h"
#include "agent/tests/tree.h"

#define INCOMING "to/Incoming/work"
#define STAGING INCOMING "/." RELAY_ID ".part"
#define PATHS(...)                        \
	(char *const[])                   \
	{                                 \
		__VA_ARGS__, (char *)NULL \
	}

static const char *program, *fast_clock;
static bool by_relay;

static void homes(void)
{
	tree_clean("from");
	tree_clean("to");
}

static struct relay transfer(char *const *paths)
{
	struct relay r = {
		.program = program, .from_home = "from", .to_home = "to", .by_relay = by_relay, .strike_at = UINT64_MAX
	};

	relay_run(&r, paths);
	return r;
}

static void expect(const struct relay *r, int sent, int received)
{
	if (r->sent != sent || r->received != received)
		fprintf(stderr, "# sender %d, expected %d; receiver %d, expected %d\n", r->sent, sent, r->received,
			received);
	CHECK(r->sent == sent && r->received == received);
}

static void make_sample(void)
{
	homes();
	tree_file(0, 1, "from/docs/empty");
	tree_file(1, 2, "from/docs/a/one");
	tree_file(XFER_DATA_MAX, 3, "from/docs/a/chunk");
	tree_file(XFER_DATA_MAX + 1, 4, "from/docs/a/chunk and one");
	tree_file(3u << 20, 5, "from/docs/big.bin");
	tree_file(100, 6, "from/docs/.hidden");
	tree_file(100, 7, "from/docs/gr\xc3\xbc\xc3\x9f \xe2\x82\xac.txt");
	tree_file(100, 8, "from/docs/a!/x");
	tree_folder("from/docs/nothing");
	tree_folder("from/docs/z/y/x/w");
	tree_file(77, 9, "from/single.tar.gz");
	CHECK(chmod("from/docs/a/one", 0755) == 0);
}

static void test_tree(void)
{
	struct relay r;

	make_sample();
	r = transfer(PATHS("docs", "single.tar.gz"));
	expect(&r, XFER_OK, XFER_OK);
	CHECK(r.whole && r.problems == 0);
	CHECK(tree_same("from", INCOMING));
	CHECK(tree_count("to") == 2 + tree_count("from"));
	CHECK(by_relay ? r.far > 3u << 20 : r.far == 0);
}

/*
 * The relay ends by itself. Where bytes that were named are lost, the transfer
 * breaks, and goes on without it; else it goes on by the stream at once.
 */
static void test_relay_ends(void)
{
	unsigned broken = 0, went_on = 0;

	for (uint64_t end = 1; end < 4u << 20; end += 177777) {
		struct relay r = { .program = program,
			.from_home = "from",
			.to_home = "to",
			.strike_at = UINT64_MAX,
			.by_relay = true };

		make_sample();
		r.relay_end =
			end % 2 ? end : end - end % XFER_DATA_MAX + XFER_DATA_MAX; /* amid a record, or between two */
		relay_run(&r, PATHS("docs", "single.tar.gz"));
		if (r.received == XFER_OK) {
			went_on++;
		} else {
			broken++;
			expect(&r, r.sent, XFER_R_STREAM);
			r = transfer(PATHS("docs", "single.tar.gz"));
			expect(&r, XFER_OK, XFER_OK);
			CHECK(r.far == 0 || by_relay);
		}
		CHECK(tree_same("from", INCOMING));
	}
	printf("# %u transfers broke with their relay, %u went on\n", broken, went_on);
	CHECK(broken > 5 && went_on > 5);
}

/* Absolute paths, paths with a '/' at the end, with dots in them: the item has its last name, and nothing of the rest. */
static void test_paths(void)
{
	char home[4096], path[4200];
	struct relay r;

	make_sample();
	CHECK(getcwd(home, sizeof(home)));
	snprintf(path, sizeof(path), "%s/from/docs/a/", home);
	r = transfer(PATHS(path, "docs/../docs/a!//", "./single.tar.gz"));
	expect(&r, XFER_OK, XFER_OK);
	CHECK(tree_exists(INCOMING "/a/one") && tree_exists(INCOMING "/a!/x") &&
		tree_exists(INCOMING "/single.tar.gz"));
	CHECK(tree_count(INCOMING) == 7);
}

static void test_names_that_exist(void)
{
	char longest[256];
	struct relay r;

	homes();
	memset(longest, 'n', 255);
	longest[255] = '\0';
	tree_file(10, 1, "from/report.pdf");
	tree_file(10, 2, "from/noext");
	tree_file(10, 3, "from/.dot");
	tree_file(10, 4, "from/d/x");
	tree_file(10, 5, "from/%s", longest);
	for (int i = 0; i < 3; i++) {
		r = transfer(PATHS("report.pdf", "noext", ".dot", "d", longest));
		expect(&r, XFER_OK, XFER_OK);
	}
	CHECK(tree_exists(INCOMING "/report (2).pdf") && tree_exists(INCOMING "/report (3).pdf"));
	CHECK(tree_exists(INCOMING "/noext (2)") && tree_exists(INCOMING "/.dot (3)") &&
		tree_exists(INCOMING "/d (2)/x"));
	CHECK(tree_exists(INCOMING "/%.251s (3)", longest));
	CHECK(tree_count(INCOMING) == 18);
	/* two items of one name in one transfer */
	homes();
	tree_file(10, 1, "from/a/x.txt");
	tree_file(10, 2, "from/b/x.txt");
	r = transfer(PATHS("a/x.txt", "b/x.txt"));
	expect(&r, XFER_OK, XFER_OK);
	CHECK(tree_exists(INCOMING "/x.txt") && tree_exists(INCOMING "/x (2).txt") && tree_count(INCOMING) == 2);
}

/* What comes cannot be taken for the staging folder of a transfer to come. */
static void test_staging_name(void)
{
	struct relay r;

	homes();
	tree_file(10, 1, "from/.%s.part/journal", RELAY_ID);
	r = transfer(PATHS("." RELAY_ID ".part"));
	expect(&r, XFER_OK, XFER_OK);
	CHECK(!tree_exists(STAGING) && tree_exists(INCOMING "/." RELAY_ID " (2).part/journal"));
}

static void expect_problem(const struct relay *r, int error, const char *path)
{
	for (unsigned i = 0; i < r->problems && i < RELAY_PROBLEMS; i++)
		if (r->errors[i] == error && strcmp(r->paths[i], path) == 0)
			return;
	fprintf(stderr, "# no problem %d of %s\n", error, path);
	CHECK(!"a problem was not told");
}

static void test_left_out(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = "from/d/socket" };
	int sock = socket(AF_UNIX, SOCK_STREAM, 0);
	struct relay r;

	homes();
	tree_file(10, 1, "from/d/good");
	tree_file(10, 1, "from/d/bad\xff");
	tree_file(10, 1, "from/d/bad\n");
	tree_file(10, 1, "from/d/bad\xe2\x80\xaegpj.exe");
	CHECK(symlink("/etc/passwd", "from/d/link") == 0 && symlink("..", "from/d/up") == 0);
	CHECK(symlink("d/good", "from/link") == 0);
	CHECK(mkfifo("from/d/fifo", 0644) == 0);
	CHECK(bind(sock, (struct sockaddr *)&addr, sizeof(addr)) == 0);
	CHECK(chmod("from/d/good", 06755) == 0);
	r = transfer(PATHS("d", "link", "missing"));
	expect(&r, XFER_R_SOME, XFER_OK);
	CHECK(r.problems == 9);
	expect_problem(&r, EILSEQ, "d/bad\xff");
	expect_problem(&r, EILSEQ, "d/bad\n");
	expect_problem(&r, ENOTSUP, "d/link");
	expect_problem(&r, ENOTSUP, "d/up");
	expect_problem(&r, ENOTSUP, "d/fifo");
	expect_problem(&r, ENOTSUP, "d/socket");
	expect_problem(&r, ENOTSUP, "link");
	expect_problem(&r, ENOENT, "missing");
	CHECK(tree_count(INCOMING) == 2 && tree_exists(INCOMING "/d/good"));
	close(sock);
}

static void test_modes(void)
{
	static const mode_t modes[][2] = { { 0600, 0644 }, { 0777, 0755 }, { 0400, 0644 }, { 04755, 0755 },
		{ 02755, 0755 }, { 0666, 0644 }, { 0611, 0644 }, { 01777, 0755 } };
	char path[64];
	struct relay r;
	struct stat st;

	homes();
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		tree_file(10, 1, "from/d/%zu", i);
		snprintf(path, sizeof(path), "from/d/%zu", i);
		CHECK(chmod(path, modes[i][0]) == 0);
	}
	umask(022);
	r = transfer(PATHS("d"));
	expect(&r, XFER_OK, XFER_OK);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		snprintf(path, sizeof(path), INCOMING "/d/%zu", i);
		CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == modes[i][1]);
	}
	umask(077);
	r = transfer(PATHS("d"));
	expect(&r, XFER_OK, XFER_OK);
	CHECK(stat(INCOMING "/d (2)/0", &st) == 0 && (st.st_mode & 07777) == 0600);
	CHECK(stat(INCOMING "/d (2)/1", &st) == 0 && (st.st_mode & 07777) == 0700);
	umask(022);
}

/* 64 folders deep and not 65; names of 255 bytes, a path that is too long. */
static void test_limits(void)
{
	char deep[2 * 70 + 1] = "", name[256], path[64];
	struct relay r;

	homes();
	for (int i = 0; i < XFER_DEPTH_MAX; i++)
		snprintf(deep + 2 * i, sizeof(deep) - 2 * (size_t)i, "d/");
	tree_file(10, 1, "from/%.*sx", 2 * (XFER_DEPTH_MAX - 1), deep);
	tree_folder("from/%.*sd", 2 * (XFER_DEPTH_MAX - 1), deep);
	r = transfer(PATHS("d"));
	expect(&r, XFER_OK, XFER_OK);
	CHECK(tree_same("from", INCOMING));
	homes();
	tree_file(10, 1, "from/%sx", deep);
	r = transfer(PATHS("d"));
	expect(&r, XFER_R_SOME, XFER_OK);
	CHECK(r.problems == 1 && r.errors[0] == ENAMETOOLONG);
	homes();
	memset(name, 'n', 255);
	name[255] = '\0';
	for (int i = 0; i < 14; i++) { /* PATH_MAX is in the way of more */
		snprintf(path, sizeof(path), "%d", i);
		tree_file(10, 1, "from/d/%s/%s/%s/%s", name, name, name, path);
	}
	r = transfer(PATHS("d"));
	expect(&r, XFER_OK, XFER_OK);
	CHECK(tree_same("from", INCOMING));
}

static void test_nothing(void)
{
	struct relay r;

	homes();
	r = transfer(PATHS("missing", "missing too"));
	expect(&r, XFER_R_NOT_FOUND, XFER_OK);
	CHECK(tree_count(INCOMING) == 0);
	CHECK(mkfifo("from/fifo", 0644) == 0);
	r = transfer(PATHS("fifo"));
	expect(&r, XFER_R_PATH, XFER_OK);
	r = transfer(PATHS("/"));
	expect(&r, XFER_R_PATH, XFER_OK);
	r = transfer(PATHS(".."));
	expect(&r, XFER_R_PATH, XFER_OK);
}

/* Only what lies below ~/Public, whatever links lead out of it. */
static void test_public(void)
{
	static char *const paths[] = { "../secret", "/etc/passwd", "out/secret", "out/passwd", "sub/../../secret",
		"link", "self", "..", "." };
	struct relay r = {
		.program = program, .from_home = "from", .to_home = "to", .by_relay = by_relay, .public = true
	};

	homes();
	tree_file(10, 1, "from/secret");
	tree_file(10, 1, "from/elsewhere/secret");
	tree_file(10, 2, "from/Public/sub/fine");
	CHECK(symlink("..", "from/Public/out") == 0 && symlink("../secret", "from/Public/link") == 0);
	CHECK(symlink("sub", "from/Public/self") == 0);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		r.strike_at = UINT64_MAX;
		relay_run(&r, PATHS(paths[i]));
		expect(&r, XFER_R_PATH, XFER_OK);
		CHECK(tree_count(INCOMING) == 0);
	}
	r.strike_at = UINT64_MAX;
	relay_run(&r, PATHS("sub/fine", "sub"));
	expect(&r, XFER_OK, XFER_OK);
	CHECK(tree_count(INCOMING) == 3);
	CHECK(rename("from/Public", "from/Private") == 0 && symlink("elsewhere", "from/Public") == 0);
	r.strike_at = UINT64_MAX;
	relay_run(&r, PATHS("secret"));
	CHECK(r.sent != XFER_OK && tree_count(INCOMING) == 3);
}

/* Files that change under the sender's hands: what arrives is whole, or does not. */
static void test_changing(void)
{
	struct relay r = { .program = program,
		.from_home = "from",
		.to_home = "to",
		.by_relay = by_relay,
		.strike_at = UINT64_MAX,
		.delay_us = 500 };
	int status;
	pid_t pid;

	homes();
	tree_file(1000, 1, "from/d/a");
	tree_file(4u << 20, 2, "from/d/grows");
	tree_file(4u << 20, 3, "from/d/shrinks");
	tree_file(4u << 20, 3, "from/d/touched");
	for (int i = 0; i < 500; i++)
		tree_file(10, 4, "from/d/vanish/%03d", i);
	tree_file(1000, 5, "from/d/z");
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		int grows = open("from/d/grows", O_WRONLY | O_APPEND), shrinks = open("from/d/shrinks", O_WRONLY);
		int touched = open("from/d/touched", O_WRONLY);

		for (off_t size = 4u << 20;; size = size > 1000 ? size - 500 : 4 << 20) {
			char path[64];

			(void)!write(grows, "x", 1);
			(void)!ftruncate(shrinks, size);
			(void)!pwrite(touched, "y", 1, 5);
			snprintf(path, sizeof(path), "from/d/vanish/%03d", rand() % 500);
			unlink(path);
			usleep(100);
		}
	}
	relay_run(&r, PATHS("d"));
	kill(pid, SIGKILL);
	CHECK(waitpid(pid, &status, 0) == pid);
	expect(&r, XFER_R_SOME, XFER_OK);
	expect_problem(&r, EAGAIN, "d/grows");
	expect_problem(&r, EAGAIN, "d/shrinks");
	expect_problem(&r, EAGAIN, "d/touched");
	CHECK(!tree_exists(INCOMING "/d/grows") && !tree_exists(INCOMING "/d/shrinks") &&
		!tree_exists(INCOMING "/d/touched"));
	CHECK(tree_exists(INCOMING "/d/a") && tree_exists(INCOMING "/d/z") && !tree_exists(STAGING));
}

/* The receiver's disk is full; when there is room again it goes on, and what was whole does not come twice. */
static void test_disk_full(void)
{
	struct relay r = {
		.program = program, .from_home = "from", .to_home = "to", .by_relay = by_relay, .strike_at = UINT64_MAX
	};

	homes();
	tree_file(1000, 1, "from/first");
	tree_file(2u << 20, 2, "from/second");
	tree_file(1000, 3, "from/third");
	r.file_max = 1u << 20;
	relay_run(&r, PATHS("first", "second", "third"));
	CHECK(r.received == XFER_R_NO_SPACE);
	CHECK(tree_count(INCOMING) == 3 && tree_exists(INCOMING "/first") && tree_exists(STAGING "/journal"));
	r.file_max = 0;
	relay_run(&r, PATHS("first", "second", "third"));
	expect(&r, XFER_OK, XFER_OK);
	CHECK(r.point.item == 1 && tree_same("from", INCOMING));
}

static void test_small_disk(void)
{
	struct relay r = {
		.program = program, .from_home = "from", .to_home = "to", .by_relay = by_relay, .strike_at = UINT64_MAX
	};

	homes();
	if (geteuid() != 0 || mount("tmpfs", "to", "tmpfs", 0, "size=3m,mode=0755") < 0) {
		printf("# only root can mount a small disk here\n");
		return;
	}
	for (int i = 0; i < 200; i++)
		tree_file(40000, (uint32_t)i, "from/d/%d", i);
	tree_file(100000, 1, "from/a");
	relay_run(&r, PATHS("a", "d"));
	CHECK(r.received == XFER_R_NO_SPACE);
	CHECK(tree_exists(INCOMING "/a") && !tree_exists(INCOMING "/d") && !tree_exists(STAGING "/1"));
	CHECK(mount("tmpfs", "to", "tmpfs", MS_REMOUNT, "size=100m") == 0);
	relay_run(&r, PATHS("a", "d"));
	expect(&r, XFER_OK, XFER_OK);
	CHECK(tree_same("from", INCOMING));
	CHECK(umount("to") == 0);
}

/* The source is not what it was: the receiver sees it, and begins anew when told to. */
static void test_mismatch(void)
{
	struct relay r = { .program = program,
		.preload = fast_clock,
		.from_home = "from",
		.to_home = "to",
		.by_relay = by_relay,
		.strike_at = 6u << 20 };

	homes();
	tree_file(1000, 1, "from/first");
	tree_file(3u << 20, 2, "from/d/a");
	tree_file(9u << 20, 3, "from/d/b");
	r.strike = STRIKE_CUT;
	r.delay_us = 200;
	relay_run(&r, PATHS("first", "d"));
	CHECK(r.received == XFER_R_STREAM);
	CHECK(tree_exists(INCOMING "/first") && tree_count(INCOMING) > 3);
	tree_file(3u << 19, 2, "from/d/a");
	r.delay_us = 0;
	relay_run(&r, PATHS("first", "d"));
	CHECK(r.point.item == 1 && r.point.entry == 2 && r.received == XFER_R_MISMATCH);
	r.mode = "fresh";
	relay_run(&r, PATHS("first", "d"));
	expect(&r, XFER_OK, XFER_OK);
	CHECK(r.point.item == 1 && r.point.entry == 0 && tree_same("from", INCOMING));

	/* the bytes of a file whose beginning is there have changed */
	homes();
	tree_file(20u << 20, 3, "from/f");
	r = (struct relay){
		.program = program, .preload = fast_clock, .from_home = "from", .to_home = "to", .by_relay = by_relay
	};
	r.strike_at = 15u << 20;
	r.strike = STRIKE_CUT;
	relay_run(&r, PATHS("f"));
	tree_file(20u << 20, 4, "from/f");
	relay_run(&r, PATHS("f"));
	CHECK(r.point.offset > 0 && r.received == XFER_R_MISMATCH && !tree_exists(INCOMING "/f"));
	/* it is shorter than what is there of it */
	tree_file(1u << 16, 4, "from/f");
	relay_run(&r, PATHS("f"));
	expect(&r, XFER_OK, XFER_OK);
	CHECK(tree_same("from", INCOMING));
}

static void test_old_leftovers(void)
{
	const struct timespec old[2] = { { .tv_sec = time(NULL) - 8 * 24 * 3600 },
		{ .tv_sec = time(NULL) - 8 * 24 * 3600 } };
	struct relay r;

	make_sample();
	tree_file(10, 1, "to/Incoming/other/.aaaaaaaaaaaaaaaa.part/0/x/y");
	tree_file(10, 1, "to/Incoming/other/.bbbbbbbbbbbbbbbb.part/0");
	tree_file(10, 1, "to/Incoming/other/.cccccccccccccccc.parts/0");
	CHECK(utimensat(AT_FDCWD, "to/Incoming/other/.aaaaaaaaaaaaaaaa.part", old, 0) == 0);
	CHECK(utimensat(AT_FDCWD, "to/Incoming/other/.cccccccccccccccc.parts", old, 0) == 0);
	r = transfer(PATHS("single.tar.gz"));
	expect(&r, XFER_OK, XFER_OK);
	CHECK(!tree_exists("to/Incoming/other/.aaaaaaaaaaaaaaaa.part"));
	CHECK(tree_exists("to/Incoming/other/.bbbbbbbbbbbbbbbb.part/0"));
	CHECK(tree_exists("to/Incoming/other/.cccccccccccccccc.parts/0"));
}

/* Links in the way of the receiver lead nowhere. */
static void test_links_in_the_way(void)
{
	static const char *const places[] = { "to/Incoming", INCOMING, STAGING };
	uint64_t before;
	struct relay r;

	for (size_t i = 0; i < 3; i++) {
		make_sample();
		tree_folder("elsewhere");
		tree_clean("elsewhere");
		tree_folder("to/Incoming/work");
		CHECK(i == 2 || rmdir(INCOMING) == 0);
		CHECK(i > 0 || rmdir("to/Incoming") == 0);
		CHECK(symlink("/dev/null/..", places[i]) == 0 && unlink(places[i]) == 0);
		CHECK(symlink(i == 0 ? "../elsewhere" : "../../elsewhere", places[i]) == 0);
		before = tree_digest("elsewhere", NULL);
		r = transfer(PATHS("single.tar.gz"));
		CHECK(r.received == XFER_R_WRITE && tree_digest("elsewhere", NULL) == before);
	}
}

static void test_bad_arguments(void)
{
	static const char *const ids[] = { "", "0123456789abcde", "0123456789abcdef0", "0123456789ABCDEF",
		"../../0123456789" };
	struct relay r = { .program = program, .to_home = "to", .by_relay = by_relay };

	homes();
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		r.id = ids[i];
		CHECK(relay_feed(&r, NULL, 0) == XFER_R_USAGE);
	}
	r.id = NULL;
	r.mode = "somehow";
	CHECK(relay_feed(&r, NULL, 0) == XFER_R_USAGE);
	CHECK(tree_count("to") == 0);
}

static uint32_t pick(uint32_t n)
{
	static uint32_t x = 12345;

	return (uint32_t)(((uint64_t)(x = x * 1664525 + 1013904223) * n) >> 32);
}

/* Many small items, folders of all kinds and one file that is big. */
static void make_kill_tree(char *paths[80])
{
	int n = 0;

	homes();
	for (int i = 0; i < 40; i++, n++) {
		tree_file(pick(3000), pick(1000), "from/s%02d.txt", i);
		paths[n] = malloc(16);
		snprintf(paths[n], 16, "s%02d.txt", i);
	}
	for (uint32_t i = 0; i < 300; i++)
		tree_file(pick(9000), pick(1000), "from/d/%u/%u/f%u", i % 7, i % 5, i);
	tree_file(40u << 20, 77, "from/d/3/big");
	tree_file(10u << 20, 78, "from/z");
	paths[n++] = strdup("d");
	paths[n++] = strdup("z");
	paths[n] = NULL;
}

/*
 * Killed at random points, whoever is struck: what is in its place is whole;
 * in the end all is there, once, and nothing else is.
 */
static void test_kills(unsigned kills)
{
	struct relay r = {
		.program = program, .preload = fast_clock, .from_home = "from", .to_home = "to", .by_relay = by_relay
	};
	uint64_t all = 52u << 20, most = 0;
	unsigned resumed = 0, rounds = 0;
	char *paths[80];

	make_kill_tree(paths);
	for (unsigned i = 0; i < kills; i++) {
		r.strike = pick(8) == 0 ? STRIKE_CUT : pick(2) ? STRIKE_SENDER : STRIKE_RECEIVER;
		r.strike_at = pick(3) ? pick((uint32_t)(all / 8)) : pick(200000);
		relay_run(&r, paths);
		CHECK(r.received == XFER_R_STREAM || r.received == RELAY_KILLED || r.received == XFER_OK);
		resumed += r.point.item > 0 || r.point.entry > 0 || r.point.offset > 0;
		most = r.bytes > most ? r.bytes : most;
		if (r.received != XFER_OK) {
			if (i % 10 == 0 && tree_exists(INCOMING)) {
				CHECK(rename(STAGING, "staging") == 0 || errno == ENOENT);
				CHECK(tree_within("from", INCOMING));
				CHECK(rename("staging", STAGING) == 0 || errno == ENOENT);
			}
			continue;
		}
		rounds++;
		CHECK(tree_same("from", INCOMING));
		tree_clean("to");
	}
	r.strike_at = UINT64_MAX;
	relay_run(&r, paths);
	expect(&r, XFER_OK, XFER_OK);
	CHECK(tree_same("from", INCOMING) && !tree_exists(STAGING));
	printf("# %u kills, %u times it went on where it was, %u transfers came to their end meanwhile\n", kills,
		resumed, rounds);
	CHECK(resumed > kills / 2);
	for (int i = 0; paths[i]; i++)
		free(paths[i]);
}

/* All has come, and the courier was killed before it could say so: once more brings nothing a second time. */
static void test_end_not_heard(void)
{
	struct relay r = {
		.program = program, .from_home = "from", .to_home = "to", .by_relay = by_relay, .strike_at = UINT64_MAX
	};

	homes();
	r.remember = true;
	tree_file(1000, 1, "from/a");
	tree_file(1000, 2, "from/d/b");
	for (int i = 0; i < 3; i++) {
		relay_run(&r, PATHS("a", "d", "nosuch"));
		expect(&r, i ? XFER_OK : XFER_R_SOME, XFER_OK);
		CHECK(r.point.item == (i ? 3 : 0) && r.whole);
		CHECK(tree_same("from", INCOMING));
	}
	/* another transfer is another one */
	r.id = "00000000deadbeef";
	relay_run(&r, PATHS("a"));
	expect(&r, XFER_OK, XFER_OK);
	CHECK(tree_exists(INCOMING "/a (2)"));
	/* and "fresh" is asked for by who knows better */
	r.mode = "fresh";
	relay_run(&r, PATHS("a"));
	expect(&r, XFER_OK, XFER_OK);
	CHECK(tree_exists(INCOMING "/a (3)"));
}

/* Two receivers of one transfer do not work on one folder. */
static void test_second_receiver(void)
{
	struct relay r;

	make_sample();
	tree_folder("%s", STAGING);
	r = transfer(PATHS("single.tar.gz"));
	expect(&r, XFER_OK, XFER_OK);
	CHECK(!tree_exists(STAGING));
}

#define RUN_TEST(f) (f(), printf("ok %d - %s\n", ++count, #f))

int main(int argc, char **argv)
{
	char folder[] = "/tmp/test-files.XXXXXX";
	int count = 0;

	if (argc < 3)
		return 2;
	by_relay = argc > 4 && strcmp(argv[4], "relay") == 0;
	program = tree_path(argv[1]);
	fast_clock = tree_path(argv[2]);
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	umask(022);
	CHECK(mkdtemp(folder) && chdir(folder) == 0);
	RUN_TEST(test_tree);
	RUN_TEST(test_relay_ends);
	RUN_TEST(test_paths);
	RUN_TEST(test_names_that_exist);
	RUN_TEST(test_staging_name);
	RUN_TEST(test_left_out);
	RUN_TEST(test_modes);
	RUN_TEST(test_limits);
	RUN_TEST(test_nothing);
	RUN_TEST(test_public);
	RUN_TEST(test_changing);
	RUN_TEST(test_disk_full);
	RUN_TEST(test_small_disk);
	RUN_TEST(test_mismatch);
	RUN_TEST(test_old_leftovers);
	RUN_TEST(test_links_in_the_way);
	RUN_TEST(test_bad_arguments);
	RUN_TEST(test_end_not_heard);
	RUN_TEST(test_second_receiver);
	test_kills(argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 200);
	printf("ok %d - test_kills\n1..%d\n", count + 1, count + 1);
	CHECK(chdir("/") == 0);
	tree_clean(folder);
	rmdir(folder);
	return 0;
}
