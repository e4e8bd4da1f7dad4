/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copy and paste between VMs, as their desktops report the user's gestures. */
#ifndef MANAGER_VM_CLIPBOARD_H
#define MANAGER_VM_CLIPBOARD_H

#include <stdbool.h>

struct helper_clip;
struct manager;
struct vm;

/* A line for the user, on the frame of the VM's window in which the last gesture was. One too long for it is cut. */
void vm_note(struct vm *vm, bool bad, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* CLIP_TAKE and CLIP_WANT of the VM's desktop. @fd is borrowed. */
void vm_clipboard_take(struct vm *vm, const struct helper_clip *clip, int fd);
void vm_clipboard_want(struct vm *vm);
/* The VM is deleted. */
void vm_clipboard_forget(struct vm *vm);
/* Wipes it: vmosd ends. */
void vm_clipboard_close(struct manager *m);

#endif
