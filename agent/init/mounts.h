/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a fresh system has mounted, and small things to do with files at boot. */
#ifndef AGENT_INIT_MOUNTS_H
#define AGENT_INIT_MOUNTS_H

#include <sys/types.h>

#define USER_NAME "user"
#define USER_UID 1000
#define USER_GID 1000
#define USER_HOME "/home/user"
#define USER_RUNTIME "/run/user/1000"

/* Mounts the kernel's file systems and the volatile ones; a failure is logged and survived. */
void mounts_make(void);

/* mount(2), with the mount point made when it is missing. -errno. */
int mounts_one(const char *source, const char *target, const char *type, unsigned long flags, const char *data);

/* Sets the host name and the loopback device up. @name may be NULL. */
void mounts_network(const char *name);

/* /run/user/1000, the user's alone. -errno. */
int mounts_runtime(void);

/* Copies the regular files and the folders of @from into @to, as @uid's and @gid's. -errno. */
int mounts_copy_files(const char *from, const char *to, uid_t uid, gid_t gid);

#endif
