/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/template_in.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/paths.h"
#include "cli/attach.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/inventory.h"
#include "cli/template_import.h"
#include "cli/template_take.h"

#define SCRIPT_MAX 16384
#define PIECE 65536
#define TAR_WORDS 7 /* of its arguments, before the parts */
#define PATIENCE_S 30 /* for a run that was asked to end */
#define LOOK_MS 1000 /* whether it was */

enum { PIPE_SOURCE, PIPE_RESULT, PIPE_WORDS, PIPES };

struct inside {
	const char *vm, *add; /* borrowed */
	char *source, *script, *template, *net; /* owned; of the VM: its template, its NET VM ("": none) */
	int pipes[PIPES][2];
	pid_t tar, run; /* both children; 0: none */
	int status; /* of the run, as waitpid() has it */
	struct template_take take;
	int error; /* why the result was not taken: -errno */
	time_t told; /* when it was asked to end; 0: not */
};

/* What images/template/build reads: the sources of the guest's programs, the lists, itself. */
static const char *const parts[] = { "agent", "base", "images/drop", "images/lib.sh", "images/template", "kernel/guest",
	"meson.build", "meson_options.txt", "proto", NULL };

/* The VM runs, and we know of which template it is. */
static int prepare_vm(struct inside *in)
{
	sd_bus *bus cleanup_bus = NULL;
	const struct vm_info *info;
	struct inventory inv;
	int r = client_open(&bus);

	if (!r)
		r = attach_prepare(bus, in->vm, false);
	if (!r)
		r = inventory_get(bus, &inv);
	if (r)
		return r;
	info = inventory_find(&inv, in->vm);
	in->template = strdup(info ? info->template : "");
	in->net = strdup(info ? info->net : "");
	inventory_free(&inv);
	return in->template && in->net ? 0 : cli_oom();
}

static int prepare_files(struct inside *in)
{
	char *path cleanup_free = NULL;
	size_t len;
	int r;

	in->source = template_work_source();
	path = in->source ? paths_join(in->source, "images/template/inside-vm", NULL) : NULL;
	if (!path)
		return cli_oom();
	r = fd_read_file(path, SCRIPT_MAX, &in->script, &len);
	if (r < 0)
		return cli_error(CLI_FAILED, "cannot read %s: %s: install vmOS whole", path, strerror(-r));
	for (int i = 0; i < PIPES; i++)
		if (pipe2(in->pipes[i], O_CLOEXEC) < 0)
			return cli_error(CLI_FAILED, "cannot make a pipe: %s", strerror(errno));
	return 0;
}

static void set_fds(int in, int out, int err)
{
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
		_exit(CLI_FAILED);
}

/* In the first child: sends the sources. */
static void exec_tar(const struct inside *in, int log)
{
	const char *argv[TAR_WORDS + sizeof(parts) / sizeof(*parts)] = { "tar", "--create", "--owner=0", "--group=0",
		"--numeric-owner", "--directory", in->source };
	int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	memcpy(argv + TAR_WORDS, parts, sizeof(parts));
	setpgid(0, 0);
	set_fds(null_fd, in->pipes[PIPE_SOURCE][1], log);
	execvp(argv[0], (char **)argv);
	_exit(CLI_RUN_NOT_FOUND);
}

/* In the second child: a run in the VM, as `vmos run --root` is one. What it says goes the way of what the VM says. */
static void run_script(struct inside *in, const char *name)
{
	char *argv[] = { (char *)"bash", (char *)"-c", in->script, (char *)"inside-vm", (char *)in->vm, in->template,
		in->net, (char *)name, (char *)(in->add ? in->add : ""), NULL };
	struct attach a = { .vm = in->vm, .argv = argv, .as_root = true };

	setpgid(0, 0);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	set_fds(in->pipes[PIPE_SOURCE][0], in->pipes[PIPE_RESULT][1], in->pipes[PIPE_WORDS][1]);
	for (int i = 0; i < PIPES; i++)
		fd_close_all(in->pipes[i], 2);
	_exit(attach_run(&a));
}

static int start_children(struct inside *in, const struct template_work *w)
{
	in->tar = fork();
	if (!in->tar)
		exec_tar(in, w->log);
	in->run = in->tar < 0 ? -1 : fork();
	if (!in->run)
		run_script(in, w->name);
	fd_close_all(in->pipes[PIPE_SOURCE], 2);
	fd_close_all(&in->pipes[PIPE_RESULT][1], 1);
	fd_close_all(&in->pipes[PIPE_WORDS][1], 1);
	return in->run < 0 ? cli_error(CLI_FAILED, "cannot start a process: %s", strerror(errno)) : 0;
}

/* A run that is to end is asked first: it tidies up in the VM. One that does not, or sends what is wrong, is left to the courier. */
static void end_run(struct inside *in)
{
	bool interrupted = template_work_interrupted();

	if (in->error || (in->told && time(NULL) - in->told > PATIENCE_S))
		kill(in->run, SIGKILL);
	else if (interrupted && !in->told)
		kill(in->run, SIGTERM);
	if (interrupted && !in->told)
		in->told = time(NULL);
}

/* False: the end of the stream @which. */
static bool take_piece(struct inside *in, struct template_work *w, int which)
{
	static uint8_t piece[PIECE];
	ssize_t n = read(in->pipes[which][0], piece, sizeof(piece));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n <= 0)
		return false;
	if (which == PIPE_WORDS)
		template_work_feed(w, (const char *)piece, (size_t)n);
	else if (!in->error)
		in->error = template_take_feed(&in->take, piece, (size_t)n);
	return true;
}

/* Until both streams have ended: with the run, or as it was killed. */
static void follow(struct inside *in, struct template_work *w)
{
	struct pollfd p[] = { { .fd = in->pipes[PIPE_RESULT][0], .events = POLLIN },
		{ .fd = in->pipes[PIPE_WORDS][0], .events = POLLIN } };

	while (p[0].fd >= 0 || p[1].fd >= 0) {
		if (poll(p, 2, LOOK_MS) < 0 && errno != EINTR)
			break;
		end_run(in);
		for (int i = 0; i < 2; i++) {
			if (p[i].fd < 0 || !p[i].revents)
				continue;
			if (!take_piece(in, w, PIPE_RESULT + i))
				p[i].fd = -1;
			p[i].revents = 0;
		}
		end_run(in);
	}
}

static void wait_children(struct inside *in)
{
	if (in->tar > 0) {
		kill(in->tar, SIGKILL); /* it has ended, or nobody reads it */
		waitpid(in->tar, NULL, 0);
	}
	while (in->run > 0 && waitpid(in->run, &in->status, 0) < 0 && errno == EINTR)
		end_run(in);
}

/* A manifest is a guest's word: of what was asked for, and of nothing else. */
static bool is_what_was_asked(const struct manifest *m, const char *name)
{
	return !strcmp(m->name, name) && !strcmp(m->kind, strcmp(name, "net") ? "app" : "net") &&
		!strcmp(m->architecture, "x86_64");
}

/* Why there is nothing to give to vmosd; 0: there is. */
static int judge(const struct inside *in, struct template_work *w)
{
	bool ended_well = WIFEXITED(in->status) && !WEXITSTATUS(in->status);
	int r = template_work_end(w, in->error || ended_well);

	if (r)
		return r;
	if (in->error == -ENOSPC || in->error == -EDQUOT)
		return cli_error(CLI_REFUSED,
			"%s has no room for the template: it takes that of kernel, initrd and root", in->take.folder);
	if (in->error && in->error != -EBADMSG)
		return cli_error(
			CLI_FAILED, "the template cannot be kept in %s: %s", in->take.folder, strerror(-in->error));
	if (in->error || !template_take_is_whole(&in->take) || !is_what_was_asked(&in->take.stream.manifest, w->name))
		return cli_error(CLI_FAILED,
			"VM \"%s\" sent something that is not the template: what it built was not taken", in->vm);
	return 0;
}

static int give(const struct inside *in, const char *name)
{
	sd_bus *bus cleanup_bus = NULL;
	int r = client_open(&bus);

	return r ? r : template_import_manifest(bus, name, &in->take.stream.manifest, in->take.fds);
}

static int build_inside(struct inside *in, struct template_work *w)
{
	int r = prepare_files(in);

	if (!r)
		r = start_children(in, w);
	if (!r)
		follow(in, w);
	else if (in->run > 0)
		kill(in->run, SIGKILL);
	wait_children(in);
	if (!r)
		r = judge(in, w);
	return r ? r : give(in, w->name);
}

int template_in_build(struct template_work *w, const char *vm, const char *add, char version[MANIFEST_WORD_MAX + 1])
{
	static struct inside in = { .pipes = { { -1, -1 }, { -1, -1 }, { -1, -1 } } };
	int r;

	in.vm = vm;
	in.add = add;
	if (template_take_init(&in.take, NULL) < 0) /* its folder is known when the work begins */
		return cli_oom();
	r = prepare_vm(&in);
	if (!r)
		r = template_work_begin(w);
	in.take.folder = w->folder;
	if (!r)
		r = build_inside(&in, w);
	if (!r)
		memcpy(version, in.take.stream.manifest.version, MANIFEST_WORD_MAX + 1);
	for (int i = 0; i < PIPES; i++)
		fd_close_all(in.pipes[i], 2);
	template_take_release(&in.take);
	free(in.source);
	free(in.script);
	free(in.template);
	free(in.net);
	return r;
}
