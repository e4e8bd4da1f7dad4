/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Acts that a confined process must not be able to do, each tried in a child of its own. */
#ifndef TESTS_UNIT_CHILD_H
#define TESTS_UNIT_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"

#define CHILD_DONE 42 /* exit status: the act succeeded */

/* Runs @prepare then @act in a child; its wait status. 99 as exit status: @prepare failed. */
static inline int child_status(bool (*prepare)(void), bool (*act)(void))
{
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (!prepare())
			_exit(99);
		_exit(act() ? CHILD_DONE : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* The act failed, or the kernel killed who tried it. */
static inline bool child_refused(bool (*prepare)(void), bool (*act)(void))
{
	int status = child_status(prepare, act);

	return (WIFEXITED(status) && WEXITSTATUS(status) == 0) || (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}

static inline bool child_done(bool (*prepare)(void), bool (*act)(void))
{
	int status = child_status(prepare, act);

	return WIFEXITED(status) && WEXITSTATUS(status) == CHILD_DONE;
}

struct child_act {
	const char *name;
	bool (*act)(void);
};

/*
 * None of @acts can be done after @prepare. Each can in a child without it, so
 * that the test sees the sandbox and not the machine; where a machine refuses
 * one by itself (a container, io_uring switched off) it says so and goes on.
 */
static inline void child_check_refused(
	bool (*free_child)(void), bool (*prepare)(void), const struct child_act *acts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!child_done(free_child, acts[i].act))
			print_message("%s: refused by this machine without the sandbox too\n", acts[i].name);
		if (!child_refused(prepare, acts[i].act))
			fail_msg("%s was not refused", acts[i].name);
	}
}

#endif
