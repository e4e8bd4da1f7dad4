/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "helper/link.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"

static int listen_on(int listener)
{
	int r = fd_set_nonblock(listener, true);

	return r == 0 && listen(listener, 1) < 0 ? -errno : r;
}

/* How many fds a region has; 0 where there is none. */
static unsigned region_fds(const struct link *l)
{
	return l->setup.carrier == HELPER_CARRIER_VSOCK ? 0 : LINK_LISTENER;
}

int link_open(struct link *l, uint32_t role, int *ret_fds)
{
	struct helper_msg m;
	int fds[HELPER_FDS_MAX], r;
	unsigned nfds = 0;
	ssize_t n = fd_recv_packet(l->sock, &m, sizeof(m), fds, HELPER_FDS_MAX, &nfds);

	if (n < 0)
		return (int)n;
	if (helper_check_request(&m, (size_t)n, nfds) < 0 || m.type != HELPER_SETUP || m.setup.role != role) {
		fd_close_all(fds, nfds);
		return -EBADMSG;
	}
	l->setup = m.setup;
	for (unsigned i = 0; i < LINK_FDS; i++)
		ret_fds[i] = -1;
	memcpy(ret_fds + LINK_LISTENER - region_fds(l), fds, nfds * sizeof(*fds));
	l->listener = ret_fds[LINK_LISTENER];
	r = fd_set_nonblock(l->sock, true);
	return r < 0 ? r : listen_on(l->listener);
}

void link_close(struct link *l)
{
	fd_close_all((int[]){ l->sock, l->listener }, 2);
	l->sock = l->listener = -1;
}

int link_map_region(const struct helper_setup *setup, int fd, void **ret_region)
{
	int r = fd_check_sealed(fd, setup->region_size);
	void *map;

	if (r < 0)
		return r;
	map = mmap(NULL, setup->region_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	*ret_region = map;
	return 0;
}

int link_send(struct link *l, struct helper_msg *m, const int *fds, unsigned nfds)
{
	m->nfds = nfds;
	return l->sock < 0 ? -ENOTCONN : fd_send_packet(l->sock, m, sizeof(*m), fds, nfds);
}

void link_tell(struct link *l, struct helper_msg *m)
{
	(void)link_send(l, m, NULL, 0);
}

void link_tell_up(struct link *l)
{
	struct helper_msg m = { .type = HELPER_UP };

	if (link_send(l, &m, NULL, 0) < 0)
		log_warning("vmosd does not listen");
}

void link_tell_failed(struct link *l, enum helper_reason reason, const char *text)
{
	struct helper_msg m = { .type = HELPER_FAILED, .fail.reason = reason };

	log_error("%s", text);
	snprintf(m.fail.text, sizeof(m.fail.text), "%s", text);
	link_tell(l, &m);
}

void link_give_back(struct link *l, uint32_t epoch, const int *fds)
{
	struct helper_msg m = { .type = HELPER_FDS, .setup = l->setup };

	m.setup.epoch = epoch;
	if (link_send(l, &m, fds, region_fds(l)) < 0)
		log_warning("vmosd does not take its fds back");
	link_tell_up(l);
}

int link_fd(const struct link *l)
{
	return l->sock >= 0 ? l->sock : l->listener;
}

/* What runs goes on; a later vmosd knocks at the listener. */
static void lose(struct link *l)
{
	log_info("vmosd left, waiting for its successor");
	close(steal_fd(&l->sock));
	if (l->lost)
		l->lost(l->data);
}

static void receive(struct link *l)
{
	struct helper_msg m;
	int fds[HELPER_FDS_MAX];
	unsigned nfds = 0;
	ssize_t n = fd_recv_packet(l->sock, &m, sizeof(m), fds, HELPER_FDS_MAX, &nfds);

	if (n == -EAGAIN)
		return;
	if (n <= 0 && n != -EMSGSIZE) {
		lose(l);
		return;
	}
	if (n < 0 || helper_check_request(&m, (size_t)n, nfds) < 0)
		log_warning("vmosd sent a message that is not well formed");
	else
		l->obey(l->data, &m, fds);
	fd_close_all(fds, nfds);
}

void link_wake(struct link *l)
{
	if (l->sock >= 0)
		receive(l);
	else
		l->sock = fd_accept_own(l->listener);
}
