/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * securitysmackmock.c: a kernel with Smack, and files, in memory
 */

#include <config.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "securitysmackmock.h"

#include "virbuffer.h"
#include "virerror.h"
#include "virfile.h"
#include "virhash.h"
#include "virhostuptime.h"
#include "virmock.h"
#include "virprocess.h"
#include "virsmack.h"
#include "virstring.h"

#define VIR_FROM_THIS VIR_FROM_NONE

/* Room for a label and its NUL in security/smack/smack.h */
#define KERNEL_LABEL_SIZE 256

static int (*real_open)(const char *path, int flags, ...);
#ifdef __GLIBC__
static int (*real___open_2)(const char *path, int flags);
#endif
static int (*real_lsetxattr)(const char *path, const char *name,
                             const void *value, size_t size, int flags);
static ssize_t (*real_lgetxattr)(const char *path, const char *name,
                                 void *value, size_t size);
static bool (*real_virFileExists)(const char *path);

static bool active;
static bool processRefused;
static char *original;
static char *process;
static char *refused;
static size_t cut;
static size_t sets;

/* "PATH\nNAME" -> value; "SUBJECT OBJECT" -> access */
static GHashTable *attributes;
static GHashTable *rules;


static void
init_syms(void)
{
    if (real_open)
        return;

    /* What the next mock defines is not libc's "open" where off_t is made large */
#if defined(__GLIBC__) && _FILE_OFFSET_BITS == 64
    VIR_MOCK_REAL_INIT_ALIASED(open, "open64");
    VIR_MOCK_REAL_INIT_ALIASED(__open_2, "__open64_2");
#else
    VIR_MOCK_REAL_INIT(open);
# ifdef __GLIBC__
    VIR_MOCK_REAL_INIT(__open_2);
# endif
#endif
    VIR_MOCK_REAL_INIT(lsetxattr);
    VIR_MOCK_REAL_INIT(lgetxattr);
    VIR_MOCK_REAL_INIT(virFileExists);
}


static void
init_tables(void)
{
    if (attributes)
        return;

    attributes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    rules = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}


void
smackMockStart(const char *label)
{
    init_syms();
    init_tables();

    original = g_strdup(label);
    process = g_strdup("vmos.libvirt");
    cut = 0;
    sets = 0;
    active = true;
}


void
smackMockStop(void)
{
    active = false;

    g_clear_pointer(&attributes, g_hash_table_unref);
    g_clear_pointer(&rules, g_hash_table_unref);
    g_clear_pointer(&original, g_free);
    g_clear_pointer(&process, g_free);
    g_clear_pointer(&refused, g_free);
}


/* smk_parse_smack() of security/smack/smack_access.c */
char *
smackMockCut(const char *label)
{
    size_t len = 0;

    if (label[0] == '-')
        return g_strdup("");

    while (label[len] > ' ' && label[len] <= '~' && !strchr("/\"\\'", label[len]))
        len++;

    if (len >= KERNEL_LABEL_SIZE)
        return g_strdup("");

    return g_strndup(label, len);
}


size_t
smackMockCutCount(void)
{
    return cut;
}


size_t
smackMockSetCount(void)
{
    return sets;
}


/* What becomes of a label that the kernel is told; NULL if it refuses it */
static char *
keepLabel(const char *label)
{
    g_autofree char *kept = smackMockCut(label);

    if (STRNEQ(kept, label))
        cut++;

    if (!*kept) {
        errno = EINVAL;
        return NULL;
    }

    return g_steal_pointer(&kept);
}


static char *
makeKey(const char *path,
        const char *name)
{
    return g_strdup_printf("%s\n%s", path, name);
}


/* The kernel gives a UNIX socket in a file system "*" and takes no other: what
 * decides is the label of the socket itself */
static bool
isSocket(const char *path)
{
    return g_str_has_suffix(path, ".sock");
}


static int
setAttribute(const char *path,
             const char *name,
             const char *value)
{
    g_autofree char *kept = NULL;

    if (!STRPREFIX(name, VIR_SMACK_XATTR)) {
        g_hash_table_insert(attributes, makeKey(path, name), g_strdup(value));
        return 0;
    }

    if (STREQ_NULLABLE(path, refused)) {
        errno = EPERM;
        return -1;
    }

    if (isSocket(path)) {
        errno = EINVAL;
        return -1;
    }

    if (!(kept = keepLabel(value)))
        return -1;

    sets++;
    g_hash_table_insert(attributes, makeKey(path, name), g_steal_pointer(&kept));
    return 0;
}


static const char *
getAttribute(const char *path,
             const char *name)
{
    g_autofree char *key = makeKey(path, name);
    const char *value = g_hash_table_lookup(attributes, key);

    if (!value && STREQ(name, VIR_SMACK_XATTR))
        return isSocket(path) ? "*" : original;

    return value;
}


const char *
smackMockGetLabel(const char *path)
{
    return getAttribute(path, VIR_SMACK_XATTR);
}


void
smackMockSetLabel(const char *path,
                  const char *label)
{
    g_hash_table_insert(attributes, makeKey(path, VIR_SMACK_XATTR), g_strdup(label));
}


static gboolean
hasName(void *key,
        void *value G_GNUC_UNUSED,
        void *opaque)
{
    return STREQ(strchr(key, '\n') + 1, (const char *) opaque);
}


void
smackMockForget(const char *name)
{
    g_hash_table_foreach_remove(attributes, hasName, (char *) name);
}


void
smackMockOverwrite(const char *name,
                   const char *value)
{
    g_autoptr(GList) keys = g_hash_table_get_keys(attributes);
    GList *item;

    for (item = keys; item; item = item->next) {
        if (hasName(item->data, NULL, (char *) name))
            g_hash_table_insert(attributes, g_strdup(item->data), g_strdup(value));
    }
}


void
smackMockRefuse(const char *path)
{
    g_free(refused);
    refused = g_strdup(path);
}


void
smackMockRefuseProcess(bool refuse)
{
    processRefused = refuse;
}


void
smackMockSetRule(const char *subject,
                 const char *object,
                 const char *access)
{
    init_tables();
    g_hash_table_insert(rules, g_strdup_printf("%s %s", subject, object),
                        g_strdup(access));
}


static char *
printTable(GHashTable *table,
           bool (*skip)(const char *key, const char *value))
{
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    GList *keys = g_list_sort(g_hash_table_get_keys(table), (GCompareFunc) strcmp);
    GList *item;

    for (item = keys; item; item = item->next) {
        const char *value = g_hash_table_lookup(table, item->data);
        g_auto(GStrv) words = g_strsplit(item->data, "\n", 2);

        if (skip(item->data, value))
            continue;

        virBufferAdd(&buf, words[0], -1);
        if (words[1] && STRNEQ(words[1], VIR_SMACK_XATTR))
            virBufferAsprintf(&buf, " %s", words[1]);
        virBufferAsprintf(&buf, " %s\n", value);
    }

    g_list_free(keys);
    return virBufferContentAndReset(&buf);
}


static bool
isNoLabel(const char *key,
          const char *value)
{
    return !strstr(key, "\n" VIR_SMACK_XATTR) || STREQ(value, original);
}


static bool
isLabel(const char *key,
        const char *value G_GNUC_UNUSED)
{
    return !!strstr(key, "\n" VIR_SMACK_XATTR);
}


static bool
isNothing(const char *key G_GNUC_UNUSED,
          const char *value)
{
    return STREQ(value, "-") || STREQ(value, "");
}


char *
smackMockPrintFiles(void)
{
    return printTable(attributes, isNoLabel);
}


char *
smackMockPrintAttributes(void)
{
    return printTable(attributes, isLabel);
}


char *
smackMockPrintRules(void)
{
    return printTable(rules, isNothing);
}


/*
 * Smack
 */

int
virSmackIsUsable(const char **reason G_GNUC_UNUSED)
{
    return 1;
}


static int
loadRule(const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", 0);
    g_autofree char *subject = NULL;
    g_autofree char *object = NULL;

    if (g_strv_length(words) != 3 ||
        !(subject = keepLabel(words[0])) ||
        !(object = keepLabel(words[1]))) {
        errno = EINVAL;
        return -1;
    }

    smackMockSetRule(subject, object, words[2]);
    return 0;
}


static gboolean
hasSubject(void *key,
           void *value G_GNUC_UNUSED,
           void *opaque)
{
    const char *rest = STRSKIP((const char *) key, (const char *) opaque);

    return rest && *rest == ' ';
}


int
virSmackFSWrite(const char *file,
                const char *text)
{
    init_tables();

    if (STREQ(file, "load2"))
        return loadRule(text);

    if (STREQ(file, "revoke-subject")) {
        g_hash_table_foreach_remove(rules, hasSubject, (char *) text);
        return 0;
    }

    fprintf(stderr, "Unexpected write to %s: %s\n", file, text);
    errno = EPERM;
    return -1;
}


int
virSmackFSRead(const char *file,
               char **text)
{
    if (STREQ(file, "onlycap")) {
        *text = g_strdup("_ vmos.manager vmos.libvirt vmos.cap.qemu");
        return 0;
    }

    init_tables();

    if (STREQ(file, "load2")) {
        *text = smackMockPrintRules();
        if (!*text)
            *text = g_strdup("");
        return 0;
    }

    fprintf(stderr, "Unexpected read of %s\n", file);
    errno = EPERM;
    return -1;
}


/* smk_access() of security/smack/smack_access.c */
int
virSmackMayAccess(const char *subject,
                  const char *object,
                  const char *access)
{
    g_autofree char *key = g_strdup_printf("%s %s", subject, object);
    const char *rule;

    init_tables();
    rule = g_hash_table_lookup(rules, key);

    if (STREQ(subject, "*"))
        return 0;

    if (STREQ(object, "@") || STREQ(subject, "@") ||
        STREQ(object, "*") || STREQ(subject, object))
        return 1;

    if (STREQ(object, "_") && !access[strspn(access, "rxl")])
        return 1;

    return rule && !access[strspn(access, rule)];
}


int
virSmackProcessGetLabel(pid_t pid G_GNUC_UNUSED,
                        char **label)
{
    *label = g_strdup(process);
    return 0;
}


int
virSmackProcessSetLabel(const char *label)
{
    char *kept;

    if (processRefused) {
        virReportSystemError(EPERM, "Unable to set Smack label '%s' of a process", label);
        return -1;
    }

    if (!(kept = keepLabel(label)))
        return -1;

    g_free(process);
    process = kept;
    return 0;
}


static char *
fdKey(int fd)
{
    return g_strdup_printf("fd %d", fd);
}


int
virSmackFDGetLabel(int fd,
                   char **label)
{
    g_autofree char *path = fdKey(fd);

    *label = g_strdup(smackMockGetLabel(path));
    return 0;
}


int
virSmackFDSetLabel(int fd,
                   const char *label)
{
    g_autofree char *path = fdKey(fd);

    return setAttribute(path, VIR_SMACK_XATTR, label);
}


/*
 * Extended attributes
 */

int
virFileGetXAttrQuiet(const char *path,
                     const char *name,
                     char **value)
{
    const char *now = active ? getAttribute(path, name) : NULL;

    if (!now) {
        errno = ENODATA;
        return -1;
    }

    *value = g_strdup(now);
    return 0;
}


int
virFileGetXAttr(const char *path,
                const char *name,
                char **value)
{
    int ret;

    if ((ret = virFileGetXAttrQuiet(path, name, value)) < 0) {
        virReportSystemError(errno, "Unable to get XATTR %s on %s", name, path);
    }

    return ret;
}


int
virFileSetXAttr(const char *path,
                const char *name,
                const char *value)
{
    if (setAttribute(path, name, value) < 0) {
        virReportSystemError(errno, "Unable to set XATTR %s on %s", name, path);
        return -1;
    }

    return 0;
}


int
virFileRemoveXAttr(const char *path,
                   const char *name)
{
    g_autofree char *key = makeKey(path, name);

    if (!g_hash_table_remove(attributes, key)) {
        errno = ENODATA;
        return -1;
    }

    return 0;
}


int
lsetxattr(const char *path,
          const char *name,
          const void *value,
          size_t size,
          int flags)
{
    g_autofree char *text = g_strndup(value, size);

    init_syms();

    if (!active)
        return real_lsetxattr(path, name, value, size, flags);

    return setAttribute(path, name, text);
}


ssize_t
lgetxattr(const char *path,
          const char *name,
          void *value,
          size_t size)
{
    const char *now;
    size_t len;

    init_syms();

    if (!active)
        return real_lgetxattr(path, name, value, size);

    if (!(now = getAttribute(path, name))) {
        errno = ENODATA;
        return -1;
    }

    len = strlen(now);
    if (size > 0)
        memcpy(value, now, MIN(len, size));

    return len;
}


/*
 * Files
 */

/* The mock of PCI devices has files of its own below /sys */
static bool
isOurs(const char *path)
{
    return active && !STRPREFIX(path, "/sys/bus/") && !STRPREFIX(path, "/sys/class/");
}


static bool
isCommonDevice(const char *path)
{
    return STREQ(path, "/dev/null") || STREQ(path, "/dev/random") ||
        STREQ(path, "/dev/urandom");
}


#define VIR_MOCK_STAT_HOOK \
    do { \
        if (isOurs(path)) { \
            memset(sb, 0, sizeof(*sb)); \
            sb->st_mode = S_IFREG | 0666; \
            if (isSocket(path)) \
                sb->st_mode = S_IFSOCK | 0666; \
            if (isCommonDevice(path)) { \
                sb->st_mode = S_IFCHR | 0666; \
                sb->st_rdev = makedev(1, 3); \
            } \
            sb->st_size = 123456; \
            sb->st_ino = 1; \
            return 0; \
        } \
    } while (0)

#include "virmockstathelpers.c"

static int
virMockStatRedirect(const char *path G_GNUC_UNUSED,
                    char **newpath G_GNUC_UNUSED)
{
    return 0;
}


int
open(const char *path, int flags, ...)
{
    mode_t mode = 0;

    init_syms();

    if (isOurs(path))
        return real_open("/dev/null", O_RDWR | O_CLOEXEC);

    if (flags & O_CREAT) {
        va_list ap;
        va_start(ap, flags);
        mode = (mode_t) va_arg(ap, int);
        va_end(ap);
    }

    return real_open(path, flags, mode);
}


#ifdef __GLIBC__
int
__open_2(const char *path, int flags)
{
    init_syms();

    if (isOurs(path))
        return real_open("/dev/null", O_RDWR | O_CLOEXEC);

    return real___open_2(path, flags);
}
#endif


bool
virFileExists(const char *path)
{
    init_syms();

    return isOurs(path) || real_virFileExists(path);
}


int
virFileLock(int fd G_GNUC_UNUSED,
            bool shared G_GNUC_UNUSED,
            off_t start G_GNUC_UNUSED,
            off_t len G_GNUC_UNUSED,
            bool waitForLock G_GNUC_UNUSED)
{
    return 0;
}


int
virFileUnlock(int fd G_GNUC_UNUSED,
              off_t start G_GNUC_UNUSED,
              off_t len G_GNUC_UNUSED)
{
    return 0;
}


int
virProcessRunInFork(virProcessForkCallback cb,
                    void *opaque)
{
    return cb(-1, opaque);
}


int
virHostGetBootTime(unsigned long long *when)
{
    *when = 1234567890;
    return 0;
}
