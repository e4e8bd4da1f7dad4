/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What vmosd says to its helpers (vmos-courier, vmos-desktop, vmos-audio) and they to it:
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
		1, /* fds: region, notify_guest, notify_host, listener; desktop: + Wayland connection, audio: + PipeWire's, if there is one; by vsock: listener */
	HELPER_RUN, /* courier; fds: args (sealed memfd), stdin, stdout, stderr, control; of a transfer: + licence */
	HELPER_SHUTDOWN, /* courier: ask the guest to power off */
	HELPER_QUIT, /* leave, closing the session */
	HELPER_QUERY, /* answered by STATS */
	HELPER_ADOPT, /* answered by FDS, then all is as after SETUP */
	HELPER_RESUMED, /* courier: the VM was paused and runs again, its clock is behind */
	HELPER_ANSWER, /* courier: how a request of the guest stands */
	HELPER_CLIP_GIVE, /* desktop; fd: clip.len bytes (sealed memfd): the answer to CLIP_WANT */
	HELPER_CLIP_NOTE, /* desktop: a line for the user, on the frame of the window in which the last gesture was */
	HELPER_OWNER_REQ, /* courier: which program of the guest has a local port; each is answered by one OWNER */
	HELPER_CLOCK_REQ, /* courier: what time a server of the network says; each is answered by one CLOCK */
	HELPER_NOTIFIED, /* courier: what happened to a notification of the guest */
	HELPER_AUDIO_SET, /* audio: how loud, and whether the microphone is allowed; that is not until this says so */
	HELPER_CONNECTION, /* courier by vsock; fd: connected to the guest's agent, and non-blocking: the answer to CONNECT */
	/* helper to vmosd */
	HELPER_UP = 0x81, /* sandboxed, session open */
	HELPER_GUEST, /* guest.state: the agent joined, is ready, or left */
	HELPER_STATS,
	HELPER_FDS, /* fds as in SETUP without the listener and the Wayland connection; by vsock: none */
	HELPER_FAILED, /* the last word: fail.text says why, in our own words only */
	HELPER_REQUEST, /* courier; fd: args (sealed memfd): the guest asks to send or open something */
	HELPER_CANCEL, /* courier: the guest gives up cancel.id */
	HELPER_CLIP_TAKE, /* desktop; fd: clip.len bytes (sealed memfd): the user's gesture copied this */
	HELPER_CLIP_WANT, /* desktop: the user's gesture asks what may be pasted here */
	HELPER_OWNER, /* courier: the answer to OWNER_REQ, as the guest claims it */
	HELPER_CLOCK, /* courier: the answer to CLOCK_REQ, as the guest claims it */
	HELPER_ACT, /* desktop: the user chose something for this VM in a frame's menu */
	HELPER_APPS, /* courier; fd: apps.count times struct app of apps.h (sealed memfd): what the guest can start */
	HELPER_NOTIFY, /* courier; fd: struct notification of notification.h (sealed memfd): a program of the guest shows it */
	HELPER_UNNOTIFY, /* courier: the program takes notify.id back */
	HELPER_HELD, /* courier: held.count notifications of the guest came too fast, and were dropped */
	HELPER_SOUND, /* audio: how the sound is */
	HELPER_CONNECT, /* courier by vsock: it has no connection to the guest's agent */
};

enum helper_guest_state { HELPER_GUEST_GONE, HELPER_GUEST_JOINED, HELPER_GUEST_READY };

enum helper_reason {
	HELPER_REASON_INTERNAL = 1,
	HELPER_REASON_PROTOCOL, /* the guest broke the protocol: do not start the helper again for this boot */
	HELPER_REASON_DISPLAY, /* the Wayland compositor, or the sound server, left or refused */
	HELPER_REASON_SETUP,
};

/* Exit codes of helpers: 0 after QUIT, else the reason above. */

#define HELPER_REQUESTS_MAX 8 /* of one guest, not answered for good yet */
#define HELPER_CLIP_MAX (16u << 20) /* bytes */

#define HELPER_OWNERS_MAX 64 /* OWNER_REQs that wait for the guest; one more is answered at once, by no name */
#define HELPER_OWNER_NAME 40 /* bytes, with the NUL */
#define HELPER_SERVER_MAX 40 /* bytes, with the NUL */

enum helper_mime { HELPER_MIME_TEXT = 1, HELPER_MIME_PNG }; /* text/plain;charset=utf-8, image/png */

/*
 * What a frame's menu may ask for. A desktop that a guest has taken over can
 * say it too: there is nothing among it that the VM could not do to itself, by
 * stopping its work or its sound, powering off or starting a program, and nothing
 * that sets it going or sounding again.
 */
enum helper_act_kind { HELPER_ACT_PAUSE = 1, HELPER_ACT_KILL, HELPER_ACT_FILES, HELPER_ACT_MUTE };

enum helper_carrier { HELPER_CARRIER_CHANNEL, HELPER_CARRIER_VSOCK }; /* the latter: courier only, without a region */

struct helper_setup {
	char vm[VM_NAME_MAX + 1];
	uint32_t rgb; /* 0xRRGGBB of the frame */
	uint32_t role; /* VMOS_ROLE_* */
	uint32_t epoch; /* of the session to open: one more than the last known */
	uint64_t region_size; /* 0: by vsock */
	uint32_t sound; /* desktop: 1: the VM has sound, which the frame's menu mutes; else 0 */
	uint32_t carrier; /* enum helper_carrier */
};

struct helper_run {
	uint32_t id;
	uint32_t args_len;
	uint8_t uid_class, flags; /* of ctl.h */
	uint16_t rows, cols;
	uint32_t relay, area; /* see ctl_relay_ok() */
};

/* What a guest asks for: numbers and words of @claim are its own, made safe to show. The args: see ctl.h. */
struct helper_request {
	uint32_t id; /* not 0; the guest's, unique among its open ones */
	uint32_t kind; /* enum ctl_request_kind */
	uint32_t args_len;
	uint32_t files; /* claimed number; 0: not known */
	uint64_t bytes; /* claimed size; 0: not known */
	char object[VM_NAME_MAX + 1]; /* the VM it names; "": the user shall choose */
	char claim[HELPER_TEXT_MAX]; /* the first file's name, or the URL */
};

struct helper_answer {
	uint32_t id;
	uint32_t status; /* enum ctl_answer_status */
	uint32_t reason; /* enum xfer_reason of xfer.h, where it failed; else 0 */
	uint64_t done, total; /* bytes */
};

struct helper_stats {
	uint32_t epoch;
	uint32_t guest; /* enum helper_guest_state */
	/* desktop */
	uint32_t windows;
	uint64_t frames; /* commits taken */
	uint64_t bytes_copied; /* of guest pixels, by the host: 0 */
	uint64_t wakeups; /* returns of the event loop's wait */
	uint64_t underruns; /* audio, whose frames are those played: gaps, as the guest sent too late */
	/* courier, from the guest's last STATS: a claim */
	uint32_t cpu_permille, mem_total_kib, mem_used_kib;
	uint64_t disk_total, disk_used;
};

/*
 * A question about a flow of the guest: @port is its local port, or the identifier of a ping. vmosd sets a time limit
 * of its own to the answer: a guest need not give one. Where there is no agent, or one of an older template, where
 * the agent leaves, or too many wait, the answer comes at once, without a name.
 */
struct helper_owner_req {
	uint32_t id; /* not 0; unique among vmosd's open ones */
	uint32_t proto; /* IPPROTO_ICMP, _ICMPV6, _TCP, _UDP */
	uint32_t port;
};

struct helper_owner {
	uint32_t id; /* of the OWNER_REQ */
	char name[HELPER_OWNER_NAME]; /* printable ASCII; "": not known. A claim: to be shown, never to decide by */
};

/*
 * Where there is no agent, or one that does not know the question, where the
 * agent leaves, or where a question waits already, the answer comes at once:
 * CTL_CLOCK_FAILED. A guest need not answer at all.
 */
struct helper_clock_req {
	uint32_t id; /* not 0 */
	char server[HELPER_SERVER_MAX]; /* as ctl_server_parse() takes it */
};

struct helper_clock {
	uint32_t id; /* of the CLOCK_REQ */
	uint32_t status; /* enum ctl_clock_status */
	uint32_t error_us; /* OK: as the guest claims it; else 0 */
	int64_t offset_ns; /* OK: what to add to this host's clock, as the guest claims it; else 0 */
};

#define HELPER_VOLUME_MAX 100 /* percent of a mixer's scale, whose steps sound alike */

enum helper_audio_state { HELPER_AUDIO_NONE, HELPER_AUDIO_SILENT, HELPER_AUDIO_PLAYING }; /* NONE: no sound server */

/* A table: one message a line. */
/* clang-format off */
struct helper_audio_set { uint32_t volume, muted, microphone; }; /* 0 to HELPER_VOLUME_MAX; 0 or 1 */
struct helper_audio { uint32_t state, volume, muted, listening; }; /* volume and mute as a mixer has set them */
struct helper_guest { uint32_t state; uint32_t epoch; uint64_t boot_ns; };
struct helper_fail { uint32_t reason; char text[HELPER_TEXT_MAX]; };
struct helper_cancel { uint32_t id; };
struct helper_act { uint32_t kind; }; /* enum helper_act_kind */
struct helper_clip { uint32_t mime; uint32_t len; }; /* enum helper_mime; 1 … HELPER_CLIP_MAX */
struct helper_apps { uint32_t count; }; /* at most APPS_MAX; 0: none, and no fd */
struct helper_notify { uint32_t id, timeout_ms, urgency; }; /* id not 0; as ctl_notify; of UNNOTIFY id alone */
struct helper_notified { uint32_t id, how; }; /* enum notification_end */
struct helper_held { uint32_t count; }; /* not 0 */
struct helper_note { uint32_t bad; char text[HELPER_TEXT_MAX]; }; /* bad: it is a refusal */
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
		struct helper_request request;
		struct helper_answer answer;
		struct helper_cancel cancel;
		struct helper_act act;
		struct helper_clip clip; /* CLIP_TAKE and CLIP_GIVE */
		struct helper_note note;
		struct helper_owner_req owner_req;
		struct helper_owner owner;
		struct helper_clock_req clock_req;
		struct helper_clock clock;
		struct helper_apps apps;
		struct helper_notify notify; /* NOTIFY and UNNOTIFY */
		struct helper_notified notified;
		struct helper_held held;
		struct helper_audio_set audio_set;
		struct helper_audio audio;
		uint8_t raw[256];
	};
};

/* Checks a message as received: @len exact, type known in that direction, @nfds right, fields in range, text NUL
 * terminated printable ASCII. 0 or -EBADMSG. */
int helper_check_request(const struct helper_msg *m, size_t len, unsigned nfds); /* vmosd to helper */
int helper_check_report(const struct helper_msg *m, size_t len, unsigned nfds); /* helper to vmosd */

#endif
