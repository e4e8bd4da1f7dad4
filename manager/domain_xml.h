/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A VM as libvirt's domain XML and back. What vmOS adds stands in <metadata>, in a namespace of our own. Pure. */
#ifndef MANAGER_DOMAIN_XML_H
#define MANAGER_DOMAIN_XML_H

#include <stdbool.h>
#include <stdint.h>

#include "manager/pci.h"
#include "proto/manifest.h"
#include "proto/text.h"

#define DOMAIN_XML_NAMESPACE "https://vmos.org/ns/domain/1"

/* What a user decides about a VM; all of it can be read back from the domain. */
struct vm_config {
	char name[VM_NAME_MAX + 1];
	char uuid[37]; /* of the domain: a changed definition must keep it */
	char template[MANIFEST_WORD_MAX + 1];
	char kind[8]; /* VM_KIND_APP, VM_KIND_NET */
	uint32_t rgb;
	uint32_t memory_mib;
	uint32_t vcpus;
	uint32_t ready_timeout; /* seconds; 0: the accelerator's default */
	uint32_t uid; /* of the VM's processes, in system mode; 0: session mode */
	uint32_t net_index; /* of proto/netplan.h, unique on the host; 0: not given yet */
	char net[VM_NAME_MAX + 1]; /* the NET VM whose network it uses; "": none */
	uint32_t net_limit; /* KiB a second, each way; 0: no limit */
	bool quiet; /* notifications of its programs are not shown */
	uint32_t volume; /* percent */
	bool muted;
	bool no_audio; /* it has no audio channel */
	bool vsock; /* ctl is carried by vsock, not by a channel */
	char pci[PCI_LIST_MAX]; /* of a NET VM: the host's network cards that it has; "": none */
};

#define VM_KIND_APP "app"
#define VM_KIND_NET "net" /* a NET VM: owns an uplink, and has no windows */
#define VM_VOLUME_MAX 100
#define VM_NET_LIMIT_MAX (64u << 20) /* KiB a second */

/* Where a VM's parts are. All borrowed; absolute paths. */
struct domain_paths {
	const char *emulator;
	const char *confine_spec; /* for the emulator's environment; NULL: it is QEMU itself */
	const char *kernel, *initrd, *root; /* of the template; NULL: the VM has none to boot yet */
	const char *cmdline; /* the manifest's; may be empty */
	const char *disk, *console;
	const char *ctl_socket; /* NULL: by vsock … */
	uint32_t cid; /* … with this address; else 0 */
	const char *gui_socket; /* NULL: it has no windows */
	const char *audio_socket; /* NULL: it has no sound */
	const char *nic; /* the end of its own card, of a NET VM its uplink; NULL: it has no such card */
	const char *clients; /* of a NET VM: that of the card where its clients are; NULL: it has no such card */
	bool taps; /* these are sockets where queues of TAP devices are handed out; false: folders of VDE switches */
	bool uplink_user; /* of a NET VM: its uplink is QEMU's user network */
	bool nested; /* KVM on a host that is a VM itself */
	const char *preload; /* a library for QEMU to load (the escape drill); NULL: none */
	const char *drill; /* what that library is told */
};

/*
 * The domain. -EINVAL: a string cannot stand in XML (control characters,
 * invalid UTF-8); -ENOMEM. The caller frees @ret_xml.
 */
int domain_xml_build(const struct vm_config *config, const struct domain_paths *paths, bool kvm, char **ret_xml);

/* Reads a domain back. -ENODATA: it is not one of ours; -EBADMSG: it says so, but a field is missing or wrong. */
int domain_xml_parse(const char *xml, struct vm_config *ret_config);

#endif
