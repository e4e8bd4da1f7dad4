/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The test of the guest's kernel module: what its two files have in common. */
#ifndef TESTS_VM_GUEST_DRIVER_H
#define TESTS_VM_GUEST_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/channel.h"

#define GUI_DEVICE "/dev/vmos-gui"
#define CTL_DEVICE "/dev/vmos-ctl"
#define USER_ID 1000
#define NOBODY_ID 65534
#define PCI_DIR "/sys/bus/pci/drivers/vmos_guest"
#define WAIT_MS 10000

struct driver {
	int fd;
	uint8_t *base; /* the whole region, each zone with its rights */
	struct channel channel;
};

/* One TAP line. @value: what to look at when it fails. */
void say(bool good, const char *name, const char *detail, long value);
void say_is(const char *name, const char *detail, long got, long want);
/* -errno of a call that gave @r < 0, else @r. */
long error_of(long r);
void sleep_ms(unsigned ms);

/* Opens the gui device as soon as it is free, and ends a compositor that has it. */
int take_device(void);
long try_open(const char *path, int flags);
/* Maps and unmaps again. 0 or -errno. */
long try_map(int fd, size_t off, size_t len, int prot, int flags);
short poll_for(int fd, int ms);
/* What read(2) gives: the count of interrupts or -errno. */
long read_count(int fd);
/* Until no interrupt comes any more. */
void drain(int fd);
/* Joins the session and says HELLO, which the host answers. The caller kicks. */
void greet(struct driver *d);
/* Leaves the session: the host opens the next and rings. */
void part(struct driver *d);

int write_word(const char *path, const char *word);
/* The PCI function of the gui device. */
bool find_function(char *ret_name, size_t cap);

/* driver_system.c */
void check_rights(void);
/* Of the ctl device, which only one may have open: through the agent that started us. */
void check_areas(void);
void check_sleep(struct driver *d);
void check_trace(struct driver *d);
/* Without an open file of ours: the device goes and comes while others use it. */
void check_storm(void);
void check_complaint(void);

#endif
