/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * securitysmacklabeltest.c: which files the Smack driver labels, and how
 *
 * securitysmacklabeldata/NAME.xml is a domain, NAME.txt what becomes of it:
 * the label of each file that does not have the kernel's own "_", and the
 * rules that are loaded.
 */

#include <config.h>

#include <unistd.h>

#include "testutils.h"

#if defined(WITH_SECDRIVER_SMACK) && defined(WITH_QEMU)

# include "qemu/qemu_security.h"
# include "security/security_manager.h"
# include "securitysmackmock.h"
# include "testutilssmack.h"

# define VIR_FROM_THIS VIR_FROM_NONE

# define DATA abs_srcdir "/securitysmacklabeldata"

# define REFCOUNT "trusted.libvirt.security.ref_smack"
# define LABEL "trusted.libvirt.security.smack"
# define TIMESTAMP "trusted.libvirt.security.timestamp_smack"

# define DISK "/var/lib/vmos/vms/work/private.qcow2"
# define ISO "/srv/shared.iso"

static virQEMUDriver driver;

/* Files that somebody has labelled before, if the domain uses them */
static const char *const before[][2] = {
    { "/var/lib/vmos/templates/app/kernel", "vmos.root" },
    { "/var/lib/vmos/templates/app/initrd", "vmos.root" },
    { "/var/lib/vmos/templates/app/root.erofs", "vmos.root" },
    { "/srv/closed.iso", "vmos.admin" },
    { "/srv/boot/initrd.img", "vmos.admin" },
    { "/dev/hwrng", "vmos.device" },
    { "/dev/dri/renderD128", "vmos.device" },
};
static bool isUsed[G_N_ELEMENTS(before)];


static virDomainObj *
load(const char *name)
{
    g_autofree char *path = g_strdup_printf("%s/%s.xml", DATA, name);
    virDomainObj *vm = smackTestLoad(&driver, path);
    g_autofree char *xml = NULL;
    size_t i;

    if (!vm || virTestLoadFile(path, &xml) < 0) {
        fprintf(stderr, "%s: %s\n", path, virGetLastErrorMessage());
        return NULL;
    }

    smackMockStart("_");
    for (i = 0; i < G_N_ELEMENTS(before); i++) {
        isUsed[i] = !!strstr(xml, before[i][0]);
        if (isUsed[i])
            smackMockSetLabel(before[i][0], before[i][1]);
    }

    return vm;
}


static int
release(virDomainObj *vm)
{
    return virSecurityManagerReleaseLabel(driver.securityManager, vm->def);
}


static int
setAll(virDomainObj *vm)
{
    if (qemuSecuritySetAllLabel(&driver, vm, NULL, false) == 0)
        return 0;

    fprintf(stderr, "Labels were not set: %s\n", virGetLastErrorMessage());
    return -1;
}


static int
expectLabel(const char *path,
            const char *label)
{
    const char *now = smackMockGetLabel(path);

    if (STREQ_NULLABLE(now, label))
        return 0;

    fprintf(stderr, "'%s' has the label '%s', not '%s'\n", path, NULLSTR(now), label);
    return -1;
}


/* All that is not as load() left it */
static int
expectAsBefore(void)
{
    g_autofree char *attributes = smackMockPrintAttributes();
    g_autofree char *files = NULL;
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(before); i++) {
        if (!isUsed[i])
            continue;

        if (expectLabel(before[i][0], before[i][1]) < 0)
            return -1;
        smackMockSetLabel(before[i][0], "_");
    }

    files = smackMockPrintFiles();
    if (files || attributes)
        fprintf(stderr, "Not as before:\n%s%s", NULLSTR(files), NULLSTR(attributes));

    return files || attributes ? -1 : 0;
}


/* Sets all labels, prints them to @ret_labels, restores them */
static int
printLabels(virDomainObj *vm,
            char **ret_labels)
{
    g_autofree char *files = NULL;
    g_autofree char *rules = NULL;

    if (setAll(vm) < 0)
        return -1;

    files = smackMockPrintFiles();
    rules = smackMockPrintRules();
    *ret_labels = g_strdup_printf("%s\n%s", files ? files : "", rules ? rules : "");

    qemuSecurityRestoreAllLabel(&driver, vm, false);
    if (release(vm) < 0)
        return -1;

    g_clear_pointer(&rules, g_free);
    if ((rules = smackMockPrintRules())) {
        fprintf(stderr, "Rules that are left:\n%s", rules);
        return -1;
    }

    return expectAsBefore();
}


static int
testLabels(const void *opaque)
{
    const char *name = opaque;
    g_autofree char *path = g_strdup_printf("%s/%s.txt", DATA, name);
    g_autofree char *labels = NULL;
    g_autoptr(virDomainObj) vm = load(name);
    int ret;

    if (!vm)
        return -1;

    ret = printLabels(vm, &labels);
    smackMockStop();

    if (!labels || virTestCompareToFile(labels, path) < 0)
        return -1;

    return ret;
}


/* What was remembered is gone, or of the host's boot before: nobody may read */
static int
restoreWithout(virDomainObj *vm,
               bool stale)
{
    if (setAll(vm) < 0 || expectLabel(DISK, "vmos.work.image") < 0)
        return -1;

    if (stale) {
        smackMockOverwrite(TIMESTAMP, "1");
    } else {
        smackMockForget(LABEL);
        smackMockForget(REFCOUNT);
        smackMockForget(TIMESTAMP);
    }

    qemuSecurityRestoreAllLabel(&driver, vm, false);

    return expectLabel(DISK, "vmos.off");
}


static int
testFallback(const void *opaque)
{
    bool stale = *(const bool *) opaque;
    g_autoptr(virDomainObj) vm = load("disks");
    int ret;

    if (!vm)
        return -1;

    ret = restoreWithout(vm, stale);
    if (release(vm) < 0)
        ret = -1;

    smackMockStop();
    return ret;
}


/* The second user of a file that carries both names */
static int
shareFile(virDomainObj *first,
          virDomainObj *second)
{
    if (setAll(first) < 0 || setAll(second) < 0)
        return -1;

    if (expectLabel(ISO, "vmos.pool") < 0)
        return -1;

    qemuSecurityRestoreAllLabel(&driver, first, false);
    if (expectLabel(ISO, "vmos.pool") < 0)
        return -1;

    qemuSecurityRestoreAllLabel(&driver, second, false);
    return expectAsBefore();
}


static int
testShared(const void *opaque G_GNUC_UNUSED)
{
    g_autofree char *path = g_strdup(DATA "/share-b.xml");
    g_autoptr(virDomainObj) second = smackTestLoad(&driver, path);
    g_autoptr(virDomainObj) first = load("share-a");
    int ret;

    if (!first || !second)
        return -1;

    ret = shareFile(first, second);
    if (release(first) < 0 || release(second) < 0)
        ret = -1;

    smackMockStop();
    return ret;
}


/* A file of another domain must be refused, whatever that domain is doing */
static int
testForeign(const void *opaque)
{
    const char *label = opaque;
    g_autoptr(virDomainObj) vm = load("disks");
    int ret = -1;

    if (!vm)
        return -1;

    smackMockSetLabel(DISK, label);
    if (qemuSecuritySetAllLabel(&driver, vm, NULL, false) < 0 &&
        expectLabel(DISK, label) == 0) {
        smackMockSetLabel(DISK, "_");
        ret = expectAsBefore();
    }

    virResetLastError();
    if (release(vm) < 0)
        ret = -1;

    smackMockStop();
    return ret;
}


/* Wherever it fails, nothing is left half done */
static int
testFailure(const void *opaque)
{
    const char *path = opaque;
    g_autoptr(virDomainObj) vm = load("disks");
    int ret = -1;

    if (!vm)
        return -1;

    smackMockRefuse(path);
    if (qemuSecuritySetAllLabel(&driver, vm, NULL, false) < 0)
        ret = expectAsBefore();
    else
        fprintf(stderr, "The label of '%s' cannot be set, and the domain would start\n", path);

    virResetLastError();
    if (release(vm) < 0)
        ret = -1;

    smackMockStop();
    return ret;
}


static int
mymain(void)
{
    bool stale = true;
    bool gone = false;
    int ret = 0;

    if (virInitialize() < 0 || smackTestInit(&driver) < 0)
        return EXIT_FAILURE;

# define DO_TEST(name, function, data) \
    do { \
        if (virTestRun(name, function, data) < 0) \
            ret = -1; \
    } while (0)

    DO_TEST("Labels of disks", testLabels, "disks");
    DO_TEST("Labels of a backing chain", testLabels, "chain");
    DO_TEST("Labels of an APP VM", testLabels, "app");
    DO_TEST("Labels of kernel, initrd, DTB and ACPI table", testLabels, "boot");
    DO_TEST("Labels of firmware and its variables", testLabels, "firmware");
    DO_TEST("Labels of character devices", testLabels, "chardev");
    DO_TEST("Labels of host devices", testLabels, "hostdev");
    DO_TEST("Labels of a TPM of the host", testLabels, "tpm");
    DO_TEST("Labels of a random number generator", testLabels, "rng");
    DO_TEST("Labels of memory", testLabels, "memory");
    DO_TEST("Labels of input devices", testLabels, "input");
    DO_TEST("Labels of graphics", testLabels, "graphics");
    DO_TEST("Labels of a domain's own choice", testLabels, "own");
    DO_TEST("Labels derived from the UUID", testLabels, "dynamic");

    DO_TEST("Restore what nobody remembers", testFallback, &gone);
    DO_TEST("Restore what was remembered before the host's boot", testFallback, &stale);
    DO_TEST("Two domains of one file", testShared, NULL);
    DO_TEST("Refuse the disk of a domain", testForeign, "vmos.other.image");
    DO_TEST("Refuse what a domain's QEMU has made", testForeign, "vmos.other.qemu");
    DO_TEST("Fail at the first disk", testFailure, DISK);
    DO_TEST("Fail at the last disk", testFailure, "/dev/mapper/data");

    smackTestFree(&driver);
    return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

VIR_TEST_MAIN_PRELOAD(mymain,
                      VIR_TEST_MOCK("virpci"),
                      VIR_TEST_MOCK("domaincaps"))

#else

int
main(void)
{
    return EXIT_AM_SKIP;
}

#endif /* ! WITH_SECDRIVER_SMACK || ! WITH_QEMU */
