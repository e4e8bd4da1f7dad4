/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "courier/run.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "courier/guest.h"
#include "courier/transfer.h"
#include "proto/runctl.h"

enum { FD_ARGS, FD_STDIN, FD_STDOUT, FD_STDERR, FD_CONTROL, FD_LICENCE, FD_COUNT };

/* A command that is gone needs no answer. */
static void run_say(const struct run *run, const struct runctl *m)
{
	if (run->control >= 0)
		(void)send(run->control, m, sizeof(*m), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void run_tell(const struct run *run, uint32_t type, int32_t a)
{
	struct runctl m = { .type = type, .a = a };

	run_say(run, &m);
}

/* Who asked for a transfer hears, too, by which relay its contents go. */
static void run_tell_started(const struct run *run, const struct ctl_started *started)
{
	struct runctl m = { .type = RUNCTL_STARTED, .a = (int32_t)started->pid, .n = { started->relay } };

	run_say(run, &m);
}

static void run_tell_progress(struct run *run, bool end)
{
	struct runctl m;
	uint64_t now = 0;

	if (!run->transfer)
		return;
	sd_event_now(run->guest->event, CLOCK_MONOTONIC, &now);
	if (transfer_progress(run->transfer, now, end, &m))
		run_say(run, &m);
}

static void run_close_control(struct run *run)
{
	run->control_source = sd_event_source_disable_unref(run->control_source);
	if (run->control >= 0)
		close(run->control);
	run->control = -1;
}

/* The files are closed before the command hears of the end: who reads them then finds the end, too. */
static void run_close_stdio(struct run *run)
{
	input_close(&run->in);
	output_close(&run->out[0]);
	output_close(&run->out[1]);
}

void run_end(struct run *run, uint32_t type, int32_t status)
{
	run_close_stdio(run);
	run_tell_progress(run, true);
	run_tell(run, type, status);
	run_close_control(run);
	run->done = true;
}

static void run_signal(struct run *run, int signo)
{
	run->signals |= UINT64_C(1) << (signo - 1);
}

/* Nobody cares for the program any more: its output is dropped until it ends. */
static void run_abandon(struct run *run, int signo)
{
	run_close_control(run);
	input_close(&run->in);
	output_drop(&run->out[0]);
	output_drop(&run->out[1]);
	run->out[0].told = run->out[1].told = true;
	run_signal(run, signo);
	if (run->state == RUN_UNSENT || run->state == RUN_EXITED)
		run->done = true;
}

/* The command left. The program is told as by a terminal that hangs up. */
static void run_orphan(struct run *run)
{
	run_abandon(run, SIGHUP);
}

/* A transfer that may not go on. vmosd hears why at once, whatever the guest does about it. */
static void run_fail(struct run *run, int32_t status)
{
	run_close_stdio(run);
	run_tell_progress(run, true);
	run_tell(run, RUNCTL_EXIT, status);
	run_abandon(run, SIGKILL);
}

/* Bytes of a transfer may have met the end of its licence on their way to the fd. */
static void run_check_licence(struct run *run)
{
	if (run->transfer && run->control >= 0 && !transfer_may_pass(run->transfer))
		run_fail(run, -EPERM);
}

static void run_command_says(struct run *run, const struct runctl *m)
{
	if (m->type == RUNCTL_SIGNAL) {
		run_signal(run, m->a);
		return;
	}
	run->rows = (uint16_t)m->a;
	run->cols = (uint16_t)m->b;
	run->winch = true;
}

static int handle_control(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct run *run = userdata;
	struct runctl m;
	ssize_t n = recv(fd, &m, sizeof(m), MSG_DONTWAIT | MSG_TRUNC);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n > 0 && (size_t)n <= sizeof(m) && !runctl_check_command(&m, (size_t)n))
		run_command_says(run, &m);
	else
		run_orphan(run);
	guest_settle(run->guest);
	return 0;
}

/* As a pipe does it: who writes where nobody reads any more gets SIGPIPE, once. */
static void run_check_reader(struct run *run, struct output *o)
{
	if (o->broken && !o->told) {
		o->told = true;
		run_signal(run, SIGPIPE);
	}
}

static int handle_output(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct run *run = userdata;
	struct output *o = fd == run->out[0].stream.fd ? &run->out[0] : &run->out[1];

	output_drain(o);
	run_check_licence(run);
	run_check_reader(run, o);
	guest_settle(run->guest);
	return 0;
}

static int handle_input(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct run *run = userdata;

	guest_settle(run->guest); /* reads: run_push_input() */
	return 0;
}

static int run_read_args(struct run *run, int fd, uint32_t len)
{
	uint16_t argc, envc;
	ssize_t n;

	if (!len || len > CTL_ARGS_MAX || fd_check_sealed(fd, len) < 0)
		return -EBADMSG;
	run->args = malloc(len);
	if (!run->args)
		return -ENOMEM;
	n = pread(fd, run->args, len, 0);
	if (n != (ssize_t)len || ctl_args_check(run->args, len, &argc, &envc) < 0)
		return -EBADMSG;
	run->args_len = len;
	return 0;
}

/* Each fd is taken out of @fds as it finds its owner. */
static int run_open_fds(struct run *run, sd_event *event, int *fds)
{
	int r = input_open(&run->in, event, fds[FD_STDIN], handle_input, run);

	if (r < 0)
		return r;
	fds[FD_STDIN] = -1;
	for (int i = 0; i < 2; i++) {
		r = output_open(&run->out[i], event, fds[FD_STDOUT + i], handle_output, run);
		if (r < 0)
			return r;
		fds[FD_STDOUT + i] = -1;
	}
	return sd_event_add_io(event, &run->control_source, run->control, EPOLLIN, handle_control, run);
}

unsigned run_fds(uint8_t flags)
{
	return flags & CTL_RUN_TRANSFER ? FD_COUNT : FD_LICENCE;
}

/* What the program writes there goes no farther than to the courier. It hears of no broken pipe. */
static void run_keep_output(struct run *run, unsigned nr)
{
	output_drop(&run->out[nr]);
	run->out[nr].told = true;
}

/* Of a service's outputs only what a sender sends goes on; its errors, and a receiver's only word, are the courier's. */
static int run_open_transfer(struct run *run, int licence)
{
	int r;

	if (!(run->flags & (CTL_RUN_TRANSFER | CTL_RUN_URL)))
		return 0;
	run_keep_output(run, 1);
	if (!(run->flags & CTL_RUN_SEND))
		run_keep_output(run, 0);
	if (run->flags & CTL_RUN_URL)
		return 0;
	r = transfer_new(run->flags, licence, &run->transfer);
	if (r == 0 && run->transfer->sends)
		output_need_licence(&run->out[0], run->transfer->licence);
	return r;
}

int run_new(struct guest *g, const struct helper_run *req, const int *fds, struct run **ret_run)
{
	struct run *run = calloc(1, sizeof(*run));
	int own[FD_COUNT] = { -1, -1, -1, -1, -1, -1 }, r;

	memcpy(own, fds, run_fds(req->flags) * sizeof(*own));
	if (!run) {
		fd_close_all(own, FD_COUNT);
		return -ENOMEM;
	}
	run->guest = g;
	run->id = req->id;
	run->uid_class = req->uid_class;
	run->flags = req->flags;
	run->rows = req->rows;
	run->cols = req->cols;
	run->relay = req->relay;
	run->area = req->area;
	run->control = steal_fd(&own[FD_CONTROL]);
	run->in.stream.fd = run->out[0].stream.fd = run->out[1].stream.fd = -1;
	r = run_read_args(run, own[FD_ARGS], req->args_len);
	if (!r)
		r = run_open_fds(run, g->event, own);
	if (r >= 0)
		r = run_open_transfer(run, own[FD_LICENCE]);
	fd_close_all(own, FD_COUNT);
	if (r < 0) {
		run_end(run, RUNCTL_EXIT, r);
		run_free(run);
		return r;
	}
	*ret_run = run;
	return 0;
}

void run_free(struct run *run)
{
	run_close_stdio(run);
	run_close_control(run);
	transfer_free(run->transfer);
	free(run->args);
	free(run);
}

static int run_push_start(struct run *run)
{
	bool may_relay = run->guest->features & CTL_FEATURE_RELAY;
	struct ctl_msg m = { .head.type = CTL_RUN,
		.run = { .id = run->id,
			.uid_class = run->uid_class,
			.flags = run->flags,
			.rows = run->rows,
			.cols = run->cols,
			.relay = may_relay ? run->relay : 0,
			.area = may_relay ? run->area : 0 } };
	int r = guest_send_blob(run->guest, &m, &m.run.blob, run->args, run->args_len);

	if (r < 0)
		return r;
	free(steal_ptr(&run->args));
	run->state = RUN_SENT;
	return 0;
}

static int run_push_control(struct run *run)
{
	struct ctl_msg m = { .head.type = CTL_WINCH, .winch = { .id = run->id, .rows = run->rows, .cols = run->cols } };
	int r = 0;

	if (run->winch && (run->flags & CTL_RUN_PTY))
		r = guest_send(run->guest, &m);
	if (r < 0)
		return r;
	run->winch = false;
	while (run->signals) {
		uint32_t signo = (uint32_t)__builtin_ctzll(run->signals) + 1;

		m = (struct ctl_msg){ .head.type = CTL_SIGNAL, .signal = { .id = run->id, .signo = signo } };
		r = guest_send(run->guest, &m);
		if (r < 0)
			return r;
		run->signals &= run->signals - 1;
	}
	return 0;
}

static int run_push_credit(struct run *run, uint8_t fd)
{
	struct output *o = &run->out[fd - 1];
	uint32_t bytes = output_owed(o);
	struct ctl_msg m = { .head.type = CTL_CREDIT, .credit = { .id = run->id, .fd = fd, .bytes = bytes } };
	int r;

	if (!bytes)
		return 0;
	r = guest_send(run->guest, &m);
	if (!r)
		output_credited(o, bytes);
	return r;
}

static int run_push_eof(struct run *run)
{
	struct ctl_msg m = { .head.type = CTL_EOF, .eof = { .id = run->id, .fd = 0 } };
	int r = guest_send(run->guest, &m);

	if (!r)
		run->in.eof_sent = true;
	return r;
}

/* Bytes that a receiver is to get: @fresh ones are looked at, all need the licence. False: they may not pass. */
static bool run_may_push(struct run *run, bool fresh)
{
	int r = 0;

	if (!run->transfer || run->transfer->sends)
		return true;
	if (fresh)
		r = transfer_check(run->transfer, run->in.buf, run->in.len);
	else if (!transfer_may_pass(run->transfer))
		r = -EPERM;
	if (r < 0)
		run_fail(run, r);
	else
		run_tell_progress(run, false);
	return r == 0;
}

/* Reads stdin only once the program runs: bytes for one that cannot be started stay with the caller's shell. */
static int run_push_input(struct run *run)
{
	struct input *in = &run->in;
	int r;

	for (;;) {
		struct ctl_msg m = { .head.type = CTL_STDIO, .stdio = { .id = run->id, .fd = 0 } };
		bool fresh = !in->len;

		input_fill(in, guest_room(run->guest));
		if (!in->len || !run_may_push(run, fresh))
			break;
		r = guest_send_blob(run->guest, &m, &m.stdio.blob, in->buf, in->len);
		if (r < 0) {
			input_watch(in, false);
			return r;
		}
		in->credit -= in->len;
		in->len = 0;
	}
	if (in->eof)
		return in->eof_sent ? 0 : run_push_eof(run);
	if (in->credit && !guest_room(run->guest)) {
		input_watch(in, false);
		return -EAGAIN;
	}
	input_watch(in, in->credit > 0);
	return 0;
}

static bool run_is_drained(const struct run *run)
{
	return !run->out[0].len && !run->out[1].len;
}

static int32_t run_status(const struct run *run)
{
	return run->transfer ? transfer_status(run->transfer, run->status) : run->status;
}

int run_push(struct run *run)
{
	int r = 0;

	if (run->done)
		return 0;
	if (run->state == RUN_EXITED) {
		if (run_is_drained(run))
			run_end(run, RUNCTL_EXIT, run_status(run));
		return 0;
	}
	if (run->state == RUN_UNSENT)
		r = run_push_start(run);
	if (!r)
		r = run_push_control(run);
	if (!r)
		r = run_push_credit(run, 1);
	if (!r)
		r = run_push_credit(run, 2);
	if (!r && run->state == RUN_STARTED)
		r = run_push_input(run);
	if (!r && run->signals)
		r = run_push_control(run); /* its input was refused */
	return r;
}

int run_take_started(struct run *run, const struct ctl_started *m)
{
	if (run->state != RUN_SENT || (m->relay && m->relay != run->relay))
		return -EPROTO;
	run->state = RUN_STARTED;
	if (m->relay && run->transfer)
		transfer_allow_far(run->transfer, m->relay);
	run_tell_started(run, m);
	if (run->flags & CTL_RUN_WINDOW) {
		run_close_stdio(run);
		run_close_control(run);
		run->done = true;
	}
	return 0;
}

int run_take_exit(struct run *run, const struct ctl_exit *m)
{
	if (run->state == RUN_UNSENT || run->state == RUN_EXITED)
		return -EPROTO;
	run->state = RUN_EXITED;
	run->status = m->status;
	input_close(&run->in);
	if (run->control < 0)
		run->done = true;
	return 0;
}

static bool run_may_send(const struct run *run)
{
	return run->state == RUN_SENT || run->state == RUN_STARTED;
}

static void run_take_problems(struct run *run, const uint8_t *untrusted_data, size_t len)
{
	struct runctl m;

	while (transfer_take_problem(run->transfer, &untrusted_data, &len, &m))
		run_say(run, &m);
}

/* Looks at what a transfer's program says before any of it is passed on. */
static void run_check_output(struct run *run, uint8_t fd, const uint8_t *untrusted_data, size_t len)
{
	struct transfer *t = run->transfer;
	struct runctl m;
	int r = 0;

	if (!t || run->control < 0)
		return;
	if (t->sends && fd == 1) {
		r = transfer_check(t, untrusted_data, len);
		run_tell_progress(run, false);
	} else if (t->sends) {
		run_take_problems(run, untrusted_data, len);
	} else if (fd == 1) {
		r = transfer_take_point(t, untrusted_data, len, &m);
		if (r > 0)
			run_say(run, &m);
	}
	if (r < 0)
		run_fail(run, r);
}

int run_take_stdio(struct run *run, const struct ctl_stdio *m, const uint8_t *untrusted_data)
{
	struct output *o;
	int r;

	if (!run_may_send(run) || m->fd < 1 || m->fd > 2)
		return -EPROTO;
	o = &run->out[m->fd - 1];
	run_check_output(run, m->fd, untrusted_data, m->blob.len);
	r = output_put(o, untrusted_data, m->blob.len);
	run_check_licence(run);
	run_check_reader(run, o);
	return r;
}

int run_take_eof(struct run *run, const struct ctl_eof *m)
{
	if (!run_may_send(run) || m->fd > 2)
		return -EPROTO;
	if (!m->fd) {
		input_close(&run->in); /* the program closed its stdin: what is left stays unread */
		run->in.eof_sent = true;
		return 0;
	}
	if (run->out[m->fd - 1].eof)
		return -EPROTO;
	run->out[m->fd - 1].eof = true;
	return 0;
}

int run_take_credit(struct run *run, const struct ctl_credit *m)
{
	if (!run_may_send(run) || m->fd)
		return -EPROTO;
	return input_credit(&run->in, m->bytes);
}
