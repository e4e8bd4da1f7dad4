/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "drill/target.h"

#define GIFT "drill-gift.sock"

/* What the attacker may try to read, and where it may try to write. */
static struct {
	char secret[sizeof(FACTS_SECRET)];
	char scratch[sizeof(FACTS_SECRET)];
} memory = { FACTS_SECRET, "" };

static char rename_path[4096], unlink_path[4096], gift_path[4096];
static int disk = -1, shm = -1, msg = -1, sem = -1;
static pid_t sheep;

/* Where the folder is not the victim's to write, the attacker takes a file that is there already. */
static int make_file(char path[4096], const char *dir, const char *name, enum fact fact)
{
	int ret = target_path(path, dir, name);
	int fd cleanup_fd = -1;

	if (ret < 0)
		return ret;
	fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0) {
		path[0] = '\0';
		return errno == EACCES ? 0 : -errno;
	}
	target_fact(fact, path);
	return 0;
}

/* Whoever connects is given B's disk. */
static void handle_gift(int fd, const char *name)
{
	int peer cleanup_fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	if (peer >= 0 && fd_send_packet(peer, "x", 1, &disk, 1) >= 0)
		target_say(name);
}

/* By a path, or by an abstract name where the folder is not the victim's to write: "@name" then. */
static int listen_for_gift(const char *dir)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int ret = target_path(gift_path, dir, GIFT), fd;

	if (ret < 0)
		return ret;
	unlink(gift_path);
	fd = fd_unix_listen(gift_path, SOCK_STREAM, 8);
	if (fd != -EACCES)
		return fd < 0 || chmod(gift_path, 0666) == 0 ? fd : -errno;
	snprintf(gift_path, sizeof(gift_path), "@vmos-drill-%d-gift", (int)getpid());
	memcpy(address.sun_path + 1, gift_path + 1, strlen(gift_path) - 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 8) < 0)
		return -errno;
	return fd;
}

static int make_gift(const char *dir, const char *disk_path)
{
	int fd;

	disk = open(disk_path, O_RDONLY | O_CLOEXEC);
	if (disk < 0)
		return -errno;
	fd = listen_for_gift(dir);
	if (fd < 0)
		return fd;
	target_fact_number(T_FD, disk, 10);
	target_fact(T_GIFT, gift_path);
	return target_watch(fd, "gift", handle_gift);
}

static int make_system_v(void)
{
	shm = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
	msg = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	sem = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
	if (shm < 0 || msg < 0 || sem < 0)
		return -errno;
	target_fact_number(T_SHM, shm, 10);
	target_fact_number(T_MSG, msg, 10);
	target_fact_number(T_SEM, sem, 10);
	return 0;
}

/* A process that is there to be killed. It holds none of our fds, and ends with us. */
static int make_sheep(void)
{
	sheep = fork();
	if (sheep < 0)
		return -errno;
	if (sheep == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close_range(0, ~0u, 0);
		for (;;)
			pause();
	}
	target_fact_number(T_SHEEP, sheep, 10);
	return 0;
}

/* The victim does nothing to be safe: the layers must do it all. */
static void lower_defences(void)
{
	prctl(PR_SET_DUMPABLE, 1);
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
}

static int prepare(const char *dir, const char *disk_path)
{
	int ret;

	lower_defences();
	ret = make_file(rename_path, dir, "drill-rename", T_RENAME);
	if (ret == 0)
		ret = make_file(unlink_path, dir, "drill-unlink", T_UNLINK);
	if (ret == 0)
		ret = make_gift(dir, disk_path);
	if (ret == 0)
		ret = make_system_v();
	if (ret == 0)
		ret = make_sheep();
	target_fact_number(T_PID, getpid(), 10);
	target_fact_number(T_ADDRESS, (long long)(uintptr_t)&memory, 16);
	return ret;
}

static void handle_signal(int number)
{
	if (number == SIGCONT)
		target_say("signal-cont");
	else if (number == SIGWINCH)
		target_say("signal-winch");
	else if (number == SIGURG)
		target_say("signal-urg");
	else if (number == SIGCHLD && waitpid(sheep, NULL, WNOHANG) == sheep)
		target_say("killed");
}

static void look(void)
{
	if (rename_path[0] && access(rename_path, F_OK) < 0 && errno == ENOENT)
		target_say("rename");
	if (unlink_path[0] && access(unlink_path, F_OK) < 0 && errno == ENOENT)
		target_say("unlink");
	if (*(volatile char *)memory.scratch)
		target_say("memory");
}

static void finish(void)
{
	char taken[4200];

	if (sheep > 0)
		kill(sheep, SIGKILL);
	shmctl(shm, IPC_RMID, NULL);
	msgctl(msg, IPC_RMID, NULL);
	semctl(sem, 0, IPC_RMID);
	if (rename_path[0]) {
		snprintf(taken, sizeof(taken), "%s-taken", rename_path);
		unlink(taken);
	}
	unlink(rename_path);
	unlink(unlink_path);
	unlink(gift_path);
}

const struct target_role target_victim = { "victim", prepare, handle_signal, look, finish };
