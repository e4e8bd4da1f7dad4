/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Account look-ups that let libvirt's embedded driver open for root: see root_account.c. */
#ifndef MANAGER_ROOT_ACCOUNT_H
#define MANAGER_ROOT_ACCOUNT_H

#include <grp.h>
#include <pwd.h>

int getpwnam_r(const char *name, struct passwd *pwd, char *buf, size_t len, struct passwd **result);
int getgrnam_r(const char *name, struct group *grp, char *buf, size_t len, struct group **result);

#endif
