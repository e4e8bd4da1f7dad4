/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a D-Bus client is told when something fails: the error's name, and one
 * sentence with cause and remedy. Inside vmosd an error travels as an
 * sd_bus_error beside a negative errno.
 */
#ifndef MANAGER_ERRORS_H
#define MANAGER_ERRORS_H

#include <systemd/sd-bus.h>

#define ERROR_INVALID_NAME "org.vmos.Error.InvalidName"
#define ERROR_EXISTS "org.vmos.Error.Exists"
#define ERROR_NOT_FOUND "org.vmos.Error.NotFound"
#define ERROR_INVALID_ARGUMENT "org.vmos.Error.InvalidArgument"
#define ERROR_BUSY "org.vmos.Error.Busy"
#define ERROR_NO_MEMORY "org.vmos.Error.NoMemory"
#define ERROR_NO_SPACE "org.vmos.Error.NoSpace"
#define ERROR_NO_TEMPLATE "org.vmos.Error.NoTemplate"
#define ERROR_WRONG_ARCHITECTURE "org.vmos.Error.WrongArchitecture"
#define ERROR_NO_QEMU "org.vmos.Error.NoQemu"
#define ERROR_TIMEOUT "org.vmos.Error.Timeout"
#define ERROR_NOT_RUNNING "org.vmos.Error.NotRunning"
#define ERROR_NO_DISPLAY "org.vmos.Error.NoDisplay"
#define ERROR_NOT_AUTHORIZED "org.vmos.Error.NotAuthorized"
#define ERROR_UNPROTECTED "org.vmos.Error.Unprotected"
#define ERROR_GUEST_LOST "org.vmos.Error.GuestLost"
#define ERROR_DENIED "org.vmos.Error.Denied"
#define ERROR_FAILED "org.vmos.Error.Failed"

struct virt_job;

/* Fills @ret_error (if not set yet) with @name and the sentence; returns a negative errno, for "return errors_set(…)". */
int errors_set(sd_bus_error *ret_error, const char *name, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* A failed call to libvirt about VM @vm, in our words where its cause is known: a disk in use, no memory, no space. */
int errors_set_virt(sd_bus_error *ret_error, const char *vm, const struct virt_job *job);

#endif
