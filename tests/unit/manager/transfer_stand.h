/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A vmosd with two VMs, "work" and "web", whose couriers the test plays. */
#ifndef TESTS_UNIT_MANAGER_TRANSFER_STAND_H
#define TESTS_UNIT_MANAGER_TRANSFER_STAND_H

#include <stdbool.h>
#include <stdint.h>

#include "manager/manager.h"
#include "manager/transfer.h"
#include "proto/helper.h"
#include "proto/licence.h"
#include "proto/runctl.h"

#define RULES 8

extern char stand_folder[]; /* where its files are */

struct stand {
	struct manager m;
	struct rule rules[RULES];
	struct vm *work, *web;
	int courier[2]; /* our ends: of work's, of web's */
};

/* A run as a courier got it. */
struct got {
	struct helper_msg msg;
	int fds[HELPER_FDS_MAX];
	unsigned nfds;
};

enum { FD_ARGS, FD_STDIN, FD_STDOUT, FD_STDERR, FD_CONTROL, FD_LICENCE };

/* For cmocka: makes and ends it. */
int stand_setup(void **state);
int stand_teardown(void **state);
/* Handles all that can be without waiting. */
void stand_step(struct stand *s);
/* Rule @i and no later one. */
void stand_allow(struct stand *s, unsigned i, const char *subject, const char *object, uint8_t access);
/* Begins a transfer from work to web. */
struct transfer *stand_begin(struct stand *s, enum transfer_kind kind);
/* The run that a courier (0: of work, 1: of web) has been handed. False: none. */
bool stand_take_run(struct stand *s, int courier, struct got *g);
void stand_drop_run(struct got *g);
/* Both runs of one that moves. */
void stand_move(struct stand *s, struct got *receiver, struct got *sender);
/* What the courier says of a run. */
void stand_say(struct stand *s, const struct got *g, const struct runctl *m);
void stand_say_exit(struct stand *s, struct got *g, int32_t status);
void stand_say_point(struct stand *s, const struct got *g, int32_t item, uint64_t entry, uint64_t offset);
bool stand_is_closed(const struct got *g);
const struct licence *stand_map_licence(const struct got *g);
/* Transfers that are on the disk. */
unsigned stand_journals(void);

#endif
