/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmosd's end of the real vmos-wire (argv[1]), which is started for each
 * connection in a namespace of its own, as systemd does. Needs root, TAP
 * devices and eBPF; where one of them is not permitted the test is skipped.
 */
#include "manager/net_wire.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/paths.h"
#include "proto/netplan.h"
#include "tests/unit/unit.h"

#define SKIPPED 77 /* meson's */
#define CARD 7

static char folder[] = "/tmp/vmos-test-wire-XXXXXX";
static char path[64], store_path[64];
static const char *program;
static sd_event *event;
static int listener = -1;
static pid_t process; /* the last vmos-wire */
static unsigned ready, ended, answers;
static char why[96];
static struct {
	int error, fd;
	uint32_t ifindex;
	char text[WIRE_TEXT_MAX];
} last;

static void handle_ready(struct net_wire *w)
{
	ready++;
}

static void handle_ended(struct net_wire *w, const char *text)
{
	snprintf(why, sizeof(why), "%s", text);
	ended++;
}

static const struct net_wire_ops ops = { .ready = handle_ready, .ended = handle_ended };
static struct net_wire_start with = { .path = path, .ops = &ops };

static void handle_answer(const struct net_wire_reply *reply, void *userdata)
{
	if (last.fd >= 0)
		close(last.fd);
	last.fd = reply->nfds ? steal_fd(&reply->fds[0]) : -1;
	last.error = reply->error;
	last.ifindex = reply->ifindex;
	snprintf(last.text, sizeof(last.text), "%s", reply->text);
	answers++;
}

static void become_wire(int sock)
{
	char pid[16];

	if (unshare(CLONE_NEWNET) < 0)
		_exit(SKIPPED);
	if (sock != 3)
		dup2(sock, 3);
	fcntl(3, F_SETFD, 0);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	unsetenv("NOTIFY_SOCKET");
	execl(program, "vmos-wire", (char *)NULL);
	_exit(1);
}

static int handle_connection(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	int sock = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	assert_true(sock >= 0);
	process = fork();
	if (process == 0)
		become_wire(sock);
	close(sock);
	return 0;
}

static void run_until(const unsigned *counter, unsigned value)
{
	for (unsigned i = 0; *counter < value && i < 3000; i++)
		assert_true(sd_event_run(event, 10000) >= 0);
	assert_int_equal(*counter, value);
}

static struct net_wire *open_wire(const char *name)
{
	unsigned before = ready;
	struct net_wire *w;

	assert_int_equal(net_wire_open(&with, name, &w), 0);
	run_until(&ready, before + 1);
	assert_true(w->is_ready);
	return w;
}

static int ask(struct net_wire *w, enum wire_type type, uint32_t index)
{
	unsigned before = answers;

	assert_int_equal(net_wire_ask(w, type, index, handle_answer, &last), 0);
	run_until(&answers, before + 1);
	return last.error;
}

static int give(struct net_wire *w, uint32_t index, const struct net_wire *to)
{
	unsigned before = answers;

	assert_int_equal(net_wire_give(w, index, to, handle_answer, &last), 0);
	run_until(&answers, before + 1);
	return last.error;
}

static void close_wire(struct net_wire *w)
{
	unsigned before = ended;

	net_wire_close(w);
	while (waitpid(-1, NULL, 0) > 0)
		;
	assert_int_equal(ended, before);
}

/* What a VM's card goes through: made, linked, and back; its end is that of its queue. */
static void test_card(void **state)
{
	struct net_wire *home = open_wire(""), *net = open_wire("net0");
	int queue;

	assert_int_equal(ask(home, WIRE_MAKE, CARD), 0);
	queue = steal_fd(&last.fd);
	assert_true(queue >= 0);
	assert_int_equal(ask(home, WIRE_TAKE, CARD), -EPERM);
	assert_true(strlen(last.text) > 10);
	assert_int_equal(ask(net, WIRE_HAS, CARD), -ENODEV);
	assert_int_equal(give(home, CARD, net), 0);
	assert_int_equal(ask(home, WIRE_HAS, CARD), -ENODEV);
	assert_int_equal(ask(net, WIRE_TAKE, CARD), 0);
	assert_true(last.ifindex > 0);
	assert_int_equal(ask(net, WIRE_SHARE, 0), 0);
	assert_int_equal(give(net, CARD, home), 0);
	assert_int_equal(ask(home, WIRE_HAS, CARD), 0);
	close(queue);
	assert_int_equal(ask(home, WIRE_HAS, CARD), -ENODEV);
	net_wire_close(home);
	close_wire(net);
}

/* All is answered, in its order and but for who does not want to know; what is too much is refused. */
static void test_line(void **state)
{
	struct net_wire *w = open_wire("");
	unsigned before = answers;
	int other = 0, r = 0;

	assert_int_equal(net_wire_ask(w, WIRE_HAS, 1, handle_answer, &other), 0);
	for (unsigned i = 1; i < NET_WIRE_CALLS_MAX; i++)
		r = r < 0 ? r : net_wire_ask(w, WIRE_HAS, CARD + i, handle_answer, &last);
	assert_int_equal(r, 0);
	assert_int_equal(net_wire_ask(w, WIRE_HAS, CARD, handle_answer, &last), -EBUSY);
	net_wire_forget(w, &other);
	run_until(&answers, before + NET_WIRE_CALLS_MAX - 1);
	assert_int_equal(w->ncalls, 0);
	close_wire(w);
}

static void test_end(void **state)
{
	struct net_wire *w = open_wire("net0");
	unsigned before = answers, ends = ended;

	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(net_wire_ask(w, WIRE_HAS, CARD, handle_answer, &last), 0);
	kill(process, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
	run_until(&ended, ends + 1);
	assert_int_equal(answers, before + 3);
	assert_int_equal(last.error, -ECONNRESET);
	assert_string_equal(why, "vmos-wire ended");
}

static void test_silence(void **state)
{
	struct net_wire *w = open_wire("");
	unsigned ends = ended;

	kill(process, SIGSTOP);
	assert_int_equal(net_wire_ask(w, WIRE_HAS, CARD, handle_answer, &last), 0);
	run_until(&ended, ends + 1);
	assert_string_equal(why, "vmos-wire did not answer in time");
	kill(process, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

/* A vmosd that came back: what its predecessor waited for is not taken for what it asked itself. */
static void test_adoption(void **state)
{
	struct wire_msg m = { .type = WIRE_OPEN };
	int fds[2], ns[WIRE_FDS_MAX];
	struct net_wire *w;
	unsigned nfds = 0, before = ready;

	fds[0] = fd_unix_connect(path, SOCK_SEQPACKET);
	assert_true(fds[0] >= 0);
	assert_true(sd_event_run(event, 1000000) > 0);
	assert_int_equal(fd_send_packet(fds[0], &m, sizeof(m), NULL, 0), 0);
	assert_int_equal(fd_recv_packet(fds[0], &m, sizeof(m), ns, WIRE_FDS_MAX, &nfds), sizeof(m));
	assert_int_equal(nfds, 1);
	fds[1] = ns[0];
	m = (struct wire_msg){ .type = WIRE_MAKE, .index = CARD };
	assert_int_equal(fd_send_packet(fds[0], &m, sizeof(m), NULL, 0), 0);
	assert_int_equal(net_wire_adopt(&with, "", fds, &w), 0);
	assert_false(w->is_ready);
	run_until(&ready, before + 1);
	/* its queue was closed, so it is gone */
	assert_int_equal(ask(w, WIRE_HAS, CARD), -ENODEV);
	assert_int_equal(ask(w, WIRE_MAKE, CARD), 0);
	assert_int_equal(ask(w, WIRE_HAS, CARD), 0);
	close_wire(w);
}

/* An answer that is not one ends it, with whatever came beside. */
static void test_nonsense(void **state)
{
	const struct wire_msg bad[] = { { .type = WIRE_DONE, .index = NETPLAN_INDEX_MAX, .ifindex = 1, .filter = 1 },
		{ .type = WIRE_HAS, .index = NETPLAN_INDEX_MAX } };

	for (unsigned i = 0; i < COUNT(bad) + 1; i++) {
		int pair[2], fds[2] = { -1, open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC) };
		unsigned ends = ended;
		struct net_wire *w;

		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
		fds[0] = pair[0];
		assert_int_equal(net_wire_adopt(&with, "", fds, &w), 0);
		assert_true(sd_event_run(event, 1000000) > 0);
		assert_int_equal(fd_send_packet(pair[1], &bad[i % COUNT(bad)], i < COUNT(bad) ? sizeof(bad[0]) : 9,
					 &pair[1], i == 1),
			0);
		run_until(&ended, ends + 1);
		assert_string_equal(why, "an answer of vmos-wire was not valid");
		close(pair[1]);
	}
}

/* What systemd is told: the connection and its namespace, by a name, and when they are over. */
static void test_store(void **state)
{
	int store = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), fds[8];
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char text[512] = "", name[256] = "";
	struct net_wire *w;
	unsigned nfds = 0;
	ssize_t len;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", store_path);
	assert_int_equal(bind(store, (struct sockaddr *)&addr, sizeof(addr)), 0);
	setenv("NOTIFY_SOCKET", store_path, 1);
	w = open_wire("net.0-a");
	len = fd_recv_packet(store, text, sizeof(text) - 1, fds, 8, &nfds);
	assert_true(len > 0);
	assert_int_equal(nfds, 2);
	fd_close_all(fds, nfds);
	assert_int_equal(sscanf(text, "FDSTORE=1\nFDNAME=%255s", name), 1);
	assert_string_equal(net_wire_stored_name(name), "net.0-a");
	close_wire(w);
	unsetenv("NOTIFY_SOCKET");
	memset(text, 0, sizeof(text));
	assert_true(recv(store, text, sizeof(text) - 1, 0) > 0);
	assert_memory_equal(text, "FDSTOREREMOVE=1\nFDNAME=", 23);
	assert_string_equal(text + 23, name);
	close(store);
	assert_null(net_wire_stored_name("wire-net0"));
	assert_null(net_wire_stored_name("wire-12"));
	assert_null(net_wire_stored_name("stored"));
	assert_string_equal(net_wire_stored_name("wire-12-"), "");
}

static void test_nobody(void **state)
{
	struct net_wire_start nowhere = with;
	struct net_wire *w;

	nowhere.path = "/no/such/socket";
	assert_int_equal(net_wire_open(&nowhere, "", &w), -ENOENT);
	net_wire_close(NULL);
}

/* Whether the machine permits all of it: a connection with a filter opens. */
static bool is_permitted(void)
{
	struct net_wire *w;
	bool yes;

	if (geteuid() != 0 || access("/dev/net/tun", R_OK | W_OK) < 0 || net_wire_open(&with, "net0", &w) < 0)
		return false;
	while (!ready && !ended)
		sd_event_run(event, 1000000);
	yes = ready;
	if (yes)
		net_wire_close(w);
	while (waitpid(-1, NULL, 0) > 0)
		;
	ready = ended = 0;
	return yes;
}

static int set_up(void)
{
	int r;

	last.fd = -1;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/wire.sock", folder);
	snprintf(store_path, sizeof(store_path), "%s/notify", folder);
	listener = fd_unix_listen(path, SOCK_SEQPACKET, 16);
	r = listener < 0 ? listener : sd_event_new(&event);
	if (r >= 0)
		r = sd_event_add_io(event, NULL, listener, EPOLLIN, handle_connection, NULL);
	with.event = event;
	return r;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_card),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_adoption),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_store),
		cmocka_unit_test(test_nobody),
	};
	int r = SKIPPED;

	if (argc != 2) {
		fprintf(stderr, "Usage: %s VMOS-WIRE\n", argv[0]);
		return 2;
	}
	program = argv[1];
	if (set_up() < 0)
		return 1;
	if (is_permitted())
		r = cmocka_run_group_tests(tests, NULL, NULL);
	else
		printf("no root, no TAP devices or no eBPF here\n");
	sd_event_unref(event);
	paths_remove(folder);
	return r;
}
