/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * security_smack_file.c: the Smack label of one file, set and given back
 *
 * What a file's label was is kept in its extended attributes with a count of
 * users (security_util.c), and comes back with the last of them.
 *
 * A file that is given back without such a memory gets SECURITY_SMACK_OFF: it
 * may hold a guest's data, and the kernel lets everybody read what is "_".
 */

#include <config.h>

#include <sys/stat.h>
#ifdef __linux__
# include <sys/sysmacros.h>
# include <sys/xattr.h>
#endif

#include "security_smack.h"
#include "security_util.h"

#include "viralloc.h"
#include "virerror.h"
#include "virfile.h"
#include "virlog.h"
#include "virsmack.h"
#include "virstring.h"

#define VIR_FROM_THIS VIR_FROM_SECURITY

VIR_LOG_INIT("security.security_smack_file");

/* The kernel's label for everything nobody labelled: all may read it */
#define FLOOR "_"

/* The count of users that security_util.c keeps */
#define XATTR_USERS "trusted.libvirt.security.ref_" SECURITY_SMACK_NAME


/* Whether @label belongs to another domain than the one of @item */
static bool
virSecuritySmackIsForeign(const virSecuritySmackItem *item,
                          const char *label)
{
    g_autofree char *ours = virSecuritySmackStem(item->process);
    g_autofree char *theirs = virSecuritySmackStem(label);

    return theirs && STRNEQ_NULLABLE(ours, theirs) && STRNEQ(label, item->label);
}


/* Whether @path is a link that a confined process made, to what it likes */
static bool
virSecuritySmackIsTrap(const char *path)
{
#ifdef __linux__
    char label[VIR_SMACK_LABEL_MAX + 1] = { 0 };

    return virFileIsLink(path) == 1 &&
        lgetxattr(path, VIR_SMACK_XATTR, label, sizeof(label) - 1) > 0 &&
        g_str_has_suffix(label, ".qemu");
#else
    return false;
#endif
}


/*
 * Whether the label of @path says nothing: the kernel judges a connection by
 * the label of the listening socket, and its name in a file system is "*";
 * /dev/null and the like are never one domain's own.
 */
static bool
virSecuritySmackIsNeutral(const char *path)
{
#ifdef __linux__
    struct stat sb;

    return stat(path, &sb) == 0 &&
        (S_ISSOCK(sb.st_mode) ||
         (S_ISCHR(sb.st_mode) && major(sb.st_rdev) == 1));
#else
    return false;
#endif
}


/*
 * Whether @item keeps the label @now, because it is read only and QEMU may
 * read it: 1, 0, or -1 with an error reported.
 */
static int
virSecuritySmackIsReadable(const virSecuritySmackItem *item,
                           const char *now)
{
    int rc;

    if (!(item->flags & SECURITY_SMACK_READONLY))
        return 0;

    if (STREQ(now, FLOOR)) {
        VIR_DEBUG("Leaving '%s' alone, which everybody may read", item->path);
        return 1;
    }

    if (STREQ(now, item->label))
        return 0;

    if ((rc = virSmackMayAccess(item->process, now, "r")) < 0) {
        virReportSystemError(errno,
                             _("Unable to ask Smack whether '%1$s' may read '%2$s'"),
                             item->process, now);
        return -1;
    }

    VIR_DEBUG("'%s' of label '%s' may%s be read by '%s'",
              item->path, now, rc ? "" : " not", item->process);
    return rc;
}


static int
virSecuritySmackGetFileLabel(const char *path,
                             char **label)
{
    if (virSmackFileGetLabel(path, label) == 0)
        return 0;

    /* What the kernel answers for a file without one */
    if (errno == ENODATA) {
        *label = g_strdup(FLOOR);
        return 0;
    }

    virReportSystemError(errno, _("Unable to get the Smack label of '%1$s'"), path);
    return -1;
}


/* Takes back what virSecuritySmackRemember() did, errors left aside */
static void
virSecuritySmackRollback(const char *path,
                         const char *before)
{
    g_autofree char *label = NULL;
    virErrorPtr error;

    virErrorPreserveLast(&error);

    if (virSecurityGetRememberedLabel(SECURITY_SMACK_NAME, path, &label) < 0 ||
        (label && virSmackFileSetLabel(path, before) < 0))
        VIR_WARN("Unable to take back the Smack label of '%s'", path);

    virErrorRestore(&error);
}


/*
 * Notes in the extended attributes of @item that its label was @before.
 *
 * Returns: 1 if it is noted, 0 if the file system cannot, -1 otherwise.
 */
static int
virSecuritySmackRemember(const virSecuritySmackItem *item,
                         const char *before)
{
    int count = virSecuritySetRememberedLabel(SECURITY_SMACK_NAME,
                                              item->path, before);

    if (count == -2)
        return 0;

    if (count < 0)
        return -1;

    if (count > 1 && STRNEQ(before, item->label)) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("'%1$s' is in use with the Smack label '%2$s'"),
                       item->path, before);
        virSecuritySmackRollback(item->path, before);
        return -1;
    }

    return 1;
}


static int
virSecuritySmackSetItem(virSecuritySmackItem *item,
                        bool remember)
{
    g_autofree char *before = NULL;
    int readable;
    int noted = 0;

    if (virSecuritySmackIsTrap(item->path)) {
        virReportError(VIR_ERR_OPERATION_DENIED,
                       _("'%1$s' is a symbolic link made inside a domain's confinement"),
                       item->path);
        return -1;
    }

    if (virSecuritySmackIsNeutral(item->path))
        return 0;

    if (virSecuritySmackGetFileLabel(item->path, &before) < 0 ||
        (readable = virSecuritySmackIsReadable(item, before)) < 0)
        return -1;

    if (readable > 0)
        return 0;

    if (virSecuritySmackIsForeign(item, before)) {
        virReportError(VIR_ERR_OPERATION_DENIED,
                       _("'%1$s' has the Smack label '%2$s' of another domain; give it the label '%3$s' first if it is not in use"),
                       item->path, before, SECURITY_SMACK_OFF);
        return -1;
    }

    if (remember && (noted = virSecuritySmackRemember(item, before)) < 0)
        return -1;

    VIR_INFO("Setting Smack label of '%s' from '%s' to '%s'",
             item->path, before, item->label);

    if (STRNEQ(before, item->label) &&
        virSmackFileSetLabel(item->path, item->label) < 0) {
        if (noted)
            virSecuritySmackRollback(item->path, before);
        return -1;
    }

    item->before = g_steal_pointer(&before);
    return 0;
}


/*
 * The label that a file of label @now gets back: NULL if it stays as it is.
 * An attempt that ended before the label was set left a memory, too.
 */
static char *
virSecuritySmackRecall(const virSecuritySmackItem *item,
                       const char *path,
                       const char *now,
                       bool remember)
{
    g_autofree char *before = NULL;
    bool ours = STREQ(now, item->label);
    int rc = -2;

    if (!ours && virSecuritySmackIsForeign(item, now))
        return NULL;

    if (remember)
        rc = virSecurityGetRememberedLabel(SECURITY_SMACK_NAME, path, &before);

    if (rc == 0 && !before)
        return NULL;

    if (rc == 0 && (virSmackLabelIsValid(before) || STREQ(before, FLOOR) ||
                    STREQ(before, "*") || STREQ(before, "^")))
        return g_steal_pointer(&before);

    if (!ours)
        return NULL;

    return g_strdup(SECURITY_SMACK_OFF);
}


/* No error is reported here: the caller may be dealing with another one */
static int
virSecuritySmackRestoreItem(const virSecuritySmackItem *item,
                            bool remember)
{
    g_autofree char *path = NULL;
    g_autofree char *now = NULL;
    g_autofree char *label = NULL;

    if (!virFileExists(item->path) || virSecuritySmackIsNeutral(item->path))
        return 0;

    if (virFileResolveLink(item->path, &path) < 0 ||
        virSmackFileGetLabel(path, &now) < 0) {
        VIR_WARN("Unable to restore the Smack label of '%s': %s",
                 item->path, g_strerror(errno));
        return -1;
    }

    if (!(label = virSecuritySmackRecall(item, path, now, remember)) ||
        STREQ(label, now)) {
        VIR_DEBUG("Leaving '%s' with the label '%s'", path, now);
        return 0;
    }

    VIR_INFO("Restoring Smack label of '%s' from '%s' to '%s'", path, now, label);

    if (virSmackFileSetLabel(path, label) < 0)
        return -1;

    return 0;
}


/**
 * virSecuritySmackItemIsIdle:
 * @item: a file to label or to give back
 *
 * Whether nothing will be done: such a file needs no lock, and may not be
 * open to one.
 */
bool
virSecuritySmackItemIsIdle(const virSecuritySmackItem *item)
{
    g_autofree char *now = NULL;
    g_autofree char *users = NULL;

    if (!(item->flags & SECURITY_SMACK_READONLY) ||
        virSmackFileGetLabel(item->path, &now) < 0)
        return false;

    if (!item->restore)
        return virSecuritySmackIsReadable(item, now) > 0;

    return STRNEQ(now, item->label) &&
        virFileGetXAttrQuiet(item->path, XATTR_USERS, &users) < 0;
}


/**
 * virSecuritySmackItemRun:
 * @item: a file to label or to give back
 * @remember: whether its label before is kept in the file, or found there
 *
 * Returns: 0 on success, -1 otherwise (with error reported when setting).
 */
int
virSecuritySmackItemRun(virSecuritySmackItem *item,
                        bool remember)
{
    if (item->restore)
        return virSecuritySmackRestoreItem(item, remember);

    return virSecuritySmackSetItem(item, remember);
}


/**
 * virSecuritySmackItemUndo:
 * @item: a file that was labelled by virSecuritySmackItemRun()
 * @remember: as it was then
 *
 * Takes the label back because another file could not be labelled.
 */
void
virSecuritySmackItemUndo(const virSecuritySmackItem *item,
                         bool remember)
{
    virErrorPtr error;

    if (item->restore || !item->before)
        return;

    virErrorPreserveLast(&error);

    if (remember)
        ignore_value(virSecuritySmackRestoreItem(item, true));
    else if (virSmackFileSetLabel(item->path, item->before) < 0)
        VIR_WARN("Unable to take back the Smack label of '%s'", item->path);

    virErrorRestore(&error);
}
