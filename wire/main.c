/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmos-wire: makes the network cards of VMs and puts the filter on them, in a
 * network namespace of its own that holds nothing else. systemd starts one for
 * each connection of vmosd, which itself has no network and no such privilege;
 * it ends with the connection.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "base/fd.h"
#include "base/log.h"
#include "wire/card.h"
#include "wire/serve.h"

static int usage(FILE *out)
{
	fprintf(out,
		"Usage: vmos-wire [--help | --version]\n\n"
		"Makes network cards of VMs for vmosd; systemd starts it with a connection (vmos-wire.socket).\n");
	return out == stdout ? 0 : 2;
}

static int take_socket(void)
{
	int n = sd_listen_fds(1), sock = SD_LISTEN_FDS_START, r;

	if (n != 1 || sd_is_socket(sock, AF_UNIX, SOCK_SEQPACKET, 0) <= 0) {
		log_error("It was not started with a connection: vmos-wire.socket starts it, with Accept=yes.");
		return n < 0 ? n : -ENOTCONN;
	}
	r = fd_check_peer(sock);
	if (r < 0)
		log_error("The connection is neither root's nor this user's own: nobody else may have cards.");
	else
		r = fd_set_nonblock(sock, true);
	return r < 0 ? r : sock;
}

static int begin_cards(void)
{
	char name[IF_NAMESIZE] = "";
	int r = cards_begin(name);

	if (r == -EEXIST)
		log_error("It is not in a network namespace of its own: there is %s. Start it with PrivateNetwork=yes.",
			name);
	else if (r < 0)
		log_error("The kernel does not tell of its network devices: %s.", strerror(-r));
	return r;
}

static int handle_request(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	int r = serve(fd);

	return r > 0 ? 0 : sd_event_exit(sd_event_source_get_event(source), r);
}

static int run(int sock)
{
	sd_event *event = NULL;
	sigset_t signals;
	int r;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	r = sd_event_new(&event);
	if (r >= 0)
		r = sd_event_add_signal(event, NULL, SIGTERM, NULL, NULL);
	if (r >= 0)
		r = sd_event_add_signal(event, NULL, SIGINT, NULL, NULL);
	if (r >= 0)
		r = sd_event_add_io(event, NULL, sock, EPOLLIN, handle_request, NULL);
	if (r < 0)
		log_error("It cannot wait for requests: %s.", strerror(-r));
	else
		r = sd_event_loop(event);
	sd_event_unref(event);
	return r;
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' }, { 0 } };
	int c, sock, r;

	log_open("vmos-wire", NULL);
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'v')
			return printf("vmos-wire %s\n", VMOS_VERSION) < 0;
		return usage(c == 'h' ? stdout : stderr);
	}
	if (optind < argc)
		return usage(stderr);
	sock = take_socket();
	if (sock < 0 || begin_cards() < 0)
		return 1;
	r = run(sock);
	cards_end();
	return r < 0;
}
