/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * security_smack.c: Smack security driver
 *
 * Smack (Documentation/admin-guide/LSM/Smack.rst of Linux) decides by two
 * labels and a rule. A domain has one label for QEMU and its helpers and one
 * for what they alone use; the rules between the two are loaded when the
 * domain starts and revoked when it has stopped.
 *
 * A process' label changes at once, not at exec: it is set in the child just
 * before it gives up its capabilities (virCommandSetSmackLabel). There is no
 * label for sockets to be made, either: those that QEMU gets are labelled by
 * their file descriptor (qemuSecuritySetImageFDLabel).
 */

#include <config.h>

#include <sys/stat.h>

#include "security_smack.h"

#include "viralloc.h"
#include "virerror.h"
#include "virfile.h"
#include "virhash.h"
#include "virlog.h"
#include "virsmack.h"
#include "virstring.h"
#include "viruuid.h"

#define VIR_FROM_THIS VIR_FROM_SECURITY

VIR_LOG_INIT("security.security_smack");


static virSecurityDriverStatus
virSecuritySmackProbe(const char *virtDriver)
{
    const char *reason = NULL;

    if (STREQ_NULLABLE(virtDriver, "LXC"))
        return SECURITY_DRIVER_DISABLE;

    if (virSmackIsUsable(&reason) != 1) {
        VIR_INFO("Smack is not used: %s", NULLSTR(reason));
        return SECURITY_DRIVER_DISABLE;
    }

    return SECURITY_DRIVER_ENABLE;
}


static int
virSecuritySmackOpen(virSecurityManager *mgr)
{
    virSecuritySmackData *data = virSecurityManagerGetPrivateData(mgr);

    if (virSecuritySmackTransactionInit() < 0 ||
        virSmackProcessGetLabel(0, &data->daemon) < 0)
        return -1;

    /* The one right that all the rest takes, tried where it does no harm */
    if (virSmackFSWrite("load2", SECURITY_SMACK_OFF " " SECURITY_SMACK_OFF " -") < 0) {
        g_autofree char *onlycap = NULL;

        ignore_value(virSmackFSRead("onlycap", &onlycap));
        virReportSystemError(errno,
                             _("unable to load Smack rules with the label '%1$s': CAP_MAC_ADMIN is missing, or the label is not in %2$s/onlycap ('%3$s')"),
                             data->daemon, VIR_SMACK_FS, NULLSTR(onlycap));
        g_clear_pointer(&data->daemon, g_free);
        return -1;
    }

    data->labels = virHashNew(g_free);
    return 0;
}


static int
virSecuritySmackClose(virSecurityManager *mgr)
{
    virSecuritySmackData *data = virSecurityManagerGetPrivateData(mgr);

    if (!data)
        return 0;

    g_clear_pointer(&data->labels, g_hash_table_unref);
    g_clear_pointer(&data->daemon, g_free);
    return 0;
}


static const char *
virSecuritySmackGetModel(virSecurityManager *mgr G_GNUC_UNUSED)
{
    return SECURITY_SMACK_NAME;
}


static const char *
virSecuritySmackGetDOI(virSecurityManager *mgr G_GNUC_UNUSED)
{
    return SECURITY_SMACK_DOI;
}


/* What precedes the UUID in a dynamic label */
static const char *
virSecuritySmackGetBaseLabel(virSecurityManager *mgr G_GNUC_UNUSED,
                             int virtType G_GNUC_UNUSED)
{
    return SECURITY_SMACK_BASE;
}


static int
virSecuritySmackPreFork(virSecurityManager *mgr G_GNUC_UNUSED)
{
    return 0;
}


static int
virSecuritySmackGetProcessLabel(virSecurityManager *mgr G_GNUC_UNUSED,
                                virDomainDef *def G_GNUC_UNUSED,
                                pid_t pid,
                                virSecurityLabelPtr sec)
{
    g_autofree char *label = NULL;

    if (virSmackProcessGetLabel(pid, &label) < 0)
        return -1;

    if (virStrcpy(sec->label, label, VIR_SECURITY_LABEL_BUFLEN) < 0) {
        virReportError(VIR_ERR_INTERNAL_ERROR,
                       _("security label exceeds maximum length: %1$d"),
                       VIR_SECURITY_LABEL_BUFLEN - 1);
        return -1;
    }

    /* Smack has no other mode */
    sec->enforcing = 1;
    return 0;
}


/* The label a process of @def gets: without one it would keep ours */
static const char *
virSecuritySmackProcessLabel(virDomainDef *def)
{
    virSecurityLabelDef *secdef = virDomainDefGetSecurityLabelDef(def, SECURITY_SMACK_NAME);

    if (!secdef || !secdef->label) {
        virReportError(VIR_ERR_INTERNAL_ERROR,
                       _("domain '%1$s' has no Smack label"), def->name);
        return NULL;
    }

    if (STRNEQ_NULLABLE(secdef->model, SECURITY_SMACK_NAME)) {
        virReportError(VIR_ERR_INTERNAL_ERROR,
                       _("security label driver mismatch: '%1$s' model configured for domain, but hypervisor driver is '%2$s'."),
                       NULLSTR(secdef->model), SECURITY_SMACK_NAME);
        return NULL;
    }

    return secdef->label;
}


static int
virSecuritySmackSetProcessLabel(virSecurityManager *mgr G_GNUC_UNUSED,
                                virDomainDef *def)
{
    const char *label = virSecuritySmackProcessLabel(def);

    if (!label)
        return -1;

    return virSmackProcessSetLabel(label);
}


static int
virSecuritySmackSetChildProcessLabel(virSecurityManager *mgr G_GNUC_UNUSED,
                                     virDomainDef *def,
#ifdef SECURITY_SMACK_API_11
                                     bool useBinarySpecificLabel G_GNUC_UNUSED,
#endif
                                     virCommand *cmd)
{
    const char *label = virSecuritySmackProcessLabel(def);

    if (!label)
        return -1;

    virCommandSetSmackLabel(cmd, label);
    return 0;
}


/*
 * Sockets get the label of the process that makes them. Those the daemon
 * itself uses (monitor, agent) keep it: Smack judges at connect() alone, and
 * the daemon has CAP_MAC_OVERRIDE. Those made for QEMU are labelled by their
 * descriptor, not by these calls, which only see that a label is there.
 */
static int
virSecuritySmackSetSocketLabel(virSecurityManager *mgr G_GNUC_UNUSED,
                               virDomainDef *def)
{
    return virSecuritySmackProcessLabel(def) ? 0 : -1;
}


static int
virSecuritySmackClearSocketLabel(virSecurityManager *mgr G_GNUC_UNUSED,
                                 virDomainDef *def G_GNUC_UNUSED)
{
    return 0;
}


/* A descriptor that QEMU inherits, or gets through its monitor */
static int
virSecuritySmackSetImageFDLabel(virSecurityManager *mgr,
                                virDomainDef *def,
                                int fd)
{
    g_autofree char *process = NULL;
    g_autofree char *image = NULL;
    struct stat sb;

    if (virSecuritySmackLabelsOf(mgr, def, &process, &image) == 0)
        return 0;

    if (fstat(fd, &sb) < 0) {
        virReportSystemError(errno, _("cannot stat fd %1$d"), fd);
        return -1;
    }

    /* /dev/null, a terminal: many use it */
    if (S_ISCHR(sb.st_mode)) {
        VIR_DEBUG("Leaving character device of fd %d alone", fd);
        return 0;
    }

    return virSmackFDSetLabel(fd, image);
}


static int
virSecuritySmackSetTapFDLabel(virSecurityManager *mgr,
                              virDomainDef *def,
                              int fd)
{
    g_autofree char *process = NULL;
    g_autofree char *image = NULL;
    g_autofree char *proc = NULL;
    g_autofree char *path = NULL;

    if (virSecuritySmackLabelsOf(mgr, def, &process, &image) == 0)
        return 0;

    proc = g_strdup_printf("/proc/self/fd/%d", fd);

    if (virFileResolveLink(proc, &path) < 0) {
        virReportSystemError(errno, _("Unable to resolve link: %1$s"), proc);
        return -1;
    }

    /* A macvtap has a device of its own, all other TAPs share /dev/net/tun:
     * QEMU may inherit that one, but not get it while it runs */
    if (!STRPREFIX(path, "/dev/tap")) {
        VIR_DEBUG("Leaving '%s' of fd %d alone", path, fd);
        return 0;
    }

    return virSmackFDSetLabel(fd, image);
}


static char *
virSecuritySmackGetMountOptions(virSecurityManager *mgr,
                                virDomainDef *def)
{
    g_autofree char *process = NULL;
    g_autofree char *image = NULL;

    if (virSecuritySmackLabelsOf(mgr, def, &process, &image) == 0)
        return g_strdup("");

    return g_strdup_printf(",smackfsroot=%s,smackfsdef=%s", image, image);
}


/* Begins a pass for @def: 1, or 0 if it has no label or wants none set */
static int
virSecuritySmackPassBegin(virSecuritySmackPass *pass,
                          virSecurityManager *mgr,
                          virDomainDef *def,
                          bool restore)
{
    virSecurityLabelDef *secdef = virDomainDefGetSecurityLabelDef(def, SECURITY_SMACK_NAME);
    char *process = NULL;
    char *image = NULL;

    memset(pass, 0, sizeof(*pass));

    if (!secdef || !secdef->relabel ||
        virSecuritySmackLabelsOf(mgr, def, &process, &image) == 0)
        return 0;

    pass->mgr = mgr;
    pass->def = def;
    pass->process = process;
    pass->image = image;
    pass->restore = restore;
    return 1;
}


static int
virSecuritySmackPassEnd(virSecuritySmackPass *pass,
                        int rc)
{
    g_clear_pointer(&pass->process, g_free);
    g_clear_pointer(&pass->image, g_free);

    return rc < 0 || pass->failed ? -1 : 0;
}


static int
virSecuritySmackSetAllLabel(virSecurityManager *mgr,
#ifdef SECURITY_SMACK_API_11
                            char *const *sharedFilesystems,
#endif
                            virDomainDef *def,
                            const char *incomingPath G_GNUC_UNUSED,
                            bool chardevStdioLogd,
                            bool migrated)
{
    virSecuritySmackPass pass;

    if (!virSecuritySmackPassBegin(&pass, mgr, def, false))
        return 0;

#ifdef SECURITY_SMACK_API_11
    pass.sharedFilesystems = sharedFilesystems;
#endif
    pass.chardevStdioLogd = chardevStdioLogd;
    pass.migrated = migrated;

    return virSecuritySmackPassEnd(&pass, virSecuritySmackDomain(&pass));
}


static int
virSecuritySmackRestoreAllLabel(virSecurityManager *mgr,
#ifdef SECURITY_SMACK_API_11
                                char *const *sharedFilesystems,
#endif
                                virDomainDef *def,
                                bool migrated,
                                bool chardevStdioLogd)
{
    virSecuritySmackPass pass;

    if (!virSecuritySmackPassBegin(&pass, mgr, def, true))
        return 0;

#ifdef SECURITY_SMACK_API_11
    pass.sharedFilesystems = sharedFilesystems;
#endif
    pass.chardevStdioLogd = chardevStdioLogd;
    pass.migrated = migrated;

    return virSecuritySmackPassEnd(&pass, virSecuritySmackDomain(&pass));
}


static int
virSecuritySmackSetImageLabel(virSecurityManager *mgr,
#ifdef SECURITY_SMACK_API_11
                              char *const *sharedFilesystems,
#endif
                              virDomainDef *def,
                              virStorageSource *src,
                              virSecurityDomainImageLabelFlags flags)
{
    virSecuritySmackPass pass;

    if (!virSecuritySmackPassBegin(&pass, mgr, def, false))
        return 0;

#ifdef SECURITY_SMACK_API_11
    pass.sharedFilesystems = sharedFilesystems;
#endif

    return virSecuritySmackPassEnd(&pass, virSecuritySmackImage(&pass, src, flags));
}


static int
virSecuritySmackRestoreImageLabel(virSecurityManager *mgr,
#ifdef SECURITY_SMACK_API_11
                                  char *const *sharedFilesystems,
#endif
                                  virDomainDef *def,
                                  virStorageSource *src,
                                  virSecurityDomainImageLabelFlags flags)
{
    virSecuritySmackPass pass;

    if (!virSecuritySmackPassBegin(&pass, mgr, def, true))
        return 0;

#ifdef SECURITY_SMACK_API_11
    pass.sharedFilesystems = sharedFilesystems;
#endif

    return virSecuritySmackPassEnd(&pass, virSecuritySmackImage(&pass, src, flags));
}


static int
virSecuritySmackSetMemoryLabel(virSecurityManager *mgr,
                               virDomainDef *def,
                               virDomainMemoryDef *mem)
{
    virSecuritySmackPass pass;

    if (!virSecuritySmackPassBegin(&pass, mgr, def, false))
        return 0;

    return virSecuritySmackPassEnd(&pass, virSecuritySmackMemory(&pass, mem));
}


static int
virSecuritySmackRestoreMemoryLabel(virSecurityManager *mgr,
                                   virDomainDef *def,
                                   virDomainMemoryDef *mem)
{
    virSecuritySmackPass pass;

    if (!virSecuritySmackPassBegin(&pass, mgr, def, true))
        return 0;

    return virSecuritySmackPassEnd(&pass, virSecuritySmackMemory(&pass, mem));
}


static int
virSecuritySmackSetInputLabel(virSecurityManager *mgr,
                              virDomainDef *def,
                              virDomainInputDef *input)
{
    virSecuritySmackPass pass;

    if (!virSecuritySmackPassBegin(&pass, mgr, def, false))
        return 0;

    return virSecuritySmackPassEnd(&pass, virSecuritySmackInput(&pass, input));
}


static int
virSecuritySmackRestoreInputLabel(virSecurityManager *mgr,
                                  virDomainDef *def,
                                  virDomainInputDef *input)
{
    virSecuritySmackPass pass;

    if (!virSecuritySmackPassBegin(&pass, mgr, def, true))
        return 0;

    return virSecuritySmackPassEnd(&pass, virSecuritySmackInput(&pass, input));
}


static int
virSecuritySmackSetNetdevLabel(virSecurityManager *mgr,
                               virDomainDef *def,
                               virDomainNetDef *net)
{
    virSecuritySmackPass pass;

    if (!virSecuritySmackPassBegin(&pass, mgr, def, false))
        return 0;

    return virSecuritySmackPassEnd(&pass, virSecuritySmackNetdev(&pass, net));
}


static int
virSecuritySmackRestoreNetdevLabel(virSecurityManager *mgr,
                                   virDomainDef *def,
                                   virDomainNetDef *net)
{
    virSecuritySmackPass pass;

    if (!virSecuritySmackPassBegin(&pass, mgr, def, true))
        return 0;

    return virSecuritySmackPassEnd(&pass, virSecuritySmackNetdev(&pass, net));
}


static int
virSecuritySmackSetHostdevLabel(virSecurityManager *mgr,
                                virDomainDef *def,
                                virDomainHostdevDef *dev,
                                const char *vroot)
{
    virSecuritySmackPass pass;

    if (!virSecuritySmackPassBegin(&pass, mgr, def, false))
        return 0;

    return virSecuritySmackPassEnd(&pass, virSecuritySmackHostdev(&pass, dev, vroot));
}


static int
virSecuritySmackSetChardevLabel(virSecurityManager *mgr,
                                virDomainDef *def,
                                virDomainChrSourceDef *source,
                                bool chardevStdioLogd)
{
    virSecuritySmackPass pass;

    if (!virSecuritySmackPassBegin(&pass, mgr, def, false))
        return 0;

    pass.chardevStdioLogd = chardevStdioLogd;
    return virSecuritySmackPassEnd(&pass, virSecuritySmackChardev(&pass, source));
}


static int
virSecuritySmackSetTPMLabels(virSecurityManager *mgr,
                             virDomainDef *def,
                             bool state)
{
    virSecuritySmackPass pass;

    if (!virSecuritySmackPassBegin(&pass, mgr, def, false))
        return 0;

    return virSecuritySmackPassEnd(&pass, virSecuritySmackTPMState(&pass, state));
}


static int
virSecuritySmackRestoreHostdevLabel(virSecurityManager *mgr,
                                    virDomainDef *def,
                                    virDomainHostdevDef *dev,
                                    const char *vroot)
{
    virSecuritySmackPass pass;

    if (!virSecuritySmackPassBegin(&pass, mgr, def, true))
        return 0;

    return virSecuritySmackPassEnd(&pass, virSecuritySmackHostdev(&pass, dev, vroot));
}


static int
virSecuritySmackRestoreChardevLabel(virSecurityManager *mgr,
                                    virDomainDef *def,
                                    virDomainChrSourceDef *source,
                                    bool chardevStdioLogd)
{
    virSecuritySmackPass pass;

    if (!virSecuritySmackPassBegin(&pass, mgr, def, true))
        return 0;

    pass.chardevStdioLogd = chardevStdioLogd;
    return virSecuritySmackPassEnd(&pass, virSecuritySmackChardev(&pass, source));
}


static int
virSecuritySmackRestoreTPMLabels(virSecurityManager *mgr,
                                 virDomainDef *def,
                                 bool state)
{
    virSecuritySmackPass pass;

    if (!virSecuritySmackPassBegin(&pass, mgr, def, true))
        return 0;

    return virSecuritySmackPassEnd(&pass, virSecuritySmackTPMState(&pass, state));
}


/* Runs a pass over one path */
static int
virSecuritySmackOnePath(virSecurityManager *mgr,
                        virDomainDef *def,
                        const char *path,
                        unsigned int flags,
                        bool restore)
{
    virSecuritySmackPass pass;

    if (!virSecuritySmackPassBegin(&pass, mgr, def, restore))
        return 0;

    return virSecuritySmackPassEnd(&pass, virSecuritySmackPath(&pass, path, NULL, flags));
}


static int
virSecuritySmackSetSavedStateLabel(virSecurityManager *mgr,
                                   virDomainDef *def,
                                   const char *savefile)
{
    return virSecuritySmackOnePath(mgr, def, savefile, 0, false);
}


static int
virSecuritySmackRestoreSavedStateLabel(virSecurityManager *mgr,
                                       virDomainDef *def,
                                       const char *savefile)
{
    return virSecuritySmackOnePath(mgr, def, savefile, 0, true);
}


static int
virSecuritySmackSetPathLabel(virSecurityManager *mgr,
                             virDomainDef *def,
                             const char *path,
                             bool allowSubtree G_GNUC_UNUSED)
{
    return virSecuritySmackOnePath(mgr, def, path, 0, false);
}


static int
virSecuritySmackSetPathLabelRO(virSecurityManager *mgr,
                               virDomainDef *def,
                               const char *path)
{
    return virSecuritySmackOnePath(mgr, def, path, SECURITY_SMACK_READONLY, false);
}


static int
virSecuritySmackRestorePathLabel(virSecurityManager *mgr,
                                 virDomainDef *def,
                                 const char *path)
{
    return virSecuritySmackOnePath(mgr, def, path, 0, true);
}


virSecurityDriver virSecurityDriverSmack = {
    .privateDataLen                     = sizeof(virSecuritySmackData),
    .name                               = SECURITY_SMACK_NAME,
    .probe                              = virSecuritySmackProbe,
    .open                               = virSecuritySmackOpen,
    .close                              = virSecuritySmackClose,

    .getModel                           = virSecuritySmackGetModel,
    .getDOI                             = virSecuritySmackGetDOI,
    .getBaseLabel                       = virSecuritySmackGetBaseLabel,
    .preFork                            = virSecuritySmackPreFork,

    .transactionStart                   = virSecuritySmackTransactionStart,
    .transactionCommit                  = virSecuritySmackTransactionCommit,
    .transactionAbort                   = virSecuritySmackTransactionAbort,

    .domainSecurityVerify               = virSecuritySmackVerify,

    .domainSetSecurityImageLabel        = virSecuritySmackSetImageLabel,
    .domainRestoreSecurityImageLabel    = virSecuritySmackRestoreImageLabel,
    .domainMoveImageMetadata            = virSecuritySmackMoveImageMetadata,

    .domainSetSecurityMemoryLabel       = virSecuritySmackSetMemoryLabel,
    .domainRestoreSecurityMemoryLabel   = virSecuritySmackRestoreMemoryLabel,

    .domainSetSecurityInputLabel        = virSecuritySmackSetInputLabel,
    .domainRestoreSecurityInputLabel    = virSecuritySmackRestoreInputLabel,

    .domainSetSecurityDaemonSocketLabel = virSecuritySmackSetSocketLabel,
    .domainSetSecuritySocketLabel       = virSecuritySmackSetSocketLabel,
    .domainClearSecuritySocketLabel     = virSecuritySmackClearSocketLabel,

    .domainGenSecurityLabel             = virSecuritySmackGenLabel,
    .domainReserveSecurityLabel         = virSecuritySmackReserveLabel,
    .domainReleaseSecurityLabel         = virSecuritySmackReleaseLabel,

    .domainGetSecurityProcessLabel      = virSecuritySmackGetProcessLabel,
    .domainSetSecurityProcessLabel      = virSecuritySmackSetProcessLabel,
    .domainSetSecurityChildProcessLabel = virSecuritySmackSetChildProcessLabel,

    .domainSetSecurityAllLabel          = virSecuritySmackSetAllLabel,
    .domainRestoreSecurityAllLabel      = virSecuritySmackRestoreAllLabel,

    .domainSetSecurityHostdevLabel      = virSecuritySmackSetHostdevLabel,
    .domainRestoreSecurityHostdevLabel  = virSecuritySmackRestoreHostdevLabel,

    .domainSetSavedStateLabel           = virSecuritySmackSetSavedStateLabel,
    .domainRestoreSavedStateLabel       = virSecuritySmackRestoreSavedStateLabel,

    .domainSetSecurityImageFDLabel      = virSecuritySmackSetImageFDLabel,
    .domainSetSecurityTapFDLabel        = virSecuritySmackSetTapFDLabel,

    .domainGetSecurityMountOptions      = virSecuritySmackGetMountOptions,

    .domainSetPathLabel                 = virSecuritySmackSetPathLabel,
    .domainSetPathLabelRO               = virSecuritySmackSetPathLabelRO,
    .domainRestorePathLabel             = virSecuritySmackRestorePathLabel,

    .domainSetSecurityChardevLabel      = virSecuritySmackSetChardevLabel,
    .domainRestoreSecurityChardevLabel  = virSecuritySmackRestoreChardevLabel,

    .domainSetSecurityTPMLabels         = virSecuritySmackSetTPMLabels,
    .domainRestoreSecurityTPMLabels     = virSecuritySmackRestoreTPMLabels,

    .domainSetSecurityNetdevLabel       = virSecuritySmackSetNetdevLabel,
    .domainRestoreSecurityNetdevLabel   = virSecuritySmackRestoreNetdevLabel,
};
