/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * virsmack.c: the kernel's Smack interface: labels and rules
 *
 * The kernel ends a label at the first character it does not know instead of
 * refusing it, so that two labels can become one. Therefore each label is
 * checked before it is set and read back afterwards.
 */

#include <config.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
# include <sys/vfs.h>
# include <sys/xattr.h>
#endif

#include "virsmack.h"

#include "viralloc.h"
#include "virerror.h"
#include "virfile.h"
#include "virlog.h"
#include "virstring.h"

#define VIR_FROM_THIS VIR_FROM_SECURITY

VIR_LOG_INIT("util.smack");

/* include/uapi/linux/magic.h */
#define VIR_SMACK_FS_MAGIC 0x43415d53

/* The longest line smackfs takes: two labels, two access strings, blanks */
#define VIR_SMACK_LINE_MAX 1024


/**
 * virSmackLabelIsValid:
 * @label: label to check
 *
 * A label is 1 to 255 of the characters A-Z a-z 0-9 _ . - and begins with a
 * letter or a digit. This excludes the kernel's own labels _ ^ * ? @, which
 * carry rights without any rule, and everything that the kernel would cut.
 */
bool
virSmackLabelIsValid(const char *label)
{
    size_t i;

    if (!label || !g_ascii_isalnum(label[0]))
        return false;

    for (i = 0; label[i]; i++) {
        if (!g_ascii_isalnum(label[i]) && !strchr("_.-", label[i]))
            return false;
    }

    return i <= VIR_SMACK_LABEL_MAX;
}


/**
 * virSmackIsUsable:
 * @reason: filled with the cause if Smack cannot be used
 *
 * Returns: 1 if the kernel decides by Smack and its file system is mounted,
 *          0 otherwise.
 */
int
virSmackIsUsable(const char **reason)
{
#ifdef __linux__
    g_autofree char *lsm = NULL;
    g_auto(GStrv) names = NULL;
    struct statfs fs;

    if (statfs(VIR_SMACK_FS, &fs) == 0 &&
        (unsigned long) fs.f_type == VIR_SMACK_FS_MAGIC) {
        if (geteuid() == 0)
            return 1;

        *reason = N_("only root may set Smack labels");
        return 0;
    }

    *reason = N_("the kernel runs without Smack: boot it with security=smack");

    if (virFileReadAllQuiet("/sys/kernel/security/lsm",
                            VIR_SMACK_LINE_MAX, &lsm) >= 0) {
        names = g_strsplit(lsm, ",", 0);
        if (g_strv_contains((const char *const *) names, "smack"))
            *reason = N_("smackfs is not mounted at " VIR_SMACK_FS);
    }
#else
    *reason = N_("Smack is part of Linux only");
#endif

    return 0;
}


/**
 * virSmackFSWrite:
 * @file: name of a file in smackfs
 * @text: what to write, in one call
 *
 * Returns: 0 on success, -1 otherwise (with errno set, no error reported).
 */
int
virSmackFSWrite(const char *file,
                const char *text)
{
    g_autofree char *path = g_strdup_printf("%s/%s", VIR_SMACK_FS, file);
    VIR_AUTOCLOSE fd = open(path, O_WRONLY | O_CLOEXEC);
    ssize_t len = strlen(text);

    if (fd < 0)
        return -1;

    if (write(fd, text, len) != len)
        return -1;

    return 0;
}


/**
 * virSmackFSRead:
 * @file: name of a file in smackfs
 * @text: filled with its content, without the last newline
 *
 * Returns: 0 on success, -1 otherwise (with errno set, no error reported).
 */
int
virSmackFSRead(const char *file,
               char **text)
{
    g_autofree char *path = g_strdup_printf("%s/%s", VIR_SMACK_FS, file);
    int rc;

    if ((rc = virFileReadAllQuiet(path, 64 * VIR_SMACK_LINE_MAX, text)) < 0) {
        errno = -rc;
        return -1;
    }

    virStringTrimOptionalNewline(*text);
    return 0;
}


/**
 * virSmackRuleLoad:
 * @subject: label of the process
 * @object: label of what it accesses
 * @access: letters of "rwxatl", or "-" for none
 *
 * Tells the kernel what @subject may do to @object, instead of what it was
 * told about this pair before.
 *
 * Returns: 0 on success, -1 otherwise (with error reported).
 */
int
virSmackRuleLoad(const char *subject,
                 const char *object,
                 const char *access)
{
    g_autofree char *rule = g_strdup_printf("%s %s %s", subject, object, access);

    VIR_DEBUG("Loading Smack rule '%s'", rule);

    if (virSmackFSWrite("load2", rule) < 0) {
        virReportSystemError(errno, _("Unable to load Smack rule '%1$s'"), rule);
        return -1;
    }

    return 0;
}


/**
 * virSmackSubjectRevoke:
 * @subject: label of a process
 *
 * Takes from @subject whatever rules gave it.
 *
 * Returns: 0 on success, -1 otherwise (with error reported).
 */
int
virSmackSubjectRevoke(const char *subject)
{
    VIR_DEBUG("Revoking Smack rules of '%s'", subject);

    if (virSmackFSWrite("revoke-subject", subject) < 0) {
        virReportSystemError(errno,
                             _("Unable to revoke Smack rules of '%1$s'"), subject);
        return -1;
    }

    return 0;
}


/**
 * virSmackMayAccess:
 * @subject: label of the process
 * @object: label of what it accesses
 * @access: letters of "rwxatl"
 *
 * Returns: 1 if the kernel lets @subject do all of @access to @object,
 *          0 if it does not,
 *         -1 if it could not be asked (with errno set, no error reported).
 */
int
virSmackMayAccess(const char *subject,
                  const char *object,
                  const char *access)
{
    g_autofree char *query = g_strdup_printf("%s %s %s", subject, object, access);
    VIR_AUTOCLOSE fd = open(VIR_SMACK_FS "/access2", O_RDWR | O_CLOEXEC);
    ssize_t len = strlen(query);
    char answer = '0';

    if (fd < 0)
        return -1;

    /* The answer belongs to this open file and begins at offset 0 */
    if (write(fd, query, len) != len ||
        pread(fd, &answer, 1, 0) != 1)
        return -1;

    return answer == '1';
}


/**
 * virSmackProcessGetLabel:
 * @pid: a process, 0 for the calling thread
 * @label: filled with its label
 *
 * Returns: 0 on success, -1 otherwise (with error reported).
 */
int
virSmackProcessGetLabel(pid_t pid,
                        char **label)
{
    const char *names[] = { "attr/smack/current", "attr/current" };
    int rc = -ENOENT;
    size_t i;

    /* Linux before 5.1 lacks the first one */
    for (i = 0; i < G_N_ELEMENTS(names) && rc == -ENOENT; i++) {
        g_autofree char *path = NULL;

        if (pid == 0)
            path = g_strdup_printf("/proc/thread-self/%s", names[i]);
        else
            path = g_strdup_printf("/proc/%lld/%s", (long long) pid, names[i]);

        rc = virFileReadAllQuiet(path, VIR_SMACK_LINE_MAX, label);
    }

    if (rc < 0) {
        virReportSystemError(-rc, _("Unable to get the Smack label of process %1$lld"),
                             (long long) pid);
        return -1;
    }

    virStringTrimOptionalNewline(*label);
    return 0;
}


static int
virSmackProcessWriteLabel(const char *label)
{
    ssize_t len = strlen(label);
    VIR_AUTOCLOSE fd = open("/proc/thread-self/attr/smack/current",
                            O_WRONLY | O_CLOEXEC);

    if (fd < 0 && errno == ENOENT)
        fd = open("/proc/thread-self/attr/current", O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return -1;

    return write(fd, label, len) == len ? 0 : -1;
}


/**
 * virSmackProcessSetLabel:
 * @label: label
 *
 * Gives the calling thread @label, from now on and across exec. It needs
 * CAP_MAC_ADMIN, which is ineffective afterwards unless @label is in
 * smackfs' onlycap: there is no way back.
 *
 * Returns: 0 on success, -1 otherwise (with error reported).
 */
int
virSmackProcessSetLabel(const char *label)
{
    g_autofree char *now = NULL;

    if (!virSmackLabelIsValid(label)) {
        virReportError(VIR_ERR_INTERNAL_ERROR,
                       _("Invalid Smack label '%1$s' for a process"), label);
        return -1;
    }

    if (virSmackProcessWriteLabel(label) < 0) {
        virReportSystemError(errno,
                             _("Unable to set Smack label '%1$s' of a process"),
                             label);
        return -1;
    }

    if (virSmackProcessGetLabel(0, &now) < 0)
        return -1;

    if (STRNEQ(now, label)) {
        virReportError(VIR_ERR_INTERNAL_ERROR,
                       _("Smack label '%1$s' of a process reads back as '%2$s'"),
                       label, now);
        return -1;
    }

    return 0;
}


/**
 * virSmackFileGetLabel:
 * @path: a file, symbolic links are followed
 * @label: filled with its label
 *
 * Returns: 0 on success, -1 otherwise (with errno set, no error reported).
 */
int
virSmackFileGetLabel(const char *path,
                     char **label)
{
    return virFileGetXAttrQuiet(path, VIR_SMACK_XATTR, label);
}


/**
 * virSmackFileSetLabel:
 * @path: a file, symbolic links are followed
 * @label: label
 *
 * Returns: 0 on success, -1 otherwise (with errno set AND error reported).
 */
int
virSmackFileSetLabel(const char *path,
                     const char *label)
{
    g_autofree char *now = NULL;

    if (virFileSetXAttr(path, VIR_SMACK_XATTR, label) < 0)
        return -1;

    if (virSmackFileGetLabel(path, &now) < 0 || STRNEQ(now, label)) {
        virReportError(VIR_ERR_INTERNAL_ERROR,
                       _("Smack label '%1$s' of '%2$s' reads back as '%3$s'"),
                       label, path, NULLSTR(now));
        errno = EBADE;
        return -1;
    }

    return 0;
}


/**
 * virSmackNodeSetLabel:
 * @path: a file below @top
 * @top: a directory
 * @label: label
 *
 * Sets @label of @path itself, not of what it links to, and of each
 * directory between it and @top, so that who may access @label gets there.
 *
 * Returns: 0 on success, -1 otherwise (with error reported).
 */
int
virSmackNodeSetLabel(const char *path,
                     const char *top,
                     const char *label)
{
#ifdef __linux__
    g_autofree char *node = g_strdup(path);
    char *slash;

    while (STRPREFIX(node, top) && strlen(node) > strlen(top)) {
        if (lsetxattr(node, VIR_SMACK_XATTR, label, strlen(label), 0) < 0) {
            virReportSystemError(errno,
                                 _("Unable to set Smack label '%1$s' of '%2$s'"),
                                 label, node);
            return -1;
        }

        if (!(slash = strrchr(node, '/')))
            break;
        *slash = '\0';
    }
#endif

    return 0;
}


static const char *
virSmackFDAttribute(int fd)
{
    struct stat sb;

    if (fstat(fd, &sb) == 0 && S_ISSOCK(sb.st_mode))
        return VIR_SMACK_XATTR_IPIN;

    return VIR_SMACK_XATTR;
}


/**
 * virSmackFDGetLabel:
 * @fd: file descriptor
 * @label: filled with the label of what it refers to
 *
 * Returns: 0 on success, -1 otherwise (with errno set, no error reported).
 */
int
virSmackFDGetLabel(int fd,
                   char **label)
{
#ifdef __linux__
    char buf[VIR_SMACK_LABEL_MAX + 1];
    ssize_t len = fgetxattr(fd, virSmackFDAttribute(fd), buf, sizeof(buf) - 1);

    if (len < 0)
        return -1;

    *label = g_strndup(buf, len);
    return 0;
#else
    errno = ENOSYS;
    return -1;
#endif
}


/**
 * virSmackFDSetLabel:
 * @fd: file descriptor
 * @label: label
 *
 * Sets the label of what @fd refers to: of a file or pipe the one that
 * decides who may open or receive it, of a socket those that decide who may
 * connect to it and whom it may be passed to.
 *
 * Returns: 0 on success, -1 otherwise (with error reported).
 */
int
virSmackFDSetLabel(int fd,
                   const char *label)
{
#ifdef __linux__
    const char *attribute = virSmackFDAttribute(fd);
    g_autofree char *now = NULL;
    size_t len = strlen(label);

    if (fsetxattr(fd, attribute, label, len, 0) < 0 ||
        (STREQ(attribute, VIR_SMACK_XATTR_IPIN) &&
         fsetxattr(fd, VIR_SMACK_XATTR_IPOUT, label, len, 0) < 0)) {
        virReportSystemError(errno,
                             _("Unable to set Smack label '%1$s' of fd %2$d"),
                             label, fd);
        return -1;
    }

    if (virSmackFDGetLabel(fd, &now) < 0 || STRNEQ(now, label)) {
        virReportError(VIR_ERR_INTERNAL_ERROR,
                       _("Smack label '%1$s' of fd %2$d reads back as '%3$s'"),
                       label, fd, NULLSTR(now));
        return -1;
    }

    return 0;
#else
    virReportSystemError(ENOSYS,
                         _("Unable to set Smack label '%1$s' of fd %2$d"),
                         label, fd);
    return -1;
#endif
}
