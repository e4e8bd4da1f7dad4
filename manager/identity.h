/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who a VM is to the kernel. In system mode each VM has a user id of its own,
 * shared by its QEMU and its helpers, and Smack labels; in session mode it is
 * the user who runs vmosd, and what is given to a VM below stays as it is.
 */
#ifndef MANAGER_IDENTITY_H
#define MANAGER_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "manager/labels.h"

/* Ids that Debian leaves free for programs (policy 9.2.2), also as groups of the same number. */
#define IDENTITY_UID_MIN 64100
#define IDENTITY_UID_MAX 65499

struct identity {
	bool apart; /* false: session mode, the fields below mean nothing */
	uid_t uid; /* and gid */
	const char *vm; /* its name, borrowed */
};

/* The lowest id that is not among the @n of @used; 0: there is none left. */
uint32_t identity_pick(const uint32_t *used, size_t n);
bool identity_uid_is_valid(uint32_t uid);

/* Adds the owners of the folders below @dir to @used, which has room for @cap and holds @n. The new number of them. */
size_t identity_scan_owners(const char *dir, uint32_t *used, size_t n, size_t cap);

/*
 * The folder @path: the VM may look for names in it, but make, rename and
 * remove none, so that what libvirtd and vmosd open there by name as root is
 * what they put there. -errno.
 */
int identity_own_folder(const struct identity *id, const char *path);
/* The file or socket @path, not followed if it is a symlink: the VM may read and write it, nobody else. -errno. */
int identity_own_file(const struct identity *id, const char *path);
/* What @fd refers to gets the VM's label of @kind. -errno. */
int identity_label_fd(const struct identity *id, int fd, enum label_kind kind);

/* 0: the peer of @sock is a process of the VM, else -EPERM; @ret_pid (may be NULL): which one. */
int identity_check_peer(const struct identity *id, int sock, pid_t *ret_pid);

/* In a child, before exec: becomes a process of the VM with the label of @kind and without capabilities. -errno: it must not go on. */
int identity_become(const struct identity *id, enum label_kind kind);

#endif
