/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A VM's ctl by vsock: what the host must have for it, and the connection that its courier asks for. */
#ifndef MANAGER_VM_VSOCK_H
#define MANAGER_VM_VSOCK_H

#include <stdint.h>

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

struct manager;
struct vm;
struct vm_config;

struct vm_vsock {
	sd_event_source *io; /* of a vmos-dial that works on it; NULL: none does */
	sd_event_source *timer; /* of its time limit, or of the next attempt; may be NULL */
	uint64_t tried_usec; /* monotonic: the last time it began to */
	uint64_t pause_usec; /* between two attempts */
};

/* Whether a VM may be defined so, as far as this host knows now. < 0: @ret_error says what is missing. */
int vm_vsock_check(const struct manager *m, const struct vm_config *config, sd_bus_error *ret_error);

/* Its CID; 0: its ctl is carried by a channel. */
uint32_t vm_vsock_cid(const struct vm *vm);

/* From before QEMU until it is gone it may set the device up. -errno. */
int vm_vsock_start(const struct vm *vm);
void vm_vsock_off(struct vm *vm);

/* The courier has no connection: tries until there is one and it has it. */
void vm_vsock_connect(struct vm *vm);
/* Gives it up. */
void vm_vsock_stop(struct vm *vm);

#endif
