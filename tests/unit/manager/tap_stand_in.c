/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/manager/tap_stand_in.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "manager/net_tap.h"

#define STATUS 7

static int sock = TAP_FD, listener, memory;
static uint64_t *counters;
static struct tap_stats stats = { .index = 1 };

static void say(const struct tap_msg *m, const int *fds)
{
	while (fd_send_packet(sock, m, sizeof(*m), fds, m->nfds) == -EAGAIN)
		usleep(1000);
}

static void say_type(enum tap_type type)
{
	const struct tap_msg m = { .type = type };

	say(&m, NULL);
}

static void flood(void)
{
	struct tap_msg m = { .type = TAP_LOG,
		.flow = { .index = 1, .event = TAP_EVENT_DENY, .proto = NET_TCP, .line = UINT32_MAX } };

	for (unsigned i = 0; i < NET_TAP_NEWS_MAX + 10; i++)
		say(&m, NULL);
	pause();
}

static void act(uint32_t what)
{
	const struct tap_msg words = { .type = TAP_FAILED, .fail = { TAP_REASON_SETUP, "the last words" } };
	const struct tap_msg state = { .type = TAP_STATE, .nfds = 1 };

	switch ((enum stand_in_act)what) {
	case STAND_IN_LAST_WORDS:
		say(&words, NULL);
		_exit(STATUS);
	case STAND_IN_LEAVE:
		_exit(STATUS);
	case STAND_IN_SHORT:
		send(sock, "x", 1, 0);
		break;
	case STAND_IN_FOREIGN:
		say_type(TAP_QUESTION);
		break;
	case STAND_IN_STATE:
		say(&state, &memory);
		break;
	case STAND_IN_FLOOD:
		flood();
		break;
	case STAND_IN_PAUSE:
		usleep(300000);
		break;
	}
}

/* As after the end of a vmosd. */
static void adopt(void)
{
	const struct tap_msg state = { .type = TAP_STATE, .nfds = 1 };
	const struct tap_msg have = { .type = TAP_HAVE, .id = { .index = 1 } };

	say(&state, &memory);
	say(&have, NULL);
}

static void take(const struct tap_msg *m, unsigned nfds)
{
	const struct tap_msg reply = { .type = TAP_STATS, .stats = stats };

	switch (m->type) {
	case TAP_NET:
	case TAP_LINK:
		stats.sent_bytes += nfds == 2;
		break;
	case TAP_LINE:
		stats.received += m->line.number == stats.received;
		break;
	case TAP_QUERY:
		say(&reply, NULL);
		break;
	case TAP_ANSWER:
		act(m->answer.id);
		break;
	case TAP_ADOPT:
		adopt();
		break;
	case TAP_FLOWS:
		say_type(TAP_FLOWS_END);
		break;
	case TAP_QUIT:
		_exit(0);
	default:
		break;
	}
}

static void next_vmosd(void)
{
	close(sock);
	sock = accept(listener, NULL, NULL);
	if (sock < 0)
		_exit(3);
}

int tap_stand_in(void)
{
	int fds[TAP_FDS_MAX];
	struct tap_msg m;
	unsigned nfds;

	fd_set_nonblock(sock, false);
	if (fd_recv_packet(sock, &m, sizeof(m), fds, TAP_FDS_MAX, &nfds) != sizeof(m) || m.type != TAP_SETUP ||
		nfds != 2)
		return 2;
	memory = fds[0];
	listener = fds[1];
	fd_set_nonblock(listener, false);
	listen(listener, 1);
	counters = mmap(NULL, TAP_MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	if (counters == MAP_FAILED)
		return 2;
	stats.sent = ++counters[0];
	say_type(TAP_UP);
	for (;;) {
		ssize_t len = fd_recv_packet(sock, &m, sizeof(m), fds, TAP_FDS_MAX, &nfds);

		if (len <= 0) {
			next_vmosd();
			continue;
		}
		if (tap_check_request(&m, (size_t)len, nfds) < 0)
			return 4;
		take(&m, nfds);
		fd_close_all(fds, nfds);
	}
}
