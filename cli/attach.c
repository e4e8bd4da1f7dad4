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
#include "cli/start.h"
#include "cli/terminal.h"
#include "proto/ctl.h"
#include "proto/helper.h"

enum { FD_STDIN, FD_STDOUT, FD_STDERR, FD_CONTROL, FD_COUNT };

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
static int prepare_vm(sd_bus *bus, const char *vm, bool wants_display)
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

/* The four fds that the courier gets; @ret_control is our end of the last. */
static int make_fds(const struct attach *a, int fds[FD_COUNT], int *ret_control)
{
	bool use_stdin = !a->window && (!isatty(STDIN_FILENO) || terminal_is_ours());
	int pair[2];

	/* A program in the background that reads the terminal would take what is typed to the shell. */
	fds[FD_STDIN] = use_stdin ? terminal_share(STDIN_FILENO, false) : open("/dev/null", O_RDONLY | O_CLOEXEC);
	fds[FD_STDOUT] = terminal_share(STDOUT_FILENO, true);
	fds[FD_STDERR] = terminal_share(STDERR_FILENO, true);
	for (int i = 0; i < FD_CONTROL; i++)
		if (fds[i] < 0)
			return cli_error(CLI_RUN_FAILED, "cannot pass standard fd %d on: %s", i, strerror(-fds[i]));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return cli_error(CLI_RUN_FAILED, "cannot make a socket: %s", strerror(errno));
	fds[FD_CONTROL] = pair[0];
	*ret_control = pair[1];
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

/* True: the run is over for us, with @ret_code. */
static bool take_word(const struct attach *a, int control, int *ret_code)
{
	struct runctl m;
	ssize_t n = recv(control, &m, sizeof(m), MSG_TRUNC);

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
	terminal_restore();
	if (m.type == RUNCTL_EXIT)
		*ret_code = attach_exit_code(a->vm, a->argv[0], m.a);
	else
		*ret_code = cli_error(
			CLI_RUN_FAILED, "VM \"%s\" stopped, or its agent ended, while \"%s\" ran", a->vm, a->argv[0]);
	return true;
}

/* Passes signals on until the courier says how it ended. */
static int wait_for_end(const struct attach *a, int control, int signals)
{
	struct pollfd p[2] = { { .fd = control, .events = POLLIN }, { .fd = signals, .events = POLLIN } };
	int code = CLI_RUN_FAILED;

	for (;;) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return cli_error(CLI_RUN_FAILED, "poll: %s", strerror(errno));
		if (p[1].revents & POLLIN)
			pass_signal(a, control, signals);
		if (p[0].revents && take_word(a, control, &code))
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
	int fds[FD_COUNT] = { -1, -1, -1, -1 };
	int control cleanup_fd = -1, signals cleanup_fd = -1;
	int r = make_fds(a, fds, &control);

	if (!r && a->tty)
		r = terminal_raw() < 0 ? cli_error(CLI_RUN_FAILED, "cannot set the terminal: %s", strerror(errno)) : 0;
	if (!r) {
		signals = watch_signals();
		r = call_run(bus, a, fds) ? CLI_RUN_FAILED : 0;
	}
	for (int i = 0; i < FD_COUNT; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	if (!r)
		r = wait_for_end(a, control, signals);
	terminal_restore();
	return r;
}

int attach_run(const struct attach *a)
{
	sd_bus *bus cleanup_bus = NULL;

	if (client_open(&bus) || prepare_vm(bus, a->vm, a->window))
		return CLI_RUN_FAILED;
	return attach_attached(bus, a);
}
