/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/transfer_move.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/smack.h"
#include "manager/manager.h"
#include "manager/transfer.h"
#include "proto/ctl.h"
#include "proto/runctl.h"

#define SECOND 1000000ull /* usec */
#define REHASH_RATE 4 /* bytes a usec, at least: a sender that goes on reads again what it has sent */
#define POINT_BYTES (XFER_HEAD + XFER_POINT_LEN)

/* In the order of HELPER_RUN. */
enum { FD_ARGS, FD_STDIN, FD_STDOUT, FD_STDERR, FD_CONTROL, FD_LICENCE, FD_COUNT };

void transfer_move_init(struct transfer *t)
{
	t->move = (struct transfer_move){
		.sender = { .transfer = t, .is_sender = true, .control = -1 },
		.receiver = { .transfer = t, .control = -1 },
		.pipe = -1,
		.licence_fd = -1,
	};
	transfer_relay_init(&t->move.relay);
}

static void close_control(struct transfer_side *side)
{
	side->io = sd_event_source_disable_unref(side->io);
	if (side->control >= 0)
		close(steal_fd(&side->control));
}

static void close_pipe(struct transfer_move *move)
{
	if (move->pipe >= 0)
		close(steal_fd(&move->pipe));
}

void transfer_move_end(struct transfer *t)
{
	struct transfer_move *move = &t->move;

	if (move->licence) {
		__atomic_store_n(&move->licence->allowed, 0, __ATOMIC_RELEASE);
		munmap(move->licence, LICENCE_SIZE);
	}
	if (move->licence_fd >= 0)
		close(move->licence_fd);
	transfer_relay_end(t);
	close_pipe(move);
	close_control(&move->sender);
	close_control(&move->receiver);
	sd_event_source_disable_unref(move->timer);
	transfer_move_init(t);
}

static int make_licence(struct transfer_move *move, const struct vm *vm)
{
	void *page = NULL;
	int r;

	move->licence_fd = fd_memfd_ours("vmos-licence", LICENCE_SIZE, &page);
	if (move->licence_fd < 0)
		return move->licence_fd;
	move->licence = page;
	move->licence->allowed = 1;
	r = vm->identity.apart ? smack_fd_set(move->licence_fd, LABEL_HOST) : 0;
	return r;
}

/* Both have ended: what they came to is told once nothing of them is left. */
static void moved(struct transfer *t)
{
	struct transfer_end sender = t->move.sender.end, receiver = t->move.receiver.end;

	transfer_move_end(t);
	transfer_moved(t, &sender, &receiver);
}

static void side_over(struct transfer_side *side, bool lost, int32_t status);

/* No byte for so long: a relay that stands still is tried without, before anybody is told that it failed. */
static void stall(struct transfer *t)
{
	struct transfer_move *move = &t->move;

	if (!move->relay.joined) {
		transfer_fail(t, XFER_R_STALLED, false, NULL);
		return;
	}
	transfer_relay_fail(t, "no byte has come by it");
	move->sender.end.lost = move->receiver.end.lost = true;
	moved(t);
}

static int handle_patience(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct transfer *t = userdata;
	const struct vm *from = manager_find_vm(t->manager, t->job.from), *to = manager_find_vm(t->manager, t->job.to);
	bool paused = (from && from->state == VM_PAUSED) || (to && to->state == VM_PAUSED);

	if (paused) {
		sd_event_source_set_time_relative(source, t->move.patience);
		return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	}
	if (!t->move.grace)
		stall(t);
	else
		side_over(t->move.sender.ended ? &t->move.receiver : &t->move.sender, true, 0);
	return 0;
}

static void have_patience(struct transfer *t, uint64_t usec)
{
	struct transfer_move *move = &t->move;

	move->patience = usec;
	if (!move->timer) {
		sd_event_add_time_relative(
			t->manager->event, &move->timer, CLOCK_MONOTONIC, usec, SECOND / 10, handle_patience, t);
		return;
	}
	sd_event_source_set_time_relative(move->timer, usec);
	sd_event_source_set_enabled(move->timer, SD_EVENT_ONESHOT);
}

static bool is_good_end(const struct transfer_side *side)
{
	return side->is_sender && !side->end.lost && (side->end.status == XFER_OK || side->end.status == XFER_R_SOME);
}

/* One side is over. What is under way to the receiver takes as long as it takes, all else is about to end. */
static void side_over(struct transfer_side *side, bool lost, int32_t status)
{
	struct transfer *t = side->transfer;
	struct transfer_side *other = side->is_sender ? &t->move.receiver : &t->move.sender;

	close_control(side);
	side->ended = true;
	side->end.lost = lost;
	side->end.status = status;
	if (!side->is_sender && !other->end.begun)
		other->ended = true;
	if (other->ended) {
		moved(t);
		return;
	}
	close_pipe(&t->move);
	if (is_good_end(side))
		return;
	t->move.grace = true;
	have_patience(t, TRANSFER_GRACE * SECOND);
}

/* Makes the control socket of @side. The courier's end, labelled for it. */
static int open_control(struct transfer_side *side, const struct vm *vm, sd_event_io_handler_t handler)
{
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	side->control = pair[0];
	r = identity_label_fd(&vm->identity, pair[1], LABEL_COURIER);
	if (r == 0)
		r = sd_event_add_io(vm->manager->event, &side->io, side->control, EPOLLIN, handler, side);
	if (r < 0) {
		close(pair[1]);
		return r;
	}
	return pair[1];
}

/* Hands a run to the courier of @vm: @fds without the control socket and the licence, which are made here; borrowed. */
static int begin_side(struct transfer_side *side, struct vm *vm, struct helper_run run, int fds[FD_COUNT],
	sd_event_io_handler_t handler)
{
	struct transfer_move *move = &side->transfer->move;
	/* To read only: our own /dev/null is labelled as the host, and no courier writes to what it gets in place of an output. */
	int null cleanup_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int control cleanup_fd = -1;
	int r;

	if (null < 0)
		return -errno;
	control = open_control(side, vm, handler);
	if (control < 0)
		return control;
	r = identity_label_fd(&vm->identity, fds[FD_ARGS], LABEL_COURIER);
	if (r < 0)
		return r;
	for (int i = FD_STDIN; i <= FD_STDERR; i++)
		fds[i] = fds[i] < 0 ? null : fds[i];
	fds[FD_CONTROL] = control;
	fds[FD_LICENCE] = move->licence_fd;
	run.uid_class = CTL_UID_USER;
	r = vm_hand_run(vm, &run, fds, run.flags & CTL_RUN_TRANSFER ? FD_COUNT : FD_COUNT - 1);
	side->end.begun = r == 0;
	return r;
}

/* A memfd of the arguments that vmosd itself gives. */
static int pack(char *const *argv, uint32_t *ret_len)
{
	char *none[] = { NULL };
	uint8_t blob[1024];
	int len = ctl_args_encode(argv, none, blob, sizeof(blob));

	if (len < 0 || (size_t)len > sizeof(blob))
		return -E2BIG;
	*ret_len = (uint32_t)len;
	return fd_memfd_data("vmos-transfer", blob, (size_t)len);
}

/* The record by which the sender knows where to begin, as a pipe that ends after it. */
static int point_pipe(const struct xfer_point *point, const struct vm *vm)
{
	const struct xfer_head head = { .type = XFER_POINT, .len = XFER_POINT_LEN };
	uint8_t bytes[POINT_BYTES];
	int ends[2], r;

	xfer_head_put(bytes, &head);
	xfer_point_put(bytes + XFER_HEAD, point);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	r = fd_write_all(ends[1], bytes, sizeof(bytes));
	close(ends[1]);
	if (r == 0)
		r = identity_label_fd(&vm->identity, ends[0], LABEL_COURIER);
	if (r < 0) {
		close(ends[0]);
		return r;
	}
	return ends[0];
}

static int handle_control(sd_event_source *source, int fd, uint32_t revents, void *userdata);

static int begin_sender(struct transfer *t, const struct xfer_point *point)
{
	struct vm *vm = manager_find_vm(t->manager, t->job.from);
	struct helper_run run = { .args_len = t->job.args_len, .flags = CTL_RUN_SEND };
	int in cleanup_fd = vm ? point_pipe(point, vm) : -ENOENT;
	int fds[FD_COUNT] = { t->args, in, t->move.pipe, -1, -1, -1 };
	int r;

	if (in < 0)
		return in;
	if (t->job.kind == TRANSFER_FETCH)
		run.flags |= CTL_RUN_PUBLIC;
	transfer_relay_name(t, true, &run);
	r = begin_side(&t->move.sender, vm, run, fds, handle_control);
	close_pipe(&t->move);
	return r;
}

/* What the receiver has. It is a guest's claim; the sender, which is another, checks what it can of it. */
static bool take_point(struct transfer_side *side, const struct runctl *m)
{
	struct transfer *t = side->transfer;
	struct xfer_point point = { .item = (uint32_t)m->a, .entry = m->n[0], .offset = m->n[1] };

	if (side->is_sender || t->move.sender.end.begun || t->job.kind == TRANSFER_URL ||
		point.offset % XFER_DATA_MAX != 0)
		return false;
	transfer_tries_point(&t->tries, &point);
	transfer_begun(t);
	if (begin_sender(t, &point) < 0)
		side_over(&t->move.sender, true, 0);
	else
		have_patience(t, TRANSFER_STALL * SECOND + t->done / REHASH_RATE);
	return true;
}

static void take_progress(struct transfer_side *side, const struct runctl *m)
{
	struct transfer *t = side->transfer;

	if (m->n[0] == side->bytes)
		return;
	side->bytes = m->n[0];
	if (!t->move.grace)
		have_patience(t, TRANSFER_STALL * SECOND);
	if (!side->is_sender)
		transfer_passed(t, m->n[0], m->n[1]);
}

/* False: a courier says no such thing. */
static bool take_word(struct transfer_side *side, const struct runctl *m)
{
	switch (m->type) {
	case RUNCTL_STARTED:
		return transfer_relay_started(side->transfer, side->is_sender, m->n[0]);
	case RUNCTL_POINT:
		return take_point(side, m);
	case RUNCTL_PROGRESS:
		take_progress(side, m);
		return true;
	case RUNCTL_PROBLEM:
		if (side->is_sender)
			transfer_problem(side->transfer, m->a, m->text);
		return side->is_sender;
	case RUNCTL_EXIT:
		side_over(side, false, m->a);
		return true;
	case RUNCTL_LOST:
		side_over(side, true, 0);
		return true;
	default:
		return false;
	}
}

/* A courier that was taken over must not keep vmosd busy. */
static bool is_flood(struct transfer_side *side)
{
	uint64_t now = transfer_now();

	if (now - side->since > TRANSFER_WORDS_PERIOD * SECOND) {
		side->since = now;
		side->words = 0;
	}
	return ++side->words > TRANSFER_WORDS_MAX;
}

static int handle_control(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct transfer_side *side = userdata;
	struct runctl m;
	ssize_t n = recv(fd, &m, sizeof(m), MSG_DONTWAIT | MSG_TRUNC);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		side_over(side, true, 0);
	else if (is_flood(side) || runctl_check_transfer(&m, (size_t)n) < 0 || !take_word(side, &m))
		side_over(side, false, -EBADMSG);
	return 0;
}

/* A URL goes in the arguments: one run, and nothing between two. */
static int begin_url(struct transfer *t, struct vm *to)
{
	struct helper_run run = { .args_len = t->job.args_len, .flags = CTL_RUN_URL };
	int fds[FD_COUNT] = { t->args, -1, -1, -1, -1, -1 };

	t->move.sender.ended = true;
	t->move.sender.end = (struct transfer_end){ .begun = true };
	return begin_side(&t->move.receiver, to, run, fds, handle_control);
}

/* A staging folder that was found wrong is thrown away by "fresh"; of a file to open, by another id. */
static const char *word_of(const struct transfer *t)
{
	if (t->job.kind == TRANSFER_OPEN)
		return "open";
	return t->job.anew ? "fresh" : "keep";
}

static int begin_receiver(struct transfer *t, const struct vm *from_vm, struct vm *to)
{
	char id[TRANSFER_ID_LEN + 1], word[8], from[VM_NAME_MAX + 1];
	char *argv[] = { from, id, word, NULL };
	struct helper_run run = { .flags = CTL_RUN_RECEIVE };
	int args cleanup_fd = -1;
	int ends[2], r;

	transfer_id_format(t->job.id + (t->job.kind == TRANSFER_OPEN && t->job.anew), id);
	memcpy(from, t->job.from, sizeof(from));
	snprintf(word, sizeof(word), "%s", word_of(t));
	args = pack(argv, &run.args_len);
	if (args < 0)
		return args;
	r = make_licence(&t->move, to);
	if (r < 0)
		return r;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	t->move.pipe = ends[1];
	(void)fcntl(ends[1], F_SETPIPE_SZ, TRANSFER_PIPE); /* a user may have used up what he may have of this */
	r = identity_label_fd(&to->identity, ends[0], LABEL_INBOX);
	if (r == 0)
		transfer_relay_begin(t, from_vm, to);
	transfer_relay_name(t, false, &run);
	if (r == 0) {
		int fds[FD_COUNT] = { args, ends[0], -1, -1, -1, -1 };

		r = begin_side(&t->move.receiver, to, run, fds, handle_control);
	}
	close(ends[0]);
	return r;
}

int transfer_move_begin(struct transfer *t, struct vm *from, struct vm *to)
{
	int r;

	transfer_move_end(t);
	r = t->job.kind == TRANSFER_URL ? begin_url(t, to) : begin_receiver(t, from, to);
	if (r < 0)
		transfer_move_end(t);
	else
		have_patience(t, TRANSFER_STALL * SECOND);
	return r;
}
