/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * security_smack_transaction.c: Smack labels of many files at once
 *
 * Between the start and the commit of a transaction labels are not changed
 * but listed; the commit works through the list inside the domain's mount
 * namespace, and takes everything back if one label cannot be set.
 */

#include <config.h>

#include "security_smack.h"
#include "security_util.h"

#include "viralloc.h"
#include "virerror.h"
#include "virfile.h"
#include "virlog.h"
#include "virprocess.h"
#include "virstring.h"
#include "virthread.h"

#define VIR_FROM_THIS VIR_FROM_SECURITY

VIR_LOG_INIT("security.security_smack_transaction");

typedef struct _virSecuritySmackList virSecuritySmackList;
struct _virSecuritySmackList {
    virSecurityManager *manager;
    char **sharedFilesystems;
    virSecuritySmackItem **items;
    size_t nitems;
    bool lock;
    bool lockMetadataException;
};

static virThreadLocal transaction;


static void
virSecuritySmackItemFree(virSecuritySmackItem *item)
{
    g_free(item->path);
    g_free(item->label);
    g_free(item->process);
    g_free(item->before);
    g_free(item);
}


static void
virSecuritySmackListFree(void *opaque)
{
    virSecuritySmackList *list = opaque;
    size_t i;

    if (!list)
        return;

    for (i = 0; i < list->nitems; i++)
        virSecuritySmackItemFree(list->items[i]);

    g_free(list->items);
    g_strfreev(list->sharedFilesystems);
    virObjectUnref(list->manager);
    g_free(list);
}


int
virSecuritySmackTransactionInit(void)
{
    static bool done;

    /* Each manager of the process shares the one key */
    if (done)
        return 0;

    if (virThreadLocalInit(&transaction, virSecuritySmackListFree) < 0) {
        virReportSystemError(errno, "%s",
                             _("Unable to initialize thread local variable"));
        return -1;
    }

    done = true;
    return 0;
}


/* Locks what is remembered; what cannot be locked is not remembered */
static int
virSecuritySmackListLock(virSecuritySmackList *list,
                         virSecurityManagerMetadataLockState **state)
{
    g_autofree const char **paths = g_new0(const char *, list->nitems);
    size_t npaths = 0;
    size_t i;
    size_t j;

    for (i = 0; i < list->nitems; i++) {
        if (virSecuritySmackItemIsIdle(list->items[i]))
            list->items[i]->remember = false;

        if (list->items[i]->remember &&
            !(list->items[i]->flags & SECURITY_SMACK_NOLOCK))
            paths[npaths++] = list->items[i]->path;
    }

#ifdef SECURITY_SMACK_API_11
    *state = virSecurityManagerMetadataLock(list->manager,
                                            list->sharedFilesystems,
                                            paths, npaths,
                                            list->lockMetadataException);
#else
    *state = virSecurityManagerMetadataLock(list->manager, paths, npaths);
#endif
    if (!*state)
        return -1;

    for (i = 0; i < list->nitems; i++) {
        if (list->items[i]->flags & SECURITY_SMACK_NOLOCK)
            continue;

        for (j = 0; j < (*state)->nfds; j++) {
            if (STREQ_NULLABLE(list->items[i]->path, (*state)->paths[j]))
                break;
        }

        if (j == (*state)->nfds)
            list->items[i]->remember = false;
    }

    return 0;
}


/* Runs in a child, in the domain's mount namespace: changes no driver state */
static int
virSecuritySmackTransactionRun(pid_t pid G_GNUC_UNUSED,
                               void *opaque)
{
    virSecuritySmackList *list = opaque;
    virSecurityManagerMetadataLockState *state = NULL;
    size_t i;
    int rc = 0;

    if (list->lock && virSecuritySmackListLock(list, &state) < 0)
        return -1;

    for (i = 0; i < list->nitems; i++) {
        virSecuritySmackItem *item = list->items[i];

        rc = virSecuritySmackItemRun(item, item->remember && list->lock);

        /* What is given back is given back whatever becomes of the rest */
        if (rc < 0 && !item->restore)
            break;
        rc = 0;
    }

    for (; rc < 0 && i > 0; i--)
        virSecuritySmackItemUndo(list->items[i - 1],
                                 list->items[i - 1]->remember && list->lock);

    if (state)
        virSecurityManagerMetadataUnlock(list->manager, &state);

    return rc;
}


static int
virSecuritySmackTransactionBegin(virSecurityManager *mgr,
                                 char *const *sharedFilesystems)
{
    virSecuritySmackList *list;

    if (virThreadLocalGet(&transaction)) {
        virReportError(VIR_ERR_INTERNAL_ERROR, "%s",
                       _("Another relabel transaction is already started"));
        return -1;
    }

    list = g_new0(virSecuritySmackList, 1);
    list->manager = virObjectRef(mgr);
    list->sharedFilesystems = g_strdupv((char **) sharedFilesystems);

    if (virThreadLocalSet(&transaction, list) < 0) {
        virReportSystemError(errno, "%s",
                             _("Unable to set thread local variable"));
        virSecuritySmackListFree(list);
        return -1;
    }

    return 0;
}


static bool
virSecuritySmackListRestores(const virSecuritySmackList *list)
{
    size_t i;

    for (i = 0; i < list->nitems; i++) {
        if (!list->items[i]->restore)
            return false;
    }

    return true;
}


static int
virSecuritySmackTransactionEnd(pid_t pid,
                               bool lock,
                               bool lockMetadataException)
{
    virSecuritySmackList *list = virThreadLocalGet(&transaction);
    int rc = -1;

    if (!list) {
        virReportError(VIR_ERR_INTERNAL_ERROR, "%s", _("No transaction is set"));
        return -1;
    }

    if (virThreadLocalSet(&transaction, NULL) < 0) {
        virReportSystemError(errno, "%s",
                             _("Unable to clear thread local variable"));
        goto cleanup;
    }

    list->lock = lock;
    list->lockMetadataException = lockMetadataException;

    if (pid != -1) {
        rc = virProcessRunInMountNamespace(pid, virSecuritySmackTransactionRun, list);

        /* The namespace ends with QEMU; what it used on the host remains.
         * Nothing of the host is labelled for a domain that is gone, though. */
        if (rc < 0 && virSecuritySmackListRestores(list))
            pid = -1;
    }

    if (pid == -1) {
        /* The locks are the process' own: a thread would share them */
        if (lock)
            rc = virProcessRunInFork(virSecuritySmackTransactionRun, list);
        else
            rc = virSecuritySmackTransactionRun(pid, list);
    }

 cleanup:
    virSecuritySmackListFree(list);
    return rc < 0 ? -1 : 0;
}


#ifdef SECURITY_SMACK_API_11
int
virSecuritySmackTransactionStart(virSecurityManager *mgr,
                                 char *const *sharedFilesystems)
{
    return virSecuritySmackTransactionBegin(mgr, sharedFilesystems);
}


int
virSecuritySmackTransactionCommit(virSecurityManager *mgr G_GNUC_UNUSED,
                                  pid_t pid,
                                  bool lock,
                                  bool lockMetadataException)
{
    return virSecuritySmackTransactionEnd(pid, lock, lockMetadataException);
}
#else
int
virSecuritySmackTransactionStart(virSecurityManager *mgr)
{
    return virSecuritySmackTransactionBegin(mgr, NULL);
}


int
virSecuritySmackTransactionCommit(virSecurityManager *mgr G_GNUC_UNUSED,
                                  pid_t pid,
                                  bool lock)
{
    return virSecuritySmackTransactionEnd(pid, lock, false);
}
#endif


void
virSecuritySmackTransactionAbort(virSecurityManager *mgr G_GNUC_UNUSED)
{
    virSecuritySmackList *list = virThreadLocalGet(&transaction);

    if (!list)
        return;

    if (virThreadLocalSet(&transaction, NULL) < 0)
        VIR_DEBUG("Unable to clear thread local variable");
    virSecuritySmackListFree(list);
}


/**
 * virSecuritySmackPath:
 * @pass: whether to set or restore, and for whom
 * @path: what the domain uses; NULL is fine
 * @label: its label, NULL for the domain's image label
 * @flags: SECURITY_SMACK_READONLY, SECURITY_SMACK_NOLOCK, SECURITY_SMACK_FORGET
 *
 * Sets or restores the label of @path, or lists it in the transaction.
 *
 * Returns: 0 on success, -1 otherwise (with error reported). A restore that
 *          fails is noted in @pass and the answer is 0.
 */
int
virSecuritySmackPath(virSecuritySmackPass *pass,
                     const char *path,
                     const char *label,
                     unsigned int flags)
{
    virSecuritySmackList *list = virThreadLocalGet(&transaction);
    virSecuritySmackItem *item;
    int rc;

    if (!path)
        return 0;

    if (label && !pass->restore &&
        virSecuritySmackCheckDeviceLabel(label, pass->process) < 0)
        return -1;

    item = g_new0(virSecuritySmackItem, 1);
    item->path = g_strdup(path);
    item->label = g_strdup(label ? label : pass->image);
    item->process = g_strdup(pass->process);
    item->flags = flags;
    item->restore = pass->restore;
    item->remember = !(flags & SECURITY_SMACK_FORGET);

    if (list) {
        VIR_APPEND_ELEMENT(list->items, list->nitems, item);
        return 0;
    }

    rc = virSecuritySmackItemRun(item, item->remember);
    virSecuritySmackItemFree(item);

    if (rc < 0 && pass->restore) {
        pass->failed = true;
        return 0;
    }

    return rc;
}


/**
 * virSecuritySmackTree:
 * @pass: whether to set or restore, and for whom
 * @path: a file, or a directory with all that is in it
 *
 * Returns: as virSecuritySmackPath()
 */
int
virSecuritySmackTree(virSecuritySmackPass *pass,
                     const char *path)
{
    g_autoptr(DIR) dir = NULL;
    struct dirent *entry;
    int rc;

    if (!path || (pass->restore && !virFileExists(path)))
        return 0;

    if (virSecuritySmackPath(pass, path, NULL, 0) < 0)
        return -1;

    if (!virFileIsDir(path))
        return 0;

    if (virDirOpen(&dir, path) < 0)
        return -1;

    while ((rc = virDirRead(dir, &entry, path)) > 0) {
        g_autofree char *name = g_strdup_printf("%s/%s", path, entry->d_name);

        if (virFileIsLink(name) == 1)
            continue;

        if (virSecuritySmackTree(pass, name) < 0)
            return -1;
    }

    return rc;
}


/**
 * virSecuritySmackForgetTree:
 * @path: a file, or a directory with all that is in it
 *
 * Drops one user of each, whose label stays.
 */
void
virSecuritySmackForgetTree(const char *path)
{
    g_autoptr(DIR) dir = NULL;
    g_autofree char *label = NULL;
    struct dirent *entry;

    if (!path || !virFileExists(path))
        return;

    if (virSecurityGetRememberedLabel(SECURITY_SMACK_NAME, path, &label) == -1)
        VIR_WARN("Unable to forget the Smack label of '%s'", path);

    if (!virFileIsDir(path) || virDirOpenQuiet(&dir, path) < 0)
        return;

    while (virDirRead(dir, &entry, NULL) > 0) {
        g_autofree char *name = g_strdup_printf("%s/%s", path, entry->d_name);

        if (virFileIsLink(name) != 1)
            virSecuritySmackForgetTree(name);
    }
}


struct virSecuritySmackMove {
    virSecurityManager *mgr;
    char *const *sharedFilesystems;
    const char *src;
    const char *dst;
};


static int
virSecuritySmackMoveRun(pid_t pid G_GNUC_UNUSED,
                        void *opaque)
{
    struct virSecuritySmackMove *move = opaque;
    const char *paths[2] = { move->src, move->dst };
    virSecurityManagerMetadataLockState *state;
    int rc;

#ifdef SECURITY_SMACK_API_11
    state = virSecurityManagerMetadataLock(move->mgr, move->sharedFilesystems,
                                           paths, G_N_ELEMENTS(paths), false);
#else
    state = virSecurityManagerMetadataLock(move->mgr, paths, G_N_ELEMENTS(paths));
#endif
    if (!state)
        return -1;

    rc = virSecurityMoveRememberedLabel(SECURITY_SMACK_NAME, move->src, move->dst);
    virSecurityManagerMetadataUnlock(move->mgr, &state);

    /* -2: nothing is kept on this file system */
    return rc == -1 ? -1 : 0;
}


/**
 * virSecuritySmackMoveImageMetadata:
 * @mgr: security manager
 * @sharedFilesystems: file systems shared between hosts
 * @pid: domain's PID, -1 for the caller's mount namespace
 * @src: image whose memory moves
 * @dst: image it moves to, NULL to drop it
 *
 * Returns: 0 on success, -1 otherwise (with error reported).
 */
int
virSecuritySmackMoveImageMetadata(virSecurityManager *mgr,
#ifdef SECURITY_SMACK_API_11
                                  char *const *sharedFilesystems,
#endif
                                  pid_t pid,
                                  virStorageSource *src,
                                  virStorageSource *dst)
{
    struct virSecuritySmackMove move = { .mgr = mgr };

#ifdef SECURITY_SMACK_API_11
    move.sharedFilesystems = sharedFilesystems;
#endif

    if (src && virStorageSourceIsLocalStorage(src))
        move.src = src->path;

    if (dst && virStorageSourceIsLocalStorage(dst))
        move.dst = dst->path;

    if (!move.src)
        return 0;

    if (pid == -1)
        return virProcessRunInFork(virSecuritySmackMoveRun, &move);

    return virProcessRunInMountNamespace(pid, virSecuritySmackMoveRun, &move);
}
