/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * security_smack_domain.c: all that a domain uses on the host
 */

#include <config.h>

#include "security_smack.h"

#include "viralloc.h"
#include "virerror.h"
#include "virlog.h"
#include "virstring.h"

#define VIR_FROM_THIS VIR_FROM_SECURITY

VIR_LOG_INIT("security.security_smack_domain");

#define CHAIN (VIR_SECURITY_DOMAIN_IMAGE_LABEL_BACKING_CHAIN | \
               VIR_SECURITY_DOMAIN_IMAGE_PARENT_CHAIN_TOP)


/* An error ends a pass that sets labels, one that restores them goes on */
static int
virSecuritySmackStep(virSecuritySmackPass *pass,
                     int rc)
{
    if (rc < 0 && pass->restore) {
        pass->failed = true;
        return 0;
    }

    return rc;
}


static int
virSecuritySmackChardevCallback(virDomainDef *def G_GNUC_UNUSED,
                                virDomainChrDef *dev,
                                void *opaque)
{
    return virSecuritySmackStep(opaque, virSecuritySmackChardev(opaque, dev->source));
}


static int
virSecuritySmackSmartcardCallback(virDomainDef *def G_GNUC_UNUSED,
                                  virDomainSmartcardDef *dev,
                                  void *opaque)
{
    virSecuritySmackPass *pass = opaque;
    bool logd = pass->chardevStdioLogd;
    const char *database;
    int rc = 0;

    switch (dev->type) {
    case VIR_DOMAIN_SMARTCARD_TYPE_HOST_CERTIFICATES:
        database = dev->data.cert.database;
        if (!database)
            database = VIR_DOMAIN_SMARTCARD_DEFAULT_DATABASE;
        rc = virSecuritySmackPath(pass, database, NULL, SECURITY_SMACK_READONLY);
        break;

    case VIR_DOMAIN_SMARTCARD_TYPE_PASSTHROUGH:
        /* virtlogd has no part in it */
        pass->chardevStdioLogd = false;
        rc = virSecuritySmackChardev(pass, dev->data.passthru);
        pass->chardevStdioLogd = logd;
        break;

    case VIR_DOMAIN_SMARTCARD_TYPE_HOST:
    case VIR_DOMAIN_SMARTCARD_TYPE_LAST:
    default:
        break;
    }

    return virSecuritySmackStep(pass, rc);
}


static int
virSecuritySmackChardevs(virSecuritySmackPass *pass)
{
    virDomainDef *def = pass->def;
    size_t i;

    if (virDomainChrDefForeach(def, true, virSecuritySmackChardevCallback, pass) < 0 ||
        virDomainSmartcardDefForeach(def, true, virSecuritySmackSmartcardCallback, pass) < 0)
        return -1;

    for (i = 0; i < def->nredirdevs; i++) {
        if (virSecuritySmackStep(pass, virSecuritySmackChardev(pass, def->redirdevs[i]->source)) < 0)
            return -1;
    }

    for (i = 0; i < def->nrngs; i++) {
        virDomainRNGDef *rng = def->rngs[i];
        int rc = 0;

        /* A source of randomness is one for all: it is read, never taken */
        if (rng->backend == VIR_DOMAIN_RNG_BACKEND_RANDOM)
            rc = virSecuritySmackPath(pass, rng->source.file, NULL,
                                      SECURITY_SMACK_READONLY | SECURITY_SMACK_NOLOCK);
        else if (rng->backend == VIR_DOMAIN_RNG_BACKEND_EGD)
            rc = virSecuritySmackChardev(pass, rng->source.chardev);

        if (virSecuritySmackStep(pass, rc) < 0)
            return -1;
    }

    for (i = 0; i < def->nshmems; i++) {
        if (def->shmems[i]->server.enabled &&
            virSecuritySmackStep(pass, virSecuritySmackChardev(pass, def->shmems[i]->server.chr)) < 0)
            return -1;
    }

    return 0;
}


static int
virSecuritySmackDevices(virSecuritySmackPass *pass)
{
    virDomainDef *def = pass->def;
    size_t i;

    for (i = 0; i < def->ndisks; i++) {
        if (virSecuritySmackStep(pass, virSecuritySmackImage(pass, def->disks[i]->src, CHAIN)) < 0)
            return -1;
    }

    for (i = 0; i < def->nhostdevs; i++) {
        if (virSecuritySmackStep(pass, virSecuritySmackHostdev(pass, def->hostdevs[i], NULL)) < 0)
            return -1;
    }

    for (i = 0; i < def->ninputs; i++) {
        if (virSecuritySmackStep(pass, virSecuritySmackInput(pass, def->inputs[i])) < 0)
            return -1;
    }

    for (i = 0; i < def->nmems; i++) {
        if (virSecuritySmackStep(pass, virSecuritySmackMemory(pass, def->mems[i])) < 0)
            return -1;
    }

    for (i = 0; i < def->ntpms; i++) {
        if (virSecuritySmackStep(pass, virSecuritySmackTPM(pass, def->tpms[i])) < 0)
            return -1;
    }

    for (i = 0; i < def->nnets; i++) {
        if (virSecuritySmackStep(pass, virSecuritySmackNetdev(pass, def->nets[i])) < 0)
            return -1;
    }

    return 0;
}


static int
virSecuritySmackSysinfo(virSecuritySmackPass *pass)
{
    size_t i;
    size_t j;

    for (i = 0; i < pass->def->nsysinfo; i++) {
        virSysinfoDef *sysinfo = pass->def->sysinfo[i];

        for (j = 0; j < sysinfo->nfw_cfgs; j++) {
            if (virSecuritySmackPath(pass, sysinfo->fw_cfgs[j].file, NULL,
                                     SECURITY_SMACK_READONLY) < 0)
                return -1;
        }
    }

    return 0;
}


static int
virSecuritySmackLoader(virSecuritySmackPass *pass)
{
    virDomainLoaderDef *loader = pass->def->os.loader;
    unsigned int flags = SECURITY_SMACK_READONLY;

    if (!loader)
        return 0;

    if (loader->readonly == VIR_TRISTATE_BOOL_NO)
        flags = 0;

    if (virSecuritySmackPath(pass, loader->path, NULL, flags) < 0)
        return -1;

    if (!loader->nvram)
        return 0;

    return virSecuritySmackStep(pass, virSecuritySmackImage(pass, loader->nvram, CHAIN));
}


/* What QEMU reads to start the guest is shared by domains as a rule */
static int
virSecuritySmackBoot(virSecuritySmackPass *pass)
{
    virDomainOSDef *os = &pass->def->os;
    const char *paths[] = {
        os->kernel, os->initrd, os->dtb,
#ifdef SECURITY_SMACK_API_11
        os->shim,
#else
        os->slic_table,
#endif
    };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(paths); i++) {
        if (virSecuritySmackPath(pass, paths[i], NULL, SECURITY_SMACK_READONLY) < 0)
            return -1;
    }

#ifdef SECURITY_SMACK_API_11
    for (i = 0; i < os->nacpiTables; i++) {
        if (virSecuritySmackPath(pass, os->acpiTables[i]->path, NULL,
                                 SECURITY_SMACK_READONLY) < 0)
            return -1;
    }

    if (pass->def->pstore &&
        virSecuritySmackPath(pass, pass->def->pstore->path, NULL, 0) < 0)
        return -1;
#endif

    return 0;
}


/**
 * virSecuritySmackDomain:
 * @pass: whether to set or restore, and for whom
 *
 * Every path the domain names. Devices that all domains share (/dev/kvm,
 * render nodes) are not among them: each domain has its own copies in its
 * private /dev, labelled when they are made (qemu_namespace.c).
 *
 * Returns: 0 on success, -1 otherwise (with error reported when setting).
 */
int
virSecuritySmackDomain(virSecuritySmackPass *pass)
{
    if (virSecuritySmackDevices(pass) < 0 ||
        virSecuritySmackChardevs(pass) < 0 ||
        virSecuritySmackSysinfo(pass) < 0 ||
        virSecuritySmackLoader(pass) < 0 ||
        virSecuritySmackBoot(pass) < 0)
        return -1;

    return pass->failed ? -1 : 0;
}
