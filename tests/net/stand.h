/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fabric without VMs: real vde_switch processes, a real vmos-tap, and a test
 * that plays vmosd and the cards of the VMs.
 */
#ifndef TESTS_NET_STAND_H
#define TESTS_NET_STAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/tap.h"

/* How much longer things may take under AddressSanitizer. */
#ifdef __SANITIZE_ADDRESS__
#define STAND_SLOW 10
#else
#define STAND_SLOW 1
#endif

#define CHECK(x) ((x) ? (void)0 : stand_die(__FILE__, __LINE__, #x))

struct stand_plug {
	int data, control; /* @control -1: a TAP device */
};

struct stand_tap {
	pid_t pid;
	int sock; /* vmosd's end */
	int memory;
	char path[128]; /* of the listener */
	enum tap_fabric fabric;
	int kernel_fds[TAP_KERNEL_FDS]; /* borrowed; of the kernel's fabric */
};

void stand_die(const char *file, int line, const char *what) __attribute__((noreturn));
/* TAP lines. */
void stand_ok(bool ok, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Prints the plan; the exit code. */
int stand_end(void);
double stand_seconds(void);

/* Makes the folder that all is in; removed at the end, as the processes are. @plug_program: plug.c. */
void stand_begin(const char *plug_program);
/* A switch of a name, as a hub: it learns no address, so nobody can take one away. */
void stand_switch(const char *name);
struct stand_plug stand_plug(const char *name);
/* Where the switch of that name listens. */
void stand_path(const char *name, char path[128]);
void stand_close(struct stand_plug *plug);

/* Waits for room; a TAP device has always some. */
void stand_send(const struct stand_plug *plug, const void *frame, size_t len);
/* The next frame within @ms: its length; 0: none came. */
size_t stand_receive(const struct stand_plug *plug, uint8_t frame[2048], int ms);

/* Starts vmos-tap with the memory (@memory -1: a new one) and waits until it is up. */
void stand_tap_start(struct stand_tap *t, const char *program, int memory);
void stand_tap_send(const struct stand_tap *t, struct tap_msg *m, const struct stand_plug *plug);
/* Takes reports until one of @type, within 10 s. */
void stand_tap_expect(struct stand_tap *t, uint32_t type, struct tap_msg *ret);
/* One of any type within @ms. */
bool stand_tap_report(struct stand_tap *t, struct tap_msg *ret, int ms);
/* Connects to a vmos-tap that has lost its vmosd. */
void stand_tap_adopt(struct stand_tap *t);
/* SIGKILL, or QUIT where @quit; the exit code. */
int stand_tap_stop(struct stand_tap *t, bool quit);

#endif
