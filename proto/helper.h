/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What vmosd says to its helpers (vmos-courier, vmos-desktop) and they to it:
 * fixed-size messages on the SOCK_SEQPACKET socket a helper is born with (fd
 * 3), with fds beside some. All are of one machine and one build, so a message
 * is a plain struct in host order; its size and every field are checked all
 * the same, as a helper reads hostile bytes and may have been taken over.
 *
 * A helper outlives vmosd: on end of file of its birth socket it accepts one
 * connection at a time on the listening socket it got in SETUP (SO_PEERCRED
 * must be its own uid or root's), and answers ADOPT with FDS, so that a new
 * vmosd gets the region and eventfds back. It calls listen() on that socket
 * once, by which SO_PEERCRED tells vmosd who answers there.
 */
#ifndef PROTO_HELPER_H
#define PROTO_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/text.h"

#define HELPER_FD 3 /* the birth socket */
#define HELPER_FDS_MAX 8
#define HELPER_TEXT_MAX 96

enum helper_type {
	/* vmosd to helper */
	HELPER_SETUP =
		1, /* fds: region, notify_guest, notify_host, listener; desktop: + Wayland connection, if there is a display */
	HELPER_RUN, /* courier; fds: args (sealed memfd), stdin, stdout, stderr, control */
	HELPER_SHUTDOWN, /* courier: ask the guest to power off */
	HELPER_QUIT, /* leave, closing the session */
	HELPER_QUERY, /* answered by STATS */
	HELPER_ADOPT, /* answered by FDS, then all is as after SETUP */
	HELPER_RESUMED, /* courier: the VM was paused and runs again, its clock is behind */
	/* helper to vmosd */
	HELPER_UP = 0x81, /* sandboxed, session open */
	HELPER_GUEST, /* guest.state: the agent joined, is ready, or left */
	HELPER_STATS,
	HELPER_FDS, /* fds as in SETUP without the listener and the Wayland connection */
	HELPER_FAILED, /* the last word: fail.text says why, in our own words only */
};

enum helper_guest_state { HELPER_GUEST_GONE, HELPER_GUEST_JOINED, HELPER_GUEST_READY };

enum helper_reason {
	HELPER_REASON_INTERNAL = 1,
	HELPER_REASON_PROTOCOL, /* the guest broke the protocol: do not start the helper again for this boot */
	HELPER_REASON_DISPLAY, /* the Wayland compositor left or refused */
	HELPER_REASON_SETUP,
};

/* Exit codes of helpers: 0 after QUIT, else the reason above. */

struct helper_setup {
	char vm[VM_NAME_MAX + 1];
	uint32_t rgb; /* 0xRRGGBB of the frame */
	uint32_t role; /* VMOS_ROLE_* */
	uint32_t epoch; /* of the session to open: one more than the last known */
	uint64_t region_size;
};

struct helper_run {
	uint32_t id;
	uint32_t args_len;
	uint8_t uid_class, flags; /* of ctl.h */
	uint16_t rows, cols;
};

struct helper_stats {
	uint32_t epoch;
	uint32_t guest; /* enum helper_guest_state */
	/* desktop */
	uint32_t windows;
	uint64_t frames; /* commits taken */
	uint64_t bytes_copied; /* of guest pixels, by the host: 0 */
	uint64_t wakeups; /* returns of the event loop's wait */
	/* courier, from the guest's last STATS: a claim */
	uint32_t cpu_permille, mem_total_kib, mem_used_kib;
	uint64_t disk_total, disk_used;
};

/* A table: one message a line. */
/* clang-format off */
struct helper_guest { uint32_t state; uint32_t epoch; uint64_t boot_ns; };
struct helper_fail { uint32_t reason; char text[HELPER_TEXT_MAX]; };
/* clang-format on */

struct helper_msg {
	uint32_t type;
	uint32_t nfds; /* beside it */
	union {
		struct helper_setup setup; /* SETUP and FDS */
		struct helper_run run;
		struct helper_stats stats;
		struct helper_guest guest;
		struct helper_fail fail;
		uint8_t raw[128];
	};
};

/* Checks a message as received: @len exact, type known in that direction, @nfds right, fields in range, text NUL
 * terminated printable ASCII. 0 or -EBADMSG. */
int helper_check_request(const struct helper_msg *m, size_t len, unsigned nfds); /* vmosd to helper */
int helper_check_report(const struct helper_msg *m, size_t len, unsigned nfds); /* helper to vmosd */

/*
 * The control socket of a run (SOCK_SEQPACKET): the vmos command at one end,
 * the courier at the other. The command checks what it reads: it comes from a
 * process that reads hostile bytes.
 */
enum runctl_type {
	RUNCTL_WINCH = 1, /* command to courier: a = rows, b = cols */
	RUNCTL_SIGNAL, /* command to courier: a = signal */
	RUNCTL_STARTED, /* courier to command: a = pid in the guest */
	RUNCTL_EXIT, /* courier to command: a = status as in struct ctl_exit */
	RUNCTL_LOST, /* courier to command: the agent left, or the VM */
};

struct runctl {
	uint32_t type;
	int32_t a, b;
	uint32_t zero;
};

int runctl_check_command(const struct runctl *m, size_t len);
int runctl_check_courier(const struct runctl *m, size_t len);

#endif
