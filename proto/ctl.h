/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ctl channel: the guest's state and the programs run in it. A courier on
 * the host, vmos-agent in the guest.
 *
 * Streams. A RUN has up to three streams (fd 0, 1, 2; with a pty 1 carries
 * all output). Each may have CTL_WINDOW bytes under way; the receiver of
 * the bytes gives them back by CREDIT when it has written them on. So one
 * program that does not read blocks no other.
 */
#ifndef PROTO_CTL_H
#define PROTO_CTL_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/msg.h"

#define CTL_VERSION 1
#define CTL_RUNS_MAX 32
#define CTL_WINDOW (128u << 10)
#define CTL_CHUNK (64u << 10) /* bytes of one STDIO at most */
#define CTL_ARGS_MAX (128u << 10) /* bytes of a RUN's blob */
#define CTL_ARGC_MAX 1024

enum ctl_type {
	/* guest to host */
	CTL_HELLO = 1,
	CTL_READY,
	CTL_STATS,
	CTL_BYE,
	CTL_STARTED,
	CTL_EXIT,
	CTL_REQUEST,
	CTL_CANCEL,
	CTL_OWNER,
	CTL_CLOCK,
	CTL_APP,
	CTL_NOTIFY,
	CTL_UNNOTIFY,
	/* both */
	CTL_STDIO = 0x41,
	CTL_EOF,
	CTL_CREDIT,
	/* host to guest */
	CTL_RUN = 0x81,
	CTL_WINCH,
	CTL_SIGNAL,
	CTL_SHUTDOWN,
	CTL_TIME,
	CTL_PING,
	CTL_STATS_REQ,
	CTL_ANSWER,
	CTL_OWNER_REQ, /* only where HELLO says CTL_FEATURE_OWNER */
	CTL_CLOCK_REQ, /* only where HELLO says CTL_FEATURE_CLOCK */
	CTL_APPS_REQ, /* only where HELLO says CTL_FEATURE_APPS */
	CTL_NOTIFY_REQ, /* only where HELLO says CTL_FEATURE_NOTIFY */
	CTL_NOTIFIED,
	/* guest to host again */
	CTL_PONG = 0xc1,
};

enum ctl_gos { CTL_GOS_LINUX = 1, CTL_GOS_WINDOWS };
#define CTL_FEATURE_OWNER (1u << 0) /* in HELLO: the agent answers OWNER_REQ; those of older templates do not */
#define CTL_FEATURE_CLOCK (1u << 1) /* it answers CLOCK_REQ: a NET VM's */
#define CTL_FEATURE_APPS (1u << 2) /* after APPS_REQ it tells its applications, and again when they change */
#define CTL_FEATURE_NOTIFY (1u << 3) /* after NOTIFY_REQ it tells the notifications of its programs */
#define CTL_FEATURE_RELAY (1u << 4) /* RUNs of transfers may name a relay */
enum ctl_uid_class { CTL_UID_USER, CTL_UID_ROOT };

#define CTL_RUN_PTY (1u << 0)
#define CTL_RUN_WINDOW (1u << 1) /* detach: the run ends for us once started; output is dropped */
/*
 * One of these: a run of a transfer. The agent runs vmos-files as the VM's user
 * with the blob's strings as arguments; what its streams carry is in xfer.h.
 *	SEND	strings: VM that receives, path…; stdout: the transfer, stdin: POINT, stderr: PROBLEMs
 *	RECEIVE	strings: VM that sends, transfer's id in hex, "keep", "fresh" or "open"; stdin: the transfer, stdout: POINT
 *	URL	strings: VM that sends (may be ""), URL; opens it; no streams
 */
#define CTL_RUN_SEND (1u << 2)
#define CTL_RUN_RECEIVE (1u << 3)
#define CTL_RUN_URL (1u << 4)
#define CTL_RUN_PUBLIC (1u << 5) /* with SEND: paths are below ~/Public and stay there */
#define CTL_RUN_FLAGS 0x3fu
#define CTL_RUN_TRANSFER (CTL_RUN_SEND | CTL_RUN_RECEIVE)

/* No unknown flag, and of those that exclude each other one at most. */
bool ctl_run_flags_ok(uint32_t flags);
/*
 * A relay that a run of a transfer may use: 0, 0 for none, else a generation and
 * an area (VMOS_AREA()). The agent of a SEND puts into it, that of a RECEIVE
 * takes out. STARTED says whether it takes part, before any FAR (xfer.h) comes.
 */
bool ctl_relay_ok(uint32_t flags, uint32_t relay, uint32_t area);

/*
 * A REQUEST of a guest: its blob is as a RUN's, without environment: the VM
 * meant ("": the user shall choose), then the paths (SEND, OPEN), or the one
 * URL (URL). They become the strings of a SEND's or URL's RUN as they are.
 */
enum ctl_request_kind { CTL_REQUEST_SEND = 1, CTL_REQUEST_OPEN, CTL_REQUEST_URL };
enum ctl_answer_status {
	CTL_ANSWER_ASKED = 1, /* the user is being asked */
	CTL_ANSWER_MOVING, /* allowed, and on its way: done of total */
	CTL_ANSWER_WAITING, /* allowed; a VM is off or starting, it goes on by itself */
	/* final */
	CTL_ANSWER_DONE,
	CTL_ANSWER_DENIED,
	CTL_ANSWER_CANCELLED,
	CTL_ANSWER_FAILED, /* reason says why */
};
#define CTL_REASON_MAX 255 /* enum xfer_reason */
#define CTL_URL_MAX 2048

#define CTL_OWNER_NAME 40 /* bytes of a program's name, with its NUL */

/*
 * Something of which the agent can tell who uses it: a local port of TCP or
 * UDP, not 0; the identifier of an ICMP or ICMPv6 ping. @proto: IPPROTO_*.
 */
bool ctl_owner_ok(uint32_t proto, uint16_t port);

/*
 * What time it is, as a time server of the network says: CLOCK_REQ names the
 * server, CLOCK answers it, seconds later. The host asks again when it has the
 * answer, not before. realtime_ns is of the moment at which CLOCK was sent; it
 * may be wrong by error_us and by what the message took on its way.
 */
#define CTL_SERVER_MAX 40 /* bytes of a server's name, with its NUL */
#define CTL_CLOCK_MIN (946684800ull * 1000000000) /* the year 2000 … */
#define CTL_CLOCK_MAX (7258118400ull * 1000000000) /* … to 2200 */
#define CTL_CLOCK_ERROR_MAX 10000000u /* usec */
enum ctl_clock_status {
	CTL_CLOCK_OK,
	CTL_CLOCK_NO_NAME, /* the server's name has no address */
	CTL_CLOCK_NO_ANSWER,
	CTL_CLOCK_UNSURE, /* it answers that it does not know the time, or servers disagree */
	CTL_CLOCK_FAILED, /* something else */
	CTL_CLOCK_STATUS_MAX = CTL_CLOCK_FAILED,
};

/*
 * "time.example.org", "192.0.2.1:1123", "[2001:db8::1]:123": the host, without
 * brackets, and the port (123 where there is none). -EINVAL: it is no such text.
 */
int ctl_server_parse(const char *untrusted_text, char ret_host[CTL_SERVER_MAX], uint16_t *ret_port);

/* A URL that may be handed to another VM: http, https or mailto, printable ASCII without blank, at most CTL_URL_MAX. */
bool ctl_is_url(const char *untrusted_text);
/*
 * Checks a REQUEST's blob after ctl_args_check(): object, number of strings,
 * and the URL. 0 or -EBADMSG. @blob: NUL terminated strings, see ctl_args_fill().
 */
int ctl_request_check(uint8_t kind, char *const *strv, uint16_t argc, uint16_t envc);

/*
 * One of the guest's applications, see apps.h. A list is @count of them, @index
 * 0 first, in ascending order of their ids; one of none is a single APP without
 * a blob. The next list replaces it.
 */
struct ctl_app {
	uint32_t index, count;
	struct blob_ref blob; /* APP_WIRE_BYTES */
};

/*
 * A notification that a program in the guest shows, and the end of it by the
 * program's wish. A NOTIFY of an id that is shown replaces it. NOTIFIED is the
 * host's word on how one ended; one that is held back ends at once, but a
 * guest that floods may miss that.
 */
struct ctl_notify {
	uint32_t id; /* not 0 */
	uint32_t timeout_ms; /* at most NOTIFICATION_TIMEOUT_MAX; 0: as the host likes */
	uint8_t urgency; /* enum notification_urgency */
	struct blob_ref blob; /* NOTIFICATION_WIRE_BYTES of notification.h */
};

/* A table: one message a line. */
/* clang-format off */
struct ctl_hello { uint32_t version, gos, features; };
struct ctl_ready { uint64_t boot_ns; }; /* guest's monotonic clock */
struct ctl_stats {
	uint32_t cpu_permille; /* of one CPU, since the last STATS */
	uint32_t mem_total_kib, mem_used_kib;
	uint64_t disk_total, disk_used; /* bytes of the private disk */
};
struct ctl_run {
	uint32_t id; /* not 0; unique among live runs */
	uint8_t uid_class, flags;
	uint16_t rows, cols;
	struct blob_ref blob; /* see ctl_args_check() */
	uint32_t relay, area; /* see ctl_relay_ok(); 0 where HELLO does not say CTL_FEATURE_RELAY */
};
struct ctl_started { uint32_t id, pid, relay; }; /* relay: of the RUN, if the agent takes part in it; else 0 */
struct ctl_exit { uint32_t id; int32_t status; }; /* 0…255, 256+signal, or -errno: could not start */
struct ctl_stdio { uint32_t id; uint8_t fd; struct blob_ref blob; };
struct ctl_eof { uint32_t id; uint8_t fd; };
struct ctl_credit { uint32_t id; uint8_t fd; uint32_t bytes; };
struct ctl_winch { uint32_t id; uint16_t rows, cols; };
struct ctl_signal { uint32_t id; uint32_t signo; };
struct ctl_time { uint64_t realtime_ns; };
struct ctl_ping { uint64_t cookie; };
struct ctl_request { uint32_t id, files; uint8_t kind; struct blob_ref blob; uint64_t bytes; };
struct ctl_cancel { uint32_t id; };
struct ctl_answer { uint32_t id, status, reason; uint64_t done, total; };
struct ctl_owner_req { uint32_t id; uint8_t proto; uint16_t port; }; /* which program has this local port? IPPROTO_* */
struct ctl_owner { uint32_t id; char name[CTL_OWNER_NAME]; }; /* printable ASCII, "": not known; zeros behind it */
struct ctl_clock_req { uint32_t id; char server[CTL_SERVER_MAX]; }; /* as ctl_server_parse() takes it; zeros behind it */
struct ctl_clock { uint32_t id, status, error_us; uint64_t realtime_ns; }; /* all 0 but id and status where that is not OK */
struct ctl_unnotify { uint32_t id; };
struct ctl_notified { uint32_t id; uint8_t how; }; /* enum notification_end */
/* clang-format on */

struct ctl_msg {
	struct msg_head head; /* BYE, SHUTDOWN, STATS_REQ, APPS_REQ and NOTIFY_REQ have no body */
	union {
		struct ctl_hello hello;
		struct ctl_ready ready;
		struct ctl_stats stats;
		struct ctl_run run;
		struct ctl_started started;
		struct ctl_exit exit;
		struct ctl_stdio stdio;
		struct ctl_eof eof;
		struct ctl_credit credit;
		struct ctl_winch winch;
		struct ctl_signal signal;
		struct ctl_time time;
		struct ctl_ping ping; /* PING and PONG */
		struct ctl_request request;
		struct ctl_cancel cancel;
		struct ctl_answer answer;
		struct ctl_owner_req owner_req;
		struct ctl_owner owner;
		struct ctl_clock_req clock_req;
		struct ctl_clock clock;
		struct ctl_app app;
		struct ctl_notify notify;
		struct ctl_unnotify unnotify;
		struct ctl_notified notified;
	};
};

/* As in gui.h: -EBADMSG refuses, @ret is untouched. */
int ctl_decode_guest(const struct msg *m, struct ctl_msg *ret);
int ctl_decode_host(const struct msg *m, struct ctl_msg *ret);
int ctl_encode(const struct ctl_msg *c, struct msg *ret_msg);
const char *ctl_type_name(uint16_t type);

/*
 * A RUN's blob: u16 argc (≥ 1), u16 envc, then argc + envc strings, each with
 * its NUL, and nothing after them; an environment string holds a '='.
 * ctl_args_check: 0 and the counts, or -EBADMSG.
 * ctl_args_fill: points @strv (argc + 1 + envc + 1 entries, both lists NULL
 * terminated) into @blob, which has been checked.
 */
int ctl_args_check(const uint8_t *blob, size_t len, uint16_t *ret_argc, uint16_t *ret_envc);
void ctl_args_fill(uint8_t *blob, uint16_t argc, uint16_t envc, char **strv);
/* Encodes into @dst; returns the bytes needed (more than @cap: nothing was written), -E2BIG over the limits. */
int ctl_args_encode(char *const *argv, char *const *envv, uint8_t *dst, size_t cap);

#endif
