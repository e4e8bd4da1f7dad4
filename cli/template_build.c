/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/template_build.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/paths.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/template_in.h"
#include "cli/template_work.h"
#include "proto/manifest.h"
#include "proto/text.h"

struct build {
	const char *name; /* borrowed */
	const char *vm; /* borrowed; NULL: here */
	char *add; /* owned: packages with commas between; may be NULL */
	char *script, *folder, *tmp; /* owned */
};

/* All paths of the build, and the folder that the template will be in. */
static int build_prepare(struct build *b)
{
	char *data cleanup_free = paths_data(), *source cleanup_free = template_work_source();
	char tmp_name[64];
	int r;

	snprintf(tmp_name, sizeof(tmp_name), ".%d.tmp", (int)getpid()); /* no template's name begins with a dot */
	b->script = source ? paths_join(source, "images/template/build", NULL) : NULL;
	b->folder = data ? paths_join(data, "templates", b->name, NULL) : NULL;
	b->tmp = b->folder ? paths_join(b->folder, tmp_name, NULL) : NULL;
	if (!b->script || !b->tmp)
		return cli_error(CLI_FAILED, "cannot tell where templates go: is HOME set?");
	if (access(b->script, X_OK))
		return cli_error(CLI_FAILED, "the build script %s is missing: install vmOS whole", b->script);
	r = paths_mkdir(b->folder);
	return r < 0 ? cli_error(CLI_FAILED, "cannot make %s: %s", b->folder, strerror(-r)) : 0;
}

static void build_release(struct build *b)
{
	if (b->folder)
		rmdir(b->folder); /* stays when it holds a version */
	free(b->add);
	free(b->script);
	free(b->folder);
	free(b->tmp);
}

/* In the child: a process group of its own, so that all of it can be ended. */
static void build_exec(const struct build *b, int out, int log)
{
	const char *argv[] = { b->script, "--progress-fd", "1", b->name, b->tmp, NULL, NULL, NULL };
	int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (b->add) {
		argv[3] = "--add";
		argv[4] = b->add;
		argv[5] = b->name;
		argv[6] = b->tmp;
	}
	setpgid(0, 0);
	if (null_fd < 0 || dup2(null_fd, 0) < 0 || dup2(out, 1) < 0 || dup2(log, 2) < 0)
		_exit(CLI_FAILED);
	execv(b->script, (char **)argv);
	_exit(CLI_RUN_NOT_FOUND);
}

/* -EBADMSG, -errno: there is no manifest with a version. */
static int read_version(const char *folder, char version[MANIFEST_WORD_MAX + 1])
{
	char *path cleanup_free = paths_join(folder, "manifest", NULL);
	char *text cleanup_free = NULL;
	struct manifest m;
	unsigned line;
	size_t len;
	int r = path ? fd_read_file(path, MANIFEST_MAX, &text, &len) : -ENOMEM;

	if (r == 0)
		r = manifest_parse(text, len, &m, &line);
	if (r == 0)
		memcpy(version, m.version, sizeof(m.version));
	return r;
}

/* Gives what was built its place. One that is there already was built from the same sources. */
static int build_place(const struct build *b, char version[MANIFEST_WORD_MAX + 1])
{
	char *final cleanup_free = NULL;

	if (read_version(b->tmp, version) < 0)
		return cli_error(CLI_FAILED, "%s made a template without a version", b->script);
	final = paths_join(b->folder, version, NULL);
	if (!final)
		return cli_oom();
	if (!rename(b->tmp, final))
		return CLI_OK;
	if (errno != ENOTEMPTY && errno != EEXIST)
		return cli_error(CLI_FAILED, "cannot rename %s to %s: %s", b->tmp, final, strerror(errno));
	paths_remove(b->tmp);
	return CLI_OK;
}

static void build_follow(struct template_work *w, int out, pid_t pid)
{
	bool told = false;
	char piece[4096];
	ssize_t n;

	do {
		if (template_work_interrupted() && !told)
			kill(-pid, SIGTERM);
		told = template_work_interrupted();
		n = read(out, piece, sizeof(piece));
		if (n > 0)
			template_work_feed(w, piece, (size_t)n);
	} while (n > 0 || (n < 0 && errno == EINTR));
}

static int build_run(struct build *b, struct template_work *w, char version[MANIFEST_WORD_MAX + 1])
{
	int out[2], status = 0, r;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) < 0)
		return cli_error(CLI_FAILED, "cannot make a pipe: %s", strerror(errno));
	pid = fork();
	if (!pid)
		build_exec(b, out[1], w->log);
	close(out[1]);
	if (pid < 0) {
		close(out[0]);
		return cli_error(CLI_FAILED, "cannot start %s: %s", b->script, strerror(errno));
	}
	setpgid(pid, pid);
	build_follow(w, out[0], pid);
	close(out[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		kill(-pid, SIGTERM);
	r = template_work_end(w, WIFEXITED(status) && !WEXITSTATUS(status));
	if (!r)
		r = build_place(b, version);
	if (r)
		paths_remove(b->tmp);
	return r;
}

static int rescan(void)
{
	sd_bus_message *call cleanup_message = NULL;
	sd_bus *bus cleanup_bus = NULL;
	int r = client_open(&bus);

	if (!r)
		r = client_manager_call(bus, "RescanTemplates", &call);
	return r ? r : client_send(bus, call, NULL, NULL);
}

/* A build needs the network and fills a folder of the user's; a host in system mode has neither. */
static int check_mode(void)
{
	sd_bus *bus cleanup_bus = NULL;
	int r = client_open(&bus);

	if (r || !client_is_system())
		return r;
	return cli_error(CLI_REFUSED,
		"the host has no network to build templates by: let a VM of template \"builder\" do it, "
		"`vmos template build --in VM`");
}

static int build_here(struct build *b, struct template_work *w, char version[MANIFEST_WORD_MAX + 1])
{
	int r = check_mode();

	if (!r)
		r = build_prepare(b);
	if (!r)
		r = template_work_begin(w);
	return r ? r : build_run(b, w, version);
}

/* As Debian's policy has them, section 5.6.1. */
static bool is_package_name(const char *s, size_t len)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789";

	return len >= 2 && *s && strchr(first, *s) && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789+.-") >= len;
}

int template_build_add(char **list, const char *names)
{
	char *joined;

	for (const char *at = names;; at += strcspn(at, ",") + 1) {
		size_t len = strcspn(at, ",");

		if (!is_package_name(at, len))
			return cli_error(CLI_USAGE,
				"\"%.*s\" is no name of a Debian package: small letters, digits, '+', '-' and '.'",
				(int)(len < 64 ? len : 64), at);
		if (!at[len])
			break;
	}
	if (asprintf(&joined, "%s%s%s", *list ? *list : "", *list ? "," : "", names) < 0)
		return cli_oom();
	free(*list);
	*list = joined;
	if (strlen(joined) > TEMPLATE_ADD_MAX)
		return cli_error(CLI_USAGE, "--add names too many packages: name one that depends on the others");
	return 0;
}

static int read_options(int argc, char **argv, struct build *b)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "add", required_argument, NULL, 'a' },
		{ "in", required_argument, NULL, 'i' },
		{ NULL, 0, NULL, 0 },
	};
	int opt, r = 0;

	optind = 0; /* glibc: begin anew */
	while (!r && (opt = cli_option(argc, argv, "h", longs)) != -1) {
		if (opt == 'a')
			r = template_build_add(&b->add, optarg);
		else if (opt == 'i')
			b->vm = optarg;
		else
			r = cli_usage("template");
	}
	if (r)
		return r;
	if (argc - optind > 1)
		return cli_usage("template");
	if (argc > optind)
		b->name = argv[optind];
	if (!text_is_vm_name(b->name))
		return cli_error(CLI_USAGE, "\"%s\" is no template name: letters, digits, '.', '_' and '-', at most %d",
			b->name, VM_NAME_MAX);
	return 0;
}

int template_build(int argc, char **argv)
{
	struct build b = { .name = TEMPLATE_DEFAULT };
	struct template_work w = { .log = -1 };
	char version[MANIFEST_WORD_MAX + 1];
	time_t begin = time(NULL);
	int r = read_options(argc, argv, &b);

	w.name = b.name;
	if (!r)
		r = b.vm ? template_in_build(&w, b.vm, b.add, version) : build_here(&b, &w, version);
	template_work_release(&w);
	if (!r)
		fprintf(stderr, "Template %s is there in version %s, after %lld s.\n", b.name, version,
			(long long)(time(NULL) - begin));
	if (!r && !b.vm)
		r = rescan();
	build_release(&b);
	return r;
}
