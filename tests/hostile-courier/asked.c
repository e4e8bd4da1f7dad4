/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/hostile-courier/asked.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

void asked_start(struct asked *a, const char *program)
{
	courier_start(&a->courier, program, 1);
	agent_start(&a->agent, &a->courier);
	asked_expect_ready(a);
}

void asked_expect_ready(struct asked *a)
{
	struct helper_msg m;

	do {
		CHECK(courier_expect(&a->courier, HELPER_GUEST, &m));
	} while (m.guest.state != HELPER_GUEST_READY);
}

void asked_run(struct asked *a, char *word)
{
	struct command cmd = { .in = -1, .out = -1 };

	CHECK(command_run(&a->courier, ++a->next_run, (char *[]){ word, NULL }, &cmd));
	command_close(&cmd);
}

void asked_return(struct asked *a, bool is_old)
{
	atomic_store(&a->agent.is_old, is_old);
	asked_run(a, "leave");
	asked_expect_ready(a);
}

void asked_adopt(struct asked *a)
{
	struct helper_msg m = { .type = HELPER_ADOPT };

	close(a->courier.sock);
	a->courier.sock = fd_unix_connect(a->courier.path, SOCK_SEQPACKET);
	CHECK(a->courier.sock >= 0 && courier_send(&a->courier, &m, NULL, 0));
	asked_expect_ready(a);
}

void asked_expect_refusal(struct asked *a)
{
	struct helper_msg m;
	int status;

	CHECK(courier_expect(&a->courier, HELPER_FAILED, &m) && m.fail.reason == HELPER_REASON_PROTOCOL);
	agent_stop(&a->agent);
	status = courier_reap(&a->courier);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == HELPER_REASON_PROTOCOL);
}
