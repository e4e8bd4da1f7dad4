/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * securitysmacktest.c: labels of the Smack security driver
 */

#include <config.h>

#include <unistd.h>

#include "testutils.h"

#ifdef WITH_SECDRIVER_SMACK

# include "conf/domain_conf.h"
# include "security/security_driver.h"
# include "security/security_manager.h"
# include "securitysmackmock.h"
# include "vircommand.h"
# include "virfile.h"
# include "virhash.h"
# include "virrandom.h"
# include "virstring.h"
# include "virsmack.h"
# include "viruuid.h"

# define VIR_FROM_THIS VIR_FROM_NONE

/* struct _virSecurityDriver has had these since 2021 */
# define CALLBACKS 45

# define CYCLES 1000
# define RANDOM_LABELS 20000

static virSecurityManager *mgr;


static virDomainDef *
makeDomain(virDomainSeclabelType type,
           const char *label)
{
    virDomainDef *def = virDomainDefNew(NULL);
    virSecurityLabelDef *seclabel = virSecurityLabelDefNew("smack");

    if (virUUIDGenerate(def->uuid) < 0)
        abort();

    def->name = g_strdup("test");
    def->virtType = VIR_DOMAIN_VIRT_KVM;
    seclabel->type = type;
    seclabel->relabel = true;
    seclabel->label = g_strdup(label);
    VIR_APPEND_ELEMENT(def->seclabels, def->nseclabels, seclabel);

    return def;
}


static virDomainDef *
makeStatic(const char *label)
{
    return makeDomain(VIR_DOMAIN_SECLABEL_STATIC, label);
}


static virDomainDef *
makeDynamic(void)
{
    return makeDomain(VIR_DOMAIN_SECLABEL_DYNAMIC, NULL);
}


static const virSecurityLabelDef *
getLabels(virDomainDef *def)
{
    return virDomainDefGetSecurityLabelDef(def, "smack");
}


/* Whether a domain may have @label; what it got is told to the kernel */
static bool
isAccepted(const char *label)
{
    g_autoptr(virDomainDef) def = makeStatic(label);
    bool accepted;

    accepted = virSecurityManagerGenLabel(mgr, def) == 0;

    if (accepted) {
        if (virSecurityManagerSetAllLabel(mgr,
# if LIBVIR_VERSION_NUMBER >= 11003000
                                          NULL,
# endif
                                          def, NULL, false, false) < 0 ||
            virSecurityManagerSetProcessLabel(mgr, def) < 0 ||
            virSecurityManagerReleaseLabel(mgr, def) < 0) {
            fprintf(stderr, "'%s' was accepted and cannot be used: %s\n",
                    label, virGetLastErrorMessage());
            abort();
        }
    }

    virResetLastError();
    return accepted;
}


static int
testCallbacks(const void *opaque G_GNUC_UNUSED)
{
    virSecurityDriver *driver = virSecurityDriverLookup("smack", "QEMU");
    void *const *first;
    void *const *end;
    size_t i;

    if (!driver)
        return -1;

    first = (void *const *) &driver->probe;
    end = (void *const *) (driver + 1);

    if (end - first != CALLBACKS) {
        fprintf(stderr, "There are %zu callbacks now\n", (size_t) (end - first));
        return -1;
    }

    for (i = 0; i < CALLBACKS; i++) {
        if (!first[i]) {
            fprintf(stderr, "Callback %zu is NULL\n", i + 1);
            return -1;
        }
    }

    return 0;
}


static int
testModel(const void *opaque G_GNUC_UNUSED)
{
    const char *base = virSecurityManagerGetBaseLabel(mgr, VIR_DOMAIN_VIRT_KVM);
    g_autoptr(virDomainDef) def = makeDynamic();
    g_autofree char *options = NULL;
    g_autofree char *expected = NULL;

    if (STRNEQ(virSecurityManagerGetModel(mgr), "smack") ||
        STRNEQ(virSecurityManagerGetDOI(mgr), "0") ||
        STRNEQ_NULLABLE(base, "vmos"))
        return -1;

    if (virSecurityManagerGenLabel(mgr, def) < 0 ||
        !(options = virSecurityManagerGetMountOptions(mgr, def)))
        return -1;

    expected = g_strdup_printf(",smackfsroot=%s,smackfsdef=%s",
                               getLabels(def)->imagelabel, getLabels(def)->imagelabel);

    if (virTestCompareToString(expected, options) < 0)
        return -1;

    return virSecurityManagerReleaseLabel(mgr, def);
}


/* Each of the 255 bytes a string can hold, at each kind of place */
static int
testBytes(const void *opaque G_GNUC_UNUSED)
{
    const char *places[] = { "%cvmos.a.qemu", "vmos.a%cb.qemu", "vmos.a%c.qemu", "vmos.a.qemu%c" };
    size_t place;
    unsigned int byte;
    int ret = 0;

    for (place = 0; place < G_N_ELEMENTS(places); place++) {
        for (byte = 1; byte < 256; byte++) {
# pragma GCC diagnostic push
# pragma GCC diagnostic ignored "-Wformat-nonliteral"
            g_autofree char *label = g_strdup_printf(places[place], byte);
# pragma GCC diagnostic pop
            g_autofree char *kept = smackMockCut(label);
            bool may = place == 0 ? g_ascii_isalnum(byte) :
                place < 3 && (g_ascii_isalnum(byte) || strchr("_.-", byte));
            bool accepted = isAccepted(label);

            if (accepted != may || (accepted && STRNEQ(kept, label))) {
                fprintf(stderr, "byte %u at place %zu: accepted %d, kernel keeps '%s'\n",
                        byte, place, accepted, kept);
                ret = -1;
            }
        }
    }

    if (smackMockCutCount() > 0) {
        fprintf(stderr, "The kernel has cut %zu labels\n", smackMockCutCount());
        ret = -1;
    }

    return ret;
}


/* The longer one of the two, STEM.image, has to fit */
static int
testLengths(const void *opaque G_GNUC_UNUSED)
{
    size_t stem;

    for (stem = 0; stem < 300; stem++) {
        g_autofree char *text = g_strnfill(stem, 'a');
        g_autofree char *label = g_strdup_printf("%s.qemu", text);
        bool may = stem > 0 && stem + strlen(".image") <= 255;

        if (isAccepted(label) != may) {
            fprintf(stderr, "A stem of %zu characters was%s accepted\n", stem, may ? " not" : "");
            return -1;
        }
    }

    return smackMockCutCount() > 0 ? -1 : 0;
}


static int
testRandom(const void *opaque G_GNUC_UNUSED)
{
    /* So few kinds of them that many labels are valid */
    const char alphabet[] = "aZ09._-/ \"\\'~*\x7f\x80\xff\n";
    size_t accepted = 0;
    size_t i;

    for (i = 0; i < RANDOM_LABELS; i++) {
        char stem[8] = "";
        size_t len = virRandomInt(sizeof(stem));
        g_autofree char *label = NULL;
        g_autofree char *kept = NULL;
        size_t j;

        for (j = 0; j < len; j++)
            stem[j] = alphabet[virRandomInt(sizeof(alphabet) - 1)];

        label = g_strdup_printf("%s.qemu", stem);
        kept = smackMockCut(label);

        if (!isAccepted(label))
            continue;

        accepted++;
        if (STRNEQ(kept, label)) {
            fprintf(stderr, "'%s' was accepted, the kernel keeps '%s'\n", label, kept);
            return -1;
        }
    }

    if (accepted < RANDOM_LABELS / 100) {
        fprintf(stderr, "Only %zu of %d random labels were accepted\n", accepted, RANDOM_LABELS);
        return -1;
    }

    return smackMockCutCount() > 0 ? -1 : 0;
}


static int
testRefused(const void *opaque)
{
    const char *label = opaque;

    if (isAccepted(label)) {
        fprintf(stderr, "'%s' was accepted\n", label);
        return -1;
    }

    return 0;
}


/* Unconfined, QEMU would have the label of the daemon */
static int
testNone(const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(virDomainDef) def = makeDomain(VIR_DOMAIN_SECLABEL_NONE, NULL);

    def->seclabels[0]->relabel = false;

    return virSecurityManagerGenLabel(mgr, def) < 0 ? 0 : -1;
}


static int
testDuplicate(const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(virDomainDef) first = makeStatic("vmos.twin.qemu");
    g_autoptr(virDomainDef) second = makeStatic("vmos.twin.qemu");
    g_autoptr(virDomainDef) third = makeStatic("vmos.twin.qemu");

    if (virSecurityManagerGenLabel(mgr, first) < 0 ||
        virSecurityManagerGenLabel(mgr, second) == 0)
        return -1;

    virResetLastError();
    if (virSecurityManagerReleaseLabel(mgr, first) < 0 ||
        virSecurityManagerGenLabel(mgr, third) < 0)
        return -1;

    return virSecurityManagerReleaseLabel(mgr, third);
}


/* A daemon that starts again finds domains that run */
static int
testReserve(const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(virDomainDef) running = makeStatic("vmos.running.qemu");
    g_autoptr(virDomainDef) next = makeStatic("vmos.running.qemu");

    running->seclabels[0]->imagelabel = g_strdup("vmos.running.image");

    /* A process of another label is not the one that was started */
    if (virSecurityManagerReserveLabel(mgr, running, getpid()) == 0)
        return -1;

    virResetLastError();
    if (virSmackProcessSetLabel("vmos.running.qemu") < 0 ||
        virSecurityManagerReserveLabel(mgr, running, getpid()) < 0 ||
        virSecurityManagerGenLabel(mgr, next) == 0)
        return -1;

    virResetLastError();
    if (virSmackProcessSetLabel("vmos.libvirt") < 0)
        return -1;

    return virSecurityManagerReleaseLabel(mgr, running);
}


static int
testDynamic(const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(virDomainDef) def = makeDynamic();
    char uuid[VIR_UUID_STRING_BUFLEN];
    g_autofree char *process = NULL;
    g_autofree char *image = NULL;

    virUUIDFormat(def->uuid, uuid);
    process = g_strdup_printf("vmos.%s.qemu", uuid);
    image = g_strdup_printf("vmos.%s.image", uuid);

    if (virSecurityManagerGenLabel(mgr, def) < 0 ||
        virTestCompareToString(process, getLabels(def)->label) < 0 ||
        virTestCompareToString(image, getLabels(def)->imagelabel) < 0 ||
        virSecurityManagerVerify(mgr, def) < 0)
        return -1;

    return virSecurityManagerReleaseLabel(mgr, def);
}


static virDomainDef *
makeHostile(void)
{
    virDomainDef *def = makeDynamic();
    size_t i;

    for (i = 0; i + 1 < 5; i++) {
        g_autofree char *old = g_steal_pointer(&def->name);

        def->name = g_strdup_printf("%s%c", old, virRandomInt(255) + 1);
    }

    return def;
}


/* Domains that all live at the same time, then end */
static int
testCycles(const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    virDomainDef *defs[CYCLES];
    g_autofree char *rules = NULL;
    size_t collisions = 0;
    size_t i;

    for (i = 0; i < CYCLES; i++) {
        defs[i] = makeHostile();
        if (virSecurityManagerGenLabel(mgr, defs[i]) < 0)
            return -1;

        collisions += !g_hash_table_add(seen, g_strdup(getLabels(defs[i])->label));
        collisions += !g_hash_table_add(seen, g_strdup(getLabels(defs[i])->imagelabel));
    }

    for (i = 0; i < CYCLES; i++) {
        if (virSecurityManagerReleaseLabel(mgr, defs[i]) < 0)
            return -1;
        virDomainDefFree(defs[i]);
    }

    rules = smackMockPrintRules();
    if (collisions > 0 || smackMockCutCount() > 0 || rules) {
        fprintf(stderr, "%zu collisions, %zu labels cut, rules left: %s\n",
                collisions, smackMockCutCount(), NULLSTR(rules));
        return -1;
    }

    return 0;
}


static int
testProcess(const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(virDomainDef) def = makeStatic("vmos.process.qemu");
    g_autofree virSecurityLabelPtr label = g_new0(virSecurityLabel, 1);

    if (virSecurityManagerGenLabel(mgr, def) < 0 ||
        virSecurityManagerSetProcessLabel(mgr, def) < 0 ||
        virSecurityManagerGetProcessLabel(mgr, def, getpid(), label) < 0)
        return -1;

    if (STRNEQ(label->label, "vmos.process.qemu") || label->enforcing != 1)
        return -1;

    return virSecurityManagerReleaseLabel(mgr, def);
}


/* What cannot get its label must not run */
static int
testCommand(const void *opaque)
{
    bool refuse = *(const bool *) opaque;
    g_autofree char *proof = g_strdup_printf("%s/securitysmacktest.%d", abs_builddir, getpid());
    g_autoptr(virDomainDef) def = makeStatic("vmos.command.qemu");
    g_autoptr(virCommand) cmd = virCommandNewArgList("/bin/touch", proof, NULL);
    bool ran;
    int status;

    if (virSecurityManagerGenLabel(mgr, def) < 0 ||
        virSecurityManagerSetChildProcessLabel(mgr, def,
# if LIBVIR_VERSION_NUMBER >= 11003000
                                               false,
# endif
                                               cmd) < 0)
        return -1;

    /* The command's side works on real files */
    smackMockStop();
    smackMockRefuseProcess(refuse);
    status = virCommandRun(cmd, NULL);
    ran = virFileExists(proof);
    unlink(proof);
    smackMockRefuseProcess(false);
    smackMockStart("_");

    if ((status < 0) != refuse || ran == refuse) {
        fprintf(stderr, "status %d, the command ran: %d\n", status, ran);
        return -1;
    }

    virResetLastError();
    return virSecurityManagerReleaseLabel(mgr, def);
}


static int
mymain(void)
{
    const char *refused[] = {
        "", "_", "^", "*", "?", "@", "-", ".qemu", "-a.qemu", "_.qemu", "vmos.a", "vmos.a.image",
        "vmos.a.qemu ", "vmos.a.qemuu", "vmos.root", "vmos.off", "vmos.manager", "vmos.libvirt",
        "vmos.cap.qemu", "vmos.a/b.qemu", "vmos.a\n.qemu",
    };
    bool yes = true;
    bool no = false;
    int ret = 0;
    size_t i;

    smackMockStart("_");

    if (virInitialize() < 0 ||
        !(mgr = virSecurityManagerNew("smack", "QEMU",
                                      VIR_SECURITY_MANAGER_PRIVILEGED |
                                      VIR_SECURITY_MANAGER_DEFAULT_CONFINED |
                                      VIR_SECURITY_MANAGER_REQUIRE_CONFINED))) {
        fprintf(stderr, "Cannot initialize the driver: %s\n", virGetLastErrorMessage());
        return EXIT_FAILURE;
    }

# define DO_TEST(name, function, data) \
    do { \
        if (virTestRun(name, function, data) < 0) \
            ret = -1; \
    } while (0)

    DO_TEST("All callbacks are there", testCallbacks, NULL);
    DO_TEST("Model, DOI, base label, mount options", testModel, NULL);
    DO_TEST("Labels with each byte", testBytes, NULL);
    DO_TEST("Labels of each length", testLengths, NULL);
    DO_TEST("Random labels", testRandom, NULL);

    for (i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autofree char *name = g_strdup_printf("Refuse label '%s'", refused[i]);

        DO_TEST(name, testRefused, refused[i]);
    }

    DO_TEST("Refuse no label", testNone, NULL);
    DO_TEST("Refuse a second domain of the same label", testDuplicate, NULL);
    DO_TEST("Refuse the label of a domain that runs", testReserve, NULL);
    DO_TEST("Labels derived from the UUID", testDynamic, NULL);
    DO_TEST("1000 domains of hostile names", testCycles, NULL);
    DO_TEST("Label of a process", testProcess, NULL);
    DO_TEST("Label of a command", testCommand, &no);
    DO_TEST("No command without its label", testCommand, &yes);

    virObjectUnref(mgr);
    smackMockStop();

    return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

VIR_TEST_MAIN(mymain)

#else

int
main(void)
{
    return EXIT_AM_SKIP;
}

#endif /* ! WITH_SECDRIVER_SMACK */
