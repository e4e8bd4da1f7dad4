/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A courier whose own checks are left out, and a manager that hands it all that
 * it asks for: what is left is the kernel. TAP-like lines on standard output,
 * "ACT yes" or "ACT no", for the acts below; linked statically for the HOS.
 *
 *	rogue-courier FROM TO UID
 *
 * Runs as root with CAP_MAC_ADMIN. A child becomes vmos.FROM.courier with the
 * user id UID and no capability, but no sandbox, and tries
 *	take-write	to be given the writing end of TO's inbox
 *	write		to put a byte into it, which must come out at the other end
 *	take-read	to be given the reading end
 *	open-write	to open an inbox by its name for writing, for which Smack asks for r as well
 *	open-read	for reading
 *	take-channel	to be given TO's channel
 *	own		to be given the reading end of its own VM's inbox
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/smack.h"
#include "manager/labels.h"

#define DIR "/run/vmos-lab-work/rogue"
#define FIFO DIR "/inbox"

enum verb { TAKE, OPEN, END };

/* What the manager says: an fd comes with it, or a name is to be opened; then a byte is written where @flags allow it. */
struct order {
	enum verb verb;
	int flags;
};

struct answer {
	int error; /* of getting it: 0, or an errno */
	int wrote; /* 1: the kernel took a byte */
};

static void die(const char *what, int r)
{
	fprintf(stderr, "rogue-courier: %s: %s\n", what, strerror(-r));
	exit(2);
}

static struct answer obey(const struct order *order, int *fds, unsigned nfds)
{
	struct answer a = { 0 };
	int fd = nfds > 0 ? fds[0] : -1;

	if (order->verb == OPEN)
		fd = open(FIFO, order->flags | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		a.error = order->verb == OPEN ? errno
					      : EACCES; /* an fd that Smack takes away leaves a message without it */
	else if (order->flags == O_WRONLY)
		a.wrote = write(fd, "!", 1) == 1;
	if (fd >= 0)
		close(fd);
	return a;
}

static void __attribute__((noreturn)) rogue(int sock, const char *label, uid_t uid)
{
	struct order order;
	int fds[4], r = smack_self_set(label);
	unsigned nfds;
	ssize_t n;

	if (r < 0 || setgid(uid) < 0 || setuid(uid) < 0)
		die("becoming the courier", r < 0 ? r : -errno);
	for (;;) {
		struct answer a = { .error = EACCES };

		n = fd_recv_packet(sock, &order, sizeof(order), fds, 4, &nfds);
		if (n == sizeof(order) && order.verb == END)
			_exit(0);
		if (n == sizeof(order))
			a = obey(&order, fds, nfds);
		else if (n != -EMSGSIZE) /* which is what is left of a packet whose fd Smack took away */
			_exit(1);
		if (fd_send_packet(sock, &a, sizeof(a), NULL, 0) < 0)
			_exit(1);
	}
}

static struct answer ask(int sock, struct order order, int fd)
{
	struct answer a = { .error = EPIPE };
	unsigned nfds = 0;
	int fds[1];
	int r = fd_send_packet(sock, &order, sizeof(order), &fd, fd >= 0);

	if (r < 0)
		die("handing over", r);
	if (fd_recv_packet(sock, &a, sizeof(a), fds, 0, &nfds) != sizeof(a))
		die("hearing the courier", -EPIPE);
	return a;
}

static void report(const char *act, bool yes)
{
	printf("%s %s\n", act, yes ? "yes" : "no");
}

static void make_pipe(int ends[2], const char *label)
{
	int r = pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0 ? -errno : smack_fd_set(ends[1], label);

	if (r < 0)
		die("making an inbox", r);
}

/* @label on a FIFO in a folder that everybody may pass: its name hides nothing, its label must. */
static void make_fifo(const char *label)
{
	int r;

	unlink(FIFO);
	if ((mkdir(DIR, 0755) < 0 && errno != EEXIST) || mkfifo(FIFO, 0666) < 0 || chmod(FIFO, 0666) < 0)
		die(FIFO, -errno);
	r = smack_path_set(DIR, LABEL_HOST);
	if (r == 0)
		r = smack_path_set(FIFO, label);
	if (r < 0)
		die(FIFO, r);
}

static void try_pipe(int sock, const char *inbox)
{
	int ends[2];
	char byte = 0;
	struct answer a;

	make_pipe(ends, inbox);
	a = ask(sock, (struct order){ TAKE, O_WRONLY }, ends[1]);
	report("take-write", a.error == 0);
	report("write", a.wrote && read(ends[0], &byte, 1) == 1 && byte == '!');
	a = ask(sock, (struct order){ TAKE, O_RDONLY }, ends[0]);
	report("take-read", a.error == 0);
	close(ends[0]);
	close(ends[1]);
}

static void try_fifo(int sock, const char *inbox)
{
	int keep;

	make_fifo(inbox);
	keep = open(FIFO, O_RDWR | O_NONBLOCK | O_CLOEXEC); /* so that one who only writes finds a reader */
	if (keep < 0)
		die(FIFO, -errno);
	report("open-write", ask(sock, (struct order){ OPEN, O_WRONLY }, -1).error == 0);
	report("open-read", ask(sock, (struct order){ OPEN, O_RDONLY }, -1).error == 0);
	close(keep);
	unlink(FIFO);
}

static void try_channel(int sock, const char *image)
{
	int fd = fd_memfd_sealed("vmos-ctl", 4096);
	int r = fd < 0 ? fd : smack_fd_set(fd, image);

	if (r < 0)
		die("making a channel", r);
	report("take-channel", ask(sock, (struct order){ TAKE, O_RDWR }, fd).error == 0);
	close(fd);
}

static void try_own(int sock, const char *own)
{
	int ends[2];

	make_pipe(ends, own);
	report("own", ask(sock, (struct order){ TAKE, O_RDONLY }, ends[0]).error == 0);
	close(ends[0]);
	close(ends[1]);
}

int main(int argc, char **argv)
{
	char courier[SMACK_LABEL_MAX + 1], inbox[SMACK_LABEL_MAX + 1], image[SMACK_LABEL_MAX + 1];
	char own[SMACK_LABEL_MAX + 1];
	int pair[2], status;
	pid_t pid;

	if (argc != 4 || label_of(argv[1], LABEL_COURIER, courier) < 0 || label_of(argv[1], LABEL_INBOX, own) < 0 ||
		label_of(argv[2], LABEL_INBOX, inbox) < 0 || label_of(argv[2], LABEL_IMAGE, image) < 0) {
		fprintf(stderr, "usage: rogue-courier FROM TO UID\n");
		return 2;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		die("a socket", -errno);
	status = smack_fd_set(pair[1], courier);
	if (status < 0)
		die("the courier's socket", status);
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		rogue(pair[1], courier, (uid_t)strtoul(argv[3], NULL, 10));
	}
	close(pair[1]);
	try_pipe(pair[0], inbox);
	try_fifo(pair[0], inbox);
	try_channel(pair[0], image);
	try_own(pair[0], own);
	fd_send_packet(pair[0], &(struct order){ END, 0 }, sizeof(struct order), NULL, 0);
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}
