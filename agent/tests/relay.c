/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/tests/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/files/walk.h"
#include "agent/tests/far_stand.h"
#include "agent/tests/tree.h"
#include "base/fd.h"

#define PIECE 20000 /* odd to all sizes of the records */

/* A program and our ends of its pipes. */
struct child {
	pid_t pid;
	int in, out, err;
};

static void child_exec(const struct relay *r, char *const *argv, const char *home, uint64_t file_max)
{
	const struct rlimit limit = { .rlim_cur = file_max, .rlim_max = RLIM_INFINITY };

	setenv("HOME", home, 1);
	unsetenv("XDG_RUNTIME_DIR");
	setenv("ASAN_OPTIONS", "verify_asan_link_order=0:detect_leaks=0:exitcode=99", 1);
	if (r->preload)
		setenv("LD_PRELOAD", r->preload, 1);
	if (file_max)
		setrlimit(RLIMIT_FSIZE, &limit);
	execv(r->program, argv);
	_exit(127);
}

static struct child child_start(const struct relay *r, char *const *argv, const char *home, uint64_t file_max)
{
	int in[2], out[2], err[2];
	struct child c;

	CHECK(!pipe2(in, O_CLOEXEC) && !pipe2(out, O_CLOEXEC) && !pipe2(err, O_CLOEXEC));
	c.pid = fork();
	CHECK(c.pid >= 0);
	if (c.pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(err[1], 2);
		child_exec(r, argv, home, file_max);
	}
	close(in[0]);
	close(out[1]);
	close(err[1]);
	c.in = in[1];
	c.out = out[0];
	c.err = err[0];
	return c;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int child_end(struct child *c)
{
	int status;

	close_one(&c->in);
	close_one(&c->out);
	close_one(&c->err);
	CHECK(waitpid(c->pid, &status, 0) == c->pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

static struct child start_sender(const struct relay *r, char *const *paths)
{
	char *argv[80] = { "vmos-files", "send" };
	int n = 2;

	if (r->public)
		argv[n++] = "--public";
	argv[n++] = "web";
	for (; *paths && n < 79; paths++)
		argv[n++] = *paths;
	return child_start(r, argv, r->from_home, 0);
}

static struct child start_receiver(const struct relay *r)
{
	char *argv[] = { "vmos-files", "receive", "work", (char *)(uintptr_t)(r->id ? r->id : RELAY_ID),
		(char *)(uintptr_t)(r->mode ? r->mode : "keep"), NULL };

	return child_start(r, argv, r->to_home, r->file_max);
}

/* The receiver's POINT to the sender. False: the receiver has ended without a word. */
static bool hand_point(struct relay *r, struct child *receiver, struct child *sender)
{
	uint8_t record[XFER_HEAD + XFER_POINT_LEN];
	ssize_t n = fd_read_all(receiver->out, record, sizeof(record));
	struct xfer_head head;

	if (n == 0)
		return false;
	CHECK(n == sizeof(record) && xfer_head_get(record, &head) == 0 && head.type == XFER_POINT);
	CHECK(xfer_point_get(record + XFER_HEAD, &r->point) == 0);
	if (sender)
		(void)fd_write_all(sender->in, record, sizeof(record));
	return true;
}

/* PROBLEM records, as far as they have come. */
static void take_problems(struct relay *r, int fd)
{
	uint8_t record[XFER_HEAD + XFER_PATH_MAX + 1];
	struct xfer_head head;

	while (fd_read_all(fd, record, XFER_HEAD) == XFER_HEAD) {
		CHECK(xfer_head_get(record, &head) == 0 && head.type == XFER_PROBLEM);
		CHECK(fd_read_all(fd, record, head.len) == (ssize_t)head.len);
		record[head.len] = '\0';
		if (r->problems < RELAY_PROBLEMS) {
			r->errors[r->problems] = (int)head.value;
			memccpy(r->paths[r->problems], record, 0, sizeof(r->paths[0]) - 1);
		}
		r->problems++;
	}
}

static void strike(struct relay *r, struct child *sender, struct child *receiver)
{
	if (r->strike == STRIKE_SENDER)
		kill(sender->pid, SIGKILL);
	else if (r->strike == STRIKE_RECEIVER)
		kill(receiver->pid, SIGKILL);
	else
		close_one(&receiver->in);
	r->strike_at = UINT64_MAX;
}

/* What the sender's agent reads and sends. False: it has ended, or its relay did amid a record. */
static bool take_piece(struct far_stand *stand, int fd, uint8_t *piece, size_t *ret_len)
{
	ssize_t n;

	if (!stand) {
		n = read(fd, piece, PIECE);
		*ret_len = n > 0 ? (size_t)n : 0;
		return n > 0;
	}
	do {
		n = far_source_read(&stand->source, fd, PIECE, piece, ret_len);
		far_stand_step(stand);
	} while (n == -ENOBUFS || (n > 0 && *ret_len == 0));
	return n > 0;
}

/* What the receiver's agent gets and writes. False: nobody reads it, or the relay ended with bytes that are needed. */
static bool give_piece(struct far_stand *stand, int fd, const uint8_t *piece, size_t len)
{
	size_t taken;
	int ret = 1;

	if (!stand)
		return fd_write_all(fd, piece, len) == 0;
	while (ret > 0 || (ret == -ENOBUFS && far_stand_step(stand))) {
		ret = far_target_write(&stand->target, fd, piece, len, &taken);
		piece += taken;
		len -= taken;
	}
	return ret == 0;
}

static void relay_bytes(struct relay *r, struct child *sender, struct child *receiver, struct far_stand *stand)
{
	static struct xfer_check check;
	uint8_t piece[PIECE + FAR_MORE];
	size_t len;

	xfer_check_init(&check);
	xfer_check_allow_far(&check, stand ? stand->generation : 0);
	while (take_piece(stand, sender->out, piece, &len)) {
		if (stand) {
			r->bytes += stand->moved - r->far;
			r->far = stand->moved;
		}

		CHECK(xfer_check_feed(&check, piece, len) == 0);
		if (r->strike_at - r->bytes < len)
			len = (size_t)(r->strike_at - r->bytes);
		if (receiver->in >= 0 && !give_piece(stand, receiver->in, piece, len))
			close_one(&receiver->in);
		r->bytes += len;
		if (r->bytes >= r->strike_at)
			strike(r, sender, receiver);
		if (receiver->in < 0)
			break;
		if (r->delay_us)
			usleep(r->delay_us);
	}
	r->whole = xfer_check_done(&check);
}

/* The same with a relay between, and one that may end. */
static void relay_far(struct relay *r, struct child *sender, struct child *receiver)
{
	static uint32_t generation = UINT32_MAX - 5;
	struct far_stand *stand = malloc(sizeof(*stand));

	generation = generation + 1 ? generation + 1 : 1;
	CHECK(stand && far_stand_open(stand, generation) == 0);
	stand->end_at = r->relay_end ? r->relay_end : UINT64_MAX;
	relay_bytes(r, sender, receiver, stand);
	far_stand_close(stand);
	free(stand);
}

static void forget(const struct relay *r)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/.local", r->to_home);
	if (!r->remember)
		CHECK(walk_remove(AT_FDCWD, path) == 0);
}

void relay_run(struct relay *r, char *const *paths)
{
	struct child receiver = start_receiver(r), sender = start_sender(r, paths);
	uint8_t byte;

	r->bytes = r->far = 0;
	r->problems = 0;
	memset(r->paths, 0, sizeof(r->paths));
	r->whole = false;
	if (hand_point(r, &receiver, &sender)) {
		close_one(&sender.in);
		if (r->by_relay)
			relay_far(r, &sender, &receiver);
		else
			relay_bytes(r, &sender, &receiver, NULL);
	}
	close_one(&sender.out);
	close_one(&sender.in);
	close_one(&receiver.in);
	take_problems(r, sender.err);
	CHECK(read(receiver.out, &byte, 1) <= 0);
	r->sent = child_end(&sender);
	r->received = child_end(&receiver);
	forget(r);
}

int relay_feed(struct relay *r, const uint8_t *bytes, size_t len)
{
	struct child receiver = start_receiver(r);
	int status;

	if (hand_point(r, &receiver, NULL))
		(void)fd_write_all(receiver.in, bytes, len);
	close_one(&receiver.in);
	status = child_end(&receiver);
	forget(r);
	return status;
}
