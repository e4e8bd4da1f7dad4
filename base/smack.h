/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Smack (Documentation/admin-guide/LSM/Smack.rst) without a library: labels of
 * files, fds and processes, and the kernel's rules. The kernel cuts a label at
 * a character it does not know instead of refusing it, so each label is
 * checked before and read back after it is set. All return 0 or -errno.
 */
#ifndef BASE_SMACK_H
#define BASE_SMACK_H

#include <stdbool.h>
#include <stddef.h>

#define SMACK_LABEL_MAX 255
#define SMACK_FS "/sys/fs/smackfs"

/* [A-Za-z0-9][A-Za-z0-9_.-]*, at most SMACK_LABEL_MAX bytes, or one of the kernel's own: _ ^ * ? @ */
bool smack_label_is_valid(const char *label);
/* One or more of the letters rwxatl, or "-" alone. */
bool smack_access_is_valid(const char *access);
/* Whether @word stands in @list, whose words are parted by commas, blanks or newlines (lsm, onlycap). */
bool smack_list_has(const char *list, const char *word);
/* Writes "@subject @object @access", as load2 and access2 take it. Its length; -EINVAL: no valid label or access. */
int smack_rule_format(char *ret_text, size_t size, const char *subject, const char *object, const char *access);

/* Whether the running kernel decides by Smack: it is in /sys/kernel/security/lsm. -errno where that cannot be read. */
int smack_is_active(void);
/* Whether smackfs is mounted at SMACK_FS. */
bool smack_fs_is_mounted(void);

/*
 * Label of the calling thread from now on, and of what it starts. Needs
 * CAP_MAC_ADMIN. -EINVAL: no valid label. -EBADE: it reads back as another.
 */
int smack_self_set(const char *label);
/* Label of process @pid (0: our own) into @ret_label, SMACK_LABEL_MAX + 1 bytes. */
int smack_process_get(int pid, char *ret_label);

/*
 * security.SMACK64 of the file at @path, which is not followed if it is a
 * symlink. A socket's file is always "*" (set: -EINVAL); smack_fd_set() on the
 * socket itself says who may connect.
 */
int smack_path_set(const char *path, const char *label);
int smack_path_get(const char *path, char *ret_label);
/*
 * Label of what @fd refers to: SMACK64 of a file or memfd; of a socket
 * SMACK64IPIN and SMACK64IPOUT, which decide who may connect to it and
 * receive it (get: -EBADE where the two differ). A file system without
 * attributes takes a label as well, and loses it with the inode.
 */
int smack_fd_set(int fd, const char *label);
int smack_fd_get(int fd, char *ret_label);

/* Loads "@subject @object @access" into the kernel, in place of what was there for this pair. "-": no right. */
int smack_rule_load(const char *subject, const char *object, const char *access);
/* Takes every right from @subject that a rule gave it. What is open or mapped stays so: Smack does not look again. */
int smack_rule_revoke(const char *subject);
/* 1: the kernel lets @subject do all of @access to @object; 0: it does not. Anybody may ask. */
int smack_may(const char *subject, const char *object, const char *access);

/* Reads a one-line file of smackfs ("onlycap", "ptrace"), without the newline. -EMSGSIZE: it does not fit. */
int smack_fs_read(const char *name, char *ret_text, size_t size);
int smack_fs_write(const char *name, const char *text);

#endif
