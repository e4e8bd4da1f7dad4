/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libvirt: its QEMU driver inside our own process, or libvirtd's. Its calls
 * block (a start blocks until our own ivshmem servers have answered QEMU), so
 * each is a job that runs in one of a few worker threads; what it found comes
 * back to the main loop. Nothing else in vmosd has threads, and no job touches
 * anything but its own struct. A libvirtd that ends is looked for again, and
 * what happened to each domain meanwhile is told as an event.
 */
#ifndef MANAGER_VIRT_H
#define MANAGER_VIRT_H

#include <stdbool.h>
#include <stdint.h>

#include <systemd/sd-event.h>

enum virt_verb {
	VIRT_PROBE, /* asks what QEMU can do, so that libvirt's cache is warm. xml: the emulator's path */
	VIRT_DEFINE, /* xml */
	VIRT_START, /* defines xml, then starts it */
	VIRT_DESTROY,
	VIRT_SUSPEND,
	VIRT_RESUME,
	VIRT_UNDEFINE,
	VIRT_STATS, /* fills cpu_ns, rss_kib */
	VIRT_VERBS,
};

enum virt_event {
	VIRT_EVENT_STOPPED,
	VIRT_EVENT_PAUSED,
	VIRT_EVENT_RESUMED,
	VIRT_EVENT_GONE, /* libvirtd is back, and the domain does not run */
	VIRT_EVENT_FOUND, /* libvirtd is back, and the domain runs */
};

/* Why a domain stopped or paused. */
enum virt_detail { VIRT_DETAIL_NORMAL, VIRT_DETAIL_CRASHED, VIRT_DETAIL_IO_ERROR };

struct virt;
struct virt_job;

/* On the main loop; @job is freed afterwards. */
typedef void (*virt_done_fn)(const struct virt_job *job, void *userdata);
typedef void (*virt_event_fn)(const char *name, enum virt_event event, enum virt_detail detail, void *userdata);
/* half: its start was cut off, QEMU waits for a start that nobody completes */
enum virt_state { VIRT_STATE_OFF, VIRT_STATE_RUNNING, VIRT_STATE_PAUSED, VIRT_STATE_HALF };

typedef void (*virt_domain_fn)(const char *name, const char *xml, enum virt_state state, void *userdata);

struct virt_job {
	enum virt_verb verb;
	char *name; /* of the domain */
	char *xml; /* may be NULL */
	virt_done_fn done;
	void *userdata; /* borrowed */
	struct virt_job *next;

	int result; /* 0 or -errno; -ENOENT: no such domain, -ESRCH: it does not run */
	char *message; /* libvirt's words; may be NULL */
	uint64_t cpu_ns;
	uint64_t rss_kib;
};

/*
 * Opens @uri and starts the threads. Domain events come to @handle_event on
 * @event's loop. -EBUSY: another process holds the embedded driver's folder;
 * -ENOPKG: libvirt has no QEMU driver; -ECONNREFUSED: no libvirtd; -EIO: any other reason, logged.
 * A libvirtd that does not answer is looked for on and on.
 */
int virt_open(sd_event *event, const char *uri, virt_event_fn handle_event, void *userdata, struct virt **ret_virt);

/* Whether libvirt's first security driver is @model: 1 or 0. -ENOTCONN: libvirtd is away, also after @seconds, for which it blocks. */
int virt_has_secmodel(struct virt *virt, const char *model, int seconds);

/*
 * Calls @handle for each defined domain, from the caller's thread (at start-up only: it may block).
 * -ENOTCONN, -EIO: it was not told of all of them.
 */
int virt_each_domain(struct virt *virt, virt_domain_fn handle, void *userdata);

/* Whether there is a domain of that name now: 1 or 0. Blocks, as above. -ENOTCONN, -EIO: libvirt does not say. */
int virt_has_domain(struct virt *virt, const char *name);

/* Queues a job; @xml may be NULL, both strings are copied. -ENOMEM. */
int virt_submit(struct virt *virt, const struct virt_job *template_job);

#endif
