/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmos drill: two VMs, and in the QEMU of the first one code that tries to get
 * out. vmosd starts it (StartDrill) and gives its log; a socket of ours tells
 * what arrived at the victim and ends the drill's other programs when it is shut.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/drill_report.h"
#include "cli/inventory.h"
#include "cli/start.h"

#define ATTACKER "drill-a"
#define VICTIM "drill-b"
#define MEMORY_MIB 512
#define DISK_GIB 1
#define POLL_MS 200
#define DRILL_WAIT_S 240
#define FINISH_WAIT_MS 5000
#define LOG_MAX (16u << 20)

struct drill_options {
	bool json, keep;
	const char *read; /* a log to print, instead of a drill */
};

/* What is still to be read of one of the drill's two sources. */
struct source {
	int fd;
	char buf[4096];
	size_t len;
};

static int parse(int argc, char **argv, struct drill_options *ret)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ "keep", no_argument, NULL, 'k' },
		{ "read", required_argument, NULL, 'r' },
		{ NULL, 0, NULL, 0 },
	};
	int opt;

	while ((opt = cli_option(argc, argv, "h", longs)) != -1) {
		if (opt == 'j')
			ret->json = true;
		else if (opt == 'k')
			ret->keep = true;
		else if (opt == 'r')
			ret->read = optarg;
		else
			return cli_usage(argv[0]);
	}
	return optind == argc ? 0 : cli_usage(argv[0]);
}

/* Reads what is there now. Bytes read, 0 at the end or when there is nothing yet. */
static ssize_t source_read(struct source *s, struct drill_report *report)
{
	ssize_t n = read(s->fd, s->buf + s->len, sizeof(s->buf) - s->len);
	size_t taken;

	if (n <= 0)
		return 0;
	s->len += (size_t)n;
	taken = drill_report_take(report, s->buf, s->len);
	/* A line that fills all of the room is none of the drill's. */
	if (taken == 0 && s->len == sizeof(s->buf))
		taken = s->len;
	memmove(s->buf, s->buf + taken, s->len - taken);
	s->len -= taken;
	return n;
}

static int create(sd_bus *bus, const struct inventory *inv, const char *name)
{
	sd_bus_message *call cleanup_message = NULL;
	int r;

	if (inventory_find(inv, name))
		return 0;
	r = client_manager_call(bus, "CreateVM", &call);
	if (r)
		return r;
	r = sd_bus_message_append(
		call, "sa{sv}", name, 3, "Memory", "u", MEMORY_MIB, "VCPUs", "u", 1, "DiskGiB", "u", DISK_GIB);
	return r < 0 ? client_broken(r) : client_send(bus, call, NULL, NULL);
}

/* Both VMs, the victim running and the attacker not. */
static int prepare(sd_bus *bus)
{
	struct inventory inv = { 0 };
	const struct vm_info *victim;
	bool runs;
	int r = inventory_get(bus, &inv);

	if (r)
		return r;
	victim = inventory_find(&inv, VICTIM);
	runs = victim && !strcmp(victim->state, "running");
	r = create(bus, &inv, ATTACKER);
	if (!r)
		r = create(bus, &inv, VICTIM);
	inventory_free(&inv);
	return r || runs ? r : start_vm(bus, VICTIM);
}

static int start_drill(sd_bus *bus, int witness, int *ret_log)
{
	sd_bus_message *call cleanup_message = NULL, *reply cleanup_message = NULL;
	int r = client_manager_call(bus, "StartDrill", &call), fd;

	if (r)
		return r;
	r = sd_bus_message_append(call, "ssh", ATTACKER, VICTIM, witness);
	if (r < 0)
		return client_broken(r);
	r = client_send(bus, call, "starting " ATTACKER, &reply);
	if (r)
		return r;
	r = sd_bus_message_read(reply, "h", &fd);
	if (r < 0)
		return client_broken(r);
	*ret_log = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return *ret_log < 0 ? client_broken(-errno) : 0;
}

static bool attacker_is_gone(sd_bus *bus)
{
	struct inventory inv = { 0 };
	const struct vm_info *vm;
	bool gone;

	if (inventory_get(bus, &inv))
		return true;
	vm = inventory_find(&inv, ATTACKER);
	gone = !vm || !strcmp(vm->state, "off") || !strcmp(vm->state, "failed");
	inventory_free(&inv);
	return gone;
}

static void show_progress(const struct drill_report *report)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%u of %u tried …", report->ntold, DRILL_ACTS);
}

/* Until the drill says that it has ended, its VM has, or the time is up. */
static void follow(sd_bus *bus, struct source *log, struct source *witness, struct drill_report *report)
{
	time_t end = time(NULL) + DRILL_WAIT_S, look = 0;

	while (!report->ended && time(NULL) < end) {
		ssize_t n = source_read(log, report);

		n += source_read(witness, report);
		show_progress(report);
		if (n > 0)
			continue;
		if (time(NULL) >= look && look && attacker_is_gone(bus) && source_read(log, report) == 0)
			break;
		look = time(NULL) + 2;
		usleep(POLL_MS * 1000);
	}
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

/* The other side says last what it saw, and closes the socket. */
static void follow_witness(struct source *witness, struct drill_report *report)
{
	struct pollfd wait = { .fd = witness->fd, .events = POLLIN };

	shutdown(witness->fd, SHUT_WR);
	while (poll(&wait, 1, FINISH_WAIT_MS) == 1 && source_read(witness, report) > 0)
		;
}

static int run_drill(sd_bus *bus, struct drill_report *report)
{
	struct source log = { .fd = -1 }, witness = { .fd = -1 };
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return cli_error(CLI_FAILED, "cannot make a socket: %s", strerror(errno));
	witness.fd = pair[0];
	r = start_drill(bus, pair[1], &log.fd);
	close(pair[1]);
	if (!r && fd_set_nonblock(witness.fd, true) == 0) {
		follow(bus, &log, &witness, report);
		follow_witness(&witness, report);
	}
	if (log.fd >= 0)
		close(log.fd);
	close(witness.fd);
	return r;
}

/* The VMs have been attacked and have attacked: nothing of them is kept unless it is asked for. */
static void clean_up(sd_bus *bus, bool keep)
{
	static const char *const names[] = { ATTACKER, VICTIM };
	struct inventory inv = { 0 };

	if (inventory_get(bus, &inv))
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		sd_bus_message *call cleanup_message = NULL;

		if (!inventory_find(&inv, names[i]))
			continue;
		if (client_vm_call(bus, names[i], "Stop", &call) || sd_bus_message_append(call, "b", 1) < 0)
			continue;
		sd_bus_call(bus, call, 0, NULL, NULL);
		if (!keep)
			client_vm_do(bus, names[i], "Delete", NULL);
	}
	inventory_free(&inv);
}

static int mode_of(sd_bus *bus, char *ret, size_t size)
{
	struct manager_info manager = { 0 };
	int r = inventory_manager(bus, &manager);

	if (!r)
		snprintf(ret, size, "%s", manager.mode);
	inventory_manager_free(&manager);
	return r;
}

static int print(const struct drill_options *o, struct drill_report *report, const char *mode)
{
	drill_report_finish(report);
	return o->json ? drill_report_json(report, mode) : drill_report_print(report, mode);
}

static int print_log(const struct drill_options *o)
{
	struct drill_report report = { 0 };
	char *text cleanup_free = NULL;
	size_t len;
	int r = fd_read_file(o->read, LOG_MAX, &text, &len);

	if (r < 0)
		return cli_error(CLI_FAILED, "cannot read %s: %s", o->read, strerror(-r));
	drill_report_take(&report, text, len);
	return print(o, &report, "");
}

int drill_main(int argc, char **argv)
{
	struct drill_options options = { 0 };
	struct drill_report report = { 0 };
	sd_bus *bus cleanup_bus = NULL;
	char mode[16] = "";
	int r = parse(argc, argv, &options);

	if (r)
		return r;
	if (options.read)
		return print_log(&options);
	r = client_open(&bus);
	if (!r)
		r = mode_of(bus, mode, sizeof(mode));
	if (r)
		return r;
	r = prepare(bus);
	if (!r)
		r = run_drill(bus, &report);
	clean_up(bus, options.keep);
	return r ? r : print(&options, &report, mode);
}
