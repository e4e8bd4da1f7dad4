/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sound of a VM: its vmos-audio, how loud it is, and whether it may hear
 * the microphone. That is never longer than the user said, and ends with the VM.
 */
#ifndef MANAGER_VM_AUDIO_H
#define MANAGER_VM_AUDIO_H

#include <stdbool.h>
#include <stdint.h>

#include <systemd/sd-bus.h>

#include "proto/helper.h"

#define VM_MICROPHONE_MAX 86400u /* seconds */

struct manager;
struct vm;

/* For the bus: "off" (switched off for it), "no-sound" (this host has none), "none", "no-server", "silent", "playing", "lost", "refused". */
const char *vm_audio_name(const struct vm *vm);
/* What this host has for VMs to sound by: "no-sound", "no-server" (it does not run now), "pipewire". */
const char *vm_audio_host(const struct manager *m);
/* µs of realtime until which it may hear the microphone; 0: it may not. */
uint64_t vm_audio_microphone(const struct vm *vm);

/* Its helper comes and goes. A VM goes on without. */
void vm_audio_start(struct vm *vm);
void vm_audio_up(struct vm *vm);
void vm_audio_adopt_failed(struct vm *vm);
void vm_audio_ended(struct vm *vm, enum helper_reason reason, const char *text);
void vm_audio_stop(struct vm *vm);
void vm_audio_free(struct vm *vm);
/* What its helper says. */
void vm_audio_report(struct vm *vm, const struct helper_audio *audio);
/* Volume, mute and microphone are as vm->config and its timer say from now on. */
void vm_audio_apply(struct vm *vm);

/* By the frame's menu: kept, as a mixer's is. */
void vm_audio_mute(struct vm *vm);

/* AllowMicrophone(): for so many seconds; 0: not any longer. < 0: @ret_error says why. */
int vm_audio_allow(struct vm *vm, sd_bus_message *call, sd_bus_error *ret_error);

/* Sees the user's sound server come (back). */
void vm_audio_watch_close(struct manager *m);

#endif
