/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The escape drill: one VM is started with a library in its QEMU that does
 * what an attacker would do there, and is told where its victims are. vmosd
 * starts the victims and that VM; what was tried and denied stands in QEMU's
 * log, which the caller reads.
 */
#ifndef MANAGER_DRILL_H
#define MANAGER_DRILL_H

#include <sys/types.h>

#include <systemd/sd-bus.h>

struct manager;
struct vm;

/* What one start needs to be a drill. */
struct drill {
	char *library; /* path of libvmos-drill.so */
	char *facts; /* KEY=VALUE;… for it */
	sd_bus_message *call; /* StartDrill, to be answered with the log */
	off_t log_size; /* of the log before the start */
};

/* StartDrill(s attacker, s victim, h witness) → h log, as a handler of sd-bus. Answers when QEMU runs. */
int drill_start(struct manager *m, sd_bus_message *call, sd_bus_error *ret_error);

/* The start that @vm->drill belongs to came back: answers the call with the log, or (@error) says why not. */
void drill_started(struct vm *vm, const char *error);
void drill_free(struct drill *drill);

#endif
