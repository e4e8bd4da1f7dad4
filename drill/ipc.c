/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows 61 … 64: IPC that outlives a process, and the victim's disk as a gift. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "drill/actions.h"

static void shared_memory(struct attempt *a, long long id)
{
	struct shmid_ds ds;
	long at = try_call(SYS_shmat, id, NULL, 0);

	attempt_part(a, "shmat", at);
	if (at > 0)
		try_call(SYS_shmdt, at);
	attempt_part(a, "shmctl", try_call(SYS_shmctl, id, IPC_STAT, &ds));
}

static void messages(struct attempt *a, long long id)
{
	struct {
		long type;
		char text[8];
	} message = { 1, "drill" };

	attempt_part(a, "msgsnd", try_call(SYS_msgsnd, id, &message, sizeof(message.text), IPC_NOWAIT));
	attempt_part(a, "msgrcv", try_call(SYS_msgrcv, id, &message, sizeof(message.text), 0, IPC_NOWAIT));
}

static void system_v(struct attempt *a)
{
	long long shm = attempt_number(a, T_SHM, 10), msg = attempt_number(a, T_MSG, 10);
	long long sem = attempt_number(a, T_SEM, 10);

	if (shm >= 0)
		shared_memory(a, shm);
	if (msg >= 0)
		messages(a, msg);
	if (sem >= 0)
		attempt_part(a, "semctl", try_call(SYS_semctl, sem, 0, GETVAL, 0));
}

/* Two VMs that can make what both can open have a channel that nobody allowed. */
static void posix(struct attempt *a)
{
	char path[64];
	int fd cleanup_fd = -1;

	snprintf(path, sizeof(path), "/dev/shm/vmos-drill-%d", (int)getpid());
	fd = attempt_open(path, O_CREAT | O_EXCL | O_RDWR);
	if (attempt_part(a, "shm_open", fd))
		try_call(SYS_unlink, path);
}

static void message_queue(struct attempt *a)
{
	char name[64];
	int fd cleanup_fd = -1;

	snprintf(name, sizeof(name), "vmos-drill-%d", (int)getpid());
	fd = (int)try_call(SYS_mq_open, name, O_CREAT | O_EXCL | O_RDWR, 0600, NULL);
	if (attempt_part(a, "mq_open", fd))
		try_call(SYS_mq_unlink, name);
}

/* The fd beside the message that waits at @sock. -1: none came, errno says why (EACCES where it was taken away). */
static int receive_fd(int sock)
{
	char byte;
	struct iovec iov = { &byte, 1 };
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};
	struct cmsghdr *c;
	int fd;

	if (try_call(SYS_recvmsg, sock, &msg, MSG_CMSG_CLOEXEC) < 0)
		return -1;
	c = CMSG_FIRSTHDR(&msg);
	if (!c || c->cmsg_type != SCM_RIGHTS) {
		errno = EACCES;
		return -1;
	}
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

static void gift(struct attempt *a)
{
	const char *path = attempt_fact(a, T_GIFT);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int sock cleanup_fd = -1, fd cleanup_fd = -1;
	long at;

	if (!path || strlen(path) >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, path, strlen(path));
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	sock = (int)try_call(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	if (sock < 0 || try_call(SYS_connect, sock, &address, sizeof(address)) < 0) {
		attempt_part(a, sock < 0 ? "socket" : "connect", -1);
		return;
	}
	fd = receive_fd(sock);
	if (!attempt_part(a, "receive", fd))
		return;
	at = try_call(SYS_mmap, NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	attempt_part(a, "mmap", at);
	if (at > 0)
		try_call(SYS_munmap, at, 4096);
}

static const attempt_run runs[] = { system_v, posix, message_queue, gift };

const struct family family_ipc = { 61, sizeof(runs) / sizeof(runs[0]), runs };
