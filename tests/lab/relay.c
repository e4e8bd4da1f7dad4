/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmos_relay (kernel/relay) with two regions and no VM: TAP on standard output.
 *
 *	relay [SECONDS]		all tests, and so long with guests that write anything (default 5)
 *	relay bench SECONDS	no test: how fast, and what it costs, beside two processes with a pipe
 *
 * Linked statically, so that it is also the whole of a machine: as process 1 it
 * mounts what it needs and powers off. Runs as root, and leaves rules of two
 * labels of its own in the kernel that give nothing.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/smack.h"
#include "tests/lab/kernel_log.h"
#include "tests/lab/relay_bench.h"
#include "tests/lab/relay_fuzz.h"
#include "tests/lab/relay_guest.h"
#include "tests/lab/relay_stand.h"
#include "tests/lab/tap.h"

#define LEN (1u << 20)
#define SUBJECT "relaytest.a.courier"
#define OBJECT "relaytest.b.inbox"
#define OTHER "relaytest.b.image"

/* --- bytes pass --- */

/* Byte @at of all that passes. */
static unsigned char byte_of(uint64_t at)
{
	return (unsigned char)(at ^ at >> 8 ^ (at >> 16) * 7 ^ at >> 24);
}

static void *fill(void *arg)
{
	struct stand *s = arg;
	struct relay_guest *g = &s->from;
	unsigned step = 1;

	while (g->count < s->total && !__atomic_load_n(&s->over, __ATOMIC_RELAXED)) {
		size_t n;

		if (!relay_guest_wait(g, relay_guest_room, 200))
			continue;
		step = step * 5 % 65521;
		n = relay_guest_room(g);
		n = n < step ? n : step;
		n = n < s->total - g->count ? n : (size_t)(s->total - g->count);
		for (size_t i = 0; i < n; i++)
			g->data[(g->count + i) & (g->len - 1)] = byte_of(g->count + i);
		relay_guest_pass(g, n);
	}
	return NULL;
}

static void *empty(void *arg)
{
	struct stand *s = arg;
	struct relay_guest *g = &s->to;
	double end = now() + 120;

	while (g->count < s->total && !__atomic_load_n(&s->over, __ATOMIC_RELAXED) && now() < end) {
		size_t n;

		if (!relay_guest_wait(g, relay_guest_ready, 200))
			continue;
		n = relay_guest_ready(g);
		for (size_t i = 0; i < n; i++)
			s->wrong += g->data[(g->count + i) & (g->len - 1)] != byte_of(g->count + i);
		relay_guest_pass(g, n);
	}
	return NULL;
}

static void start(struct stand *s, pthread_t threads[2], uint64_t total)
{
	s->total = total;
	join(s);
	if (pthread_create(&threads[0], NULL, fill, s) || pthread_create(&threads[1], NULL, empty, s))
		errx(2, "no threads");
}

static void finish(struct stand *s, pthread_t threads[2])
{
	__atomic_store_n(&s->over, true, __ATOMIC_RELAXED);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
}

static void test_passes(uint32_t from_len, uint32_t to_len, uint64_t total)
{
	struct vmos_relay_state state;
	pthread_t threads[2];
	struct stand s;

	stand_init(&s, from_len, to_len);
	check_int(create(&s), 0, "a relay is made");
	start(&s, threads, total);
	pthread_join(threads[1], NULL);
	finish(&s, threads);
	state = state_of(&s);
	check(s.to.count == total && s.wrong == 0,
		"%llu bytes pass from a ring of %u KiB to one of %u KiB, %llu of them wrong",
		(unsigned long long)s.to.count, from_len >> 10, to_len >> 10, (unsigned long long)s.wrong);
	check(state.moved == total && state.ended == 0, "and no more, and it goes on");
	check_int(create(&s), EBUSY, "it is not made twice");
	stand_finish(&s);
}

/* The relays' threads, by their names. */
static unsigned threads(void)
{
	unsigned n = 0;

	for (int pid = 2; pid < 65536; pid++) {
		char path[64], name[32] = "";
		int fd;

		snprintf(path, sizeof(path), "/proc/%d/comm", pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		n += read(fd, name, sizeof(name) - 1) > 0 && strncmp(name, "vmos-relay/", 11) == 0;
		close(fd);
	}
	return n;
}

static void test_sleeps(void)
{
	struct vmos_relay_state before, after;
	struct stand s;

	stand_init(&s, LEN, LEN);
	check_int(create(&s), 0, "a relay without work");
	check(threads() == 1, "has a thread");
	usleep(50000);
	before = state_of(&s);
	usleep(300000);
	after = state_of(&s);
	check(before.sleeps > 0 && before.sleeps == after.sleeps, "it sleeps, and nothing wakes it");
	relay_guest_pass(&s.from, 10);
	usleep(50000);
	check(state_of(&s).moved == 0, "nothing passes before the guests have joined");
	s.from.count = 0;
	join(&s);
	relay_guest_pass(&s.from, 10);
	check(relay_guest_wait(&s.to, relay_guest_ready, 5000) && relay_guest_ready(&s.to) == 10, "then it does");
	stand_finish(&s);
}

/* Until look(@g) is @want, without a word to the relay. False: not within five seconds. */
static bool spin(const struct relay_guest *g, size_t (*look)(const struct relay_guest *g), size_t want)
{
	double end = now() + 5;

	while (look(g) != want)
		if (now() > end)
			return false;
	return true;
}

static void linger(unsigned steps)
{
	for (volatile unsigned i = 0; i < steps; i++)
		;
}

/*
 * The last bytes of a sender come while the relay makes itself ready to wait for more of them, and there is no room for
 * them: then it is the receiver who has to ring.
 */
static bool pass_last(struct stand *s, unsigned steps)
{
	relay_guest_pass(&s->from, s->to.len);
	if (!spin(&s->from, relay_guest_room, s->from.len))
		return false;
	linger(steps);
	relay_guest_pass(&s->from, 100);
	linger(20000); /* it sleeps */
	relay_guest_pass(&s->to, s->to.len);
	if (!spin(&s->to, relay_guest_ready, 100))
		return false;
	relay_guest_pass(&s->to, 100);
	return true;
}

static void test_last_bytes(void)
{
	double end = now() + 3;
	unsigned rounds = 0;
	struct stand s;
	bool ok = true;

	stand_init(&s, LEN, VMOS_RELAY_LEN_MIN);
	create(&s);
	join(&s);
	while (ok && now() < end)
		ok = pass_last(&s, rounds++ * 7 % 997);
	check(ok, "the last bytes come, whoever the relay waited for before them (%u times)", rounds);
	stand_finish(&s);
}

static void test_rate(void)
{
	pthread_t threads[2];
	double begin, took;
	struct stand s;

	stand_init(&s, LEN, LEN);
	s.create.rate = 8u << 20;
	check_int(create(&s), 0, "a relay of 8 MiB a second");
	begin = now();
	start(&s, threads, 4u << 20);
	pthread_join(threads[1], NULL);
	took = now() - begin;
	finish(&s, threads);
	check(s.to.count == 4u << 20 && took > 0.45, "takes half a second for 4 MiB (%.2f s)", took);
	stand_finish(&s);
}

/* --- it ends --- */

/* Whether nothing passes any more, which both guests have been told. */
static bool is_over(const struct stand *s)
{
	uint64_t moved = state_of(s).moved, count = s->to.host->count;

	usleep(100000);
	return state_of(s).moved == moved && s->to.host->count == count && moved == count &&
		s->from.host->generation == 0 && s->to.host->generation == 0;
}

static void test_revoke(void)
{
	pthread_t threads[2];
	uint64_t moved;
	struct stand s;

	stand_init(&s, LEN, LEN);
	check(ioctl(s.relay, VMOS_RELAY_IOC_REVOKE) < 0 && errno == ENOTCONN, "what was not made is not revoked");
	create(&s);
	start(&s, threads, UINT64_MAX);
	while (state_of(&s).moved < 2 * LEN)
		usleep(1000);
	check(ioctl(s.relay, VMOS_RELAY_IOC_REVOKE) == 0, "a relay at work is revoked");
	moved = state_of(&s).moved;
	usleep(50000);
	check(state_of(&s).moved == moved, "when that returns nothing passes any more");
	check(is_over(&s) && end_of(&s) == ESHUTDOWN, "and it says why it ended");
	check(ioctl(s.relay, VMOS_RELAY_IOC_REVOKE) == 0, "once more is no harm");
	finish(&s, threads);
	stand_finish(&s);
}

static void test_close(void)
{
	pthread_t threads[2];
	uint64_t count;
	struct stand s;

	stand_init(&s, LEN, LEN);
	create(&s);
	start(&s, threads, UINT64_MAX);
	while (state_of(&s).moved < 2 * LEN)
		usleep(1000);
	close(s.relay);
	s.relay = -1;
	count = s.to.host->count;
	usleep(100000);
	check(s.to.host->count == count && s.to.host->generation == 0, "one that is closed at work stops");
	finish(&s, threads);
	stand_finish(&s);
}

/* One guest's word is not possible: @ended is what the relay says to that. */
static void test_lie(struct vmos_relay_side *(*side)(struct stand *s), uint64_t count, int ended, const char *what)
{
	struct stand s;

	stand_init(&s, LEN, LEN);
	create(&s);
	join(&s);
	relay_guest_pass(&s.from, 100);
	while (state_of(&s).moved < 100)
		usleep(1000);
	if (ended == ESTALE)
		side(&s)->generation = (uint32_t)count;
	else
		side(&s)->count = count;
	relay_guest_kick(&s.from);
	check_int(end_of(&s), ended, what);
	check(is_over(&s) && state_of(&s).moved == 100, "and nothing more passes");
	stand_finish(&s);
}

static struct vmos_relay_side *source_side(struct stand *s)
{
	return s->from.guest;
}

static struct vmos_relay_side *target_side(struct stand *s)
{
	return s->to.guest;
}

static void test_lies(void)
{
	test_lie(source_side, 100 + LEN + 1, EPROTO, "more in the source's ring than it holds ends it");
	test_lie(source_side, 99, EPROTO, "a count of the source that goes back ends it");
	test_lie(target_side, 101, EPROTO, "more taken than there was ends it");
	test_lie(target_side, 100 - (uint64_t)LEN - 1, EPROTO, "a count of the target that goes back too far ends it");
	test_lie(source_side, 0, ESTALE, "a source that leaves ends it");
	test_lie(target_side, 7777, ESTALE, "a target of another generation ends it");
}

/* --- what is refused --- */

static void refuse(void (*spoil)(struct stand *s), int want, const char *what)
{
	struct stand s;
	int have;

	stand_init(&s, LEN, LEN);
	spoil(&s);
	have = create(&s);
	check(have == want, "%s: %s", what, have ? strerror(have) : "taken");
	stand_finish(&s);
}

static int memfd(size_t size, int seals)
{
	int fd = memfd_create("other", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || ftruncate(fd, (off_t)size) < 0 || (seals && fcntl(fd, F_ADD_SEALS, seals) < 0))
		err(2, "memfd");
	return fd;
}

#define WHOLE (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static void no_seals(struct stand *s)
{
	s->create.source.region = memfd(VMOS_CTL_REGION, 0);
}

static void may_shrink(struct stand *s)
{
	s->create.target.region = memfd(VMOS_CTL_REGION, F_SEAL_GROW | F_SEAL_SEAL);
}

static void is_sealed_against_writing(struct stand *s)
{
	s->create.target.region = memfd(VMOS_CTL_REGION, WHOLE | F_SEAL_WRITE);
}

static void is_a_gui_region(struct stand *s)
{
	s->create.source.region = memfd(VMOS_GUI_REGION, WHOLE);
}

static void is_read_only(struct stand *s)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", s->from.region);
	s->create.source.region = open(path, O_RDONLY | O_CLOEXEC);
}

static void is_a_pipe(struct stand *s)
{
	int ends[2];

	if (pipe(ends) < 0)
		err(2, "pipe");
	s->create.target.region = ends[1];
}

static void is_no_fd(struct stand *s)
{
	s->create.target.region = -1;
}

static void are_one(struct stand *s)
{
	s->create.target.region = s->from.region;
}

static void in_the_rings(struct stand *s)
{
	s->create.source.offset = VMOS_RELAY_AREA_MIN - VMOS_PAGE_SIZE;
}

static void beyond_the_end(struct stand *s)
{
	s->create.target.offset += VMOS_PAGE_SIZE;
}

static void far_beyond(struct stand *s)
{
	s->create.target.offset = UINT64_MAX - VMOS_PAGE_SIZE + 1;
}

static void off_a_page(struct stand *s)
{
	s->create.source.offset += 64;
}

static void no_power_of_two(struct stand *s)
{
	s->create.source.len = 3 * VMOS_PAGE_SIZE;
}

static void too_short(struct stand *s)
{
	s->create.source.len = VMOS_RELAY_LEN_MIN / 2;
}

static void too_long(struct stand *s)
{
	s->create.source.len = 2 * VMOS_RELAY_LEN_MAX;
}

static void no_length(struct stand *s)
{
	s->create.source.len = 0;
}

static void no_bell(struct stand *s)
{
	s->create.source.kick = s->gate;
}

static void no_bell_either(struct stand *s)
{
	s->create.target.call = s->from.region;
}

static void no_gate(struct stand *s)
{
	s->create.gate = -1;
}

static void no_generation(struct stand *s)
{
	s->create.generation = 0;
}

static void of_another_version(struct stand *s)
{
	s->create.reserved = 1;
}

static void test_refusals(void)
{
	refuse(no_seals, EBADFD, "a region without seals");
	refuse(may_shrink, EBADFD, "one that may shrink");
	refuse(is_sealed_against_writing, EBADFD, "one that cannot be written");
	refuse(is_a_gui_region, EBADFD, "one of windows");
	refuse(is_read_only, EBADF, "one that is open for reading");
	refuse(is_a_pipe, EBADF, "a pipe's end");
	refuse(is_no_fd, EBADF, "no region");
	refuse(are_one, EINVAL, "twice the same region");
	refuse(in_the_rings, EINVAL, "an area over the channel's own");
	refuse(beyond_the_end, EINVAL, "an area beyond the end");
	refuse(far_beyond, EINVAL, "one so far that sums wrap");
	refuse(off_a_page, EINVAL, "one that begins within a page");
	refuse(no_power_of_two, EINVAL, "a ring of three pages");
	refuse(too_short, EINVAL, "a ring of half a page");
	refuse(too_long, EINVAL, "a ring that is too long");
	refuse(no_length, EINVAL, "a ring without length");
	refuse(no_bell, EINVAL, "a doorbell that is none");
	refuse(no_bell_either, EINVAL, "the other one");
	refuse(no_gate, EBADF, "no gate");
	refuse(no_generation, EINVAL, "no generation");
	refuse(of_another_version, EINVAL, "what is to be 0");
}

/* --- who may --- */

/* Who may open the device at all is not what is looked at: on a HOS its node has a label of its own. "w" is asked at CREATE, too. */
static void let_open(const char *subject, const char *access)
{
	char node[SMACK_LABEL_MAX + 1];

	if (smack_is_active() != 1)
		return;
	if (smack_path_get(RELAY_DEVICE, node) < 0)
		errx(2, "the label of " RELAY_DEVICE);
	if (strcmp(subject, node) != 0)
		smack_rule_load(subject, node, access);
}

static int become(const char *label)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[2] = { { 0 } };
	int r = label ? smack_self_set(label) : 0;

	return r == 0 && syscall(SYS_capset, &head, none) < 0 ? -errno : r;
}

/*
 * Opens the device, or calls CREATE, as somebody with @label and without
 * capabilities, in a child that shares our fds. The fd; or an errno below 0.
 */
static int as(const char *label, const struct stand *s)
{
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
	int status, r;

	if (pid == 0) {
		if (become(label) < 0)
			_exit(255);
		if (s)
			_exit(create_on(s->relay, &s->create));
		r = open(RELAY_DEVICE, O_RDONLY | O_CLOEXEC);
		_exit(r < 0 ? 255 : r);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) == 255)
		errx(2, "nobody could be %s, and open the device", label ? label : "powerless");
	return WEXITSTATUS(status);
}

static void open_as(struct stand *s, const char *label)
{
	close(s->relay);
	s->relay = as(label, NULL);
}

/* The gate closes by close_gate() while bytes pass: no more than a batch does after that. */
static void test_gate(struct stand *s, void (*close_gate)(struct stand *s), const char *what)
{
	pthread_t threads[2];
	uint64_t before;

	check_int(create(s), 0, what);
	start(s, threads, UINT64_MAX);
	while (state_of(s).moved < 2 * LEN && !state_of(s).ended)
		usleep(1000);
	check(state_of(s).moved >= 2 * LEN, "with an open gate bytes pass");
	close_gate(s);
	before = state_of(s).moved;
	check_int(end_of(s), EACCES, "when the gate closes it ends");
	check(state_of(s).moved - before <= VMOS_RELAY_BATCH, "within a batch (%llu bytes)",
		(unsigned long long)(state_of(s).moved - before));
	check(is_over(s), "and nothing more passes");
	finish(s, threads);
	check(s->wrong == 0, "what has passed is right");
}

static void close_mode(struct stand *s)
{
	fchmod(s->gate, 0600);
}

/* Without Smack: a gate of another user's, which the mode opens to all. */
static void test_mode(void)
{
	struct stand s;

	let_open("_", "rw");
	stand_init(&s, LEN, LEN);
	if (fchown(s.gate, 1, 1) < 0 || fchmod(s.gate, 0602) < 0)
		err(2, "gate");
	open_as(&s, NULL);
	test_gate(&s, close_mode, "a relay of somebody without capabilities");
	stand_finish(&s);

	stand_init(&s, LEN, LEN);
	if (fchown(s.to.region, 1, 1) < 0 || fchmod(s.to.region, 0604) < 0)
		err(2, "region");
	check_int(as(NULL, &s), EACCES, "who may not write a region makes no relay to it");
	fchmod(s.to.region, 0606);
	check_int(as(NULL, &s), 0, "who may does");
	stand_finish(&s);
	let_open("_", "-");
}

static void close_rule(struct stand *s)
{
	(void)s;
	smack_rule_load(SUBJECT, OBJECT, "-");
}

static void label(int fd, const char *label)
{
	if (smack_fd_set(fd, label) < 0)
		errx(2, "a label");
}

static void test_smack(void)
{
	struct stand s;

	if (smack_is_active() != 1) {
		check(true, "rules of Smack # SKIP this kernel does not decide by it");
		return;
	}
	let_open(SUBJECT, "rw");
	smack_rule_load(SUBJECT, OBJECT, "w");
	stand_init(&s, LEN, LEN);
	label(s.gate, OBJECT);
	open_as(&s, SUBJECT);
	test_gate(&s, close_rule, "a relay under a rule of Smack");
	stand_finish(&s);

	stand_init(&s, LEN, LEN);
	label(s.gate, OBJECT);
	open_as(&s, SUBJECT);
	create(&s);
	join(&s);
	relay_guest_pass(&s.from, 100);
	check_int(end_of(&s), EACCES, "without the rule it ends at its first byte");
	check(s.to.host->count == 0, "which does not pass");
	stand_finish(&s);

	/* nor is the other region, which has our own label */
	smack_rule_load(SUBJECT, "_", "rw");
	stand_init(&s, LEN, LEN);
	label(s.to.region, OTHER);
	check_int(as(SUBJECT, &s), EACCES, "nobody makes a relay to a region that its label closes to him");
	smack_rule_load(SUBJECT, OTHER, "rw");
	check_int(as(SUBJECT, &s), 0, "with a rule he does");
	smack_rule_load(SUBJECT, OTHER, "-");
	smack_rule_load(SUBJECT, "_", "-");
	let_open(SUBJECT, "-");
	stand_finish(&s);
}

/* --- guests that write anything --- */

static void test_fuzz(unsigned seconds)
{
	uint64_t seed = (uint64_t)time(NULL) * 2654435761u;
	struct relay_fuzz r = relay_fuzz(seconds, seed);

	printf("# seed %llu, %u relays: %u revoked or closed, %u ended by a count, %u by a generation; %llu KiB "
	       "passed\n",
		(unsigned long long)seed, r.made, r.revoked, r.ended_proto, r.ended_stale,
		(unsigned long long)r.moved >> 10);
	check(r.moved > 0, "relays come and go while guests write anything");
	check(r.ended_proto + r.ended_stale > 0, "some are ended by what they read");
	check(r.ended_other == 0, "none ends by anything else");
	check(r.outside == 0, "no byte outside of the areas has changed (%llu)", (unsigned long long)r.outside);
}

static int run_all(unsigned seconds)
{
	static const char *const ours[] = { "relay_", "move_", "end_", "main_", "vmos", NULL };

	if (kernel_log_mark() < 0)
		errx(2, "/dev/kmsg");
	test_refusals();
	test_passes(LEN, LEN, 8u << 20);
	test_passes(VMOS_RELAY_LEN_MIN, LEN, 1u << 20);
	test_passes(VMOS_RELAY_LEN_MAX, VMOS_RELAY_LEN_MIN, 1u << 20);
	test_sleeps();
	test_last_bytes();
	test_rate();
	test_revoke();
	test_close();
	test_lies();
	test_mode();
	test_smack();
	test_fuzz(seconds);
	check(threads() == 0, "no thread is left");
	check_int(kernel_log_findings(ours), 0, "the kernel has nothing to complain of");
	return check_end();
}

/* Beside us lies the module, where the kernel has not got it built in. */
static void load_module(void)
{
	int fd = open("/vmos_relay.ko", O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && syscall(SYS_finit_module, fd, "", 0) < 0)
		err(2, "loading vmos_relay.ko");
	close(fd);
}

/* What is asked for on the command line. */
static int run(int argc, char **argv)
{
	unsigned seconds = argc > 1 ? (unsigned)strtoul(argv[argc - 1], NULL, 10) : 0;

	if (argc <= 2 || strcmp(argv[1], "bench") != 0)
		return run_all(seconds ? seconds : 5);
	relay_bench(seconds);
	printf("# 0 failed\n");
	fflush(stdout);
	return 0;
}

static int only_process(int argc, char **argv)
{
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	mount("securityfs", "/sys/kernel/security", "securityfs", 0, NULL);
	mount("smackfs", SMACK_FS, "smackfs", 0, "smackfsdef=*");
	load_module();
	run(argc, argv);
	reboot(RB_POWER_OFF);
	return 1;
}

int main(int argc, char **argv)
{
	return getpid() == 1 ? only_process(argc, argv) : run(argc, argv);
}
