/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Transfers as vmosd runs them, with both couriers played here: an honest
 * pair, one that lies, rules that change, a journal that somebody wrote to.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/paths.h"
#include "manager/audit.h"
#include "manager/manager.h"
#include "manager/transfer.h"
#include "manager/transfer_request.h"
#include "proto/ctl.h"
#include "proto/runctl.h"
#include "tests/unit/manager/transfer_stand.h"
#include "tests/unit/unit.h"

static void test_honest(void **state)
{
	struct stand *s = *state;
	const struct licence *l;
	struct got receiver, sender;
	struct xfer_head head;
	struct xfer_point point;
	uint8_t bytes[XFER_HEAD + XFER_POINT_LEN + 1];
	struct pollfd end = { .events = POLLIN };
	struct transfer *t;

	stand_allow(s, 0, "work", "web", RULE_WRITE);
	t = stand_begin(s, TRANSFER_SEND);
	assert_int_equal(t->state, TRANSFER_MOVING);
	assert_int_equal(stand_journals(), 1);
	assert_true(stand_take_run(s, 1, &receiver));
	assert_int_equal(receiver.msg.run.flags, CTL_RUN_RECEIVE);
	assert_false(stand_take_run(s, 0, &sender));
	l = stand_map_licence(&receiver);
	assert_true(licence_holds(l));
	stand_say_point(s, &receiver, 2, 3, 4 * XFER_DATA_MAX);
	assert_true(stand_take_run(s, 0, &sender));
	assert_int_equal(sender.msg.run.flags, CTL_RUN_SEND);
	assert_int_equal(sender.msg.run.args_len, 9);
	/* the sender is told the receiver's point, and nothing more */
	assert_int_equal(fd_read_all(sender.fds[FD_STDIN], bytes, sizeof(bytes)), sizeof(bytes) - 1);
	assert_int_equal(xfer_head_get(bytes, &head), 0);
	assert_int_equal(head.type, XFER_POINT);
	assert_int_equal(xfer_point_get(bytes + XFER_HEAD, &point), 0);
	assert_int_equal(point.item, 2);
	assert_int_equal(point.entry, 3);
	assert_int_equal(point.offset, 4 * XFER_DATA_MAX);
	/* what the one writes the other reads, and its end when all writers are gone */
	assert_int_equal(write(sender.fds[FD_STDOUT], "through", 7), 7);
	assert_int_equal(read(receiver.fds[FD_STDIN], bytes, sizeof(bytes)), 7);
	end.fd = receiver.fds[FD_STDIN];
	stand_say(s, &receiver, &(struct runctl){ .type = RUNCTL_PROGRESS, .n = { 7, 7 } });
	assert_int_equal(t->done, 7);
	stand_say(s, &sender, &(struct runctl){ .type = RUNCTL_PROBLEM, .a = EACCES, .text = "secret" });
	assert_int_equal(t->nproblems, 1);
	close(steal_fd(&sender.fds[FD_STDOUT]));
	assert_int_equal(poll(&end, 1, 0), 1);
	assert_true(end.revents & POLLHUP);
	stand_say_exit(s, &sender, XFER_R_SOME);
	assert_int_equal(t->state, TRANSFER_MOVING);
	assert_true(licence_holds(l));
	stand_say_exit(s, &receiver, 0);
	assert_int_equal(t->state, TRANSFER_DONE);
	assert_int_equal(t->reason, XFER_R_SOME);
	assert_false(licence_holds(l));
	assert_int_equal(stand_journals(), 0);
	munmap((void *)(uintptr_t)l, LICENCE_SIZE);
}

static void test_denied(void **state)
{
	struct stand *s = *state;
	static const uint8_t wrong[TRANSFER_KINDS] = { RULE_ALL & ~RULE_WRITE, RULE_ALL, RULE_ALL & ~RULE_OPEN,
		RULE_ALL & ~RULE_OPEN };
	struct got g;

	for (unsigned kind = 0; kind < TRANSFER_KINDS; kind++) {
		struct transfer *t;

		s->m.rules.set.count = 0;
		t = stand_begin(s, (enum transfer_kind)kind);
		assert_int_equal(t->state, TRANSFER_DENIED);
		assert_non_null(strstr(t->text, "vmos rule add"));
		/* a right too little; for a fetch the rule of the other direction */
		stand_allow(s, 0, "work", "web", wrong[kind]);
		assert_int_equal(stand_begin(s, (enum transfer_kind)kind)->state, TRANSFER_DENIED);
	}
	assert_false(stand_take_run(s, 0, &g) || stand_take_run(s, 1, &g));
	assert_int_equal(stand_journals(), 0);
}

static void test_revoked(void **state)
{
	struct stand *s = *state;
	const struct licence *l;
	struct got receiver, sender;
	struct transfer *t;

	stand_allow(s, 0, "work", "web", RULE_WRITE);
	t = stand_begin(s, TRANSFER_SEND);
	stand_move(s, &receiver, &sender);
	l = stand_map_licence(&sender);
	stand_allow(s, 1, "web", "work", RULE_ALL);
	transfers_rules_changed(&s->m);
	assert_int_equal(t->state, TRANSFER_MOVING);
	assert_true(licence_holds(l));
	stand_allow(s, 2, "work", "web", RULE_READ);
	transfers_rules_changed(&s->m);
	assert_false(licence_holds(l));
	assert_true(stand_is_closed(&receiver) && stand_is_closed(&sender));
	assert_int_equal(t->state, TRANSFER_FAILED);
	assert_int_equal(t->reason, XFER_R_REVOKED);
	assert_non_null(strstr(t->text, ":3"));
	assert_int_equal(transfer_resume(t), -EINVAL);
	assert_int_equal(stand_journals(), 0);
	munmap((void *)(uintptr_t)l, LICENCE_SIZE);
	stand_drop_run(&receiver);
	stand_drop_run(&sender);
}

/* A yes of the user's lasts as long as the rule asks for one and gives the right. */
static void test_asked(void **state)
{
	struct stand *s = *state;
	struct got receiver, sender;
	struct transfer *t;

	stand_allow(s, 0, "work", "web", RULE_WRITE);
	t = stand_begin(s, TRANSFER_SEND);
	stand_move(s, &receiver, &sender);
	s->rules[0].ask = true;
	t->job.asked = true;
	transfers_rules_changed(&s->m);
	assert_int_equal(t->state, TRANSFER_MOVING);
	t->job.asked = false;
	transfers_rules_changed(&s->m);
	assert_int_equal(t->state, TRANSFER_FAILED);
	stand_drop_run(&receiver);
	stand_drop_run(&sender);
}

static void wait_until(struct stand *s, struct transfer *t, enum transfer_state want)
{
	for (int i = 0; i < 100 && t->state != want; i++)
		sd_event_run(s->m.event, 100000);
	assert_int_equal(t->state, want);
}

static void test_goes_on(void **state)
{
	struct stand *s = *state;
	struct got receiver, sender;
	struct transfer *t;

	stand_allow(s, 0, "work", "web", RULE_WRITE);
	t = stand_begin(s, TRANSFER_SEND);
	stand_move(s, &receiver, &sender);
	/* web's courier is gone: its end is noticed, work's run is given a moment, which it does not need */
	stand_drop_run(&receiver);
	stand_step(s);
	assert_int_equal(t->state, TRANSFER_MOVING);
	stand_say_exit(s, &sender, 256 + 13);
	assert_int_equal(t->state, TRANSFER_WAITING);
	s->web->agent = VM_AGENT_WAITING;
	for (int i = 0; i < 5; i++)
		sd_event_run(s->m.event, 100000);
	assert_int_equal(t->state, TRANSFER_WAITING);
	vm_set_agent(s->web, VM_AGENT_READY);
	wait_until(s, t, TRANSFER_MOVING);
	stand_move(s, &receiver, &sender);
	stand_say(s, &sender, &(struct runctl){ .type = RUNCTL_LOST });
	stand_say_exit(s, &receiver, XFER_R_STREAM);
	assert_int_equal(t->state, TRANSFER_WAITING);
	stand_drop_run(&sender);
	/* off: it waits for the user, as it has moved before */
	vm_set_state(s->work, VM_OFF);
	stand_step(s);
	assert_int_equal(t->state, TRANSFER_WAITING);
	assert_non_null(strstr(t->text, "vmos start work"));
	transfer_cancel(t, "Enough.");
	assert_int_equal(stand_journals(), 0);
}

static void test_anew(void **state)
{
	struct stand *s = *state;
	struct got receiver, sender;
	struct transfer *t;
	char blob[64];

	stand_allow(s, 0, "work", "web", RULE_WRITE);
	t = stand_begin(s, TRANSFER_SEND);
	stand_move(s, &receiver, &sender);
	stand_drop_run(&sender);
	stand_say_exit(s, &receiver, XFER_R_MISMATCH);
	assert_int_equal(t->state, TRANSFER_WAITING);
	assert_true(t->job.anew);
	wait_until(s, t, TRANSFER_MOVING);
	assert_true(stand_take_run(s, 1, &receiver));
	assert_true(pread(receiver.fds[FD_ARGS], blob, sizeof(blob), 0) > 0);
	assert_non_null(memmem(blob, sizeof(blob), "fresh", 6));
	stand_say_point(s, &receiver, 0, 0, 0);
	assert_false(t->job.anew);
	assert_true(stand_take_run(s, 0, &sender));
	stand_drop_run(&sender);
	stand_say_exit(s, &receiver, XFER_R_MISMATCH);
	assert_int_equal(t->state, TRANSFER_FAILED);
	assert_int_equal(t->reason, XFER_R_MISMATCH);
}

/* Each is a word that a courier may not say then: the transfer ends, with nothing else harmed. */
static void test_liars(void **state)
{
	struct stand *s = *state;
	static const struct {
		bool sender;
		struct runctl m;
	} lies[] = {
		{ true, { .type = RUNCTL_POINT } },
		{ false, { .type = RUNCTL_POINT } }, /* a second one */
		{ false, { .type = RUNCTL_PROBLEM, .a = EACCES, .text = "x" } },
		{ true, { .type = RUNCTL_PROBLEM, .a = EACCES, .text = "a\033[2J" } },
		{ true, { .type = RUNCTL_PROBLEM, .a = 0, .text = "x" } },
		{ true, { .type = RUNCTL_WINCH, .a = 1, .b = 1 } },
		{ false, { .type = RUNCTL_EXIT, .a = -5000 } },
		{ false, { .type = RUNCTL_EXIT, .a = 256 } },
		{ false, { .type = 99 } },
		{ true, { .type = RUNCTL_PROGRESS, .zero = 1 } },
	};

	stand_allow(s, 0, "work", "web", RULE_WRITE);
	for (size_t i = 0; i < COUNT(lies); i++) {
		struct transfer *t = stand_begin(s, TRANSFER_SEND);
		struct got receiver, sender;

		stand_move(s, &receiver, &sender);
		stand_say(s, lies[i].sender ? &sender : &receiver, &lies[i].m);
		assert_int_equal(t->state, TRANSFER_MOVING);
		stand_say_exit(s, lies[i].sender ? &receiver : &sender, 0);
		assert_int_equal(t->state, TRANSFER_FAILED);
		assert_int_equal(t->reason, XFER_R_PROTOCOL);
		stand_drop_run(&receiver);
		stand_drop_run(&sender);
	}
}

static void test_flood(void **state)
{
	struct stand *s = *state;
	struct got receiver, sender;
	struct transfer *t;
	unsigned n = 0;

	stand_allow(s, 0, "work", "web", RULE_WRITE);
	t = stand_begin(s, TRANSFER_SEND);
	stand_move(s, &receiver, &sender);
	for (; !stand_is_closed(&sender) && n < 10000; n++) {
		struct runctl m = { .type = RUNCTL_PROGRESS, .n = { n + 1, 20000 } };

		send(sender.fds[FD_CONTROL], &m, sizeof(m), MSG_NOSIGNAL | MSG_DONTWAIT);
		stand_step(s);
	}
	assert_in_range(n, TRANSFER_WORDS_MAX - 10, TRANSFER_WORDS_MAX + 10);
	stand_say_exit(s, &receiver, 0);
	assert_int_equal(t->state, TRANSFER_FAILED);
	stand_drop_run(&sender);
}

/* Whatever two couriers say, in whatever order: no crash, and never done but by two zeros. */
static void test_random_couriers(void **state)
{
	struct stand *s = *state;
	uint64_t seed = 7;

	stand_allow(s, 0, "work", "web", RULE_WRITE);
	for (unsigned round = 0; round < 300; round++) {
		struct transfer *t = stand_begin(s, TRANSFER_SEND);
		struct got g[2] = { 0 };

		assert_true(stand_take_run(s, 1, &g[1]));
		for (unsigned i = 0; i < 12; i++) {
			unsigned who = unit_random(&seed) % 2;
			struct runctl m = { .type = 1 + unit_random(&seed) % 9,
				.a = (int32_t)(unit_random(&seed) % 30) - 2,
				.n = { unit_random(&seed) % 4 * XFER_DATA_MAX,
					unit_random(&seed) % 4 * XFER_DATA_MAX } };

			if (!g[0].nfds)
				stand_take_run(s, 0, &g[0]);
			if (g[who].nfds)
				send(g[who].fds[FD_CONTROL], &m, 1 + unit_random(&seed) % 20 ? sizeof(m) : 3,
					MSG_NOSIGNAL | MSG_DONTWAIT);
			stand_step(s);
		}
		if (!transfer_state_is_over(t->state))
			transfer_cancel(t, "Enough.");
		stand_drop_run(&g[0]);
		stand_drop_run(&g[1]);
		while (stand_take_run(s, 0, &g[0]) || stand_take_run(s, 1, &g[0]))
			stand_drop_run(&g[0]);
		transfer_free(t);
	}
	assert_int_equal(stand_journals(), 0);
}

static void test_bounds(void **state)
{
	struct stand *s = *state;
	struct transfer *list[TRANSFERS_VM_RUNS_MAX + 2];

	stand_allow(s, 0, "work", "web", RULE_WRITE);
	for (unsigned i = 0; i < COUNT(list); i++) {
		list[i] = stand_begin(s, TRANSFER_SEND);
		assert_int_equal(list[i]->state, i < TRANSFERS_VM_RUNS_MAX ? TRANSFER_MOVING : TRANSFER_WAITING);
	}
	/* one ends: the first that waits is the next */
	transfer_cancel(list[3], "Enough.");
	stand_step(s);
	assert_int_equal(list[TRANSFERS_VM_RUNS_MAX]->state, TRANSFER_MOVING);
	assert_int_equal(list[TRANSFERS_VM_RUNS_MAX + 1]->state, TRANSFER_WAITING);
}

/* --- what a guest asks for --- */

static int ask(struct stand *s, uint32_t id, uint32_t kind, const char *object)
{
	struct helper_request r = { .id = id, .kind = kind, .args_len = 9, .claim = "x" };

	snprintf(r.object, sizeof(r.object), "%s", object);
	return transfer_request(s->work, &r, fd_memfd_data("args", "\1\0\0\0abcd", 9));
}

/* The last answer to @id that work's courier got; 0: none. */
static uint32_t answer_to(struct stand *s, uint32_t id)
{
	uint32_t status = 0;
	struct got g;

	stand_step(s);
	for (;;) {
		ssize_t n = fd_recv_packet(s->courier[0], &g.msg, sizeof(g.msg), g.fds, HELPER_FDS_MAX, &g.nfds);

		if (n < 0)
			return status;
		assert_int_equal(helper_check_request(&g.msg, (size_t)n, g.nfds), 0);
		if (g.msg.type == HELPER_ANSWER && g.msg.answer.id == id)
			status = g.msg.answer.status;
		stand_drop_run(&g);
	}
}

static void test_request(void **state)
{
	struct stand *s = *state;
	struct got receiver;

	assert_int_equal(ask(s, 1, CTL_REQUEST_SEND, "web"), 0);
	assert_int_equal(answer_to(s, 1), CTL_ANSWER_DENIED);
	assert_int_equal(ask(s, 2, CTL_REQUEST_SEND, "nosuch"), 0);
	assert_int_equal(answer_to(s, 2), CTL_ANSWER_DENIED);
	assert_int_equal(ask(s, 3, CTL_REQUEST_SEND, "work"), 0);
	assert_int_equal(answer_to(s, 3), CTL_ANSWER_DENIED);
	stand_allow(s, 0, "work", "web", RULE_OPEN);
	assert_int_equal(ask(s, 4, CTL_REQUEST_URL, "web"), 0);
	assert_int_equal(answer_to(s, 4), CTL_ANSWER_MOVING);
	assert_int_equal(ask(s, 4, CTL_REQUEST_URL, "web"), -EBADMSG);
	assert_true(stand_take_run(s, 1, &receiver));
	assert_int_equal(receiver.msg.run.flags, CTL_RUN_URL);
	stand_say_exit(s, &receiver, 0);
	assert_int_equal(answer_to(s, 4), CTL_ANSWER_DONE);
	assert_int_equal(ask(s, 5, CTL_REQUEST_URL, "web"), 0);
	transfer_request_cancel(s->work, 5);
	assert_int_equal(answer_to(s, 5), CTL_ANSWER_CANCELLED);
}

static void test_request_flood(void **state)
{
	struct stand *s = *state;
	unsigned refused = 0;

	stand_allow(s, 0, "work", "web", RULE_OPEN);
	for (uint32_t id = 1; id <= HELPER_REQUESTS_MAX; id++)
		assert_int_equal(ask(s, id, CTL_REQUEST_URL, "web"), 0);
	assert_int_equal(ask(s, 99, CTL_REQUEST_URL, "web"), -EBADMSG);
	for (uint32_t id = 1; id <= HELPER_REQUESTS_MAX; id++)
		transfer_request_cancel(s->work, id);
	for (uint32_t id = 100; id < 200; id++) {
		assert_int_equal(ask(s, id, CTL_REQUEST_SEND, "web"), 0);
		refused += answer_to(s, id) == CTL_ANSWER_FAILED;
	}
	assert_int_equal(refused, 100 - (TRANSFER_REQUESTS_MAX - HELPER_REQUESTS_MAX));
}

static void test_request_not_sealed(void **state)
{
	struct stand *s = *state;
	struct helper_request r = { .id = 1, .kind = CTL_REQUEST_SEND, .args_len = 9, .claim = "x", .object = "web" };

	assert_int_equal(transfer_request(s->work, &r, memfd_create("open", MFD_CLOEXEC)), -EBADMSG);
	r.args_len = 8;
	assert_int_equal(transfer_request(s->work, &r, fd_memfd_data("args", "\1\0\0\0abcd", 9)), -EBADMSG);
}

/* --- the journal --- */

static void reopen(struct stand *s)
{
	transfers_close(&s->m);
	assert_int_equal(transfers_open(&s->m), 0);
	transfers_run(&s->m);
	stand_step(s);
}

static void test_journal(void **state)
{
	struct stand *s = *state;
	struct got receiver, sender;
	struct transfer *t;
	uint64_t id;

	stand_allow(s, 0, "work", "web", RULE_WRITE);
	t = stand_begin(s, TRANSFER_SEND);
	id = t->job.id;
	stand_move(s, &receiver, &sender);
	reopen(s);
	assert_true(stand_is_closed(&receiver) && stand_is_closed(&sender));
	stand_drop_run(&receiver);
	stand_drop_run(&sender);
	t = transfers_find(&s->m, id);
	assert_non_null(t);
	assert_int_equal(t->state, TRANSFER_MOVING);
	assert_false(t->job.may_start);
	stand_move(s, &receiver, &sender);
	assert_int_equal(sender.msg.run.args_len, 9);
	stand_say_exit(s, &sender, 0);
	stand_say_exit(s, &receiver, 0);
	assert_int_equal(t->state, TRANSFER_DONE);
	assert_int_equal(stand_journals(), 0);
	reopen(s);
	assert_null(s->m.transfers.list);
}

/* A rule that went while no vmosd ran. */
static void test_journal_denied_meanwhile(void **state)
{
	struct stand *s = *state;
	struct got g;

	stand_allow(s, 0, "work", "web", RULE_WRITE);
	stand_begin(s, TRANSFER_SEND);
	assert_true(stand_take_run(s, 1, &g));
	stand_drop_run(&g);
	s->m.rules.set.count = 0;
	reopen(s);
	assert_non_null(s->m.transfers.list);
	assert_int_equal(s->m.transfers.list->state, TRANSFER_FAILED);
	assert_int_equal(s->m.transfers.list->reason, XFER_R_REVOKED);
	assert_false(stand_take_run(s, 1, &g));
	assert_int_equal(stand_journals(), 0);
}

static void write_to(const char *id, const char *name, const void *data, size_t len)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/transfers/%s", stand_folder, id);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/transfers/%s/%s", stand_folder, id, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, data, len), 0);
	close(fd);
}

/* What is not whole is thrown away, what is stays. */
static void test_journal_hostile(void **state)
{
	struct stand *s = *state;
	struct transfer_job job = {
		.id = 1, .from = "work", .to = "web", .claim = "x", .args_len = 9, .allowed = true
	};
	char text[TRANSFER_JOB_MAX], *path;
	size_t len = transfer_job_format(&job, text);

	stand_allow(s, 0, "work", "web", RULE_WRITE);
	write_to("0000000000000001", "args", "\1\0\0\0abcd", 9);
	write_to("0000000000000001", "job", text, len);
	write_to("0000000000000002", "args", "\1\0\0\0abcd", 9); /* another's job */
	write_to("0000000000000002", "job", text, len);
	write_to("0000000000000003", "job", text, len); /* no args */
	write_to("0000000000000004", "args", "\1\0\0\0abcd", 9); /* no job */
	write_to("nonsense", "job", text, len);
	write_to("new-0000000000000006", "job", text, len); /* cut off in the making */
	job.id = 7;
	len = transfer_job_format(&job, text);
	write_to("0000000000000007", "job", text, len - 3); /* cut */
	write_to("0000000000000007", "args", "\1\0\0\0abcd", 9);
	job.id = 8;
	len = transfer_job_format(&job, text);
	write_to("0000000000000008", "job", text, len);
	write_to("0000000000000008", "args", "\1\0\0\0abcdefgh", 13); /* longer than it says */
	path = paths_join(stand_folder, "transfers", "link", NULL);
	assert_int_equal(symlink("/etc", path), 0);
	free(path);
	reopen(s);
	assert_non_null(transfers_find(&s->m, 1));
	assert_null(transfers_find(&s->m, 1)->next);
	assert_int_equal(stand_journals(), 1);
	assert_int_equal(access("/etc/passwd", F_OK), 0);
}

static void test_journal_request(void **state)
{
	struct stand *s = *state;

	stand_allow(s, 0, "work", "web", RULE_OPEN);
	assert_int_equal(ask(s, 5, CTL_REQUEST_OPEN, "web"), 0);
	assert_int_equal(answer_to(s, 5), CTL_ANSWER_MOVING);
	reopen(s);
	assert_int_equal(answer_to(s, 5), 0); /* not before its courier has told of it again */
	assert_int_equal(ask(s, 5, CTL_REQUEST_OPEN, "web"), 0);
	assert_int_equal(answer_to(s, 5), CTL_ANSWER_MOVING);
	assert_null(s->m.transfers.list->next);
}

#define ON_STAND(test) cmocka_unit_test_setup_teardown(test, stand_setup, stand_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_STAND(test_honest),
		ON_STAND(test_denied),
		ON_STAND(test_revoked),
		ON_STAND(test_asked),
		ON_STAND(test_goes_on),
		ON_STAND(test_anew),
		ON_STAND(test_liars),
		ON_STAND(test_flood),
		ON_STAND(test_random_couriers),
		ON_STAND(test_bounds),
		ON_STAND(test_request),
		ON_STAND(test_request_flood),
		ON_STAND(test_request_not_sealed),
		ON_STAND(test_journal),
		ON_STAND(test_journal_denied_meanwhile),
		ON_STAND(test_journal_hostile),
		ON_STAND(test_journal_request),
	};
	int r;

	if (!mkdtemp(stand_folder))
		return 1;
	r = cmocka_run_group_tests(tests, NULL, NULL);
	paths_remove(stand_folder);
	return r;
}
