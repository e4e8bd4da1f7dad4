/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmosd, the manager of one user's VMs or, as a service, of the host's. Decides everything, reads nothing that
 * a guest wrote. VMs and helpers outlive it.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "manager/manager.h"
#include "proto/wire.h"

static int usage(FILE *out)
{
	fprintf(out,
		"Usage: vmosd [--system] [--fabric vde|kernel] [--wire SOCKET] [--clock SOCKET] [--relays]\n"
		"       vmosd --help | --version\n\n"
		"Manages the VMs of the user who runs it; \"vmos\" starts it when needed. With --system it manages\n"
		"the VMs of the host, as the service vmosd.service. With --clock it sets the host's clock by the "
		"vmos-clock that\n"
		"listens there; with --relays files go by the kernel's vmos_relay. See vmosd(8).\n");
	return out == stdout ? 0 : 2;
}

static int handle_signal(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata)
{
	log_info("Ended by signal %u; running VMs run on", si->ssi_signo);
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

/* Signals go to the main loop; all threads made later inherit the mask. */
static int take_signals(sd_event *event)
{
	static const int ends[] = { SIGTERM, SIGINT, SIGHUP };
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		sigaddset(&mask, ends[i]);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &mask, NULL) < 0)
		return -errno;
	for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		int r = sd_event_add_signal(event, NULL, ends[i], handle_signal, NULL);

		if (r < 0)
			return r;
	}
	return 0;
}

/* Each running VM holds about twenty descriptors here. */
static void raise_limits(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

/* One vmosd per bus: the name is the lock. */
static int take_name(sd_bus *bus)
{
	sd_bus_creds *creds = NULL;
	pid_t pid = 0;
	int r = sd_bus_request_name(bus, MANAGER_BUS_NAME, 0);

	if (r >= 0)
		return 0;
	if (r == -EEXIST || r == -EALREADY) {
		if (sd_bus_get_name_creds(bus, MANAGER_BUS_NAME, SD_BUS_CREDS_PID, &creds) >= 0)
			sd_bus_creds_get_pid(creds, &pid);
		sd_bus_creds_unref(creds);
		log_error("Another vmosd is running already (process %d). Use that one, or end it first.", (int)pid);
		return r;
	}
	log_error("The name %s cannot be had on the bus: %s", MANAGER_BUS_NAME, strerror(-r));
	return r;
}

/*
 * The name first, so that a second vmosd is refused before it touches the
 * first one's files. Calls that come in meanwhile wait until all objects are
 * there.
 */
static int serve(struct manager *m, sd_event *event, sd_bus **ret_bus)
{
	sd_bus *bus = NULL;
	int r = m->mode->open_bus(m->run, &bus);

	if (r < 0)
		return r;
	*ret_bus = bus;
	r = take_name(bus);
	if (r >= 0)
		r = manager_open(m);
	if (r >= 0)
		r = manager_run(m, bus);
	if (r >= 0)
		r = sd_bus_attach_event(bus, event, SD_EVENT_PRIORITY_NORMAL);
	if (r >= 0)
		r = sd_bus_set_exit_on_disconnect(bus, 1);
	if (r < 0)
		return r;
	sd_notify(0, "READY=1");
	sd_event_set_watchdog(event, 1);
	r = sd_event_loop(event);
	transfers_close(m); /* before their questions end: the next vmosd asks them again */
	decision_finish(m);
	net_lists_finish(m);
	agents_finish(&m->agents);
	return r;
}

/* Sets mode, fabric, wire_path, clock_socket and relays. < 0: the exit code's negative, -1 - code, after saying why. */
static int read_arguments(int argc, char **argv, struct manager *m)
{
	static const struct option options[] = { { "clock", required_argument, NULL, 'c' },
		{ "fabric", required_argument, NULL, 'f' }, { "help", no_argument, NULL, 'h' },
		{ "relays", no_argument, NULL, 'r' }, { "system", no_argument, NULL, 's' },
		{ "version", no_argument, NULL, 'v' }, { "wire", required_argument, NULL, 'w' }, { 0 } };
	const char *fabric = NULL;
	int c;

	m->mode = &mode_session;
	m->wire_path = WIRE_SOCKET;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'v')
			return -1 - (printf("vmosd %s\n", VMOS_VERSION) < 0);
		else if (c == 's')
			m->mode = &mode_system;
		else if (c == 'c')
			m->clock_socket = optarg;
		else if (c == 'r')
			m->relays = true;
		else if (c == 'f')
			fabric = optarg;
		else if (c == 'w')
			m->wire_path = optarg;
		else
			return -1 - usage(c == 'h' ? stdout : stderr);
	}
	m->fabric = net_fabric_find(fabric ? fabric : m->mode->fabric);
	return optind < argc || !m->fabric || m->wire_path[0] != '/' ? -1 - usage(stderr) : 0;
}

int main(int argc, char **argv)
{
	struct manager manager = { 0 };
	const struct mode *mode;
	sd_event *event = NULL;
	sd_bus *bus = NULL;
	int r = read_arguments(argc, argv, &manager);

	if (r < 0)
		return -1 - r;
	mode = manager.mode;
	if (mode->system && geteuid() != 0) {
		fprintf(stderr, "vmosd: --system is for the host's service: systemctl start vmosd\n");
		return 2;
	}
	if (mode->system && manager.fabric != net_fabric_find(mode->fabric)) {
		fprintf(stderr,
			"vmosd: the fabric vde is of session mode: Smack lets vmosd take no end of a switch from a "
			"process "
			"of a VM's. Leave --fabric out.\n");
		return 2;
	}
	if (mode->system)
		umask(0077);
	if (!manager.clock_socket)
		manager.clock_socket = mode->clock_socket;
	log_open("vmosd", NULL);
	raise_limits();
	r = sd_event_default(&event);
	if (r >= 0)
		r = take_signals(event);
	if (r >= 0)
		r = manager_init(&manager, mode, event);
	if (r >= 0)
		r = serve(&manager, event, &bus);
	sd_bus_flush_close_unref(bus);
	manager_finish(&manager);
	/* libvirt's threads have no orderly end: the process's end is theirs, as with a crash, which VMs survive */
	_exit(r < 0 ? 1 : 0);
}
