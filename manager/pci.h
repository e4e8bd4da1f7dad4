/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's PCI devices as sysfs shows them, and whether a VM may have one. Reads files, and nothing else. */
#ifndef MANAGER_PCI_H
#define MANAGER_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PCI_SYSFS "/sys"
#define PCI_ADDRESS_MAX 13 /* "0000:03:00.0" and its end */
#define PCI_CARDS_MAX 4 /* of one VM */
#define PCI_LIST_MAX (PCI_CARDS_MAX * PCI_ADDRESS_MAX) /* their addresses, a space between two */
#define PCI_WORD_MAX 32
#define PCI_NAME_MAX 96
#define PCI_DRIVER "vfio-pci" /* holds the cards of the host for VMs */

struct pci_device {
	char address[PCI_ADDRESS_MAX];
	char driver[PCI_WORD_MAX]; /* "": none */
	uint32_t class; /* class, subclass, interface: 24 bits */
	uint16_t vendor, device;
	int group; /* of the IOMMU; -1: none */
};

/* "0000:03:00.0", or "03:00.0" for that. False: it is no address. */
bool pci_parse(const char *text, char ret[PCI_ADDRESS_MAX]);
/* Addresses with a space between two ("": none), as the kernel writes them. -EINVAL: one is none; -EEXIST: twice; -E2BIG. */
int pci_list_parse(const char *text, char ret[PCI_LIST_MAX]);
/* The next address of such a list, which @at begins at and then stands behind. False: no more. */
bool pci_list_next(const char **at, char ret[PCI_ADDRESS_MAX]);
bool pci_list_has(const char *list, const char *address);

/* The device with this address below @sys. -ENODEV. */
int pci_read(const char *sys, const char *address, struct pci_device *ret);
bool pci_is_card(const struct pci_device *device);

typedef void (*pci_card_fn)(const struct pci_device *card, void *userdata);
/* Calls @fn for each network card, in the order of their addresses. -errno: the host shows no PCI devices. */
int pci_each_card(const char *sys, pci_card_fn fn, void *userdata);

/* What stands against giving a device to a VM, the first that does. */
enum pci_verdict {
	PCI_USABLE,
	PCI_MISSING, /* it is not there */
	PCI_NO_CARD, /* it is something else than a network card */
	PCI_NO_IOMMU, /* nothing would keep it inside the VM */
	PCI_SHARED, /* the IOMMU keeps it apart together with others only */
	PCI_HELD, /* the host has not handed it to PCI_DRIVER */
};

/* Whether a VM may have @address, one of its @list. @ret_why: one sentence, cause and remedy; "" when it may. */
enum pci_verdict pci_judge(const char *sys, const char *address, const char *list, char *ret_why, size_t size);

/* Maker and model as the list @ids (pci.ids) has them; "8086:10d3" where it has not. */
void pci_name(const char *ids, const struct pci_device *device, char ret[PCI_NAME_MAX]);

#endif
