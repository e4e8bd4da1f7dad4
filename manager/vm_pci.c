/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A card is driven by whoever opens the node of its IOMMU group, /dev/vfio/N.
 * The kernel makes the node root's when vfio-pci takes the card, at boot. vmosd
 * gives it to the user of the VM that starts; libvirt then makes its like, with
 * that owner and the VM's label, in the /dev that this QEMU alone sees.
 */
#include "manager/vm_pci.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "manager/errors.h"
#include "manager/manager.h"

#define NODES "/dev/vfio"
#define WHY_MAX 1024

static const char *const ids_files[] = { "/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids" };

int vm_pci_check_config(const struct manager *m, const struct vm_config *config, sd_bus_error *ret_error)
{
	if (!config->pci[0])
		return 0;
	if (!m->system)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT,
			"In session mode no VM can have a network card of this computer: that needs the vmOS host.");
	if (strcmp(config->kind, VM_KIND_NET) != 0)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT,
			"VM %s is no NET VM, so it can have no network card. Make one by \"vmos create net0 --kind net "
			"--pci %s\".",
			config->name, config->pci);
	if (config->net[0])
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT,
			"NET VM %s has one way to the network, its own card or another NET VM: leave out --pci, or "
			"set --net none.",
			config->name);
	return 0;
}

const char *vm_pci_owner(const struct manager *m, const char *address)
{
	const char *name = "";

	for (const struct vm *vm = m->vms; vm; vm = vm->next) {
		if (!pci_list_has(vm->config.pci, address))
			continue;
		/* of several that name it, the one that runs has it */
		if (!name[0] || !vm_is_off(vm))
			name = vm->config.name;
	}
	return name;
}

static const char *verdict_error(enum pci_verdict verdict)
{
	return verdict == PCI_MISSING ? ERROR_NOT_FOUND : ERROR_FAILED;
}

static int check_free(const struct vm *vm, const char *address, sd_bus_error *ret_error)
{
	for (const struct vm *other = vm->manager->vms; other; other = other->next) {
		if (other == vm || vm_is_off(other) || !pci_list_has(other->config.pci, address))
			continue;
		return errors_set(ret_error, ERROR_BUSY,
			"VM %s cannot start: VM %s has its network card %s. Stop that one first.", vm->config.name,
			other->config.name, address);
	}
	return 0;
}

int vm_pci_check(const struct vm *vm, sd_bus_error *ret_error)
{
	const char *at = vm->config.pci;
	char address[PCI_ADDRESS_MAX], why[WHY_MAX];
	int r = vm_pci_check_config(vm->manager, &vm->config, ret_error);

	while (r == 0 && pci_list_next(&at, address)) {
		enum pci_verdict verdict = pci_judge(PCI_SYSFS, address, vm->config.pci, why, sizeof(why));

		if (verdict != PCI_USABLE)
			return errors_set(
				ret_error, verdict_error(verdict), "VM %s cannot start. %s", vm->config.name, why);
		r = check_free(vm, address, ret_error);
	}
	return r;
}

/* Calls @fn with the node of each card of @vm; two cards of a group have the same one. 0, or what @fn returned. */
static int each_node(
	const struct vm *vm, int (*fn)(const struct vm *vm, const char *node, void *userdata), void *userdata)
{
	const char *at = vm->config.pci;
	char address[PCI_ADDRESS_MAX], node[32];
	struct pci_device device;
	int r = 0;

	while (r == 0 && pci_list_next(&at, address)) {
		if (pci_read(PCI_SYSFS, address, &device) < 0 || device.group < 0)
			continue;
		snprintf(node, sizeof(node), NODES "/%d", device.group);
		r = fn(vm, node, userdata);
	}
	return r;
}

static int give_node(const struct vm *vm, const char *node, void *userdata)
{
	return lchown(node, vm->config.uid, vm->config.uid) < 0 ? -errno : 0;
}

/* A VM whose start was refused names the card of one that runs. */
static int take_node(const struct vm *vm, const char *node, void *userdata)
{
	struct stat st;

	if (lstat(node, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	return st.st_uid == vm->config.uid && lchown(node, 0, 0) < 0 ? -errno : 0;
}

int vm_pci_give(const struct vm *vm)
{
	return vm->identity.apart ? each_node(vm, give_node, NULL) : 0;
}

void vm_pci_take(const struct vm *vm)
{
	int r = vm->identity.apart ? each_node(vm, take_node, NULL) : 0;

	if (r < 0)
		log_warning("VM %s: its network card was not taken back: %s", vm->config.name, strerror(-r));
}

static int grant_node(const struct vm *vm, const char *node, void *userdata)
{
	char **spec = userdata, *longer;

	if (asprintf(&longer, "%s:dev=%s", *spec, node) < 0)
		return -ENOMEM;
	free(*spec);
	*spec = longer;
	return 0;
}

int vm_pci_grant(const struct vm *vm, char **spec)
{
	int r = vm->config.pci[0] ? grant_node(vm, NODES "/vfio", spec) : 0;

	return r < 0 ? r : each_node(vm, grant_node, spec);
}

struct cards_reply {
	const struct manager *manager;
	sd_bus_message *message;
	const char *ids;
	int error;
};

/* A card is judged beside those that its VM has with it. */
static const char *list_of(const struct manager *m, const struct pci_device *card)
{
	const struct vm *vm = manager_find_vm(m, vm_pci_owner(m, card->address));

	return vm ? vm->config.pci : card->address;
}

static void handle_card(const struct pci_device *card, void *userdata)
{
	struct cards_reply *reply = userdata;
	char name[PCI_NAME_MAX], why[WHY_MAX];
	enum pci_verdict verdict;

	if (reply->error < 0)
		return;
	verdict = pci_judge(PCI_SYSFS, card->address, list_of(reply->manager, card), why, sizeof(why));
	pci_name(reply->ids, card, name);
	reply->error = sd_bus_message_append(reply->message, "(sqqssisbs)", card->address, card->vendor, card->device,
		name, card->driver, card->group, vm_pci_owner(reply->manager, card->address), verdict == PCI_USABLE,
		why);
}

int vm_pci_cards_call(sd_bus_message *call, void *manager, sd_bus_error *ret_error)
{
	struct cards_reply reply = { .manager = manager };
	int r = sd_bus_message_new_method_return(call, &reply.message);

	reply.ids = access(ids_files[0], R_OK) == 0 ? ids_files[0] : ids_files[1];
	if (r >= 0)
		r = sd_bus_message_open_container(reply.message, 'a', "(sqqssisbs)");
	if (r >= 0) {
		/* a host without PCI has no cards */
		pci_each_card(PCI_SYSFS, handle_card, &reply);
		r = reply.error;
	}
	if (r >= 0)
		r = sd_bus_message_close_container(reply.message);
	if (r >= 0)
		r = sd_bus_message_send(reply.message);
	sd_bus_message_unref(reply.message);
	return r;
}
