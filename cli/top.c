/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/commands.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/format.h"
#include "cli/inventory.h"
#include "cli/json.h"

#define PERIOD_MS 2000
/* A single sample needs two looks to tell a rate. */
#define ONCE_MS 500

struct top_row {
	bool live;
	uint64_t at_ns; /* when the numbers were taken */
	struct vm_stats stats;
	double cpu_percent, fps, sent, received; /* the last two: bytes a second through its link */
};

struct top_sample {
	struct inventory inv;
	struct top_row *rows; /* one per VM of inv, same order */
};

static volatile sig_atomic_t interrupted;

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void sample_free(struct top_sample *s)
{
	free(s->rows);
	inventory_free(&s->inv);
	*s = (struct top_sample){ 0 };
}

static const struct top_row *find_row(const struct top_sample *s, const char *name)
{
	for (size_t i = 0; i < s->inv.nvms; i++)
		if (s->rows[i].live && !strcmp(s->inv.vms[i].name, name))
			return &s->rows[i];
	return NULL;
}

/* Counters go back when a VM or a helper starts anew: then there is no rate. */
static double rate(uint64_t before, uint64_t now, uint64_t elapsed_ns)
{
	return now > before && elapsed_ns ? (double)(now - before) / (double)elapsed_ns : 0;
}

static void row_rates(struct top_row *row, const struct top_row *before)
{
	uint64_t elapsed = before ? row->at_ns - before->at_ns : 0;

	if (!before)
		return;
	row->cpu_percent = rate(before->stats.cpu_ns, row->stats.cpu_ns, elapsed) * 100;
	row->fps = rate(before->stats.frames, row->stats.frames, elapsed) * 1e9;
	row->sent = rate(before->stats.net_sent_bytes, row->stats.net_sent_bytes, elapsed) * 1e9;
	row->received = rate(before->stats.net_received_bytes, row->stats.net_received_bytes, elapsed) * 1e9;
}

static int sample_take(sd_bus *bus, const struct top_sample *before, struct top_sample *ret)
{
	int r = inventory_get(bus, &ret->inv);

	if (r)
		return r;
	ret->rows = calloc(ret->inv.nvms + 1, sizeof(*ret->rows));
	if (!ret->rows)
		return cli_oom();
	for (size_t i = 0; i < ret->inv.nvms; i++) {
		struct top_row *row = &ret->rows[i];

		row->live = vm_info_is_live(&ret->inv.vms[i]);
		if (!row->live)
			continue;
		r = inventory_stats(bus, ret->inv.vms[i].name, &row->stats);
		row->live = !r; /* it stopped just now: said by vmosd, and no reason to end */
		row->at_ns = now_ns();
		row_rates(row, find_row(before, ret->inv.vms[i].name));
	}
	return 0;
}

static void print_row(const struct vm_info *vm, const struct top_row *row, bool color, const char *eol)
{
	char swatch[FORMAT_SWATCH_MAX], memory[FORMAT_SIZE_MAX], disk[FORMAT_SIZE_MAX];
	char sent[FORMAT_SIZE_MAX], received[FORMAT_SIZE_MAX];

	printf("%s%-16.40s %-9s", format_swatch(vm->color, color, swatch), vm->name, vm->state);
	if (row->live)
		printf(" %6.1f %9s %9s %7llu %8.1f %9s %9s", row->cpu_percent,
			format_size(row->stats.memory_kib << 10, memory), format_size(row->stats.disk_bytes, disk),
			(unsigned long long)row->stats.windows, row->fps, format_size((uint64_t)row->sent, sent),
			format_size((uint64_t)row->received, received));
	fputs(eol, stdout);
}

static void print_table(const struct top_sample *s, bool color, size_t max, const char *eol)
{
	printf("%s%-16s %-9s %6s %9s %9s %7s %8s %9s %9s%s", color ? "   " : "", "VM", "STATE", "CPU %", "MEMORY",
		"DISK", "WINDOWS", "FRAMES/S", "SENT/S", "RECV/S", eol);
	for (size_t i = 0; i < s->inv.nvms && i < max; i++)
		print_row(&s->inv.vms[i], &s->rows[i], color, eol);
}

static int print_json(const struct top_sample *s)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < s->inv.nvms; i++) {
		struct json_object *o = json_object_new_object();
		const struct top_row *row = &s->rows[i];

		json_object_object_add(o, "name", json_object_new_string(s->inv.vms[i].name));
		json_object_object_add(o, "state", json_object_new_string(s->inv.vms[i].state));
		if (row->live) {
			json_object_object_add(o, "cpu_percent", json_object_new_double(row->cpu_percent));
			json_object_object_add(o, "frames_per_second", json_object_new_double(row->fps));
			json_object_object_add(o, "net_sent_per_second", json_object_new_double(row->sent));
			json_object_object_add(o, "net_received_per_second", json_object_new_double(row->received));
			json_object_object_add(o, "stats", json_stats(&row->stats));
		}
		json_object_array_add(array, o);
	}
	return json_print(array, 0);
}

static void print_screen(const struct top_sample *s)
{
	struct winsize ws = { .ws_row = 24 };

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws);
	fputs("\033[H", stdout);
	print_table(s, format_use_color(), ws.ws_row > 4 ? ws.ws_row - 3u : 1, "\033[K\n");
	fputs("\033[K\nq: leave\033[K\033[J", stdout);
	fflush(stdout);
}

static void handle_interrupt(int signo)
{
	interrupted = 1;
}

/* Waits; true: the user wants to leave. */
static bool pause_or_leave(bool keys, int ms)
{
	struct pollfd p = { .fd = keys ? STDIN_FILENO : -1, .events = POLLIN };
	char key;

	if (poll(&p, 1, ms) > 0 && (read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q'))
		return true;
	return interrupted;
}

static int watch(sd_bus *bus, bool json, bool screen)
{
	struct top_sample before = { 0 }, now = { 0 };
	int r, wait = ONCE_MS;

	for (;;) {
		r = sample_take(bus, &before, &now);
		if (!r && screen)
			print_screen(&now);
		else if (!r && json && before.rows)
			r = print_json(&now);
		sample_free(&before);
		before = now;
		now = (struct top_sample){ 0 };
		if (r || pause_or_leave(screen, wait))
			break;
		wait = PERIOD_MS;
	}
	sample_free(&before);
	return r;
}

static int once(sd_bus *bus, bool json)
{
	struct top_sample before = { 0 }, first = { 0 }, second = { 0 };
	int r = sample_take(bus, &before, &first);

	if (!r) {
		poll(NULL, 0, ONCE_MS);
		r = sample_take(bus, &first, &second);
	}
	if (!r && json)
		r = print_json(&second);
	else if (!r)
		print_table(&second, format_use_color(), SIZE_MAX, "\n");
	sample_free(&first);
	sample_free(&second);
	return r;
}

static int watch_on_screen(sd_bus *bus)
{
	struct sigaction action = { .sa_handler = handle_interrupt };
	struct termios saved, quiet;
	int r;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	if (tcgetattr(STDIN_FILENO, &saved) < 0)
		return cli_error(CLI_FAILED, "cannot set the terminal: %s", strerror(errno));
	quiet = saved;
	quiet.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &quiet);
	fputs("\033[?1049h\033[?25l\033[2J", stdout);
	r = watch(bus, false, true);
	fputs("\033[?25h\033[?1049l", stdout);
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
	return r;
}

int top_main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ "once", no_argument, NULL, '1' },
		{ NULL, 0, NULL, 0 },
	};
	sd_bus *bus cleanup_bus = NULL;
	bool json = false, single = false;
	int opt, r;

	while ((opt = cli_option(argc, argv, "h1", longs)) != -1) {
		if (opt == 'j')
			json = true;
		else if (opt == '1')
			single = true;
		else
			return cli_usage(argv[0]);
	}
	if (optind != argc)
		return cli_usage(argv[0]);
	r = client_open(&bus);
	if (r)
		return r;
	if (single || (!json && !(isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))))
		return once(bus, json);
	return json ? watch(bus, true, false) : watch_on_screen(bus);
}
