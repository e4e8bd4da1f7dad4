/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmos-init: process 1 of a VM. It makes the little that applications need,
 * starts the agent, and in an APP VM the compositor and, when somebody asks
 * for it, the session bus or the sound server, in a NET VM the resolver and the uplink's DHCP
 * client. It starts them again when they end, and switches the VM off at
 * SIGTERM. The kernel command line says what VM it is:
 *	vmos.kind=net	a NET VM; an APP VM else
 *	vmos.net=INDEX	its number on the NET VM that it uses (proto/netplan.h)
 *	vmos.name=NAME	its host name
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "agent/init/cards.h"
#include "agent/init/disk.h"
#include "agent/init/mounts.h"
#include "agent/init/network.h"
#include "agent/init/service.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "proto/netplan.h"

#define MODULE "/usr/lib/vmos/vmos_guest.ko"
#define GUI_DEVICE "/dev/vmos-gui"
#define AUDIO_DEVICE "/dev/vmos-audio"
#define BUS_PATH USER_RUNTIME "/bus"
#define WAYLAND_PATH USER_RUNTIME "/wayland-0"
#define SOUND_PATH USER_RUNTIME "/pipewire-0"
#define PULSE_FOLDER USER_RUNTIME "/pulse"
#define PULSE_PATH PULSE_FOLDER "/native"
#define CMDLINE_MAX 4096

/* Time for programs to end by themselves when the VM is switched off (ms). */
#define STOP_GRACE 2000

/* An APP VM's network is set up behind the compositor's start, which the user waits for. */
#define NETWORK_NICE 10

enum { AGENT, COMPOSITOR, BUS, SOUND, LINKS, AUDIO, PULSE, RESOLVER, UPLINK, SERVICES };

static char *const agent_argv[] = { "/usr/lib/vmos/vmos-agent", NULL };
static char *const compositor_argv[] = { "/usr/lib/vmos/vmos-compositor", NULL };
static char *const bus_argv[] = { "/usr/bin/dbus-daemon", "--session", "--nofork", "--nopidfile",
	"--address=systemd:", NULL };
static char *const sound_argv[] = { "/usr/bin/pipewire", NULL };
static char *const links_argv[] = { "/usr/bin/wireplumber", NULL };
static char *const audio_argv[] = { "/usr/lib/vmos/vmos-audio", NULL };
static char *const pulse_argv[] = { "/usr/bin/pipewire-pulse", NULL };
static char *const resolver_argv[] = { "/usr/sbin/dnsmasq", "--keep-in-foreground",
	"--conf-file=/usr/share/vmos/net/dnsmasq.conf", NULL };
static char *const uplink_argv[] = { "/usr/sbin/dhcpcd", "--nobackground", "--quiet", "--config",
	"/usr/share/vmos/net/dhcpcd.conf", "uplink", NULL };

struct init {
	struct service services[SERVICES];
	int signals; /* signalfd */
	bool is_net; /* a NET VM */
	uint32_t net_index; /* 0: the VM uses no NET VM */
	pid_t network; /* sets the network up; 0: nobody does */
};

static void environment_set(void)
{
	static const char *const table[][2] = {
		{ "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin" },
		{ "LANG", "C.UTF-8" },
		{ "HOME", "/root" },
		{ "DBUS_SESSION_BUS_ADDRESS", "unix:path=" BUS_PATH },
	};

	clearenv();
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		setenv(table[i][0], table[i][1], 1);
}

/* Standard input is nothing, the other two are the console: programs inherit them. */
static void console_open(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int console = open("/dev/console", O_WRONLY | O_NOCTTY | O_CLOEXEC);

	if (null >= 0)
		dup2(null, STDIN_FILENO);
	if (console >= 0) {
		dup2(console, STDOUT_FILENO);
		dup2(console, STDERR_FILENO);
	}
	if (null > STDERR_FILENO)
		close(null);
	if (console > STDERR_FILENO)
		close(console);
}

/* The value of "@key=" in a command line that is taken to pieces by NULs; NULL when absent. */
static const char *cmdline_value(const char *cmdline, size_t len, const char *key)
{
	size_t key_len = strlen(key);

	for (const char *at = cmdline; at < cmdline + len; at += strlen(at) + 1)
		if (strncmp(at, key, key_len) == 0 && at[key_len] == '=')
			return at + key_len + 1;
	return NULL;
}

/* A number of the plan; 0: none, or no such number. */
static uint32_t parse_index(const char *text)
{
	char *end = NULL;
	unsigned long index = text ? strtoul(text, &end, 10) : 0;

	return text && *text && !*end && index <= NETPLAN_INDEX_MAX ? (uint32_t)index : 0;
}

static void cmdline_apply(struct init *in)
{
	const char *kind;
	char *cmdline cleanup_free = NULL;
	size_t len = 0;
	int r = fd_read_file("/proc/cmdline", CMDLINE_MAX, &cmdline, &len);

	if (r < 0) {
		log_error("/proc/cmdline: %s", strerror(-r));
		return;
	}
	for (size_t i = 0; i < len; i++)
		if (cmdline[i] == ' ' || cmdline[i] == '\n')
			cmdline[i] = '\0';

	if (cmdline_value(cmdline, len, "vmos.debug"))
		setenv("VMOS_DEBUG", "1", 1);
	log_open("vmos-init", NULL);
	mounts_network(cmdline_value(cmdline, len, "vmos.name"));
	kind = cmdline_value(cmdline, len, "vmos.kind");
	in->is_net = kind && strcmp(kind, "net") == 0;
	in->net_index = parse_index(cmdline_value(cmdline, len, "vmos.net"));
}

static void module_load(bool is_net)
{
	int fd cleanup_fd = open(MODULE, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST))
		log_error("cannot load %s: %s", MODULE, strerror(errno));
	if (chown(GUI_DEVICE, USER_UID, USER_GID) < 0 && !is_net)
		log_error("%s: %s: the VM has no gui channel", GUI_DEVICE, strerror(errno));
	if (chown(AUDIO_DEVICE, USER_UID, USER_GID) < 0)
		log_debug("%s: %s: the VM has no sound", AUDIO_DEVICE, strerror(errno));
	cards_load_vsock(); /* the agent looks for the host as soon as it runs */
}

/* Binds a service's socket at once, so that a client of any time waits instead of failing. */
static void service_bind(struct service *s, const char *path)
{
	s->listen_fd = fd_unix_listen(path, SOCK_STREAM, 128);
	if (s->listen_fd < 0)
		log_error("%s: %s", path, strerror(-s->listen_fd));
	else if (chown(path, USER_UID, USER_GID) < 0)
		log_error("%s: %s", path, strerror(errno));
	s->disabled = s->on_connect && s->listen_fd < 0;
}

/* What an APP VM's programs may ask for. */
static void services_bind(struct init *in)
{
	service_bind(&in->services[BUS], BUS_PATH);
	service_bind(&in->services[COMPOSITOR], WAYLAND_PATH);
	service_bind(&in->services[SOUND], SOUND_PATH);
	in->services[LINKS].disabled = in->services[SOUND].disabled;
	in->services[AUDIO].disabled = in->services[SOUND].disabled || access(AUDIO_DEVICE, F_OK) < 0;
	if (mkdir(PULSE_FOLDER, 0700) < 0 || chown(PULSE_FOLDER, USER_UID, USER_GID) < 0)
		log_error("%s: %s", PULSE_FOLDER, strerror(errno));
	service_bind(&in->services[PULSE], PULSE_PATH);
}

static void __attribute__((noreturn)) power_off(void)
{
	tcdrain(STDERR_FILENO);
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

/* Makes what applications need. The driver is loaded beside the disk's work: together they are most of init's time. */
static int system_start(bool is_net)
{
	pid_t loader = fork();
	int r;

	if (loader == 0) {
		module_load(is_net);
		_exit(0);
	}
	if (loader < 0)
		module_load(is_net);

	r = mounts_runtime();
	if (r < 0)
		log_error("%s: %s", USER_RUNTIME, strerror(-r));
	r = disk_start();

	if (loader > 0)
		waitpid(loader, NULL, 0);
	return r;
}

/* The network is set up beside the agent and the compositor: nobody waits for it. */
static void network_start(struct init *in)
{
	if (!in->is_net && !in->net_index)
		return;
	in->network = fork();
	if (in->network == 0 && in->is_net)
		_exit(network_server(in->net_index));
	if (in->network == 0) {
		setpriority(PRIO_PROCESS, 0, NETWORK_NICE);
		_exit(network_client(in->net_index) < 0);
	}
	if (in->network < 0) {
		log_error("no network: %s", strerror(errno));
		in->network = 0;
	}
}

/* What needs the network may run now. */
static void network_ended(struct init *in, int status)
{
	int sides = in->is_net && WIFEXITED(status) ? WEXITSTATUS(status) : 0;

	log_debug("the network was set up %lld ms after power-on", (long long)service_now());
	in->network = 0;
	in->services[RESOLVER].disabled = !(sides & NETWORK_INSIDE);
	in->services[UPLINK].disabled = !(sides & NETWORK_DYNAMIC);
}

static void services_reap(struct init *in)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == in->network)
			network_ended(in, status);
		for (int i = 0; i < SERVICES; i++)
			if (service_ended(&in->services[i], pid, status))
				break;
	}
}

/* Waits until every process is gone, or for @ms. True: all are. */
static bool processes_wait(struct init *in, int ms)
{
	int64_t end = service_now() + ms;

	for (;;) {
		struct pollfd fd = { .fd = in->signals, .events = POLLIN };
		struct signalfd_siginfo info;
		int64_t left = end - service_now();
		pid_t pid;

		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (pid < 0 && errno == ECHILD)
			return true;
		if (left <= 0)
			return false;
		if (poll(&fd, 1, (int)left) > 0 && read(in->signals, &info, sizeof(info)) < 0)
			return false;
	}
}

static void __attribute__((noreturn)) system_stop(struct init *in)
{
	log_debug("switching off");
	kill(-1, SIGTERM);
	kill(-1, SIGHUP);
	kill(-1, SIGCONT);
	if (!processes_wait(in, STOP_GRACE)) {
		kill(-1, SIGKILL);
		processes_wait(in, STOP_GRACE);
	}
	disk_stop();
	power_off();
}

static void handle_signals(struct init *in)
{
	struct signalfd_siginfo info;

	if (read(in->signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGCHLD)
		services_reap(in);
	else
		system_stop(in);
}

/* Milliseconds until a service is due, -1: none is. */
static int services_wait(const struct init *in)
{
	int least = -1;

	for (int i = 0; i < SERVICES; i++) {
		int wait = service_wait(&in->services[i]);

		if (wait >= 0 && (least < 0 || wait < least))
			least = wait;
	}
	return least;
}

/* All that are due, but those that wait for somebody to connect. */
static void services_start(struct init *in)
{
	for (int i = 0; i < SERVICES; i++)
		if (!in->services[i].on_connect)
			service_start(&in->services[i]);
}

static void __attribute__((noreturn)) services_run(struct init *in)
{
	struct pollfd fds[SERVICES + 1];

	services_start(in);
	network_start(in);
	for (;;) {
		services_start(in);
		for (int i = 0; i < SERVICES; i++) {
			struct service *s = &in->services[i];

			fds[i] = (struct pollfd){ .fd = service_listens(s) ? s->listen_fd : -1, .events = POLLIN };
		}
		fds[SERVICES] = (struct pollfd){ .fd = in->signals, .events = POLLIN };
		if (poll(fds, SERVICES + 1, services_wait(in)) < 0 && errno != EINTR)
			log_error("poll: %s", strerror(errno));
		for (int i = 0; i < SERVICES; i++)
			if (fds[i].revents)
				service_start(&in->services[i]);
		if (fds[SERVICES].revents)
			handle_signals(in);
	}
}

/* Blocked signals reach process 1 by the signalfd; others without a handler never would. */
static int signals_open(void)
{
	static const int list[] = { SIGCHLD, SIGTERM, SIGINT, SIGUSR2, SIGPWR };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		sigaddset(&set, list[i]);
	sigprocmask(SIG_SETMASK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Where another init is process 1: "vmos-init --prepare" does the part of it that is ours and ends. */
static int main_of_other(int argc, char **argv)
{
	log_open("vmos-init", NULL);
	if (argc != 2 || strcmp(argv[1], "--prepare") != 0) {
		log_error("vmos-init is process 1 of a VM; another init may run vmos-init --prepare");
		return 1;
	}
	return system_start(false) < 0;
}

int main(int argc, char **argv)
{
	static struct init in = {
		.services = {
			[AGENT] = { .name = "vmos-agent", .argv = agent_argv, .listen_fd = -1 },
			[COMPOSITOR] = { .name = "vmos-compositor", .argv = compositor_argv, .as_user = true, .listen_fd = -1 },
			[BUS] = { .name = "the session bus",
				.argv = bus_argv,
				.as_user = true,
				.listen_fd = -1,
				.on_connect = true,
				.disabled = true },
			/* the sound server, who links its streams, who carries them to the host, and who speaks PulseAudio */
			[SOUND] = { .name = "pipewire",
				.argv = sound_argv,
				.as_user = true,
				.on_time = true,
				.listen_fd = -1,
				.on_connect = true,
				.disabled = true },
			[LINKS] = { .name = "wireplumber",
				.argv = links_argv,
				.as_user = true,
				.on_time = true,
				.listen_fd = -1,
				.beside = &in.services[SOUND],
				.disabled = true },
			[AUDIO] = { .name = "vmos-audio",
				.argv = audio_argv,
				.as_user = true,
				.on_time = true,
				.listen_fd = -1,
				.beside = &in.services[SOUND],
				.disabled = true },
			[PULSE] = { .name = "pipewire-pulse",
				.argv = pulse_argv,
				.as_user = true,
				.on_time = true,
				.listen_fd = -1,
				.on_connect = true,
				.disabled = true },
			[RESOLVER] = { .name = "the resolver", .argv = resolver_argv, .listen_fd = -1, .disabled = true },
			[UPLINK] = { .name = "the uplink's DHCP client",
				.argv = uplink_argv,
				.listen_fd = -1,
				.disabled = true },
		},
	};
	const struct rlimit files = { .rlim_cur = 1024, .rlim_max = 524288 };

	if (getpid() != 1)
		return main_of_other(argc, argv);

	umask(022);
	environment_set();
	console_open();
	cmdline_apply(&in);
	reboot(RB_DISABLE_CAD);
	setrlimit(RLIMIT_NOFILE, &files);

	in.signals = signals_open();
	mounts_make();
	if (system_start(in.is_net) < 0)
		power_off();
	if (in.is_net)
		in.services[COMPOSITOR].disabled = true;
	else
		services_bind(&in);
	services_run(&in);
}
