/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * security_smack.h: Smack security driver
 *
 * Each domain has a stem, "vmos.UUID" or the one of its static label. QEMU
 * and its helpers run as STEM.qemu, what they alone use is STEM.image.
 */

#pragma once

#include "security_driver.h"

/* 11.3 tells the drivers which file systems are shared between hosts */
#if LIBVIR_VERSION_NUMBER >= 11003000
# define SECURITY_SMACK_API_11 1
#endif

#define SECURITY_SMACK_NAME "smack"
#define SECURITY_SMACK_DOI "0"

/* Dynamic labels begin so, if the domain names no <baselabel> */
#define SECURITY_SMACK_BASE "vmos"
/* What any domain may read: kernels and images shared by all of them */
#define SECURITY_SMACK_ROOT "vmos.root"
/* What belonged to a domain and nobody knows to whom before: no rule names it */
#define SECURITY_SMACK_OFF "vmos.off"

extern virSecurityDriver virSecurityDriverSmack;

/* Leave the file alone if QEMU may read it as it is */
#define SECURITY_SMACK_READONLY (1 << 0)
/* A device that cannot be opened to lock it: it has one user at a time */
#define SECURITY_SMACK_NOLOCK (1 << 1)
/* The file's label before is not kept, libvirt says */
#define SECURITY_SMACK_FORGET (1 << 2)

typedef struct _virSecuritySmackData virSecuritySmackData;
struct _virSecuritySmackData {
    char *daemon;           /* our own label */
    GHashTable *labels;     /* label of QEMU -> UUID of the domain that has it */
};

/* One pass over what a domain uses, either to set labels or to restore them */
typedef struct _virSecuritySmackPass virSecuritySmackPass;
struct _virSecuritySmackPass {
    virSecurityManager *mgr;
    virDomainDef *def;
    char *process;          /* STEM.qemu */
    char *image;            /* STEM.image */
    char *const *sharedFilesystems;
    bool chardevStdioLogd;
    bool migrated;
    bool restore;
    bool failed;            /* a restore goes on after an error */
};

/* One file to set the label of, or to give its label back */
typedef struct _virSecuritySmackItem virSecuritySmackItem;
struct _virSecuritySmackItem {
    char *path;
    char *label;            /* what @path has, or shall have, in the domain */
    char *process;          /* label of the domain's QEMU */
    char *before;           /* label that was replaced by @label */
    unsigned int flags;
    bool restore;
    bool remember;
};

/* security_smack_label.c: labels of domains and the kernel's rules */
char *virSecuritySmackStem(const char *label);
int virSecuritySmackCheckDeviceLabel(const char *label,
                                     const char *process);
int virSecuritySmackLabelsOf(virSecurityManager *mgr,
                             virDomainDef *def,
                             char **process,
                             char **image);
int virSecuritySmackGenLabel(virSecurityManager *mgr,
                             virDomainDef *def);
int virSecuritySmackReserveLabel(virSecurityManager *mgr,
                                 virDomainDef *def,
                                 pid_t pid);
int virSecuritySmackReleaseLabel(virSecurityManager *mgr,
                                 virDomainDef *def);
int virSecuritySmackVerify(virSecurityManager *mgr,
                           virDomainDef *def);

/* security_smack_file.c: labels of single files */
bool virSecuritySmackItemIsIdle(const virSecuritySmackItem *item);
int virSecuritySmackItemRun(virSecuritySmackItem *item,
                            bool remember);
void virSecuritySmackItemUndo(const virSecuritySmackItem *item,
                              bool remember);

/* security_smack_transaction.c: labels of many files at once */
int virSecuritySmackTransactionInit(void);
#ifdef SECURITY_SMACK_API_11
int virSecuritySmackTransactionStart(virSecurityManager *mgr,
                                     char *const *sharedFilesystems);
int virSecuritySmackTransactionCommit(virSecurityManager *mgr,
                                      pid_t pid,
                                      bool lock,
                                      bool lockMetadataException);
int virSecuritySmackMoveImageMetadata(virSecurityManager *mgr,
                                      char *const *sharedFilesystems,
                                      pid_t pid,
                                      virStorageSource *src,
                                      virStorageSource *dst);
#else
int virSecuritySmackTransactionStart(virSecurityManager *mgr);
int virSecuritySmackTransactionCommit(virSecurityManager *mgr,
                                      pid_t pid,
                                      bool lock);
int virSecuritySmackMoveImageMetadata(virSecurityManager *mgr,
                                      pid_t pid,
                                      virStorageSource *src,
                                      virStorageSource *dst);
#endif
void virSecuritySmackTransactionAbort(virSecurityManager *mgr);
int virSecuritySmackPath(virSecuritySmackPass *pass,
                         const char *path,
                         const char *label,
                         unsigned int flags);
int virSecuritySmackTree(virSecuritySmackPass *pass,
                         const char *path);
void virSecuritySmackForgetTree(const char *path);

/* security_smack_device.c: what the devices of a domain use */
int virSecuritySmackImage(virSecuritySmackPass *pass,
                          virStorageSource *src,
                          virSecurityDomainImageLabelFlags flags);
int virSecuritySmackMemory(virSecuritySmackPass *pass,
                           virDomainMemoryDef *mem);
int virSecuritySmackInput(virSecuritySmackPass *pass,
                          virDomainInputDef *input);
int virSecuritySmackHostdev(virSecuritySmackPass *pass,
                            virDomainHostdevDef *dev,
                            const char *vroot);
int virSecuritySmackChardev(virSecuritySmackPass *pass,
                            virDomainChrSourceDef *source);
int virSecuritySmackNetdev(virSecuritySmackPass *pass,
                           virDomainNetDef *net);
int virSecuritySmackTPM(virSecuritySmackPass *pass,
                        virDomainTPMDef *tpm);
int virSecuritySmackTPMState(virSecuritySmackPass *pass,
                             bool state);

/* security_smack_domain.c: all that a domain uses */
int virSecuritySmackDomain(virSecuritySmackPass *pass);
