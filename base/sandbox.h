/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sandbox of a helper, in named stages, entered before the first guest byte is read:
 *   sandbox_start()  no new privileges, dumpable off except to ourselves, rlimits (no core, no new files)
 *   sandbox_files()  Landlock: no file system access at all, and from ABI 4 no TCP, from ABI 6 no signals or
 *                    abstract sockets outside; degrades by ABI and reports which one is active (0: none)
 *   sandbox_calls()  seccomp: the allow list, all else kills the process (ENOSYS where a library probes)
 */
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include <stddef.h>

/* Stages return 0 or -errno; sandbox_files gives the Landlock ABI (0: the kernel has none). */
int sandbox_start(void);
int sandbox_files(void);
/* @names: NULL-terminated list of system call names allowed besides the common ones every helper needs
 * (read, write, readv, writev, close, epoll_*, recvmsg, sendmsg, futex, clock_gettime, exit, …: sandbox.c has the list). */
int sandbox_calls(const char *const *names);
/* All three, one after the other. */
int sandbox_enter(const char *const *names);
/* The same without what sd-event and standard I/O need: for a loop that is poll(2) and nothing else. */
int sandbox_calls_bare(const char *const *names);

/* A call that is allowed only if its first argument is one of these. */
struct sandbox_choice {
	const char *name;
	const unsigned *firsts;
	size_t count;
};

/* The same, and what @choice says besides; NULL: nothing. */
int sandbox_calls_with(const char *const *names, const struct sandbox_choice *choice);

#endif
