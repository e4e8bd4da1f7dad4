/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One VM: its configuration, its state, and what runs for it. */
#ifndef MANAGER_VM_H
#define MANAGER_VM_H

#include <stdbool.h>
#include <stdint.h>

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "manager/clipboard.h"
#include "manager/domain_xml.h"
#include "manager/helper.h"
#include "manager/identity.h"
#include "manager/ivshmem.h"
#include "manager/net_card.h"
#include "manager/net_links.h"
#include "manager/net_switch.h"
#include "manager/net_tap.h"
#include "manager/region.h"
#include "manager/virt.h"
#include "manager/vm_notify.h"
#include "manager/vm_vsock.h"

#define VM_BUS_PREFIX "/org/vmos/vm"
#define VM_MEMORY_MIN 256 /* MiB */
#define VM_VCPUS_MAX 64
#define VM_DISK_GIB_MIN 1
#define VM_DISK_GIB_MAX 16384
#define VM_WAITERS_MAX 64 /* calls that wait for one VM */
#define VM_STOP_TIMEOUT 30 /* seconds for a guest to power off */

/*
 * off       no QEMU. May: Start, Set, Delete.
 * starting  from Start until READY. May: Stop(force), which makes the start fail.
 * running   QEMU runs; the agent may be lost. May: Stop, Pause, Run.
 * paused    QEMU runs, its CPUs do not. May: Resume, Stop(force).
 * stopping  waits for the guest's power-off or for libvirt. May: Stop(force).
 * failed    as off; the last start or run ended badly, LastError says how.
 */
enum vm_state { VM_OFF, VM_STARTING, VM_RUNNING, VM_PAUSED, VM_STOPPING, VM_FAILED };
enum vm_agent { VM_AGENT_NONE, VM_AGENT_WAITING, VM_AGENT_READY, VM_AGENT_LOST, VM_AGENT_REFUSED };
enum vm_audio { VM_AUDIO_NONE, VM_AUDIO_NO_SERVER, VM_AUDIO_SILENT, VM_AUDIO_PLAYING, VM_AUDIO_LOST, VM_AUDIO_REFUSED };
enum vm_desktop { VM_DESKTOP_NONE, VM_DESKTOP_UP, VM_DESKTOP_LOST, VM_DESKTOP_REFUSED, VM_DESKTOP_NO_DISPLAY };

/* D-Bus calls that are answered when a change of state is complete. */
struct vm_waiters {
	sd_bus_message *call[VM_WAITERS_MAX]; /* owned */
	unsigned n;
};

struct decision;
struct drill;
struct manager;

struct vm {
	struct manager *manager; /* borrowed */
	struct vm *next; /* manager.vms */
	struct vm_config config;
	struct identity identity;
	char *dir, *run_dir; /* $DATA/vms/NAME, $RUN/vms/NAME */
	char *disk, *console; /* files in dir */
	char *ctl_socket, *gui_socket, *audio_socket, *card_socket, *inside_socket; /* in run_dir */
	char *bus_path;
	sd_bus_slot *bus_slot; /* may be NULL: not on the bus */

	enum vm_state state;
	enum vm_agent agent;
	enum vm_desktop desktop;
	enum vm_audio audio;
	bool listening; /* a program of its wants to hear the microphone */
	uint64_t microphone_until; /* boottime usec: allowed so long; 0: it is not */
	sd_event_source *microphone_timer, *keep_timer; /* may be NULL */
	char *last_error; /* may be NULL */
	bool busy; /* a create, a delete or a change of the definition is under way */
	unsigned jobs; /* of libvirt, under way */
	bool start_job; /* the start is among them */
	bool ended_early; /* the domain stopped before its start job came back */
	struct drill *drill; /* the start under way is one; may be NULL */
	bool force_stop; /* destroy it as soon as the start job is back */

	struct region region[HELPER_KINDS];
	struct ivshmem server[HELPER_KINDS];
	struct helper helper[HELPER_KINDS];
	struct vm_vsock vsock; /* of its courier, where vsock carries ctl */
	struct net_switch nic, clients; /* VDE: of its card, a NET VM's uplink; of a NET VM's inside card */
	struct net_card card; /* the kernel's fabric: the same … */
	struct net_inside inside; /* … of a NET VM */
	struct net_link link; /* to the NET VM it uses */
	struct net_tap tap; /* of a NET VM */
	struct net_hub hub; /* of a NET VM */
	struct vm_waiters starting, stopping;
	sd_event_source *timer; /* of the start or the stop; may be NULL */
	uint64_t started_usec; /* monotonic; 0: not known (adopted) */
	uint32_t ready_ms;
	uint32_t next_run;
	struct clipboard_rate clip_takes, clip_wants;
	struct decision *clip_decision; /* whether it may paste is being asked; may be NULL … */
	char clip_from[VM_NAME_MAX + 1]; /* … from this VM … */
	uint64_t clip_serial; /* … what was copied then */
	uint64_t requests_since; /* monotonic usec: begin of the period that requests counts */
	unsigned requests; /* of the guest, to send or open something */
	struct vm_notify notify;
	uint64_t apps_usec; /* monotonic: when its courier last told of applications; 0: not yet */
};

const char *vm_state_name(enum vm_state state);
const char *vm_agent_name(enum vm_agent agent);
const char *vm_desktop_name(enum vm_desktop desktop);

/* Makes the object and its paths; nothing on disk. -ENAMETOOLONG: its sockets' paths do not fit. */
int vm_new(struct manager *manager, const struct vm_config *config, struct vm **ret_vm);
/* Frees it; takes it off the bus. No job may be under way. */
void vm_free(struct vm *vm);

/*
 * Marks the VM's folder as one that is being made or removed: without a
 * definition in libvirt it is then rubbish, and start-up clears it away. A
 * folder without the mark is never removed by itself: it holds a user's data.
 */
int vm_mark_unfinished(const struct vm *vm, bool on);
#define VM_UNFINISHED "unfinished" /* the mark: a file in the folder */

/* Whether there is such a helper, and its channel, for this VM while it runs; the latter may be vsock's. */
bool vm_has(const struct vm *vm, enum helper_kind kind);

bool vm_is_off(const struct vm *vm);

/* Change a field and tell the bus. */
void vm_set_state(struct vm *vm, enum vm_state state);
void vm_set_agent(struct vm *vm, enum vm_agent agent);
void vm_set_desktop(struct vm *vm, enum vm_desktop desktop);
/* @fmt NULL: there is no error any more. Also logged. */
void vm_set_error(struct vm *vm, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Queues a libvirt job about @vm; it counts in vm->jobs until vm_job_done(). */
int vm_submit(struct vm *vm, enum virt_verb verb, const char *xml, virt_done_fn done);
void vm_job_done(struct vm *vm);

/* Answer all calls that wait: without error (NULL), or with it. */
void vm_waiters_reply(struct vm_waiters *waiters, const sd_bus_error *error);
/* Keeps @call (a reference of its own) for later. -EBUSY: too many. */
int vm_waiters_add(struct vm_waiters *waiters, sd_bus_message *call);

/* The domain XML of this moment: with the newest version of its template where that is there. 0, or an error in @ret_error. */
int vm_build_xml(struct vm *vm, char **ret_xml, sd_bus_error *ret_error);

/* vm_start.c. Each answers @call now or later; < 0: not begun, @ret_error says why. */
int vm_start(struct vm *vm, sd_bus_message *call, sd_bus_error *ret_error);
/* Ends a start under way: every waiting call gets @error, QEMU is ended. */
void vm_start_fail(struct vm *vm, const sd_bus_error *error);
/* The agent is READY; the domain is gone already; a helper it needs is gone for good. */
void vm_start_ready(struct vm *vm);
void vm_start_ended(struct vm *vm);
void vm_start_lost(struct vm *vm, const char *why);

/* vm_stop.c */
int vm_stop(struct vm *vm, bool force, sd_bus_message *call, sd_bus_error *ret_error);
int vm_pause(struct vm *vm, bool pause, sd_bus_message *call, sd_bus_error *ret_error);
/* The user's choice in a frame's menu, or what a desktop that was taken over makes of it. Others than a running VM ignore it. */
void vm_act(struct vm *vm, enum helper_act_kind kind);
/* Its guest sets its clock by the host's, now that one of them has jumped. */
void vm_tell_time(struct vm *vm);
/* libvirt said that the domain stopped, paused or went on. */
void vm_handle_event(struct vm *vm, enum virt_event event, enum virt_detail detail);
/* QEMU is gone: ends helpers, closes the channels, answers who waits for it. */
void vm_off(struct vm *vm, enum vm_state state);
/* Asks libvirt to end QEMU. */
void vm_destroy_domain(struct vm *vm);

/* vm_helper.c: what the helpers report. */
/* @display: as helper_start() has it. -errno: it does not run. */
int vm_start_helper(struct vm *vm, enum helper_kind kind, int display);
void vm_init_helpers(struct vm *vm);
/* Starts what is to run beside QEMU: the courier, and the desktop where a display is known. -errno: the courier does not run. */
int vm_start_helpers(struct vm *vm);
void vm_stop_helpers(struct vm *vm);
/* A vmosd before us started this VM: its helpers give the channels back. */
void vm_adopt_helpers(struct vm *vm);
/* A display is there (again): start a desktop that had none. */
void vm_retry_display(struct vm *vm);

/* vm_create.c */
int vm_create(struct manager *manager, const char *name, sd_bus_message *call, sd_bus_error *ret_error);
int vm_set(struct vm *vm, sd_bus_message *call, sd_bus_error *ret_error);
/* vm_delete.c */
int vm_delete(struct vm *vm, sd_bus_message *call, sd_bus_error *ret_error);

/* vm_run.c, vm_stats.c */
int vm_run(struct vm *vm, sd_bus_message *call, sd_bus_error *ret_error);
/* Starts @argv as the VM's user, to do @what (static): a note on the frame says if it fails. < 0: not begun, @ret_error may say why. */
int vm_run_alone(struct vm *vm, char **argv, const char *what, sd_bus_error *ret_error);
/* Hands a run to the courier, with a number of its own: @fds as HELPER_RUN has them, borrowed. -errno. */
int vm_hand_run(struct vm *vm, const struct helper_run *run, const int *fds, unsigned nfds);
int vm_stats(struct vm *vm, sd_bus_message *call, sd_bus_error *ret_error);
/* A helper answered a query. */
void vm_stats_arrived(struct vm *vm);

/* vm_bus.c: puts it on the bus; @announce: tell clients that it is new. */
int vm_bus_add(struct vm *vm, bool announce);
void vm_bus_changed(struct vm *vm, const char *property);

#endif
