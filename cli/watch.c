/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/format.h"
#include "cli/inventory.h"
#include "proto/xfer.h"

#define LOOK_EVERY 1000 /* ms: also without a signal; a vmosd that was killed sends none */
#define SPEED_OVER 3.0 /* seconds that the shown speed is a mean of, about */

struct watch {
	sd_bus *bus; /* borrowed */
	char *path; /* owned: a reconnection frees what it was read from */
	struct transfer_info info;
	bool dirty; /* vmosd said that something changed */
	bool cancelled; /* by the user, here */
	bool terminal; /* standard error is one */
	bool shown; /* a line stands there that the next one overwrites */
	char *said; /* the last sentence about its waiting; owned; may be NULL */
	double speed; /* bytes a second */
	uint64_t speed_done;
	double speed_at; /* seconds, monotonic */
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int handle_changed(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct watch *w = userdata;

	w->dirty = true;
	return 0;
}

static int listen_to(struct watch *w)
{
	int r = sd_bus_match_signal(w->bus, NULL, CLIENT_NAME, w->path, "org.freedesktop.DBus.Properties",
		"PropertiesChanged", handle_changed, w);

	w->dirty = true;
	return r < 0 ? client_broken(r) : 0;
}

static void clear_line(struct watch *w)
{
	if (w->shown)
		fputs("\r\033[K", stderr);
	w->shown = false;
}

/* A mean that forgets: what it is now, not since the beginning. */
static void take_speed(struct watch *w)
{
	double at = now(), passed = at - w->speed_at, share;

	if (passed < 0.2)
		return;
	if (w->speed_at > 0 && w->info.done >= w->speed_done) {
		share = passed < SPEED_OVER ? passed / SPEED_OVER : 1;
		w->speed += share * ((double)(w->info.done - w->speed_done) / passed - w->speed);
	}
	w->speed_at = at;
	w->speed_done = w->info.done;
}

static void show_moving(struct watch *w)
{
	char done[FORMAT_SIZE_MAX], total[FORMAT_SIZE_MAX];
	const struct transfer_info *t = &w->info;

	take_speed(w);
	fprintf(stderr, "\r\033[K%.40s: %s", t->claim, format_size(t->done, done));
	if (t->total)
		fprintf(stderr, " of %s, %u %%", format_size(t->total, total),
			(unsigned)(t->done < t->total ? (double)t->done * 100 / (double)t->total : 100));
	fprintf(stderr, ", %.1f MB/s", w->speed / 1e6);
	if (w->speed > 1 && t->done < t->total)
		fprintf(stderr, ", %.0f s left", (double)(t->total - t->done) / w->speed);
	w->shown = true;
}

static bool is_state(const struct watch *w, const char *state)
{
	return !strcmp(w->info.state, state);
}

/* Each sentence once, so that it can be read later, too. */
static void say(struct watch *w, const char *sentence)
{
	if (!*sentence || (w->said && !strcmp(w->said, sentence)))
		return;
	clear_line(w);
	fprintf(stderr, "%s\n", sentence);
	free(w->said);
	w->said = strdup(sentence);
}

static void show(struct watch *w)
{
	if (is_state(w, "asking"))
		say(w, "Waiting for an answer: may it be sent?");
	else
		say(w, w->info.reason);
	if (is_state(w, "moving") && w->terminal)
		show_moving(w);
}

/* vmosd is gone: the next one takes the transfer up where it was. */
static int find_again(struct watch *w, sd_bus **bus)
{
	int r;

	clear_line(w);
	sd_bus_flush_close_unref(steal_ptr(bus));
	r = client_open(bus);
	w->bus = *bus;
	return r ? r : listen_to(w);
}

/* 0, or an exit code. */
static int look(struct watch *w, sd_bus **bus)
{
	struct transfer_info info;
	int r = inventory_transfer(w->bus, w->path, &info);

	w->dirty = false;
	if (r == -EAGAIN)
		return find_again(w, bus);
	if (r == -ENOENT)
		return cli_error(CLI_FAILED,
			"vmosd ended, and the next one does not know this transfer: see whether it came, or send it "
			"again");
	if (r < 0)
		return client_broken(r);
	inventory_transfer_free(&w->info);
	w->info = info;
	return 0;
}

static void cancel(struct watch *w)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;

	if (sd_bus_call_method(w->bus, CLIENT_NAME, w->path, CLIENT_TRANSFER_IFACE, "Cancel", &error, NULL, NULL) < 0 &&
		!sd_bus_error_has_name(&error, "org.vmos.Error.NotRunning"))
		fprintf(stderr, "vmos: it is not cancelled: %s\n",
			error.message ? error.message : "vmosd does not answer");
	sd_bus_error_free(&error);
	w->cancelled = true;
	w->dirty = true;
}

static void wait_for_news(struct watch *w, int signals)
{
	struct pollfd p[] = { { .fd = sd_bus_get_fd(w->bus), .events = POLLIN }, { .fd = signals, .events = POLLIN } };
	struct signalfd_siginfo info;

	while (sd_bus_process(w->bus, NULL) > 0)
		;
	if (w->dirty)
		return;
	if (poll(p, 2, LOOK_EVERY) == 0 || (p[0].revents & (POLLHUP | POLLERR | POLLNVAL)))
		w->dirty = true; /* or the bus itself is gone, which look() finds out */
	if ((p[1].revents & POLLIN) && read(signals, &info, sizeof(info)) == sizeof(info))
		cancel(w);
	while (sd_bus_process(w->bus, NULL) > 0)
		;
}

static bool is_over(const struct watch *w)
{
	return is_state(w, "done") || is_state(w, "failed") || is_state(w, "cancelled") || is_state(w, "denied");
}

static int finish(struct watch *w)
{
	const struct transfer_info *t = &w->info;
	size_t n = 0;

	clear_line(w);
	for (; t->problems[n]; n++)
		cli_error(0, "left out: %s", t->problems[n]);
	if (is_state(w, "done")) {
		if (w->terminal && strcmp(t->kind, "url"))
			fprintf(stderr, "It is in ~/Incoming/%s of %s.\n", t->from, t->to);
		return n || t->code == XFER_R_SOME ? cli_error(CLI_FAILED, "not all of it was sent") : CLI_OK;
	}
	if (is_state(w, "failed"))
		return cli_error(t->code == XFER_R_STALLED  ? CLI_TIMEOUT
				: t->code == XFER_R_REVOKED ? CLI_REFUSED
							    : CLI_FAILED,
			"%s", t->reason);
	return cli_error(CLI_REFUSED, "%s", *t->reason ? t->reason : "it was cancelled");
}

static int watch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

int watch_transfer(sd_bus **bus, const char *path)
{
	struct watch w = { .bus = *bus, .path = strdup(path), .terminal = isatty(STDERR_FILENO) };
	int signals cleanup_fd = watch_signals();
	int r = w.path ? listen_to(&w) : cli_oom();

	while (!r) {
		if (w.dirty)
			r = look(&w, bus);
		if (r || (w.info.state && is_over(&w)))
			break;
		if (w.info.state)
			show(&w);
		if (!w.dirty)
			wait_for_news(&w, signals);
	}
	clear_line(&w);
	if (!r)
		r = finish(&w);
	inventory_transfer_free(&w.info);
	free(w.said);
	free(w.path);
	return r;
}
