/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/template_work.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/paths.h"
#include "cli/cli.h"
#include "cli/daemon.h"
#include "proto/text.h"

#define BAR_CELLS 24
#define TOLD_LINES 10 /* of the log's end, where a build has failed */

static volatile sig_atomic_t interrupted;

int template_work_progress(const char *line, int *ret_percent, const char **ret_text)
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

void template_work_bar(int percent, const char *text, size_t cols, char *buf, size_t cap)
{
	char bar[BAR_CELLS + 1];
	int full = percent * BAR_CELLS / 100;

	memset(bar, ' ', BAR_CELLS);
	memset(bar, '#', (size_t)full);
	bar[BAR_CELLS] = '\0';
	snprintf(buf, cols < cap ? cols : cap, "[%s] %3d %% %s", bar, percent, text);
}

char *template_work_source(void)
{
	const char *tree = daemon_source_tree();

	return strdup(tree ? tree : VMOS_SHARE_DIR);
}

static void show_progress(struct template_work *w, int percent, const char *text)
{
	struct winsize ws = { 0 };
	char line[256];

	if (!w->on_terminal) {
		if (percent != w->shown)
			fprintf(stderr, "%3d %% %s\n", percent, text);
		w->shown = percent;
		return;
	}
	ioctl(STDERR_FILENO, TIOCGWINSZ, &ws);
	template_work_bar(percent, text, ws.ws_col ? ws.ws_col : 80, line, sizeof(line));
	fprintf(stderr, "\r%s\033[K", line);
}

static void handle_interrupt(int signo)
{
	interrupted = signo;
}

int template_work_interrupted(void)
{
	return interrupted;
}

static int open_cache(struct template_work *w)
{
	int r;

	w->folder = paths_cache();
	r = w->folder ? paths_mkdir(w->folder) : -ENOENT;
	if (r < 0)
		return r;
	w->log_path = paths_join(w->folder, "template-build.log", NULL);
	if (!w->log_path)
		return -ENOMEM;
	w->log = open(w->log_path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	return w->log < 0 ? -errno : 0;
}

/* The home of the HOS's user is a part of its verified root. */
static int open_tmp(struct template_work *w)
{
	const char *tmp = getenv("TMPDIR");

	free(w->folder);
	free(w->log_path);
	w->folder = strdup(tmp && *tmp == '/' ? tmp : "/var/tmp");
	w->log_path = w->folder ? paths_join(w->folder, "vmos-template-build.XXXXXX", NULL) : NULL;
	if (!w->log_path)
		return -ENOMEM;
	w->log = mkostemp(w->log_path, O_APPEND | O_CLOEXEC);
	w->is_tmp = w->log >= 0;
	return w->log < 0 ? -errno : 0;
}

int template_work_begin(struct template_work *w)
{
	struct sigaction action = { .sa_handler = handle_interrupt };
	int r = open_cache(w);

	w->on_terminal = isatty(STDERR_FILENO);
	w->shown = -1;
	if (r == -ENOENT || r == -EROFS || r == -EACCES)
		r = open_tmp(w);
	if (r < 0)
		return cli_error(CLI_FAILED, "cannot write the log of the build%s%s: %s", w->log_path ? " " : "",
			w->log_path ? w->log_path : "", strerror(-r));
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	return 0;
}

/* A line of the build's, cut where it is too long. */
static void take_line(struct template_work *w)
{
	char clean[2 * sizeof(w->line)];
	const char *text;
	int percent;

	text_sanitise((const uint8_t *)w->line, w->len, clean, sizeof(clean));
	w->len = 0;
	if (!template_work_progress(clean, &percent, &text))
		show_progress(w, percent, text);
	else if (w->logged + strlen(clean) < TEMPLATE_LOG_MAX)
		w->logged += (size_t)dprintf(w->log, "%s\n", clean);
}

void template_work_feed(struct template_work *w, const char *untrusted, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (untrusted[i] == '\n')
			take_line(w);
		else if (w->len < sizeof(w->line))
			w->line[w->len++] = untrusted[i];
	}
}

/* What the build said besides its progress: why it failed. The script and the VM's courier write to the log themselves. */
static void show_log(const char *path)
{
	char line[512], clean[768], last[TOLD_LINES][768];
	FILE *f = fopen(path, "re");
	unsigned n = 0;

	while (f && fgets(line, sizeof(line), f)) {
		text_sanitise((const uint8_t *)line, strcspn(line, "\n"), clean, sizeof(clean));
		memcpy(last[n++ % TOLD_LINES], clean, sizeof(clean));
	}
	for (unsigned i = n > TOLD_LINES ? n - TOLD_LINES : 0; i < n; i++)
		fprintf(stderr, "%s\n", last[i % TOLD_LINES]);
	if (f)
		fclose(f);
}

int template_work_end(struct template_work *w, bool built)
{
	if (w->len)
		take_line(w);
	if (w->on_terminal)
		fputs("\r\033[K", stderr);
	if (w->is_tmp && (interrupted || built))
		unlink(w->log_path);
	if (interrupted)
		return cli_error(
			CLI_RUN_SIGNAL + interrupted, "interrupted; nothing is left, start again when you like");
	if (built)
		return 0;
	show_log(w->log_path);
	return cli_error(CLI_FAILED, "template %s was not built; all that was said is in %s", w->name, w->log_path);
}

void template_work_release(struct template_work *w)
{
	if (w->log >= 0)
		close(steal_fd(&w->log));
	free(steal_ptr(&w->log_path));
	free(steal_ptr(&w->folder));
}
