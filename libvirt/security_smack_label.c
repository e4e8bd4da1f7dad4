/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * security_smack_label.c: the Smack labels of a domain and their rules
 */

#include <config.h>

#include "security_smack.h"

#include "viralloc.h"
#include "virerror.h"
#include "virhash.h"
#include "virlog.h"
#include "virsmack.h"
#include "virstring.h"
#include "viruuid.h"

#define VIR_FROM_THIS VIR_FROM_SECURITY

VIR_LOG_INIT("security.security_smack_label");

#define SUFFIX_PROCESS ".qemu"
#define SUFFIX_IMAGE ".image"


/**
 * virSecuritySmackStem:
 * @label: a label
 *
 * Returns: what precedes ".qemu" or ".image", NULL if @label is not of a
 *          domain.
 */
char *
virSecuritySmackStem(const char *label)
{
    const char *suffixes[] = { SUFFIX_PROCESS, SUFFIX_IMAGE };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        size_t len = strlen(label);
        size_t suffix = strlen(suffixes[i]);

        if (len > suffix && STREQ(label + len - suffix, suffixes[i]))
            return g_strndup(label, len - suffix);
    }

    return NULL;
}


/**
 * virSecuritySmackLabelIsReserved:
 * @label: a label
 *
 * Whether @label is for the host's use: one of the driver's own, or one whose
 * holders may act against Smack (smackfs' onlycap).
 */
static bool
virSecuritySmackLabelIsReserved(const char *label)
{
    const char *fixed[] = {
        SECURITY_SMACK_ROOT, SECURITY_SMACK_OFF,
        SECURITY_SMACK_BASE ".manager", SECURITY_SMACK_BASE ".libvirt", NULL
    };
    g_autofree char *onlycap = NULL;
    g_auto(GStrv) names = NULL;

    if (g_strv_contains(fixed, label))
        return true;

    if (virSmackFSRead("onlycap", &onlycap) < 0)
        return false;

    names = g_strsplit(onlycap, " ", 0);
    return g_strv_contains((const char *const *) names, label);
}


/**
 * virSecuritySmackCheckDeviceLabel:
 * @label: label of a <seclabel> below a device
 * @process: label of the domain's QEMU
 *
 * A device may have a label of its own, for instance one that two domains
 * share, with rules from elsewhere. The host's labels are no choice, but for
 * the one that any domain may read, nor are those of another domain.
 *
 * Returns: 0 if it is allowed, -1 otherwise (with error reported).
 */
int
virSecuritySmackCheckDeviceLabel(const char *label,
                                 const char *process)
{
    g_autofree char *ours = virSecuritySmackStem(process);
    g_autofree char *theirs = virSecuritySmackStem(label);

    if (!virSmackLabelIsValid(label) ||
        (theirs && STRNEQ_NULLABLE(ours, theirs)) ||
        (STRNEQ(label, SECURITY_SMACK_ROOT) &&
         virSecuritySmackLabelIsReserved(label))) {
        virReportError(VIR_ERR_XML_ERROR,
                       _("Smack label '%1$s' of a device is invalid, reserved or another domain's"),
                       label);
        return -1;
    }

    return 0;
}


static char *
virSecuritySmackDynamicStem(virDomainDef *def,
                            const char *base)
{
    char uuid[VIR_UUID_STRING_BUFLEN];

    virUUIDFormat(def->uuid, uuid);

    return g_strdup_printf("%s.%s", base ? base : SECURITY_SMACK_BASE, uuid);
}


static char *
virSecuritySmackStaticStem(const char *label)
{
    char *stem = NULL;

    if (!label || !g_str_has_suffix(label, SUFFIX_PROCESS) ||
        !(stem = virSecuritySmackStem(label))) {
        virReportError(VIR_ERR_XML_ERROR,
                       _("Smack label '%1$s' of a domain has to end in '%2$s'"),
                       NULLSTR(label), SUFFIX_PROCESS);
    }

    return stem;
}


/**
 * virSecuritySmackMakeLabels:
 * @def: domain with a <seclabel> of model smack
 * @process: filled with the label of its QEMU
 * @image: filled with the label of what it alone uses
 *
 * The same domain has the same labels at each start: the kernel never forgets
 * a label, and one that is derived from the UUID cannot meet another's.
 *
 * Returns: 0 on success, -1 if the labels are refused (with error reported).
 */
static int
virSecuritySmackMakeLabels(virDomainDef *def,
                           char **process,
                           char **image)
{
    virSecurityLabelDef *secdef = virDomainDefGetSecurityLabelDef(def, SECURITY_SMACK_NAME);
    g_autofree char *stem = NULL;
    g_autofree char *first = NULL;
    g_autofree char *second = NULL;

    switch (secdef->type) {
    case VIR_DOMAIN_SECLABEL_STATIC:
        stem = virSecuritySmackStaticStem(secdef->label);
        break;

    case VIR_DOMAIN_SECLABEL_DYNAMIC:
    case VIR_DOMAIN_SECLABEL_DEFAULT:
        stem = virSecuritySmackDynamicStem(def, secdef->baselabel);
        break;

    case VIR_DOMAIN_SECLABEL_NONE:
    case VIR_DOMAIN_SECLABEL_LAST:
    default:
        virReportError(VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                       _("a domain without a Smack label would run with the rights of libvirt's daemon; use seclabel type 'dynamic' or 'static'"));
        break;
    }

    if (!stem)
        return -1;

    first = g_strdup_printf("%s%s", stem, SUFFIX_PROCESS);
    second = g_strdup_printf("%s%s", stem, SUFFIX_IMAGE);

    if (!virSmackLabelIsValid(first) || !virSmackLabelIsValid(second)) {
        virReportError(VIR_ERR_XML_ERROR,
                       _("Invalid Smack label '%1$s': at most %2$d of the characters A-Z a-z 0-9 _ . -, a letter or digit first"),
                       second, VIR_SMACK_LABEL_MAX);
        return -1;
    }

    if (virSecuritySmackLabelIsReserved(first) ||
        virSecuritySmackLabelIsReserved(second)) {
        virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                       _("Smack label '%1$s' is reserved for the host"), first);
        return -1;
    }

    *process = g_steal_pointer(&first);
    *image = g_steal_pointer(&second);
    return 0;
}


/**
 * virSecuritySmackLoadRules:
 * @process: label of QEMU
 * @image: label of what it alone uses
 * @daemon: label of libvirt's daemon
 *
 * A stream socket connects only if each side may write to the other, hence
 * the rule for @image. Directories that the daemon makes at run time carry
 * its label: QEMU may pass through them but not list them.
 *
 * Returns: 0 on success, -1 otherwise (with error reported).
 */
static int
virSecuritySmackLoadRules(const char *process,
                          const char *image,
                          const char *daemon)
{
    if (virSmackRuleLoad(process, image, "rwxl") < 0 ||
        virSmackRuleLoad(image, process, "w") < 0 ||
        virSmackRuleLoad(process, SECURITY_SMACK_ROOT, "r") < 0)
        return -1;

    if (virSmackLabelIsValid(daemon) &&
        virSmackRuleLoad(process, daemon, "x") < 0)
        return -1;

    return 0;
}


/**
 * virSecuritySmackRevokeRules:
 * @process: label of QEMU
 * @image: label of what it alone used
 *
 * Returns: 0 on success, -1 otherwise (with error reported).
 */
static int
virSecuritySmackRevokeRules(const char *process,
                            const char *image)
{
    int ret = virSmackSubjectRevoke(process);

    if (virSmackRuleLoad(image, process, "-") < 0)
        ret = -1;

    return ret;
}


/* Takes @label for @def, or says whose it is */
static int
virSecuritySmackLabelTake(virSecurityManager *mgr,
                          virDomainDef *def,
                          const char *label)
{
    virSecuritySmackData *data = virSecurityManagerGetPrivateData(mgr);
    char uuid[VIR_UUID_STRING_BUFLEN];
    const char *owner = virHashLookup(data->labels, label);

    virUUIDFormat(def->uuid, uuid);

    if (owner && STRNEQ(owner, uuid)) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("Smack label '%1$s' is in use by domain %2$s"),
                       label, owner);
        return -1;
    }

    if (!owner && virHashAddEntry(data->labels, label, g_strdup(uuid)) < 0)
        return -1;

    return 0;
}


static int
virSecuritySmackLabelFind(const void *payload,
                          const char *name G_GNUC_UNUSED,
                          const void *opaque)
{
    return STREQ(payload, opaque);
}


/* The label that @def has taken, also when libvirt has cleared it in @def */
static char *
virSecuritySmackLabelTaken(virSecurityManager *mgr,
                           virDomainDef *def)
{
    virSecuritySmackData *data = virSecurityManagerGetPrivateData(mgr);
    char uuid[VIR_UUID_STRING_BUFLEN];
    char *label = NULL;

    virUUIDFormat(def->uuid, uuid);
    ignore_value(virHashSearch(data->labels, virSecuritySmackLabelFind, uuid, &label));

    return label;
}


/* The labels @def has now; 0 if it has none, 1 if it has, never an error */
int
virSecuritySmackLabelsOf(virSecurityManager *mgr,
                         virDomainDef *def,
                         char **process,
                         char **image)
{
    virSecurityLabelDef *secdef = virDomainDefGetSecurityLabelDef(def, SECURITY_SMACK_NAME);
    g_autofree char *stem = NULL;
    g_autofree char *taken = NULL;

    if (!secdef || secdef->type == VIR_DOMAIN_SECLABEL_NONE)
        return 0;

    if (secdef->imagelabel)
        stem = virSecuritySmackStem(secdef->imagelabel);
    else if ((taken = virSecuritySmackLabelTaken(mgr, def)))
        stem = virSecuritySmackStem(taken);

    if (!stem)
        return 0;

    *process = g_strdup_printf("%s.qemu", stem);
    *image = g_strdup_printf("%s.image", stem);
    return 1;
}


int
virSecuritySmackGenLabel(virSecurityManager *mgr,
                         virDomainDef *def)
{
    virSecuritySmackData *data = virSecurityManagerGetPrivateData(mgr);
    virSecurityLabelDef *secdef = virDomainDefGetSecurityLabelDef(def, SECURITY_SMACK_NAME);
    g_autofree char *process = NULL;
    g_autofree char *image = NULL;

    if (!secdef)
        return 0;

    if (secdef->imagelabel ||
        (secdef->type == VIR_DOMAIN_SECLABEL_DYNAMIC && secdef->label)) {
        virReportError(VIR_ERR_INTERNAL_ERROR, "%s",
                       _("security label already defined for VM"));
        return -1;
    }

    if (virSecuritySmackMakeLabels(def, &process, &image) < 0 ||
        virSecuritySmackLabelTake(mgr, def, process) < 0)
        return -1;

    if (virSecuritySmackLoadRules(process, image, data->daemon) < 0) {
        ignore_value(virSecuritySmackRevokeRules(process, image));
        virHashRemoveEntry(data->labels, process);
        return -1;
    }

    VIR_DEBUG("domain=%s label=%s imagelabel=%s", def->name, process, image);

    if (secdef->type == VIR_DOMAIN_SECLABEL_DYNAMIC)
        secdef->label = g_steal_pointer(&process);
    secdef->imagelabel = g_steal_pointer(&image);
    if (!secdef->model)
        secdef->model = g_strdup(SECURITY_SMACK_NAME);

    return 0;
}


/* After a restart of the daemon: the domain runs already, as process @pid */
int
virSecuritySmackReserveLabel(virSecurityManager *mgr,
                             virDomainDef *def,
                             pid_t pid)
{
    virSecuritySmackData *data = virSecurityManagerGetPrivateData(mgr);
    virSecurityLabelDef *secdef = virDomainDefGetSecurityLabelDef(def, SECURITY_SMACK_NAME);
    g_autofree char *process = NULL;
    g_autofree char *image = NULL;
    g_autofree char *now = NULL;

    if (!secdef || secdef->type == VIR_DOMAIN_SECLABEL_NONE)
        return 0;

    if (virSecuritySmackMakeLabels(def, &process, &image) < 0 ||
        virSmackProcessGetLabel(pid, &now) < 0)
        return -1;

    if (STRNEQ(now, process)) {
        virReportError(VIR_ERR_INTERNAL_ERROR,
                       _("domain '%1$s' runs with the Smack label '%2$s' instead of '%3$s'"),
                       def->name, now, process);
        return -1;
    }

    if (virSecuritySmackLabelTake(mgr, def, process) < 0 ||
        virSecuritySmackLoadRules(process, image, data->daemon) < 0)
        return -1;

    if (!secdef->imagelabel)
        secdef->imagelabel = g_steal_pointer(&image);

    return 0;
}


int
virSecuritySmackReleaseLabel(virSecurityManager *mgr,
                             virDomainDef *def)
{
    virSecuritySmackData *data = virSecurityManagerGetPrivateData(mgr);
    virSecurityLabelDef *secdef = virDomainDefGetSecurityLabelDef(def, SECURITY_SMACK_NAME);
    g_autofree char *process = virSecuritySmackLabelTaken(mgr, def);
    g_autofree char *image = NULL;
    g_autofree char *stem = NULL;

    if (!secdef || secdef->type == VIR_DOMAIN_SECLABEL_NONE)
        return 0;

    if (process) {
        stem = virSecuritySmackStem(process);
        image = g_strdup_printf("%s.image", stem);
    } else {
        virErrorPtr error;

        /* It ended while no daemon ran, and took no label in this one */
        virErrorPreserveLast(&error);
        ignore_value(virSecuritySmackMakeLabels(def, &process, &image));
        virErrorRestore(&error);

        if (process && virHashLookup(data->labels, process))
            g_clear_pointer(&process, g_free);
    }

    if (process) {
        ignore_value(virSecuritySmackRevokeRules(process, image));
        virHashRemoveEntry(data->labels, process);
    }

    if (secdef->type == VIR_DOMAIN_SECLABEL_DYNAMIC)
        g_clear_pointer(&secdef->label, g_free);
    g_clear_pointer(&secdef->imagelabel, g_free);

    return 0;
}


int
virSecuritySmackVerify(virSecurityManager *mgr G_GNUC_UNUSED,
                       virDomainDef *def)
{
    virSecurityLabelDef *secdef = virDomainDefGetSecurityLabelDef(def, SECURITY_SMACK_NAME);
    g_autofree char *process = NULL;
    g_autofree char *image = NULL;
    size_t i;
    size_t j;

    if (!secdef)
        return 0;

    if (STRNEQ(SECURITY_SMACK_NAME, secdef->model)) {
        virReportError(VIR_ERR_INTERNAL_ERROR,
                       _("security label driver mismatch: '%1$s' model configured for domain, but hypervisor driver is '%2$s'."),
                       secdef->model, SECURITY_SMACK_NAME);
        return -1;
    }

    if (virSecuritySmackMakeLabels(def, &process, &image) < 0)
        return -1;

    for (i = 0; i < def->ndisks; i++) {
        virStorageSource *src = def->disks[i]->src;

        for (j = 0; j < src->nseclabels; j++) {
            if (STREQ_NULLABLE(src->seclabels[j]->model, SECURITY_SMACK_NAME) &&
                src->seclabels[j]->label &&
                virSecuritySmackCheckDeviceLabel(src->seclabels[j]->label, process) < 0)
                return -1;
        }
    }

    return 0;
}
