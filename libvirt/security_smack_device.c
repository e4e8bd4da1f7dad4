/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * security_smack_device.c: what the devices of a domain use on the host
 *
 * Each function is one pass over a device: it sets labels or restores them,
 * as the pass says, so that no path can be in one direction only.
 */

#include <config.h>

#include "security_smack.h"

#include "viralloc.h"
#include "virerror.h"
#include "virfile.h"
#include "virlog.h"
#include "virmdev.h"
#include "virpci.h"
#include "virscsi.h"
#include "virscsivhost.h"
#include "virstring.h"
#include "virtpm.h"
#include "virusb.h"

#define VIR_FROM_THIS VIR_FROM_SECURITY

VIR_LOG_INIT("security.security_smack_device");


static int
virSecuritySmackIsSharedFS(virSecuritySmackPass *pass,
                           const char *path)
{
#ifdef SECURITY_SMACK_API_11
    return virFileIsSharedFS(path, pass->sharedFilesystems);
#else
    (void) pass;
    return virFileIsSharedFS(path);
#endif
}


/* The label that @src, or the disk it belongs to, asks for; NULL for the
 * domain's own. @skip is set if it is not to be labelled. */
static const char *
virSecuritySmackImageOwnLabel(virStorageSource *src,
                              virStorageSource *parent,
                              bool *skip)
{
    virStorageSource *sources[] = { src, parent };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(sources); i++) {
        virSecurityDeviceLabelDef *seclabel =
            virStorageSourceGetSecurityLabelDef(sources[i], SECURITY_SMACK_NAME);

        if (seclabel && !seclabel->relabel) {
            *skip = true;
            return NULL;
        }

        if (seclabel && seclabel->label)
            return seclabel->label;
    }

    return NULL;
}


/* A migrated domain runs on from the same file on the other host */
static int
virSecuritySmackImageIsMigrated(virSecuritySmackPass *pass,
                                virStorageSource *src)
{
    if (!pass->restore || !pass->migrated)
        return 0;

    if (virStorageSourceIsFD(src) || !virStorageSourceIsLocalStorage(src))
        return 1;

    return src->path ? virSecuritySmackIsSharedFS(pass, src->path) : 1;
}


static int
virSecuritySmackImagePath(virSecuritySmackPass *pass,
                          virStorageSource *src,
                          const char *label,
                          unsigned int flags)
{
    g_autofree char *path = NULL;

    if (virStorageSourceIsFD(src)) {
        /* The path may be out of our reach, the file is not */
        if (!src->fdtuple || src->fdtuple->nfds == 0)
            return 0;

        if (src->fdtuple->writable)
            flags &= ~SECURITY_SMACK_READONLY;

        path = g_strdup_printf("/proc/self/fd/%d", src->fdtuple->fds[0]);
        return virSecuritySmackPath(pass, path, label, flags);
    }

    switch (src->type) {
    case VIR_STORAGE_TYPE_NVME:
        if (!(path = virPCIDeviceAddressGetIOMMUGroupDev(&src->nvme->pciAddr)))
            return -1;
        return virSecuritySmackPath(pass, path, label, SECURITY_SMACK_NOLOCK);

    case VIR_STORAGE_TYPE_VHOST_USER:
        return src->vhostuser ? virSecuritySmackChardev(pass, src->vhostuser) : 0;

#ifdef SECURITY_SMACK_API_11
    case VIR_STORAGE_TYPE_VHOST_VDPA:
        return virSecuritySmackPath(pass, src->vdpadev, label, SECURITY_SMACK_NOLOCK);
#endif

    case VIR_STORAGE_TYPE_DIR:
        VIR_WARN("Leaving the files below '%s' without a Smack label",
                 NULLSTR(src->path));
        return 0;

    case VIR_STORAGE_TYPE_FILE:
    case VIR_STORAGE_TYPE_BLOCK:
    case VIR_STORAGE_TYPE_VOLUME:
    case VIR_STORAGE_TYPE_NETWORK:
    case VIR_STORAGE_TYPE_NONE:
    case VIR_STORAGE_TYPE_LAST:
    default:
        break;
    }

    if (!src->path || !virStorageSourceIsLocalStorage(src))
        return 0;

    return virSecuritySmackPath(pass, src->path, label, flags);
}


static int
virSecuritySmackImageOne(virSecuritySmackPass *pass,
                         virStorageSource *src,
                         virStorageSource *parent,
                         bool top)
{
    bool writable = !src->readonly &&
        (src == parent
#ifdef SECURITY_SMACK_API_11
         || src == parent->dataFileStore
#endif
        );
    unsigned int flags = writable ? 0 : SECURITY_SMACK_READONLY;
    bool skip = false;
    const char *label = virSecuritySmackImageOwnLabel(src, parent, &skip);
    int rc;

    if (skip)
        return 0;

    if ((rc = virSecuritySmackImageIsMigrated(pass, src)) < 0)
        return -1;

    if (rc > 0) {
        /* The other host counts this user, not we */
        if (virStorageSourceIsLocalStorage(src) && !virStorageSourceIsFD(src))
            virSecuritySmackForgetTree(src->path);
        return 0;
    }

    /* A base that is written to for a while, by a commit into it */
    if (writable && !top)
        flags |= SECURITY_SMACK_FORGET;
#ifdef SECURITY_SMACK_API_11
    if (src->seclabelSkipRemember)
        flags |= SECURITY_SMACK_FORGET;
#endif

    return virSecuritySmackImagePath(pass, src, label, flags);
}


/**
 * virSecuritySmackImage:
 * @pass: whether to set or restore, and for whom
 * @src: image
 * @flags: whether its backing chain, too
 *
 * The domain writes to @src unless it is read only; what is behind it is only
 * read, and left alone if QEMU may read it.
 *
 * Returns: as virSecuritySmackPath()
 */
int
virSecuritySmackImage(virSecuritySmackPass *pass,
                      virStorageSource *src,
                      virSecurityDomainImageLabelFlags flags)
{
    bool top = pass->restore || (flags & VIR_SECURITY_DOMAIN_IMAGE_PARENT_CHAIN_TOP);
    virStorageSource *n;

    for (n = src; virStorageSourceIsBacking(n); n = n->backingStore) {
        if (virSecuritySmackImageOne(pass, n, src, top) < 0)
            return -1;

#ifdef SECURITY_SMACK_API_11
        if (n->dataFileStore &&
            virSecuritySmackImageOne(pass, n->dataFileStore, n, true) < 0)
            return -1;
#endif

        if (!(flags & VIR_SECURITY_DOMAIN_IMAGE_LABEL_BACKING_CHAIN))
            break;
    }

    return 0;
}


int
virSecuritySmackMemory(virSecuritySmackPass *pass,
                       virDomainMemoryDef *mem)
{
    const char *path = NULL;

    switch (mem->model) {
    case VIR_DOMAIN_MEMORY_MODEL_NVDIMM:
#ifdef SECURITY_SMACK_API_11
        path = mem->source.nvdimm.path;
        break;
#endif
    case VIR_DOMAIN_MEMORY_MODEL_VIRTIO_PMEM:
#ifdef SECURITY_SMACK_API_11
        path = mem->source.virtio_pmem.path;
#else
        path = mem->nvdimmPath;
#endif
        break;

    case VIR_DOMAIN_MEMORY_MODEL_SGX_EPC:
        if (virSecuritySmackPath(pass, DEV_SGX_VEPC, NULL,
                                 SECURITY_SMACK_NOLOCK) < 0)
            return -1;
        return virSecuritySmackPath(pass, DEV_SGX_PROVISION, NULL,
                                    SECURITY_SMACK_NOLOCK);

    case VIR_DOMAIN_MEMORY_MODEL_NONE:
    case VIR_DOMAIN_MEMORY_MODEL_DIMM:
    case VIR_DOMAIN_MEMORY_MODEL_VIRTIO_MEM:
    case VIR_DOMAIN_MEMORY_MODEL_LAST:
        break;
    }

    return virSecuritySmackPath(pass, path, NULL, 0);
}


int
virSecuritySmackInput(virSecuritySmackPass *pass,
                      virDomainInputDef *input)
{
    switch ((virDomainInputType) input->type) {
    case VIR_DOMAIN_INPUT_TYPE_PASSTHROUGH:
    case VIR_DOMAIN_INPUT_TYPE_EVDEV:
        return virSecuritySmackPath(pass, input->source.evdev, NULL, 0);

    case VIR_DOMAIN_INPUT_TYPE_MOUSE:
    case VIR_DOMAIN_INPUT_TYPE_TABLET:
    case VIR_DOMAIN_INPUT_TYPE_KBD:
    case VIR_DOMAIN_INPUT_TYPE_LAST:
        break;
    }

    return 0;
}


static int
virSecuritySmackUSBFile(virUSBDevice *dev G_GNUC_UNUSED,
                        const char *file,
                        void *opaque)
{
    return virSecuritySmackPath(opaque, file, NULL, 0);
}


static int
virSecuritySmackPCIFile(virPCIDevice *dev G_GNUC_UNUSED,
                        const char *file,
                        void *opaque)
{
    return virSecuritySmackPath(opaque, file, NULL, 0);
}


static int
virSecuritySmackSCSIFile(virSCSIDevice *dev,
                         const char *file,
                         void *opaque)
{
    return virSecuritySmackPath(opaque, file, NULL,
                                virSCSIDeviceGetReadonly(dev) ?
                                SECURITY_SMACK_READONLY : 0);
}


static int
virSecuritySmackSCSIVHostFile(virSCSIVHostDevice *dev G_GNUC_UNUSED,
                              const char *file,
                              void *opaque)
{
    return virSecuritySmackPath(opaque, file, NULL, SECURITY_SMACK_NOLOCK);
}


static int
virSecuritySmackHostdevPCI(virSecuritySmackPass *pass,
                           virDomainHostdevSubsysPCI *source)
{
    g_autoptr(virPCIDevice) pci = NULL;
    g_autofree char *group = NULL;
    bool vfio;

    if (!virPCIDeviceExists(&source->addr)) {
        /* It was pulled out of the host: there is nothing to give back */
        if (pass->restore)
            return 0;

        virReportError(VIR_ERR_INTERNAL_ERROR, "%s",
                       _("PCI device to label does not exist"));
        return -1;
    }

    if (!(pci = virPCIDeviceNew(&source->addr)))
        return -1;

#ifdef SECURITY_SMACK_API_11
    vfio = source->driver.name == VIR_DEVICE_HOSTDEV_PCI_DRIVER_NAME_VFIO;
#else
    vfio = source->backend == VIR_DOMAIN_HOSTDEV_PCI_BACKEND_VFIO;
#endif

    if (!vfio)
        return virPCIDeviceFileIterate(pci, virSecuritySmackPCIFile, pass);

    if (!(group = virPCIDeviceGetIOMMUGroupDev(pci)))
        return -1;

    /* A second open of the group, to lock it, would be refused */
    return virSecuritySmackPath(pass, group, NULL, SECURITY_SMACK_NOLOCK);
}


static int
virSecuritySmackHostdevSCSI(virSecuritySmackPass *pass,
                            virDomainHostdevDef *dev)
{
    virDomainHostdevSubsysSCSI *source = &dev->source.subsys.u.scsi;
    virDomainHostdevSubsysSCSIHost *host = &source->u.host;
    g_autoptr(virSCSIDevice) scsi = NULL;

    if (source->protocol == VIR_DOMAIN_HOSTDEV_SCSI_PROTOCOL_TYPE_ISCSI)
        return 0;

    if (!(scsi = virSCSIDeviceNew(NULL, host->adapter, host->bus,
                                  host->target, host->unit,
                                  dev->readonly, dev->shareable)))
        return -1;

    return virSCSIDeviceFileIterate(scsi, virSecuritySmackSCSIFile, pass);
}


static int
virSecuritySmackHostdevSubsys(virSecuritySmackPass *pass,
                              virDomainHostdevDef *dev,
                              const char *vroot)
{
    virDomainHostdevSubsys *subsys = &dev->source.subsys;

    switch ((virDomainHostdevSubsysType) subsys->type) {
    case VIR_DOMAIN_HOSTDEV_SUBSYS_TYPE_USB: {
        g_autoptr(virUSBDevice) usb = NULL;

        if (dev->missing)
            return 0;

        if (!(usb = virUSBDeviceNew(subsys->u.usb.bus, subsys->u.usb.device, vroot)))
            return -1;

        return virUSBDeviceFileIterate(usb, virSecuritySmackUSBFile, pass);
    }

    case VIR_DOMAIN_HOSTDEV_SUBSYS_TYPE_PCI:
        return virSecuritySmackHostdevPCI(pass, &subsys->u.pci);

    case VIR_DOMAIN_HOSTDEV_SUBSYS_TYPE_SCSI:
        return virSecuritySmackHostdevSCSI(pass, dev);

    case VIR_DOMAIN_HOSTDEV_SUBSYS_TYPE_SCSI_HOST: {
        g_autoptr(virSCSIVHostDevice) host =
            virSCSIVHostDeviceNew(subsys->u.scsi_host.wwpn);

        if (!host)
            return -1;

        return virSCSIVHostDeviceFileIterate(host, virSecuritySmackSCSIVHostFile, pass);
    }

    case VIR_DOMAIN_HOSTDEV_SUBSYS_TYPE_MDEV: {
        g_autofree char *group =
            virMediatedDeviceGetIOMMUGroupDev(subsys->u.mdev.uuidstr);

        if (!group)
            return -1;

        return virSecuritySmackPath(pass, group, NULL, SECURITY_SMACK_NOLOCK);
    }

    case VIR_DOMAIN_HOSTDEV_SUBSYS_TYPE_LAST:
        break;
    }

    return 0;
}


static int
virSecuritySmackHostdevCaps(virSecuritySmackPass *pass,
                            virDomainHostdevDef *dev,
                            const char *vroot)
{
    const char *file = NULL;
    g_autofree char *path = NULL;

    if (dev->source.caps.type == VIR_DOMAIN_HOSTDEV_CAPS_TYPE_STORAGE)
        file = dev->source.caps.u.storage.block;
    else if (dev->source.caps.type == VIR_DOMAIN_HOSTDEV_CAPS_TYPE_MISC)
        file = dev->source.caps.u.misc.chardev;

    if (!file)
        return 0;

    path = vroot ? g_strdup_printf("%s/%s", vroot, file) : g_strdup(file);
    return virSecuritySmackPath(pass, path, NULL, 0);
}


/**
 * virSecuritySmackHostdev:
 * @pass: whether to set or restore, and for whom
 * @dev: device of the host
 * @vroot: root of the file system to find it in, or NULL
 *
 * Returns: as virSecuritySmackPath()
 */
int
virSecuritySmackHostdev(virSecuritySmackPass *pass,
                        virDomainHostdevDef *dev,
                        const char *vroot)
{
    switch (dev->mode) {
    case VIR_DOMAIN_HOSTDEV_MODE_SUBSYS:
        return virSecuritySmackHostdevSubsys(pass, dev, vroot);

    case VIR_DOMAIN_HOSTDEV_MODE_CAPABILITIES:
        return virSecuritySmackHostdevCaps(pass, dev, vroot);

    case VIR_DOMAIN_HOSTDEV_MODE_LAST:
    default:
        return 0;
    }
}


static int
virSecuritySmackPipe(virSecuritySmackPass *pass,
                     const char *path,
                     const char *label)
{
    g_autofree char *in = g_strdup_printf("%s.in", path);
    g_autofree char *out = g_strdup_printf("%s.out", path);

    if (!virFileExists(in) || !virFileExists(out))
        return virSecuritySmackPath(pass, path, label, 0);

    if (virSecuritySmackPath(pass, in, label, 0) < 0)
        return -1;

    return virSecuritySmackPath(pass, out, label, 0);
}


/**
 * virSecuritySmackChardev:
 * @pass: whether to set or restore, and for whom
 * @source: the host's side of a character device
 *
 * Returns: as virSecuritySmackPath()
 */
int
virSecuritySmackChardev(virSecuritySmackPass *pass,
                        virDomainChrSourceDef *source)
{
    virSecurityDeviceLabelDef *seclabel =
        virDomainChrSourceDefGetSecurityLabelDef(source, SECURITY_SMACK_NAME);
    const char *label = seclabel ? seclabel->label : NULL;

    if (seclabel && !seclabel->relabel)
        return 0;

    switch (source->type) {
    case VIR_DOMAIN_CHR_TYPE_FILE:
        /* virtlogd writes it, QEMU has a pipe */
        if (!seclabel && pass->chardevStdioLogd)
            return 0;
        return virSecuritySmackPath(pass, source->data.file.path, label, 0);

    case VIR_DOMAIN_CHR_TYPE_DEV:
        return virSecuritySmackPath(pass, source->data.file.path, label, 0);

    case VIR_DOMAIN_CHR_TYPE_PIPE:
        return virSecuritySmackPipe(pass, source->data.file.path, label);

    case VIR_DOMAIN_CHR_TYPE_UNIX:
        /* One that QEMU itself will make does not exist yet */
        if (source->data.nix.listen &&
            (!source->data.nix.path || !virFileExists(source->data.nix.path)))
            return 0;
        return virSecuritySmackPath(pass, source->data.nix.path, label, 0);

    default:
        return 0;
    }
}


/**
 * virSecuritySmackNetdev:
 * @pass: whether to set or restore, and for whom
 * @net: network device
 *
 * TAP and vhost devices are opened by the daemon; QEMU inherits them.
 *
 * Returns: as virSecuritySmackPath()
 */
int
virSecuritySmackNetdev(virSecuritySmackPass *pass,
                       virDomainNetDef *net)
{
    if (net->type == VIR_DOMAIN_NET_TYPE_VDPA)
        return virSecuritySmackPath(pass, net->data.vdpa.devicepath, NULL,
                                    SECURITY_SMACK_NOLOCK);

    if (net->type == VIR_DOMAIN_NET_TYPE_VHOSTUSER && net->data.vhostuser)
        return virSecuritySmackChardev(pass, net->data.vhostuser);

    return 0;
}


/**
 * virSecuritySmackTPM:
 * @pass: whether to set or restore, and for whom
 * @tpm: a TPM
 *
 * Returns: as virSecuritySmackPath()
 */
int
virSecuritySmackTPM(virSecuritySmackPass *pass,
                    virDomainTPMDef *tpm)
{
    g_autofree char *cancel = NULL;
    const char *path;

    switch (tpm->type) {
    case VIR_DOMAIN_TPM_TYPE_PASSTHROUGH:
        path = tpm->data.passthrough.source->data.file.path;

        /* A TPM has one user at a time: it cannot be opened to lock it */
        if (virSecuritySmackPath(pass, path, NULL, SECURITY_SMACK_NOLOCK) < 0 ||
            !(cancel = virTPMCreateCancelPath(path)))
            return -1;

        return virSecuritySmackPath(pass, cancel, NULL, SECURITY_SMACK_NOLOCK);

    case VIR_DOMAIN_TPM_TYPE_EMULATOR:
        /* swtpm removes its socket in the end */
        return virSecuritySmackPath(pass, tpm->data.emulator.source->data.nix.path,
                                    NULL, SECURITY_SMACK_NOLOCK);

    case VIR_DOMAIN_TPM_TYPE_EXTERNAL:
        return virSecuritySmackChardev(pass, tpm->data.external.source);

    case VIR_DOMAIN_TPM_TYPE_LAST:
    default:
        return 0;
    }
}


/**
 * virSecuritySmackTPMState:
 * @pass: whether to set or restore, and for whom
 * @state: whether the state's label changes; its count of users always does
 *
 * Returns: as virSecuritySmackPath()
 */
int
virSecuritySmackTPMState(virSecuritySmackPass *pass,
                         bool state)
{
    size_t i;

    for (i = 0; i < pass->def->ntpms; i++) {
        virDomainTPMDef *tpm = pass->def->tpms[i];
        const char *path;

        if (tpm->type != VIR_DOMAIN_TPM_TYPE_EMULATOR)
            continue;

#ifdef SECURITY_SMACK_API_11
        path = tpm->data.emulator.source_path;
#else
        path = tpm->data.emulator.storagepath;
#endif

        if (state && virSecuritySmackTree(pass, path) < 0)
            return -1;

        if (!state && pass->restore)
            virSecuritySmackForgetTree(path);

        if (virSecuritySmackTree(pass, tpm->data.emulator.logfile) < 0)
            return -1;
    }

    return 0;
}
