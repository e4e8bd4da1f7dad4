/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows 48 … 54: UNIX sockets of the manager, the victim and the host. */
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "drill/actions.h"

/* @name is a path, or with @abstract a name. The address's length; 0: too long. */
static socklen_t make_address(struct sockaddr_un *address, const char *name, bool abstract)
{
	size_t len = strlen(name);

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (len + 2 > sizeof(address->sun_path))
		return 0;
	memcpy(address->sun_path + abstract, name, len);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
}

static void try_connect(struct attempt *a, const char *part, const char *name, bool abstract)
{
	struct sockaddr_un address;
	socklen_t len = make_address(&address, name, abstract);
	int fd cleanup_fd = (int)try_call(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (fd < 0) {
		attempt_part(a, part, -1);
		return;
	}
	/* A full queue is one that may be joined. */
	attempt_reaches(a, part, try_call(SYS_connect, fd, &address, len), EAGAIN);
}

static void try_send(struct attempt *a, const char *part, const char *name, bool abstract)
{
	struct sockaddr_un address;
	socklen_t len = make_address(&address, name, abstract);
	int fd cleanup_fd = (int)try_call(SYS_socket, AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	if (fd < 0) {
		attempt_part(a, part, -1);
		return;
	}
	attempt_reaches(a, part, try_call(SYS_sendto, fd, "drill", 5, MSG_NOSIGNAL, &address, len), EAGAIN);
}

static void connect_fact(struct attempt *a, enum fact fact, const char *part)
{
	const char *path = attempt_fact(a, fact);

	if (path)
		try_connect(a, part, path, false);
}

static void manager_stream(struct attempt *a)
{
	connect_fact(a, M_STREAM, "its socket");
	connect_fact(a, B_CTL, "B's channel");
}

static void manager_abstract(struct attempt *a)
{
	const char *name = attempt_fact(a, M_ASTREAM);

	if (name)
		try_connect(a, "connect", name, true);
}

static void manager_datagram(struct attempt *a)
{
	const char *path = attempt_fact(a, M_DGRAM);

	if (path)
		try_send(a, "sendto", path, false);
}

static void manager_abstract_datagram(struct attempt *a)
{
	const char *name = attempt_fact(a, M_ADGRAM);

	if (name)
		try_send(a, "sendto", name, true);
}

static void monitor(struct attempt *a)
{
	connect_fact(a, B_QMP, "connect");
}

static void libvirt(struct attempt *a)
{
	connect_fact(a, L_SOCKET, "connect");
}

static void bus_and_journal(struct attempt *a)
{
	const char *journal = attempt_fact(a, M_JOURNAL);

	connect_fact(a, D_BUS, "bus");
	if (journal)
		try_send(a, "journal", journal, false);
}

static const attempt_run runs[] = { manager_stream, manager_abstract, manager_datagram, manager_abstract_datagram,
	monitor, libvirt, bus_and_journal };

const struct family family_sockets = { 48, sizeof(runs) / sizeof(runs[0]), runs };
