/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "desktop/sandbox.h"

#include <stddef.h>

#include "base/sandbox.h"

/*
 * Should: happen once all files have been read (fonts, cursor theme, the
 * loader's libraries) and all pools made, before the guest is told of a
 * session and so before its first byte is read.
 * Mustn't: have the calls of sd-event's loop, or more than 40 in all. Needed are
 *   poll                       the event loop, and the look at the compositor's socket
 *   recvmsg, sendmsg, fcntl    libwayland, also for the fds it is sent; vmosd's packets
 *   read, write                eventfds
 *   accept4, getsockopt        a later vmosd at the listener, with
 *   geteuid                    who it is
 *   mmap (nothing executable)  a new keymap of the compositor's, read-only; malloc
 *   madvise                    memory of frame buffers that end
 *   memfd_create, lseek        what the user copies, on its way to vmosd
 *   clock_gettime              the time of a frame, the age of a press
 */
int desktop_sandbox(void)
{
	static const char *const calls[] = { "memfd_create", NULL };
	int r = sandbox_start();

	if (r >= 0)
		r = sandbox_files();
	if (r >= 0)
		r = sandbox_calls_bare(calls);
	return r < 0 ? r : 0;
}
