/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * base/smack.c, the rules of VMs and the rule set against a kernel that decides
 * by Smack: TAP on standard output. Linked statically, so that it is also the
 * whole of a machine: as process 1 it mounts what it needs and powers off.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/smack.h"
#include "manager/labels.h"
#include "manager/smack_rules.h"
#include "policy/ruleset.h"
#include "tests/lab/tap.h"

#define DIR "/tmp/smack-kernel"

/*
 * Runs @act in a child with @label and without capabilities, as root else: only
 * Smack can refuse it. Its exit status: 0, or an errno.
 */
static int as(const char *label, int (*act)(const void *arg), const void *arg)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
		struct __user_cap_data_struct none[2] = { { 0 } };
		int r = smack_self_set(label);

		if (r == 0 && syscall(SYS_capset, &head, none) < 0)
			r = -errno;
		_exit(r < 0 ? 200 : -act(arg));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 201;
	return WEXITSTATUS(status);
}

static int open_read(const void *path)
{
	int fd = open(path, O_RDONLY);

	return fd < 0 ? -errno : 0;
}

static int open_write(const void *path)
{
	int fd = open(path, O_WRONLY);

	return fd < 0 ? -errno : 0;
}

static int relabel(const void *path)
{
	return smack_path_set(path, "_");
}

static int relabel_self(const void *label)
{
	return smack_self_set(label);
}

static int load_rule(const void *object)
{
	return smack_rule_load("_", object, "rwx");
}

static void test_labels(void)
{
	char label[SMACK_LABEL_MAX + 2], have[SMACK_LABEL_MAX + 1];
	struct stat st;

	check_int(smack_is_active(), 1, "the kernel decides by Smack");
	check(smack_fs_is_mounted(), "smackfs is mounted");
	check(smack_process_get(0, have) == 0 && strcmp(have, "_") == 0, "this process is _");
	check(smack_process_get(1, have) == 0, "the label of process 1 can be read");
	mkdir(DIR, 0755);
	close(open(DIR "/a", O_CREAT | O_RDWR, 0666));
	check_int(smack_path_set(DIR "/a", "k.a"), 0, "a file takes a label");
	check(smack_path_get(DIR "/a", have) == 0 && strcmp(have, "k.a") == 0, "and shows it");
	memset(label, 'x', sizeof(label));
	label[SMACK_LABEL_MAX] = '\0';
	check_int(smack_path_set(DIR "/a", label), 0, "it takes one of 255 bytes");
	check(smack_path_get(DIR "/a", have) == 0 && strcmp(have, label) == 0, "and shows it whole");
	check_int(smack_path_set(DIR "/a", "k/a"), -EINVAL, "but none that the kernel would cut");
	check_int(smack_path_set(DIR "/a", "k.a"), 0, "back");
	check(symlink("a", DIR "/link") == 0 && smack_path_set(DIR "/link", "k.link") == 0, "a symlink takes one");
	check(smack_path_get(DIR "/a", have) == 0 && strcmp(have, "k.a") == 0, "which is not its target's");
	check(lstat(DIR "/link", &st) == 0 && S_ISLNK(st.st_mode), "it is a symlink still");
	check_int(smack_path_set("/nowhere", "k.a"), -ENOENT, "what is not there takes none");
}

static void test_access(void)
{
	check_int(as("k.a", open_read, DIR "/a"), 0, "a process reads what has its label");
	check_int(as("k.b", open_read, DIR "/a"), EACCES, "another does not, also as root");
	check_int(smack_may("k.b", "k.a", "r"), 0, "the kernel says so when asked");
	check_int(smack_rule_load("k.b", "k.a", "r"), 0, "a rule");
	check_int(smack_may("k.b", "k.a", "r"), 1, "counts");
	check_int(as("k.b", open_read, DIR "/a"), 0, "and lets it read");
	check_int(as("k.b", open_write, DIR "/a"), EACCES, "not write");
	check_int(smack_rule_load("k.b", "k.a", "w"), 0, "another rule of the pair");
	check_int(smack_may("k.b", "k.a", "r"), 0, "takes the first one's place");
	check_int(smack_rule_revoke("k.b"), 0, "revoking");
	check_int(smack_may("k.b", "k.a", "w"), 0, "takes all back");
	check_int(smack_rule_revoke("k.never.seen"), 0, "revoking what has no rule is no error");
	check_int(smack_may("k.never.seen", "k.a", "r"), 0, "a label never seen may nothing");
	check_int(as("k.b", relabel, DIR "/a"), EPERM, "without capabilities nobody labels");
	check_int(as("k.b", relabel_self, "_"), EPERM, "nor takes another label");
	check_int(as("k.b", load_rule, "k.a"), EPERM, "nor loads rules");
}

/* fd to pass, over a socket that this process has. */
struct passing {
	int sock, fd;
};

static int receive(const void *arg)
{
	const struct passing *p = arg;
	unsigned n = 0;
	char byte;
	int fd, r = (int)fd_recv_packet(p->sock, &byte, 1, &fd, 1, &n);

	return r < 0 ? r : n == 1 ? 0 : -ENODATA;
}

/* 0: a process of @label gets @fd. */
static int pass(int fd, const char *label)
{
	int pair[2], r;
	struct passing p;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	p = (struct passing){ .sock = pair[1], .fd = fd };
	r = fd_send_packet(pair[0], "x", 1, &fd, 1);
	if (r >= 0)
		r = as(label, receive, &p);
	close(pair[0]);
	close(pair[1]);
	return r;
}

static void test_fds(void)
{
	char have[SMACK_LABEL_MAX + 1];
	int memfd = fd_memfd_sealed("k", 4096), data = fd_memfd_data("d", "x", 1), pair[2];

	check(smack_fd_get(memfd, have) == 0 && strcmp(have, "_") == 0, "a memfd has its maker's label");
	check_int(smack_fd_set(memfd, "k.a"), 0, "and takes another");
	check(smack_fd_get(memfd, have) == 0 && strcmp(have, "k.a") == 0, "which it shows");
	check_int(smack_fd_set(data, "k.a"), 0, "also one sealed against writing");
	check_int(pass(memfd, "k.a"), 0, "it can be passed to a process of its label");
	check(pass(memfd, "k.b") != 0, "not to another");
	check_int(smack_rule_load("k.b", "k.a", "r"), 0, "with a rule to read");
	check(pass(memfd, "k.b") != 0, "still not: it is open for writing");
	check_int(smack_rule_load("k.b", "k.a", "rw"), 0, "with one to write");
	check_int(pass(memfd, "k.b"), 0, "it can");
	smack_rule_revoke("k.b");
	check_int(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0, "sockets");
	check_int(smack_fd_set(pair[0], "k.a"), 0, "a socket takes a label");
	check(smack_fd_get(pair[0], have) == 0 && strcmp(have, "k.a") == 0, "and shows it");
	check_int(pass(pair[0], "k.a"), 0, "it can be passed to a process of its label");
	check(pass(pair[0], "k.b") != 0, "not to another");
	check(pass(pair[1], "k.b") != 0, "nor can the other end, which is _");
	check_int(fsetxattr(pair[0], "security.SMACK64IPIN", "k.b", 3, 0), 0, "with two labels");
	check_int(smack_fd_get(pair[0], have), -EBADE, "it is seen to have none of its own");
}

/* The table of a VM's rules is what the kernel then answers, and nothing is left of it. */
static void test_vm_rules(void)
{
	struct smack_rule rules[SMACK_RULES_MAX];
	int n = smack_rules_plan("k1", rules), good = 0;

	check_int(smack_rules_start("k1"), 0, "the rules of a VM");
	check_int(smack_rules_start("k2"), 0, "and of another");
	check_int(smack_may("vmos.k1.courier", "vmos.k1.image", "rw"), 1, "a courier reaches its channel");
	check_int(smack_may("vmos.k1.courier", "vmos.k2.image", "r"), 0, "not another's");
	check_int(smack_may("vmos.k1.courier", "vmos.relay", "r"), 1, "vmosd may open relays in its name");
	check_int(smack_may("_", "vmos.k1.desktop", "rw"), 1, "the compositor reaches frames");
	check_int(smack_rules_pair("k1", "k2", true), 0, "one may send to the other");
	check_int(smack_may("vmos.k1.courier", "vmos.k2.inbox", "w"), 1, "to its inbox");
	check_int(smack_may("vmos.k2.courier", "vmos.k1.inbox", "w"), 0, "not the other way");
	check_int(smack_may("vmos.k1.qemu", "vmos.k2.inbox", "w"), 0, "nor by QEMU");
	check_int(smack_rules_pair("k1", "k2", false), 0, "no more");
	check_int(smack_may("vmos.k1.courier", "vmos.k2.inbox", "w"), 0, "it may not");
	check_int(smack_rules_pair("k1", "k2", true), 0, "again");
	check_int(smack_rules_stop("k1"), 0, "the end of a VM");
	for (int i = 0; i < n; i++)
		good += smack_may(rules[i].subject, rules[i].object, rules[i].access) == 0;
	check_int(good, n, "leaves none of its rules");
	check_int(smack_may("vmos.k1.courier", "vmos.k2.inbox", "w"), 0, "nor what it might send");
	check_int(smack_may("vmos.k2.courier", "vmos.k2.image", "rw"), 1, "another VM keeps its own");
	smack_rules_stop("k2");
}

static unsigned pick(uint64_t *seed, unsigned n)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(*seed >> 33) % n;
}

#define SETS 1000
#define NAMES 9 /* the last four are Smack's own */
#define OWN (NAMES - 4)

/* Labels are never forgotten by the kernel: all sets use the same ones. */
static const char *const names[NAMES] = { "k-a", "k-A", "k-a.b", "k-aa", "k-0123456789-0123456789-0123456789-0123", "_",
	"^", "*", "?" };

/*
 * What all programs have is left alone where there are others: in a machine of
 * its own this program is process 1.
 */
static bool may_load(unsigned from, unsigned to)
{
	return getpid() == 1 || from < OWN || to < OWN;
}

/* Takes back what the set before gave. */
static int forget_rules(void)
{
	int r = 0;

	for (unsigned i = 0; i < NAMES * NAMES; i++) {
		if (may_load(i / NAMES, i % NAMES))
			r |= smack_rule_load(names[i / NAMES], names[i % NAMES], "-");
	}
	return r;
}

/* Writes a rule file of some lines, and loads each into the kernel as it stands. */
static int make_set(uint64_t *seed, char *text, size_t size)
{
	size_t len = 0;
	int r = forget_rules();

	for (unsigned n = pick(seed, 40); n > 0; n--) {
		unsigned from = pick(seed, NAMES), to = pick(seed, NAMES), mask = pick(seed, 16);
		char access[8];

		if (!may_load(from, to))
			continue;
		snprintf(access, sizeof(access), "%s%s%s%s%s", mask & 1 ? "r" : "", mask & 2 ? "w" : "",
			mask & 4 ? "x" : "", mask & 8 ? "a" : "", mask ? "" : "-");
		len += (size_t)snprintf(text + len, size - len, "%s\t%s %s # %u\n", names[from], names[to], access, n);
		r |= smack_rule_load(names[from], names[to], access);
	}
	return r;
}

static unsigned compare(const struct ruleset *rules)
{
	static const struct {
		const char *letter;
		unsigned bit;
	} letters[] = { { "w", RULE_WRITE }, { "a", RULE_PASTE }, { "x", RULE_OPEN }, { "r", RULE_READ } };
	unsigned differ = 0;

	for (unsigned i = 0; i < NAMES * NAMES * 4; i++) {
		const char *a = names[i / 4 / NAMES], *b = names[i / 4 % NAMES];
		unsigned ours = ruleset_decide(rules, a, b) & letters[i % 4].bit;
		int theirs = smack_may(a, b, letters[i % 4].letter);

		if (theirs == !!ours)
			continue;
		printf("# %s %s %s: ours %d, the kernel's %d\n", a, b, letters[i % 4].letter, !!ours, theirs);
		differ++;
	}
	return differ;
}

static void test_policy(void)
{
	static struct rule memory[64];
	static char text[8192];
	unsigned differ = 0, bad = 0;
	uint64_t seed = 3;

	printf("# seed %llu\n", (unsigned long long)seed);
	for (unsigned set = 0; set < SETS; set++) {
		struct ruleset rules = { .rules = memory, .cap = sizeof(memory) / sizeof(memory[0]) };
		struct ruleset_error error;

		text[0] = '\0';
		bad += make_set(&seed, text, sizeof(text)) != 0;
		bad += ruleset_parse(&rules, 0, text, strlen(text), &error) != 0;
		differ += compare(&rules);
	}
	bad += forget_rules() != 0;
	check_int((int)bad, 0, "rule sets parse and load");
	check(differ == 0, "%u questions about %u rule sets: the kernel answers as we do (%u differ)",
		SETS * NAMES * NAMES * 4, SETS, differ);
}

/* onlycap and ptrace are looked at, not changed: that is vmos-smack's. */
static void test_state(void)
{
	char text[1024];

	check_int(smack_fs_read("onlycap", text, sizeof(text)), 0, "onlycap can be read");
	printf("# onlycap: %s\n", text);
	check_int(smack_fs_read("ptrace", text, sizeof(text)), 0, "ptrace can be read");
	printf("# ptrace: %s\n", text);
	check_int(smack_rule_load("k.b", "k.a", "r"), 0, "a rule to read back");
	check_int(smack_fs_read("load2", text, 4), -EMSGSIZE, "what does not fit is no half answer");
	smack_rule_revoke("k.b");
	check_int(smack_fs_read("nothing", text, sizeof(text)), -ENOENT, "what is not there is none");
}

static int run_all(void)
{
	test_labels();
	test_access();
	test_fds();
	test_vm_rules();
	test_policy();
	test_state();
	return check_end();
}

static int only_process(void)
{
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/tmp", 01777);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("securityfs", "/sys/kernel/security", "securityfs", 0, NULL);
	mount("tmpfs", "/tmp", "tmpfs", 0, "smackfsroot=_");
	mount("smackfs", SMACK_FS, "smackfs", 0, "smackfsdef=*");
	run_all();
	reboot(RB_POWER_OFF);
	return 1;
}

int main(void)
{
	return getpid() == 1 ? only_process() : run_all();
}
