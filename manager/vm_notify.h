/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Notifications of a VM's programs, from its courier to those who ask the
 * user, which show them. vmosd keeps none: who shows one says what happened to
 * it, and that goes back to the guest.
 */
#ifndef MANAGER_VM_NOTIFY_H
#define MANAGER_VM_NOTIFY_H

#include <stdint.h>

#include <systemd/sd-bus.h>

#include "base/bucket.h"

struct helper_notify;
struct manager;
struct vm;

/* A courier lets less through; one that was taken over might not. */
#define VM_NOTIFY_BURST 16
#define VM_NOTIFY_GAP_US 500000

struct vm_notify {
	struct bucket bucket;
	uint64_t shown, dropped; /* since vmosd began */
};

/* @fd is borrowed. -EBADMSG: it is no notification. */
int vm_notify(struct vm *vm, const struct helper_notify *notify, int fd);
void vm_notify_back(struct vm *vm, uint32_t id);
/* Its courier has dropped so many. */
void vm_notify_held(struct vm *vm, uint32_t count);
/* All of the VM's go: it is off, or shall show none any more. */
void vm_notify_clear(struct vm *vm);
/* NotificationClosed of org.vmos.Manager1: an agent's word on one. As handlers of sd-bus. */
int vm_notify_closed(struct manager *m, sd_bus_message *call, sd_bus_error *ret_error);

#endif
