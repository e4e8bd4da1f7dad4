/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What vmosd knows: the VMs, the templates, the display, and the ways to libvirt and the bus. */
#ifndef MANAGER_MANAGER_H
#define MANAGER_MANAGER_H

#include <stdbool.h>
#include <stdint.h>

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "manager/accel.h"
#include "manager/agents.h"
#include "manager/clipboard.h"
#include "manager/clock.h"
#include "manager/confine.h"
#include "manager/decision.h"
#include "manager/folder_watch.h"
#include "manager/host_time.h"
#include "manager/manager_rules.h"
#include "manager/mode.h"
#include "manager/net_fabric.h"
#include "manager/net_lists.h"
#include "manager/rules.h"
#include "manager/template.h"
#include "manager/transfer.h"
#include "manager/virt.h"
#include "manager/vm.h"

#define MANAGER_BUS_NAME "org.vmos.Manager1"
#define MANAGER_BUS_ROOT "/org/vmos"
#define MANAGER_BUS_PATH "/org/vmos/Manager1"
#define MANAGER_BUS_INTERFACE "org.vmos.Manager1"
#define MANAGER_VMS_MAX 256

struct audit;
struct net_lists;
struct net_wire;
struct stats_call;
struct template_import;

struct manager {
	const struct mode *mode; /* static */
	bool system; /* mode->system */
	sd_event *event;
	sd_bus *bus;
	struct virt *virt;
	bool relays; /* --relays: contents of files by the kernel's vmos_relay */
	bool blind; /* libvirtd did not answer at the start: what VMs there are is not known */
	struct accel accel;
	struct confine confine;

	char *data, *run; /* $DATA, $RUN */
	char *templates_dir, *vms_dir, *vms_run_dir;
	char *libexec; /* where the helpers are */
	char *display; /* path of a Wayland socket; may be NULL */
	uid_t display_uid; /* whose it must be */

	struct audit *audit; /* NULL: there is none, and what needs a record is refused */

	struct rules rules;
	unsigned rules_applied; /* the generation of it that the kernel has */
	char *rules_dirs[MANAGER_RULES_DIRS + 1]; /* owned; the last is NULL */
	struct folder_watch rules_watch;
	sd_event_source *rules_timer; /* when a rule begins or ends by itself */
	manager_rules_fn rules_changed[MANAGER_RULES_FNS];
	struct net_lists *net_lists; /* what VMs may reach on the network; NULL: not open yet */
	struct agents agents; /* who asks the user */
	struct decisions decisions;

	const struct net_fabric *fabric; /* static */
	const char *wire_path; /* where vmos-wire listens; static */
	struct net_wire *wires; /* the kernel's fabric: one for each NET VM, and one where cards wait; owned */
	sd_event_source *net_wake; /* deferred: looks at the links */

	struct vm *vms;
	struct template *templates;
	struct template_import *import; /* of a version that comes in; NULL: none does */
	sd_event_source *watches[64]; /* inotify, of the template folders; [0] is the folder of all */
	unsigned nwatches;
	struct clipboard clipboard;
	sd_event_source *clipboard_timer; /* may be NULL */
	sd_event_source *sound_watch, *sound_timer; /* for the sound server that VMs miss; may be NULL */
	struct transfers transfers;
	struct host_time host_time;
	const char *clock_socket; /* of vmos-clock; NULL: the host keeps its own time */
	struct clock clock;
	struct stats_call *stats; /* calls of Stats() under way */
};

/* Paths, folders and what the host can do. Errors are logged. */
int manager_init(struct manager *m, const struct mode *mode, sd_event *event);
/* Opens libvirt and takes up the templates and VMs there are. Errors are logged. */
int manager_open(struct manager *m);
/* Puts all objects on the bus. */
int manager_run(struct manager *m, sd_bus *bus);
void manager_finish(struct manager *m);

struct vm *manager_find_vm(const struct manager *m, const char *name);
void manager_add_vm(struct manager *m, struct vm *vm);
/* Takes @vm out of the list; the caller frees it. */
void manager_drop_vm(struct manager *m, struct vm *vm);

struct template *manager_find_template(const struct manager *m, const char *name);
/* Reads the template folders again and tells the bus what changed. */
int manager_rescan(struct manager *m);

/*
 * Path of the Wayland socket to use from now on, which must be @uid's; tries
 * desktops that wait for one. @path NULL or "": none.
 */
int manager_set_display(struct manager *m, const char *path, uid_t uid, sd_bus_error *ret_error);

/* Before anything is done to a VM: refused while libvirtd was not there to say which there are. */
int manager_check_known(const struct manager *m, sd_bus_error *ret_error);

/* What QEMU of the VM @name says goes there; the caller frees it. NULL: -ENOMEM. */
char *manager_qemu_log(const struct manager *m, const char *name);

/* manager_bus.c, audit_bus.c, rules_bus.c, template_bus.c */
int manager_bus_add(struct manager *m);
int audit_bus_add(struct manager *m);
int rules_bus_add(struct manager *m);
int template_bus_add(struct manager *m, struct template *t, bool announce);
void template_bus_used_changed(struct manager *m, const char *name);

#endif
