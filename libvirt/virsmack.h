/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * virsmack.h: the kernel's Smack interface: labels and rules
 */

#pragma once

#include "internal.h"

#ifndef ATTRIBUTE_MOCKABLE
# define ATTRIBUTE_MOCKABLE G_NO_INLINE
#endif

#define VIR_SMACK_LABEL_MAX 255
#define VIR_SMACK_FS "/sys/fs/smackfs"
#define VIR_SMACK_XATTR "security.SMACK64"
#define VIR_SMACK_XATTR_IPIN "security.SMACK64IPIN"
#define VIR_SMACK_XATTR_IPOUT "security.SMACK64IPOUT"

bool virSmackLabelIsValid(const char *label);

int virSmackIsUsable(const char **reason)
    ATTRIBUTE_MOCKABLE;

int virSmackFSWrite(const char *file,
                    const char *text)
    ATTRIBUTE_MOCKABLE;
int virSmackFSRead(const char *file,
                   char **text)
    ATTRIBUTE_MOCKABLE;

int virSmackRuleLoad(const char *subject,
                     const char *object,
                     const char *access);
int virSmackSubjectRevoke(const char *subject);
int virSmackMayAccess(const char *subject,
                      const char *object,
                      const char *access)
    ATTRIBUTE_MOCKABLE;

int virSmackProcessGetLabel(pid_t pid,
                            char **label)
    ATTRIBUTE_MOCKABLE;
int virSmackProcessSetLabel(const char *label)
    ATTRIBUTE_MOCKABLE;

int virSmackFileGetLabel(const char *path,
                         char **label);
int virSmackFileSetLabel(const char *path,
                         const char *label);
int virSmackNodeSetLabel(const char *path,
                         const char *top,
                         const char *label);

int virSmackFDGetLabel(int fd,
                       char **label)
    ATTRIBUTE_MOCKABLE;
int virSmackFDSetLabel(int fd,
                       const char *label)
    ATTRIBUTE_MOCKABLE;
