/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network cards of the host that a NET VM has: who may, which are free, and the device nodes by which QEMU drives them. */
#ifndef MANAGER_VM_PCI_H
#define MANAGER_VM_PCI_H

#include <systemd/sd-bus.h>

struct manager;
struct vm;
struct vm_config;

/* Whether a VM may be defined so: cards are for NET VMs of system mode that use no other one. < 0: @ret_error says why not. */
int vm_pci_check_config(const struct manager *m, const struct vm_config *config, sd_bus_error *ret_error);

/* Before a start: each card is there, free, apart from all else, and held by vfio-pci. < 0: @ret_error says what is wrong. */
int vm_pci_check(const struct vm *vm, sd_bus_error *ret_error);

/* Gives the nodes of its cards' groups to the VM's user; takes them back for root. -errno. */
int vm_pci_give(const struct vm *vm);
void vm_pci_take(const struct vm *vm);

/* Adds these nodes to what vmos-confine lets QEMU open (@spec, owned). -ENOMEM. */
int vm_pci_grant(const struct vm *vm, char **spec);

/* The name of the VM that has the card with this address, running or not; "": none. */
const char *vm_pci_owner(const struct manager *m, const char *address);

/* Cards() of org.vmos.Net1, as a handler of sd-bus. */
int vm_pci_cards_call(sd_bus_message *call, void *manager, sd_bus_error *ret_error);

#endif
