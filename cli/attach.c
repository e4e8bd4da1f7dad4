/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/inventory.h"
#include "cli/pump.h"
#include "cli/start.h"
#include "cli/terminal.h"
#include "proto/ctl.h"
#include "proto/helper.h"
#include "proto/runctl.h"

enum { FD_STDIN, FD_STDOUT, FD_STDERR, FD_CONTROL, FD_COUNT };

/* Our side of a run. */
struct line {
	int control, signals;
	bool pumped; /* system mode: the streams go through us */
	struct pump stream[FD_CONTROL];
};

/* What of our environment a program in a terminal of ours should know. */
static const char *const passed_env[] = { "TERM", "COLORTERM", NULL };

static int is_running(sd_bus *bus, const char *vm, bool *ret_running)
{
	struct inventory inv;
	const struct vm_info *info;
	int r = inventory_get(bus, &inv);

	if (r)
		return r;
	info = inventory_find(&inv, vm);
	if (!info)
		r = cli_error(CLI_NOT_FOUND, "there is no VM \"%s\": `vmos create %s` makes it", vm, vm);
	else
		*ret_running = !strcmp(info->state, "running") && !strcmp(info->agent, "ready");
	inventory_free(&inv);
	return r;
}

/* An agent that is not ready yet is waited for by Start, too. */
int attach_prepare(sd_bus *bus, const char *vm, bool wants_display)
{
	bool running = false;
	int r = client_send_display(bus, wants_display);

	if (!r)
		r = is_running(bus, vm, &running);
	if (!r && !running)
		r = start_vm(bus, vm);
	return r;
}

static int append_env(sd_bus_message *m, bool tty)
{
	char line[256];
	int r = sd_bus_message_open_container(m, 'a', "s");

	for (const char *const *name = passed_env; tty && r >= 0 && *name; name++) {
		const char *value = getenv(*name);

		if (!value || (size_t)snprintf(line, sizeof(line), "%s=%s", *name, value) >= sizeof(line))
			continue;
		r = sd_bus_message_append(m, "s", line);
	}
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_fds(sd_bus_message *m, const int *fds)
{
	int r = sd_bus_message_open_container(m, 'a', "h");

	for (int i = 0; i < FD_COUNT && r >= 0; i++)
		r = sd_bus_message_append(m, "h", fds[i]);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int call_run(sd_bus *bus, const struct attach *a, const int *fds)
{
	sd_bus_message *call cleanup_message = NULL;
	uint8_t uid_class = a->as_root ? CTL_UID_ROOT : CTL_UID_USER;
	uint8_t flags = (a->tty ? CTL_RUN_PTY : 0) | (a->window ? CTL_RUN_WINDOW : 0);
	uint16_t rows = 0, cols = 0;
	int r = client_vm_call(bus, a->vm, "Run", &call);

	if (r)
		return r;
	if (a->tty)
		terminal_size(&rows, &cols);
	r = sd_bus_message_append_strv(call, a->argv);
	if (r >= 0)
		r = append_env(call, a->tty);
	if (r >= 0)
		r = sd_bus_message_append(call, "yyqq", uid_class, flags, rows, cols);
	if (r >= 0)
		r = append_fds(call, fds);
	return r < 0 ? client_broken(r) : client_send(bus, call, NULL, NULL);
}

/* A program in the background that reads the terminal would take what is typed to the shell. */
static bool uses_stdin(const struct attach *a)
{
	return !a->window && (!isatty(STDIN_FILENO) || terminal_is_ours());
}

/* Sockets for the courier, and the ends that we carry to and from our own fds. */
static int make_pumps(const struct attach *a, int fds[FD_COUNT], struct line *line)
{
	for (int i = 0; i < FD_CONTROL && a->window; i++)
		fds[i] = open("/dev/null", O_RDWR | O_CLOEXEC); /* we leave before the program does */
	for (int i = 0; i < FD_CONTROL && !a->window; i++) {
		int r = pump_open(&line->stream[i], i == FD_STDIN ? i : -1, i == FD_STDIN ? -1 : i, &fds[i]);

		if (r < 0)
			return cli_error(CLI_RUN_FAILED, "cannot make a socket: %s", strerror(-r));
	}
	line->pumped = !a->window;
	if (line->pumped && !uses_stdin(a))
		pump_close(&line->stream[FD_STDIN]);
	signal(SIGPIPE, SIG_IGN); /* who reads our output may leave; the program hears of it */
	return 0;
}

static int share_fds(const struct attach *a, int fds[FD_COUNT])
{
	bool use_stdin = uses_stdin(a);

	fds[FD_STDIN] = use_stdin ? terminal_share(STDIN_FILENO, false) : open("/dev/null", O_RDONLY | O_CLOEXEC);
	fds[FD_STDOUT] = terminal_share(STDOUT_FILENO, true);
	fds[FD_STDERR] = terminal_share(STDERR_FILENO, true);
	for (int i = 0; i < FD_CONTROL; i++)
		if (fds[i] < 0)
			return cli_error(CLI_RUN_FAILED, "cannot pass standard fd %d on: %s", i, strerror(-fds[i]));
	return 0;
}

/* The four fds that the courier gets, and our ends of them. */
static int make_fds(const struct attach *a, int fds[FD_COUNT], struct line *line)
{
	int pair[2];
	int r = client_is_system() ? make_pumps(a, fds, line) : share_fds(a, fds);

	if (r)
		return r;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return cli_error(CLI_RUN_FAILED, "cannot make a socket: %s", strerror(errno));
	fds[FD_CONTROL] = pair[0];
	line->control = pair[1];
	return 0;
}

int attach_exit_code(const char *vm, const char *program, int status)
{
	if (status >= 256)
		return CLI_RUN_SIGNAL + status - 256;
	if (status >= 0)
		return status;
	switch (-status) {
	case ENOENT:
		return cli_error(CLI_RUN_NOT_FOUND, "there is no program \"%s\" in VM \"%s\"", program, vm);
	case EBUSY:
		return cli_error(
			CLI_RUN_FAILED, "VM \"%s\" runs %d programs for vmos already: end one first", vm, CTL_RUNS_MAX);
	case EACCES:
	case EPERM:
	case ENOEXEC:
	case EISDIR:
	case ENOTDIR:
		return cli_error(
			CLI_RUN_DENIED, "\"%s\" cannot be executed in VM \"%s\": %s", program, vm, strerror(-status));
	default:
		return cli_error(
			CLI_RUN_FAILED, "\"%s\" could not be started in VM \"%s\": %s", program, vm, strerror(-status));
	}
}

static void tell(int control, uint32_t type, int32_t a, int32_t b)
{
	struct runctl m = { .type = type, .a = a, .b = b };

	(void)fd_send_packet(control, &m, sizeof(m), NULL, 0); /* a courier that is gone is heard of by recv */
}

static void pass_signal(const struct attach *a, int control, int signals)
{
	struct signalfd_siginfo info;
	uint16_t rows, cols;

	if (read(signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGCONT && a->tty)
		terminal_raw();
	if (info.ssi_signo != SIGWINCH && info.ssi_signo != SIGCONT) {
		tell(control, RUNCTL_SIGNAL, (int32_t)info.ssi_signo, 0);
		return;
	}
	if (!a->tty)
		return;
	terminal_size(&rows, &cols);
	tell(control, RUNCTL_WINCH, rows, cols);
}

/* All that the program wrote is in our sockets before the word of its end. */
static void finish_streams(struct line *line)
{
	for (int i = FD_STDOUT; line->pumped && i < FD_CONTROL; i++)
		pump_drain(&line->stream[i]);
}

/* True: the run is over for us, with @ret_code. */
static bool take_word(const struct attach *a, struct line *line, int *ret_code)
{
	struct runctl m;
	ssize_t n = recv(line->control, &m, sizeof(m), MSG_TRUNC);

	if (n <= 0 || runctl_check_courier(&m, (size_t)n) < 0) {
		terminal_restore();
		*ret_code = cli_error(
			CLI_RUN_FAILED, "the connection to VM \"%s\" broke: `vmos show %s` says more", a->vm, a->vm);
		return true;
	}
	if (m.type == RUNCTL_STARTED) {
		*ret_code = CLI_OK;
		return a->window;
	}
	finish_streams(line);
	terminal_restore();
	if (m.type == RUNCTL_EXIT)
		*ret_code = attach_exit_code(a->vm, a->argv[0], m.a);
	else
		*ret_code = cli_error(
			CLI_RUN_FAILED, "VM \"%s\" stopped, or its agent ended, while \"%s\" ran", a->vm, a->argv[0]);
	return true;
}

/* Passes signals, and the streams where they go through us, on until the courier says how it ended. */
static int wait_for_end(const struct attach *a, struct line *line)
{
	struct pollfd p[2 + 2 * FD_CONTROL] = { { .fd = line->control, .events = POLLIN },
		{ .fd = line->signals, .events = POLLIN } };
	int streams = line->pumped ? FD_CONTROL : 0;
	int code = CLI_RUN_FAILED;

	for (;;) {
		for (int i = 0; i < streams; i++)
			pump_poll(&line->stream[i], &p[2 + 2 * i], &p[3 + 2 * i]);
		if (poll(p, 2 + 2 * (nfds_t)streams, -1) < 0) {
			if (errno == EINTR)
				continue;
			return cli_error(CLI_RUN_FAILED, "poll: %s", strerror(errno));
		}
		for (int i = 0; i < streams; i++)
			pump_work(&line->stream[i], p[2 + 2 * i].revents, p[3 + 2 * i].revents);
		if (p[1].revents & POLLIN)
			pass_signal(a, line->control, line->signals);
		if (!p[0].revents)
			continue;
		if (take_word(a, line, &code))
			return code;
	}
}

static int watch_signals(void)
{
	static const int passed[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(passed) / sizeof(*passed); i++)
		sigaddset(&set, passed[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static int attach_attached(sd_bus *bus, const struct attach *a)
{
	static struct line line = { .control = -1, .signals = -1 };
	int fds[FD_COUNT] = { -1, -1, -1, -1 };
	int r = make_fds(a, fds, &line);

	if (!r && a->tty)
		r = terminal_raw() < 0 ? cli_error(CLI_RUN_FAILED, "cannot set the terminal: %s", strerror(errno)) : 0;
	if (!r) {
		line.signals = watch_signals();
		r = call_run(bus, a, fds) ? CLI_RUN_FAILED : 0;
	}
	for (int i = 0; i < FD_COUNT; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	if (!r)
		r = wait_for_end(a, &line);
	terminal_restore();
	fd_close_all((int[]){ line.control, line.signals }, 2);
	for (int i = 0; line.pumped && i < FD_CONTROL; i++)
		pump_close(&line.stream[i]);
	return r;
}

int attach_run(const struct attach *a)
{
	sd_bus *bus cleanup_bus = NULL;

	if (client_open(&bus) || attach_prepare(bus, a->vm, a->window || a->app))
		return CLI_RUN_FAILED;
	return attach_attached(bus, a);
}
