/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/template_build.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/paths.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/daemon.h"
#include "proto/text.h"

#define BAR_CELLS 24
#define MANIFEST_MAX 65536

struct build {
	const char *name; /* borrowed */
	char *add; /* owned: packages with commas between; may be NULL */
	char *script, *folder, *tmp, *log; /* owned */
	bool on_terminal;
	int shown; /* percent last printed where there is no terminal */
};

static volatile sig_atomic_t interrupted;

int template_build_progress(const char *line, int *ret_percent, const char **ret_text)
{
	static const char prefix[] = "vmos-progress ";
	unsigned long percent;
	char *end;

	if (strncmp(line, prefix, strlen(prefix)))
		return -EINVAL;
	line += strlen(prefix);
	percent = strtoul(line, &end, 10);
	if (end == line || (*end && *end != ' ') || percent > 100)
		return -EINVAL;
	*ret_percent = (int)percent;
	*ret_text = end + strspn(end, " ");
	return 0;
}

void template_build_bar(int percent, const char *text, size_t cols, char *buf, size_t cap)
{
	char bar[BAR_CELLS + 1];
	int full = percent * BAR_CELLS / 100;

	memset(bar, ' ', BAR_CELLS);
	memset(bar, '#', (size_t)full);
	bar[BAR_CELLS] = '\0';
	snprintf(buf, cols < cap ? cols : cap, "[%s] %3d %% %s", bar, percent, text);
}

static void show_progress(struct build *b, int percent, const char *text)
{
	struct winsize ws = { 0 };
	char line[256];

	if (!b->on_terminal) {
		if (percent != b->shown)
			fprintf(stderr, "%3d %% %s\n", percent, text);
		b->shown = percent;
		return;
	}
	ioctl(STDERR_FILENO, TIOCGWINSZ, &ws);
	template_build_bar(percent, text, ws.ws_col ? ws.ws_col : 80, line, sizeof(line));
	fprintf(stderr, "\r%s\033[K", line);
}

static void handle_interrupt(int signo)
{
	interrupted = signo;
}

static char *find_script(void)
{
	const char *tree = daemon_source_tree();

	return paths_join(tree ? tree : VMOS_SHARE_DIR, "images/template/build", NULL);
}

/* All paths of the build, and the folder that the template will be in. */
static int build_prepare(struct build *b)
{
	char *data cleanup_free = paths_data(), *cache cleanup_free = paths_cache();
	char tmp_name[64];
	int r;

	snprintf(tmp_name, sizeof(tmp_name), ".%d.tmp", (int)getpid()); /* no template's name begins with a dot */
	b->script = find_script();
	b->folder = data ? paths_join(data, "templates", b->name, NULL) : NULL;
	b->tmp = b->folder ? paths_join(b->folder, tmp_name, NULL) : NULL;
	b->log = cache ? paths_join(cache, "template-build.log", NULL) : NULL;
	if (!b->script || !b->tmp || !b->log)
		return cli_error(CLI_FAILED, "cannot tell where templates go: is HOME set?");
	if (access(b->script, X_OK))
		return cli_error(CLI_FAILED, "the build script %s is missing: install vmOS whole", b->script);
	r = paths_mkdir(b->folder);
	if (r < 0)
		return cli_error(CLI_FAILED, "cannot make %s: %s", b->folder, strerror(-r));
	r = paths_mkdir(cache);
	return r < 0 ? cli_error(CLI_FAILED, "cannot make %s: %s", cache, strerror(-r)) : 0;
}

static void build_release(struct build *b)
{
	if (b->folder)
		rmdir(b->folder); /* stays when it holds a version */
	free(b->add);
	free(b->script);
	free(b->folder);
	free(b->tmp);
	free(b->log);
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

static void build_follow(struct build *b, int out, int log, pid_t pid)
{
	FILE *lines = fdopen(out, "r");
	bool told = false;
	const char *text;
	char line[512];
	int percent;

	while (lines) {
		if (interrupted && !told)
			kill(-pid, SIGTERM);
		told = interrupted;
		errno = 0;
		if (!fgets(line, sizeof(line), lines)) {
			if (errno != EINTR)
				break;
			clearerr(lines);
			continue;
		}
		line[strcspn(line, "\n")] = '\0';
		if (!template_build_progress(line, &percent, &text))
			show_progress(b, percent, text);
		else
			dprintf(log, "%s\n", line);
	}
	if (lines)
		fclose(lines);
}

/* What the script said besides its progress: why it failed. */
static void show_log(const char *path)
{
	char line[512], clean[768];
	FILE *f = fopen(path, "re");

	while (f && fgets(line, sizeof(line), f)) {
		text_sanitise((const uint8_t *)line, strcspn(line, "\n"), clean, sizeof(clean));
		fprintf(stderr, "%s\n", clean);
	}
	if (f)
		fclose(f);
}

/* The value of "version=" in a manifest. -EINVAL: it has none that could be a folder's name. */
static int read_version(const char *folder, char version[VM_NAME_MAX + 1])
{
	char *path cleanup_free = paths_join(folder, "manifest", NULL);
	char *text cleanup_free = NULL, *at, *rest = NULL;
	size_t len;

	if (!path || fd_read_file(path, MANIFEST_MAX, &text, &len) < 0)
		return -EINVAL;
	for (at = strtok_r(text, "\n", &rest); at; at = strtok_r(NULL, "\n", &rest))
		if (!strncmp(at, "version=", 8) && text_is_vm_name(at + 8))
			return snprintf(version, VM_NAME_MAX + 1, "%s", at + 8) > 0 ? 0 : -EINVAL;
	return -EINVAL;
}

/* Gives what was built its place. One that is there already was built from the same sources. */
static int build_place(const struct build *b, char version[VM_NAME_MAX + 1])
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

static int build_end(const struct build *b, int status, char version[VM_NAME_MAX + 1])
{
	if (b->on_terminal)
		fputs("\r\033[K", stderr);
	if (interrupted)
		return cli_error(
			CLI_RUN_SIGNAL + interrupted, "interrupted; nothing is left, start again when you like");
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return build_place(b, version);
	show_log(b->log);
	return cli_error(CLI_FAILED, "template %s was not built", b->name);
}

static int build_run(struct build *b, char version[VM_NAME_MAX + 1])
{
	int log cleanup_fd = open(b->log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	struct sigaction action = { .sa_handler = handle_interrupt };
	int out[2], status = 0, r;
	pid_t pid;

	if (log < 0 || pipe2(out, O_CLOEXEC) < 0)
		return cli_error(CLI_FAILED, "cannot write %s: %s", b->log, strerror(errno));
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	pid = fork();
	if (!pid)
		build_exec(b, out[1], log);
	close(out[1]);
	if (pid < 0) {
		close(out[0]);
		return cli_error(CLI_FAILED, "cannot start %s: %s", b->script, strerror(errno));
	}
	setpgid(pid, pid);
	build_follow(b, out[0], log, pid);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		kill(-pid, SIGTERM);
	r = build_end(b, status, version);
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
		"the host builds no templates: build one elsewhere by `vmos --session template build` and put its "
		"folder "
		"into /var/lib/vmos/templates");
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
		{ NULL, 0, NULL, 0 },
	};
	int opt, r = 0;

	optind = 0; /* glibc: begin anew */
	while (!r && (opt = cli_option(argc, argv, "h", longs)) != -1)
		r = opt == 'a' ? template_build_add(&b->add, optarg) : cli_usage("template");
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
	struct build b = { .name = TEMPLATE_DEFAULT, .shown = -1, .on_terminal = isatty(STDERR_FILENO) };
	char version[VM_NAME_MAX + 1];
	time_t begin = time(NULL);
	int r = read_options(argc, argv, &b);

	if (!r)
		r = check_mode();
	if (!r)
		r = build_prepare(&b);
	if (!r)
		r = build_run(&b, version);
	build_release(&b);
	if (r)
		return r;
	fprintf(stderr, "Template %s is there in version %s, after %lld s.\n", b.name, version,
		(long long)(time(NULL) - begin));
	return rescan();
}
