/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * securitysmackcycle.c: the Smack driver against a kernel with Smack
 *
 *   securitysmackcycle [CYCLES [DIRECTORY]]
 *
 * Domains of hostile names and labels are defined, started and stopped, a few
 * at a time: labels are asked for, those of real files set, a real program is
 * run with the label of QEMU and tries to read its own disk and another
 * domain's, labels are restored. Prints counts; fails if anything is wrong.
 * Runs as root where Smack is on, is skipped elsewhere.
 */

#include <config.h>

#include <unistd.h>

#include "testutils.h"

#ifdef WITH_SECDRIVER_SMACK

# include "conf/domain_conf.h"
# include "security/security_manager.h"
# include "vircommand.h"
# include "virfile.h"
# include "virhash.h"
# include "virrandom.h"
# include "virsmack.h"
# include "virstring.h"
# include "viruuid.h"

# define VIR_FROM_THIS VIR_FROM_NONE

/* Domains that run at the same time */
# define LIVE 8

static virSecurityManager *mgr;
static const char *directory;

typedef struct {
    virDomainDef *def;
    char *disk;
    char *label;            /* of @disk, before */
} Domain;

static struct {
    size_t cycles;
    size_t refused;         /* labels that the driver does not take */
    size_t started;
    size_t failed;          /* domains that could not be used although accepted */
    size_t collisions;
    size_t unlabelled;
    size_t misread;         /* labels that read back otherwise */
    size_t open;            /* domains that read another one's disk */
    size_t closed;          /* domains that could not read their own */
    size_t left;            /* files that were not restored, rules that stayed */
} count;

static GHashTable *given;


/* Up to 12 bytes of any value but NUL, every other time rather harmless ones */
static char *
makeHostile(void)
{
    const char mostly[] = "abcXYZ019._-";
    char text[13] = "";
    size_t len = virRandomInt(sizeof(text) - 1) + 1;
    bool hostile = virRandomInt(2) == 0;
    size_t i;

    for (i = 0; i < len; i++)
        text[i] = hostile ? (char) (virRandomInt(255) + 1) : mostly[virRandomInt(sizeof(mostly) - 1)];

    return g_strdup(text);
}


static virDomainDef *
makeDef(const char *disk)
{
    virDomainDef *def = virDomainDefNew(NULL);
    virSecurityLabelDef *seclabel = virSecurityLabelDefNew("smack");
    virDomainDiskDef *first = virDomainDiskDefNew(NULL);

    if (virUUIDGenerate(def->uuid) < 0)
        abort();

    def->name = makeHostile();
    def->virtType = VIR_DOMAIN_VIRT_KVM;

    seclabel->type = VIR_DOMAIN_SECLABEL_DYNAMIC;
    if (virRandomInt(2) == 0) {
        seclabel->type = VIR_DOMAIN_SECLABEL_STATIC;
        seclabel->label = g_strdup_printf("vmos.%s.qemu", def->name);
    }
    seclabel->relabel = true;
    VIR_APPEND_ELEMENT(def->seclabels, def->nseclabels, seclabel);

    virDomainDiskSetType(first, VIR_STORAGE_TYPE_FILE);
    virDomainDiskSetSource(first, disk);
    virDomainDiskSetFormat(first, VIR_STORAGE_FILE_RAW);
    first->dst = g_strdup("vda");
    VIR_APPEND_ELEMENT(def->disks, def->ndisks, first);

    return def;
}


static void
freeDomain(Domain *domain)
{
    virDomainDefFree(domain->def);
    g_free(domain->disk);
    g_free(domain->label);
    memset(domain, 0, sizeof(*domain));
}


static int
setLabels(virDomainDef *def)
{
    if (virSecurityManagerTransactionStart(mgr
# if LIBVIR_VERSION_NUMBER >= 11003000
                                           , NULL
# endif
                                           ) < 0)
        return -1;

    if (virSecurityManagerSetAllLabel(mgr,
# if LIBVIR_VERSION_NUMBER >= 11003000
                                      NULL,
# endif
                                      def, NULL, false, false) < 0) {
        virSecurityManagerTransactionAbort(mgr);
        return -1;
    }

    return virSecurityManagerTransactionCommit(mgr, -1, true
# if LIBVIR_VERSION_NUMBER >= 11003000
                                               , false
# endif
                                               );
}


static int
restoreLabels(virDomainDef *def)
{
    if (virSecurityManagerTransactionStart(mgr
# if LIBVIR_VERSION_NUMBER >= 11003000
                                           , NULL
# endif
                                           ) < 0)
        return -1;

    if (virSecurityManagerRestoreAllLabel(mgr,
# if LIBVIR_VERSION_NUMBER >= 11003000
                                          NULL,
# endif
                                          def, false, false) < 0) {
        virSecurityManagerTransactionAbort(mgr);
        return -1;
    }

    return virSecurityManagerTransactionCommit(mgr, -1, true
# if LIBVIR_VERSION_NUMBER >= 11003000
                                               , false
# endif
                                               );
}


/* What a program sees that has the label of QEMU */
static void
runProgram(Domain *domain,
           const Domain *other)
{
    const char *label = virDomainDefGetSecurityLabelDef(domain->def, "smack")->label;
    g_autoptr(virCommand) cmd = virCommandNew("cat");
    g_autofree char *output = NULL;
    g_autofree char *errors = NULL;
    g_autofree char *first = g_strdup_printf("%s|%s|", label, domain->disk);
    g_auto(GStrv) words = NULL;
    int status;

    /* The kernel's answer has no newline; the files hold "|PATH|" */
    virCommandAddArgList(cmd, "/proc/self/attr/current", domain->disk, NULL);
    if (other->disk)
        virCommandAddArg(cmd, other->disk);
    virCommandSetOutputBuffer(cmd, &output);
    virCommandSetErrorBuffer(cmd, &errors);

    if (virSecurityManagerSetChildProcessLabel(mgr, domain->def,
# if LIBVIR_VERSION_NUMBER >= 11003000
                                               false,
# endif
                                               cmd) < 0 ||
        virCommandRun(cmd, &status) < 0) {
        count.failed++;
        return;
    }

    words = g_strsplit(output, "|", 2);
    g_strdelimit(words[0], "\n", '\0');
    if (STRNEQ(words[0], label))
        count.misread++;

    if (!strstr(output, domain->disk))
        count.closed++;

    if (other->disk && strstr(output, other->disk))
        count.open++;
}


static int
makeDisk(Domain *domain,
         size_t number)
{
    g_autofree char *text = NULL;

    domain->disk = g_strdup_printf("%s/disk-%zu.", directory, number);
    text = g_strdup_printf("|%s|", domain->disk);

    if (virFileWriteStr(domain->disk, text, 0600) < 0 ||
        virSmackFileGetLabel(domain->disk, &domain->label) < 0) {
        perror(domain->disk);
        return -1;
    }

    return 0;
}


static void
checkLabels(const Domain *domain)
{
    const virSecurityLabelDef *labels = virDomainDefGetSecurityLabelDef(domain->def, "smack");
    g_autofree char *now = NULL;

    if (virSmackFileGetLabel(domain->disk, &now) < 0 || STREQ(now, domain->label))
        count.unlabelled++;
    else if (STRNEQ(now, labels->imagelabel))
        count.misread++;
}


static void
startDomain(Domain *domain,
            const Domain *other)
{
    const virSecurityLabelDef *labels;

    if (virSecurityManagerGenLabel(mgr, domain->def) < 0) {
        count.refused++;
        virResetLastError();
        unlink(domain->disk);
        freeDomain(domain);
        return;
    }

    labels = virDomainDefGetSecurityLabelDef(domain->def, "smack");
    count.collisions += !g_hash_table_add(given, g_strdup(labels->label));
    count.collisions += !g_hash_table_add(given, g_strdup(labels->imagelabel));

    if (setLabels(domain->def) < 0) {
        fprintf(stderr, "%s: %s\n", labels->label, virGetLastErrorMessage());
        count.failed++;
        return;
    }

    count.started++;
    checkLabels(domain);
    runProgram(domain, other);
}


static void
stopDomain(Domain *domain)
{
    const virSecurityLabelDef *labels;
    g_autofree char *now = NULL;
    g_autofree char *process = NULL;
    g_autofree char *image = NULL;

    if (!domain->def)
        return;

    labels = virDomainDefGetSecurityLabelDef(domain->def, "smack");
    process = g_strdup(labels->label);
    image = g_strdup(labels->imagelabel);
    g_hash_table_remove(given, process);
    g_hash_table_remove(given, image);

    if (restoreLabels(domain->def) < 0 ||
        virSmackFileGetLabel(domain->disk, &now) < 0 || STRNEQ(now, domain->label))
        count.left++;

    if (virSecurityManagerReleaseLabel(mgr, domain->def) < 0)
        count.failed++;

    if (virSmackMayAccess(process, image, "r") != 0)
        count.left++;

    unlink(domain->disk);
    freeDomain(domain);
}


static int
runCycles(size_t cycles)
{
    Domain live[LIVE] = { 0 };
    size_t i;

    for (i = 0; i < cycles; i++) {
        Domain *domain = &live[i % LIVE];

        stopDomain(domain);
        if (makeDisk(domain, i) < 0)
            return -1;

        domain->def = makeDef(domain->disk);
        count.cycles++;
        startDomain(domain, &live[(i + LIVE - 1) % LIVE]);
    }

    for (i = 0; i < LIVE; i++)
        stopDomain(&live[i]);

    return 0;
}


int
main(int argc, char **argv)
{
    g_autofree char *scratch = g_strdup("/tmp/securitysmackcycle.XXXXXX");
    const char *reason = NULL;
    size_t bad;

    if (virInitialize() < 0)
        return EXIT_FAILURE;

    if (virSmackIsUsable(&reason) != 1) {
        printf("skipped: %s\n", reason);
        return EXIT_AM_SKIP;
    }

    directory = argc > 2 ? argv[2] : g_mkdtemp(scratch);
    given = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    mgr = virSecurityManagerNew("smack", "QEMU",
                                VIR_SECURITY_MANAGER_PRIVILEGED |
                                VIR_SECURITY_MANAGER_DEFAULT_CONFINED |
                                VIR_SECURITY_MANAGER_REQUIRE_CONFINED);
    if (!directory || !mgr) {
        fprintf(stderr, "%s\n", virGetLastErrorMessage());
        return EXIT_FAILURE;
    }

    if (runCycles(argc > 1 ? g_ascii_strtoull(argv[1], NULL, 10) : 100) < 0)
        return EXIT_FAILURE;

    if (argc <= 2)
        rmdir(directory);

    printf("cycles %zu, refused %zu, started %zu, failed %zu, collisions %zu, unlabelled %zu, "
           "misread %zu, open %zu, closed %zu, left %zu\n",
           count.cycles, count.refused, count.started, count.failed, count.collisions,
           count.unlabelled, count.misread, count.open, count.closed, count.left);

    bad = count.failed + count.collisions + count.unlabelled + count.misread +
        count.open + count.closed + count.left;

    /* Of all cycles at least the half with labels from the UUID can start */
    return bad == 0 && count.started * 3 >= count.cycles ? EXIT_SUCCESS : EXIT_FAILURE;
}

#else

int
main(void)
{
    return EXIT_AM_SKIP;
}

#endif /* ! WITH_SECDRIVER_SMACK */
