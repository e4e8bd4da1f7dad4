/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The time of a host that has no network: asked, an hour apart, of a server by
 * way of one NET VM, judged (clock_judge.h), and set by vmos-clock. A host with
 * a network keeps its own time, and none of this happens.
 */
#ifndef MANAGER_CLOCK_H
#define MANAGER_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "manager/clock_judge.h"
#include "manager/clock_set.h"
#include "proto/helper.h"

#define CLOCK_SERVER "2.debian.pool.ntp.org" /* where the user names none */
#define CLOCK_WAITERS_MAX 8

struct manager;
struct vm;

/* What the last question came to. */
enum clock_result {
	CLOCK_NEVER, /* there was none yet */
	CLOCK_SET, /* the difference was mended, or is being mended */
	CLOCK_FINE, /* there was none to speak of */
	CLOCK_WAITS, /* for the user */
	CLOCK_LOST, /* no answer: text says why */
};

struct clock {
	char *socket; /* of vmos-clock; NULL: the host keeps its own time */
	char *path, *day_path; /* of the source, of the day */
	struct clock_source source;
	struct clock_day day;
	struct clock_set set;
	sd_event_source *next, *limit; /* when it is asked again; when an answer is too late */
	uint32_t last_id, asked_id; /* asked_id 0: nothing is open */
	char asked_vm[VM_NAME_MAX + 1];
	sd_bus_message *waiting[CLOCK_WAITERS_MAX]; /* calls of Measure(); owned */
	unsigned nwaiting;
	sd_bus_message *accepting; /* a call of Accept(); owned, may be NULL */

	enum clock_result result;
	char text[256]; /* why, where that needs saying; else "" */
	int64_t offset_ns, error_ns; /* of the last answer; what to add to the clock */
	uint64_t measured; /* its time, usec of CLOCK_REALTIME; 0: none */
};

/* @socket NULL: the host keeps its own time. -errno: what was set cannot be read. */
int clock_open(struct manager *m, const char *socket);
void clock_close(struct manager *m);

/* @vm "": nobody shall be asked. -errno, with the sentence. */
int clock_set_source(struct manager *m, const char *vm, const char *server, sd_bus_error *ret_error);
/* Asks now; @call is answered when that is over. */
int clock_measure(struct manager *m, sd_bus_message *call, sd_bus_error *ret_error);
/* The user believes a difference that waits: @offset_ns as it was shown. @call is answered when the clock is set. */
int clock_accept(struct manager *m, int64_t offset_ns, sd_bus_message *call, sd_bus_error *ret_error);

/* What happens: the agent of @vm is ready, its courier answers, the host slept. */
void clock_vm_ready(struct vm *vm);
void clock_arrived(struct vm *vm, const struct helper_clock *answer);
void clock_host_slept(struct manager *m);

/* clock_bus.c */
int clock_bus_add(struct manager *m);

#endif
