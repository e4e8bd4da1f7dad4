/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/ctl/run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/ctl/files.h"
#include "agent/ctl/launch.h"
#include "agent/ctl/service.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"

static void send_exit(struct agent *a, uint32_t id, int status)
{
	struct ctl_msg c = { .head.type = CTL_EXIT, .exit = { .id = id, .status = status } };

	agent_send(a, &c);
}

static void send_eof(struct run *run, uint8_t fd)
{
	struct ctl_msg c = { .head.type = CTL_EOF, .eof = { .id = run->id, .fd = fd } };

	agent_send(run->agent, &c);
}

static void run_free(struct run *run)
{
	for (int i = 0; i < CTL_RUNS_MAX; i++) {
		if (run->agent->runs[i] == run)
			run->agent->runs[i] = NULL;
	}
	agent_close(run->agent, &run->in.source);
	for (int i = 0; i < 2; i++)
		agent_close(run->agent, &run->out[i].source);
	free(run->in.buf);
	if (run->in.far)
		area_close(&run->in.far->area);
	if (run->out[0].far)
		area_close(&run->out[0].far->area);
	free(run->in.far);
	free(run->out[0].far);
	free(run);
}

/* Tells the host that it is over, if it is. The run may be gone afterwards. */
static void run_finish(struct run *run)
{
	if (!run->exited || run->out[0].source.fd >= 0 || run->out[1].source.fd >= 0)
		return;
	send_exit(run->agent, run->id, run->status);
	run_free(run);
}

static void output_end(struct run_output *o)
{
	agent_close(o->run->agent, &o->source);
	send_eof(o->run, o->fd);
}

/* Bytes that may be read now: credit, room in the channel and the end of the grace all limit it. */
static size_t output_room(const struct run_output *o)
{
	struct link *l = &o->run->agent->link;
	size_t room = l->queue_len > 0 ? 0 : carrier_room(&l->carrier);

	room = room < o->credit ? room : o->credit;
	room = room < CTL_CHUNK ? room : CTL_CHUNK;
	if (o->far)
		room = room > FAR_MORE ? room - FAR_MORE : 0;
	if (o->limited && room > o->left)
		room = o->left;
	return room;
}

static int output_send(struct run_output *o, size_t len)
{
	struct ctl_msg c = { .head.type = CTL_STDIO, .stdio = { .id = o->run->id, .fd = o->fd } };
	struct agent *a = o->run->agent;
	int r = link_blob(&a->link, a->chunk, len, &c.stdio.blob);

	if (r < 0)
		return r;
	o->credit -= (uint32_t)len;
	agent_send(a, &c);
	return 0;
}

/* Reads once what the program has written; @ret_len: bytes of a->chunk that go by the channel. As far_source_read(). */
static ssize_t output_read(struct run_output *o, size_t room, size_t *ret_len)
{
	struct agent *a = o->run->agent;
	ssize_t n;

	if (!o->far) {
		n = read(o->source.fd, a->chunk, room);
		*ret_len = n > 0 ? (size_t)n : 0;
		return n < 0 ? -errno : n;
	}
	n = far_source_read(o->far, o->source.fd, room, a->chunk, ret_len);
	if (o->far->ring)
		device_kick(&a->link.dev);
	o->far->ring = false;
	return n;
}

/* Nothing may be read now. False: room has come meanwhile. */
static bool output_is_blocked(struct run_output *o)
{
	struct agent *a = o->run->agent;

	if (o->limited && o->left == 0) {
		output_end(o);
		return true;
	}
	if (o->credit > 0 && carrier_want(&a->link.carrier, true) && output_room(o) > 0)
		return false;
	agent_watch(a, &o->source, 0); /* until CREDIT or room in the channel */
	return true;
}

/* Sends what the program has written, as far as the host takes it. */
static void output_pump(struct run_output *o)
{
	struct agent *a = o->run->agent;
	size_t room, len;
	ssize_t n;

	while ((room = output_room(o)) > 0 || !output_is_blocked(o)) {
		if (room == 0)
			continue;
		n = output_read(o, room, &len);
		if (n == -EINTR)
			continue;
		if (n == -ENOBUFS || (n == -EAGAIN && !o->limited)) {
			agent_watch(a, &o->source, n == -EAGAIN ? EPOLLIN : 0); /* 0: until the relay rings */
			return;
		}
		if (n == -ESTALE || n == -EBADMSG)
			log_info("A transfer breaks here: its relay ended amid a file, or vmos-files is none of ours");
		if (n <= 0) { /* a terminal that nobody has open any more says EIO */
			output_end(o);
			return;
		}
		o->left -= o->limited ? (uint32_t)n : 0;
		if (len > 0 && output_send(o, len) < 0) {
			log_error("Output of a program was lost: the channel had less room than it said");
			return;
		}
	}
}

static void handle_output(struct source *source, uint32_t events)
{
	struct run_output *o = (struct run_output *)((char *)source - offsetof(struct run_output, source));
	struct run *run = o->run;

	output_pump(o);
	run_finish(run);
}

static void input_end(struct run_input *in)
{
	agent_close(in->run->agent, &in->source);
	in->len = 0;
}

static void input_credit(struct run_input *in, uint32_t bytes)
{
	struct ctl_msg c = { .head.type = CTL_CREDIT, .credit = { .id = in->run->id, .fd = 0, .bytes = bytes } };

	in->at = (in->at + bytes) % CTL_WINDOW;
	in->len -= bytes;
	agent_send(in->run->agent, &c);
}

/* Writes once; @ret_taken: bytes of the ring that were used up. 1; 0: there are none; else as far_target_write(). */
static int input_write(struct run_input *in, size_t *ret_taken)
{
	uint32_t first = CTL_WINDOW - in->at < in->len ? CTL_WINDOW - in->at : in->len;
	ssize_t n;
	int r;

	*ret_taken = 0;
	if (in->far) {
		r = far_target_write(in->far, in->source.fd, in->buf + in->at, first, ret_taken);
		if (in->far->ring)
			device_kick(&in->run->agent->link.dev);
		in->far->ring = false;
		return r;
	}
	if (first == 0)
		return 0;
	n = write(in->source.fd, in->buf + in->at, first);
	*ret_taken = n > 0 ? (size_t)n : 0;
	return n < 0 ? -errno : 1;
}

/* Gives the program what it takes. */
static void input_pump(struct run_input *in)
{
	size_t taken;

	while (in->source.fd >= 0) {
		int r = input_write(in, &taken);

		if (taken > 0)
			input_credit(in, (uint32_t)taken);
		if (r == 0)
			break;
		if (r == -EAGAIN || r == -ENOBUFS) {
			agent_watch(in->run->agent, &in->source,
				r == -EAGAIN ? EPOLLOUT : 0); /* 0: until the relay rings */
			return;
		}
		if (r == -ESTALE || r == -EBADMSG)
			log_info("A transfer breaks here: bytes that its relay should have do not come");
		if (r < 0 && r != -EINTR) { /* nobody reads it, or it cannot be had: the host need not send more */
			input_end(in);
			send_eof(in->run, 0);
			return;
		}
	}
	if (in->source.fd < 0)
		return;
	agent_watch(in->run->agent, &in->source, 0);
	if (in->eof && in->run->tty)
		(void)!write(in->source.fd, "\004", 1); /* VEOF: a terminal has no other end */
	if (in->eof)
		input_end(in);
}

static void handle_input(struct source *source, uint32_t events)
{
	struct run_input *in = (struct run_input *)((char *)source - offsetof(struct run_input, source));

	input_pump(in);
}

static struct run *run_new(struct agent *a, const struct ctl_run *req)
{
	struct run *run = calloc(1, sizeof(*run));

	if (!run)
		return NULL;
	run->agent = a;
	run->id = req->id;
	run->tty = req->flags & CTL_RUN_PTY && !(req->flags & CTL_RUN_WINDOW);
	run->in = (struct run_input){ .source = { .fd = -1, .handle = handle_input }, .run = run };
	run->in.buf = malloc(CTL_WINDOW);
	for (int i = 0; i < 2; i++)
		run->out[i] = (struct run_output){ .source = { .fd = -1, .handle = handle_output },
			.run = run,
			.fd = (uint8_t)(i + 1),
			.credit = CTL_WINDOW };
	for (int i = 0; i < CTL_RUNS_MAX && run->in.buf; i++) {
		if (a->runs[i])
			continue;
		a->runs[i] = run;
		return run;
	}
	run_free(run);
	return NULL;
}

static char *const no_environment[] = { NULL };

static int run_launch(struct run *run, const struct ctl_run *req, char **strv, uint16_t argc)
{
	char **service cleanup_free = NULL;
	struct launch l = {
		.argv = strv, .envv = strv + argc + 1, .root = req->uid_class == CTL_UID_ROOT, .tty = run->tty
	};
	struct files f;
	int r;

	if (service_is(req->flags)) {
		service = service_argv(req->flags, strv, argc);
		if (!service)
			return -ENOMEM;
		l.argv = service;
		l.envv = no_environment;
		l.root = false;
	}
	if (req->flags & (CTL_RUN_WINDOW | CTL_RUN_URL))
		r = files_open_null(&f);
	else if (run->tty)
		r = files_open_tty(&f, req->rows, req->cols, l.root ? 0 : 1000);
	else
		r = files_open_pipes(&f);
	if (r < 0)
		return r;
	memcpy(l.fds, f.theirs, sizeof(l.fds));
	r = launch_start(&l);
	files_close_theirs(&f);
	run->in.source.fd = f.ours[0];
	run->out[0].source.fd = f.ours[1];
	run->out[1].source.fd = f.ours[2];
	return r;
}

static int run_begin(struct run *run, const struct ctl_run *req)
{
	struct agent *a = run->agent;
	uint16_t argc, envc;
	char **strv;
	int r = ctl_args_check(a->args, req->blob.len, &argc, &envc);

	if (r < 0)
		return r;
	strv = calloc((size_t)argc + envc + 2, sizeof(*strv));
	if (!strv)
		return -ENOMEM;
	ctl_args_fill(a->args, argc, envc, strv);
	r = run_launch(run, req, strv, argc);
	free(strv);
	return r;
}

static int join(struct run *run, const struct ctl_run *req, struct area *area)
{
	return area_join(area, run->agent->link.dev.fd, req->area, req->relay, req->flags & CTL_RUN_SEND);
}

/* Takes part in the relay of @req, if there is one and it can be. Its generation, or 0. */
static uint32_t run_join(struct run *run, const struct ctl_run *req)
{
	struct far_source *source = NULL;
	struct far_target *target = NULL;
	int r = -ENOMEM;

	if (req->relay == 0)
		return 0;
	if (req->flags & CTL_RUN_SEND)
		source = calloc(1, sizeof(*source));
	else
		target = calloc(1, sizeof(*target));
	if (source || target)
		r = join(run, req, source ? &source->area : &target->area);
	if (r < 0) {
		log_info("A transfer goes without its relay: %s", strerror(-r));
		free(source);
		free(target);
		return 0;
	}
	run->out[0].far = source;
	run->in.far = target;
	device_kick(&run->agent->link.dev);
	return req->relay;
}

void run_start(struct agent *a, const struct ctl_run *req)
{
	struct ctl_msg c = { .head.type = CTL_STARTED, .started.id = req->id };
	struct run *run = run_find(a, req->id) ? NULL : run_new(a, req);
	int r = run ? run_begin(run, req) : -EAGAIN;

	if (r < 0) {
		send_exit(a, req->id, r);
		if (run)
			run_free(run);
		return;
	}
	run->pid = r;
	c.started.pid = (uint32_t)r;
	c.started.relay = run_join(run, req);
	agent_send(a, &c);
	if (req->flags & CTL_RUN_WINDOW) {
		run_free(run); /* it lives on, but no longer for the host */
		return;
	}
	for (int i = 0; i < 2; i++) {
		if (run->out[i].source.fd >= 0)
			agent_watch(a, &run->out[i].source, EPOLLIN);
	}
}

struct run *run_find(struct agent *a, uint32_t id)
{
	for (int i = 0; i < CTL_RUNS_MAX; i++) {
		if (a->runs[i] && a->runs[i]->id == id)
			return a->runs[i];
	}
	return NULL;
}

int run_take_input(struct run *run, const uint8_t *bytes, uint32_t len)
{
	struct run_input *in = &run->in;
	uint32_t end = (in->at + in->len) % CTL_WINDOW;
	uint32_t first = CTL_WINDOW - end < len ? CTL_WINDOW - end : len;

	if (in->source.fd < 0)
		return 0;
	if (len > CTL_WINDOW - in->len)
		return -ENOBUFS;
	memcpy(in->buf + end, bytes, first);
	memcpy(in->buf, bytes + first, len - first);
	in->len += len;
	input_pump(in);
	return 0;
}

void run_take_eof(struct run *run)
{
	run->in.eof = true;
	if (run->in.source.fd >= 0)
		input_pump(&run->in);
}

void run_take_credit(struct run *run, uint8_t fd, uint32_t bytes)
{
	struct run_output *o = &run->out[fd == 2 ? 1 : 0];

	o->credit += bytes;
	if (o->source.fd < 0)
		return;
	output_pump(o);
	run_finish(run);
}

void run_winch(struct run *run, uint16_t rows, uint16_t cols)
{
	struct winsize size = { .ws_row = rows, .ws_col = cols };

	if (run->tty && run->out[0].source.fd >= 0)
		ioctl(run->out[0].source.fd, TIOCSWINSZ, &size);
}

void run_signal(struct run *run, int signo)
{
	if (!run->exited)
		kill(-run->pid, signo);
}

void run_reap(struct agent *a, pid_t pid, int wait_status)
{
	for (int i = 0; i < CTL_RUNS_MAX; i++) {
		struct run *run = a->runs[i];

		if (!run || run->pid != pid)
			continue;
		run->exited = true;
		run->status = WIFSIGNALED(wait_status) ? 256 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
		run->deadline = agent_now() + RUN_GRACE_MS;
		run_finish(run);
		return;
	}
}

void run_room(struct agent *a)
{
	for (int i = 0; i < CTL_RUNS_MAX; i++) {
		struct run *run = a->runs[i];

		if (!run)
			continue;
		for (int j = 0; j < 2; j++) {
			if (run->out[j].source.fd >= 0 && run->out[j].source.events == 0 && run->out[j].credit > 0)
				output_pump(&run->out[j]);
		}
		if (run->in.far && run->in.source.fd >= 0 && run->in.source.events == 0)
			input_pump(&run->in);
		run_finish(run);
	}
}

int run_timeout(const struct agent *a)
{
	uint64_t now = agent_now(), next = UINT64_MAX;

	for (int i = 0; i < CTL_RUNS_MAX; i++) {
		if (a->runs[i] && a->runs[i]->deadline != 0 && a->runs[i]->deadline < next)
			next = a->runs[i]->deadline;
	}
	if (next == UINT64_MAX)
		return -1;
	return next > now ? (int)(next - now) : 0;
}

/* Whatever still holds the output open gets no more of it to the host than what is in the pipe now. */
static void run_limit(struct run *run)
{
	run->deadline = 0;
	for (int i = 0; i < 2; i++) {
		struct run_output *o = &run->out[i];
		int left = 0;

		if (o->source.fd < 0)
			continue;
		if (ioctl(o->source.fd, FIONREAD, &left) < 0)
			left = 0;
		o->limited = true;
		o->left = (uint32_t)left;
		output_pump(o);
	}
	run_finish(run);
}

void run_check_deadlines(struct agent *a)
{
	uint64_t now = agent_now();

	for (int i = 0; i < CTL_RUNS_MAX; i++) {
		if (a->runs[i] && a->runs[i]->deadline != 0 && a->runs[i]->deadline <= now)
			run_limit(a->runs[i]);
	}
}

void run_drop_all(struct agent *a)
{
	for (int i = 0; i < CTL_RUNS_MAX; i++) {
		if (!a->runs[i])
			continue;
		run_signal(a->runs[i], SIGHUP);
		run_free(a->runs[i]);
	}
}
