/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DESKTOP_SANDBOX_H
#define DESKTOP_SANDBOX_H

/* Enters the sandbox for good: see the comment in sandbox.c. 0 or -errno. */
int desktop_sandbox(void);

#endif
