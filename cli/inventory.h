/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The VMs, templates and transfers as vmosd shows them at one moment. */
#ifndef CLI_INVENTORY_H
#define CLI_INVENTORY_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

/* All strings are owned and never NULL once read. */
struct vm_info {
	char *name, *template, *color, *kind, *state, *agent, *desktop, *last_error, *console_log, *disk_path, *net,
		*net_state, *pci, *audio, *carrier; /* pci: addresses with a space between two */
	uint32_t memory; /* MiB */
	uint32_t vcpus;
	uint32_t net_limit; /* KiB a second; 0: none */
	uint32_t net_index;
	int notifications; /* a bool: those of its programs are shown */
	uint32_t volume; /* percent */
	int mute, recording; /* bools */
	uint64_t microphone; /* realtime, usec: allowed until then; 0: it is not */
};

struct template_info {
	char *name, *version, *architecture;
	char **versions, **used_by; /* NULL terminated, owned */
	uint64_t size; /* bytes */
};

struct transfer_info {
	char *id, *from, *to, *kind, *claim, *state, *reason; /* owned */
	char **problems; /* owned */
	uint64_t done, total; /* bytes */
	uint64_t started; /* realtime, usec */
	uint32_t code; /* enum xfer_reason */
};

struct inventory {
	struct vm_info *vms; /* sorted by name */
	struct template_info *templates;
	struct transfer_info *transfers; /* in the order they began */
	size_t nvms, ntemplates, ntransfers;
};

/* What VM1.Stats says. A number that vmosd does not know is 0. */
struct vm_stats {
	uint64_t cpu_ns, memory_kib, disk_bytes, windows, frames, bytes_copied;
	uint64_t desktop_wakeups, courier_wakeups, audio_wakeups;
	uint64_t audio_frames, audio_gaps;
	uint64_t guest_cpu_permille, guest_mem_total_kib, guest_mem_used_kib, guest_disk_total, guest_disk_used;
	uint64_t ready_ms;
	uint64_t net_sent_bytes, net_received_bytes, net_sent, net_received;
	uint64_t net_refused, net_forged, net_dropped, net_flows, net_waiting;
	uint64_t notifications, notifications_dropped;
};

struct protection {
	char *name, *text;
	bool on;
};

/* What Manager1 says of itself. */
struct manager_info {
	char *version, *mode, *accelerator, *reason, *display, *sound;
	int vms_known; /* a bool: else libvirtd did not answer, and only the names of VMs are right */
	struct protection *protections;
	size_t nprotections;
};

/* Each: 0, or an exit code after saying why. The _free functions leave zeroes. */
int inventory_get(sd_bus *bus, struct inventory *ret);
void inventory_free(struct inventory *inv);
const struct vm_info *inventory_find(const struct inventory *inv, const char *name);
int inventory_stats(sd_bus *bus, const char *vm, struct vm_stats *ret);
/* Of the object @path, quietly. 0; -ENOENT: there is no such transfer; -EAGAIN: vmosd is not there; -errno. */
int inventory_transfer(sd_bus *bus, const char *path, struct transfer_info *ret);
void inventory_transfer_free(struct transfer_info *info);
int inventory_manager(sd_bus *bus, struct manager_info *ret);
void inventory_manager_free(struct manager_info *info);

/* "running" and "paused" VMs have numbers to tell. */
bool vm_info_is_live(const struct vm_info *vm);

#endif
