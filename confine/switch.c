/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "confine/switch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/securebits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/paths.h"
#include "confine/narrow.h"

#define ROOT "/tmp" /* is there on every system, and out of sight afterwards */
#define PORTS "8" /* the VM's, vmos-tap's, and room for the next ones of both while the last ones are closed */
#define MEMORY (256ull << 20) /* bytes of address space: it uses 3 MiB */
#define FILES 64

static int write_text(const char *path, const char *text)
{
	int fd cleanup_fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd_write_all(fd, text, strlen(text));
}

/* Whoever we are, we stay it: no other id of the host's is known in there. */
static int map_self(uid_t uid, gid_t gid)
{
	char text[64];
	int r;

	snprintf(text, sizeof(text), "%u %u 1", uid, uid);
	r = write_text("/proc/self/uid_map", text);
	if (r == 0)
		r = write_text("/proc/self/setgroups", "deny");
	snprintf(text, sizeof(text), "%u %u 1", gid, gid);
	return r < 0 ? r : write_text("/proc/self/gid_map", text);
}

/* What is at @path comes to the same place below the new root, as a folder or as a file. */
static int attach(int tree, const char *path, bool folder)
{
	char *target cleanup_free = paths_join(ROOT, path + 1, NULL);
	int r = 0;

	if (!target)
		return -ENOMEM;
	if (folder) {
		r = paths_mkdir(target);
	} else {
		int fd cleanup_fd = open(target, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

		r = fd < 0 ? -errno : 0;
	}
	if (r == 0 && move_mount(tree, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		r = -errno;
	return r;
}

static int take(const char *path)
{
	int fd = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	return fd < 0 ? -errno : fd;
}

/* An empty root with /usr, /dev/null and @dir, where it was. */
static int build_root(const char *dir)
{
	int usr cleanup_fd = take("/usr"), null cleanup_fd = take("/dev/null"), own cleanup_fd = take(dir);
	int r;

	if (usr < 0 || null < 0 || own < 0)
		return -ENOENT;
	if (mount("vmos", ROOT, "tmpfs", MS_NOSUID | MS_NODEV, "size=64k,mode=700") < 0)
		return -errno;
	if (mkdir(ROOT "/dev", 0700) < 0 || symlink("usr/lib", ROOT "/lib") < 0 ||
		symlink("usr/lib64", ROOT "/lib64") < 0)
		return -errno;
	r = attach(usr, "/usr", true);
	if (r == 0)
		r = attach(null, "/dev/null", false);
	return r < 0 ? r : attach(own, dir, true);
}

/* A root folder, and a network, with nothing in it: what of the host's sockets could be connected is out of sight. */
static int hide(const char *dir)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int r;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC) < 0)
		return -errno;
	r = map_self(uid, gid);
	if (r == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		r = -errno;
	if (r == 0)
		r = build_root(dir);
	if (r < 0)
		return r;
	if (chdir(ROOT) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0)
		return -errno;
	return 0;
}

static int limit(void)
{
	const struct rlimit memory = { MEMORY, MEMORY }, files = { FILES, FILES };

	return setrlimit(RLIMIT_AS, &memory) < 0 || setrlimit(RLIMIT_NOFILE, &files) < 0 ? -errno : 0;
}

/* One that reads its console ends with it: this one never says a word, and never ends. */
static int mute_console(void)
{
	int ends[2];

	if (pipe(ends) < 0)
		return -errno;
	/* the end for writing stays open over exec */
	return dup2(ends[0], STDIN_FILENO) < 0 ? -errno : 0;
}

static int narrow(const char *dir)
{
	int r = narrow_start();

	if (r == 0)
		r = limit();
	if (r < 0)
		return r;
	r = hide(dir);
	if (r < 0)
		log_warning("this host lets no user make a root folder (%s): the switch sees the host's sockets",
			strerror(-r));
	/* an ordinary user's powers over the new name spaces end with exec, root's by this */
	if (r == 0 && prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED, 0, 0, 0) < 0)
		return -errno;
	if (chdir(dir) < 0)
		return -errno;
	r = narrow_switch_files(dir);
	if (r == 0)
		log_warning("this kernel has no Landlock: the switch is confined by seccomp only");
	return r < 0 ? r : narrow_calls(NARROW_SWITCH);
}

int switch_main(const char *dir)
{
	/* a hub: of two ends, each gets what the other sends, and no table remembers where a forged address came from */
	char *argv[] = { "vde_switch", "-x", "-n", PORTS, "-s", (char *)dir, "-m", "0600", "--dirmode", "0700", "-f",
		"/dev/null", NULL };
	char *env[] = { NULL };
	int r = mute_console();

	if (r == 0 && access(SWITCH_PROGRAM, X_OK) < 0)
		r = -errno;
	if (r == 0)
		r = narrow(dir);
	if (r == 0) {
		execve(SWITCH_PROGRAM, argv, env);
		r = -errno;
	}
	log_error("%s does not start for %s: %s", SWITCH_PROGRAM, dir, strerror(-r));
	return EXIT_FAILURE;
}
