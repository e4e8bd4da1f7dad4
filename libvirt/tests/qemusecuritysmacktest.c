/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * qemusecuritysmacktest.c: what the Smack driver sets, it restores
 *
 * Takes all domains that libvirt's tests know, sets all labels and restores
 * them: each path has to be as before, and nothing may be left of what libvirt
 * remembers, nor of the kernel's rules.
 */

#include <config.h>

#include "testutils.h"

#if defined(WITH_SECDRIVER_SMACK) && defined(WITH_QEMU)

# include "qemu/qemu_security.h"
# include "security/security_manager.h"
# include "securitysmackmock.h"
# include "testutilssmack.h"

# define VIR_FROM_THIS VIR_FROM_NONE

# if LIBVIR_VERSION_NUMBER >= 11003000
#  define DOMAINS abs_srcdir "/qemuxmlconfdata"
# else
#  define DOMAINS abs_srcdir "/qemuxml2argvdata"
# endif

/* Fewer than these would mean that the test tests nothing */
# define DOMAINS_MIN 450
# define LABELS_MIN 500

/* More than these would mean that it tests too little: devices of other
 * machines, which have to leave nothing behind either */
# define FAILURES_MAX 25

static virQEMUDriver driver;
static size_t domains;
static size_t failures;
static size_t labels;


static int
checkRestored(const char *what,
              const char *left)
{
    if (left)
        fprintf(stderr, "%s:\n%s", what, left);

    return left ? -1 : 0;
}


static int
setAndRestore(virDomainObj *vm)
{
    g_autofree char *files = NULL;
    g_autofree char *attributes = NULL;
    g_autofree char *rules = NULL;

    if (qemuSecuritySetAllLabel(&driver, vm, NULL, false) < 0) {
        VIR_TEST_DEBUG("%s: %s", vm->def->name, virGetLastErrorMessage());
        virResetLastError();
        failures++;
    } else {
        domains++;
        labels += smackMockSetCount();
        qemuSecurityRestoreAllLabel(&driver, vm, false);
    }

    if (virSecurityManagerReleaseLabel(driver.securityManager, vm->def) < 0)
        return -1;

    files = smackMockPrintFiles();
    attributes = smackMockPrintAttributes();
    rules = smackMockPrintRules();

    if (checkRestored("Files that were not restored", files) < 0 ||
        checkRestored("Remembered and not forgotten", attributes) < 0 ||
        checkRestored("Rules that are left", rules) < 0)
        return -1;

    return 0;
}


static int
testDomain(const void *opaque)
{
    const char *path = opaque;
    g_autoptr(virDomainObj) vm = smackTestLoad(&driver, path);
    int ret;

    /* Many are there to be refused, others are for other machines */
    if (!vm) {
        virResetLastError();
        return 0;
    }

    smackMockStart("vmos.before");
    ret = setAndRestore(vm);
    smackMockStop();

    return ret;
}


static int
testAll(void)
{
    g_autoptr(GDir) dir = g_dir_open(DOMAINS, 0, NULL);
    GList *names = NULL;
    GList *item;
    const char *name;
    int ret = 0;

    if (!dir)
        return -1;

    while ((name = g_dir_read_name(dir))) {
        if (g_str_has_suffix(name, ".xml") && !strstr(name, ".x86_64-") &&
            !strstr(name, "-latest."))
            names = g_list_prepend(names, g_strdup(name));
    }

    names = g_list_sort(names, (GCompareFunc) strcmp);

    for (item = names; item; item = item->next) {
        g_autofree char *path = g_strdup_printf("%s/%s", DOMAINS, (const char *) item->data);

        if (virTestRun(item->data, testDomain, path) < 0)
            ret = -1;
    }

    g_list_free_full(names, g_free);
    return ret;
}


static int
mymain(void)
{
    int ret;

    if (virInitialize() < 0 || smackTestInit(&driver) < 0)
        return EXIT_FAILURE;

    ret = testAll();
    fprintf(stderr, "%zu domains, %zu labels set and restored; %zu could not be set\n",
            domains, labels, failures);

    if (domains < DOMAINS_MIN || labels < LABELS_MIN || failures > FAILURES_MAX)
        ret = -1;

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
