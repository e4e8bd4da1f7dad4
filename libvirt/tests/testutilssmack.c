/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * testutilssmack.c: QEMU's driver with the Smack security driver in it
 */

#include <config.h>

#include "testutilssmack.h"

#include "qemu/qemu_domain.h"
#include "security/security_manager.h"
#include "testutils.h"
#include "virfile.h"

#define VIR_FROM_THIS VIR_FROM_NONE

static virQEMUCaps *caps;
static char *fakeRoot;


int
smackTestInit(virQEMUDriver *driver)
{
    g_autofree char *path = testQemuGetLatestCapsForArch("x86_64", "xml");
    virSecurityManager *smack;
    virSecurityManager *stack;

    if (!path || qemuTestDriverInit(driver) < 0)
        return -1;

    /* Has the mock of PCI devices make its files while files are real. 11.3
     * has a place for them ready, 9.0 leaves that to the test. */
    if (!g_getenv("LIBVIRT_FAKE_ROOT_DIR")) {
        fakeRoot = g_strdup(abs_builddir "/fakerootdir-XXXXXX");
        if (!g_mkdtemp(fakeRoot) ||
            !g_setenv("LIBVIRT_FAKE_ROOT_DIR", fakeRoot, TRUE))
            return -1;
    }
    ignore_value(virFileExists("/sys/bus/pci/devices"));

    if (!(caps = qemuTestParseCapabilitiesArch(VIR_ARCH_X86_64, path)) ||
        qemuTestCapsCacheInsert(driver->qemuCapsCache, caps) < 0)
        return -1;

    if (!(smack = virSecurityManagerNew("smack", "QEMU",
                                        VIR_SECURITY_MANAGER_PRIVILEGED |
                                        VIR_SECURITY_MANAGER_DEFAULT_CONFINED |
                                        VIR_SECURITY_MANAGER_REQUIRE_CONFINED)) ||
        !(stack = virSecurityManagerNewStack(smack))) {
        fprintf(stderr, "Cannot initialize the driver: %s\n", virGetLastErrorMessage());
        return -1;
    }

    virObjectUnref(driver->securityManager);
    driver->securityManager = stack;
    return 0;
}


void
smackTestFree(virQEMUDriver *driver)
{
    virObjectUnref(caps);
    qemuTestDriverFree(driver);
    if (fakeRoot)
        virFileDeleteTree(fakeRoot);
    g_clear_pointer(&fakeRoot, g_free);
}


virDomainObj *
smackTestLoad(virQEMUDriver *driver,
              const char *path)
{
    g_autoptr(virDomainObj) vm = virDomainObjNew(driver->xmlopt);
    g_autofree char *xml = NULL;
    qemuDomainObjPrivate *priv;

    if (!vm || virTestLoadFile(path, &xml) < 0)
        return NULL;

    priv = vm->privateData;
    priv->chardevStdioLogd = false;
    priv->rememberOwner = true;
    priv->qemuCaps = virObjectRef(caps);

    if (!(vm->def = virDomainDefParseString(xml, driver->xmlopt, NULL,
                                            VIR_DOMAIN_DEF_PARSE_INACTIVE)))
        return NULL;

    if (virSecurityManagerGenLabel(driver->securityManager, vm->def) < 0)
        return NULL;

    return g_steal_pointer(&vm);
}
