/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a VM's guest says it can start, for menus on the host: kept in the VM's
 * folder, so that it is known while the VM is off. A claim, of fixed layout.
 */
#ifndef MANAGER_VM_APPS_H
#define MANAGER_VM_APPS_H

#include <stdint.h>

#include <systemd/sd-bus.h>

struct vm;

/* A courier's list; @fd is borrowed, -1: it is empty. -EBADMSG: it is no such list. */
int vm_apps_take(struct vm *vm, uint32_t count, int fd);
/* When it last changed, usec of realtime; 0: there is none. */
uint64_t vm_apps_changed(const struct vm *vm);
/* Apps() of org.vmos.VM1. */
int vm_apps(struct vm *vm, sd_bus_message *call, sd_bus_error *ret_error);

#endif
