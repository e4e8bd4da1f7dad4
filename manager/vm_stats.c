/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stats(): libvirt knows the host's part, the helpers the rest. All are asked
 * at once; the answer goes out when they have answered or half a second later.
 */
#include "manager/vm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "manager/errors.h"
#include "manager/manager.h"

#define STATS_TIMEOUT 500000 /* usec */
#define STATS_CALLS_MAX 64

struct stats_call {
	struct manager *manager;
	char name[VM_NAME_MAX + 1];
	sd_bus_message *call; /* NULL: answered, only libvirt's job still holds it */
	sd_event_source *timer;
	uint64_t cpu_ns, rss_kib;
	bool job; /* under way */
	struct stats_call *next; /* manager.stats */
};

static uint64_t disk_bytes(const struct vm *vm)
{
	struct stat st;

	return stat(vm->disk, &st) == 0 ? (uint64_t)st.st_blocks * 512 : 0;
}

static int append(sd_bus_message *m, const char *key, const char *type, uint64_t value)
{
	if (type[0] == 'u')
		return sd_bus_message_append(m, "{sv}", key, "u", (uint32_t)value);
	return sd_bus_message_append(m, "{sv}", key, "t", value);
}

static int fill(const struct stats_call *s, const struct vm *vm, sd_bus_message *m)
{
	const struct helper_stats *courier = &vm->helper[HELPER_COURIER].stats;
	const struct helper_stats *desktop = &vm->helper[HELPER_DESKTOP].stats;
	const struct helper_stats *audio = &vm->helper[HELPER_AUDIO].stats;
	const struct tap_stats *net = &vm->link.stats;
	const struct {
		const char *key, *type;
		uint64_t value;
	} all[] = {
		{ "CpuNs", "t", s->cpu_ns },
		{ "MemoryKiB", "t", s->rss_kib },
		{ "DiskBytes", "t", disk_bytes(vm) },
		{ "Windows", "u", desktop->windows },
		{ "Frames", "t", desktop->frames },
		{ "BytesCopied", "t", desktop->bytes_copied },
		{ "DesktopWakeups", "t", desktop->wakeups },
		{ "CourierWakeups", "t", courier->wakeups },
		{ "AudioFrames", "t", audio->frames },
		{ "AudioGaps", "t", audio->underruns },
		{ "AudioWakeups", "t", audio->wakeups },
		{ "GuestCpuPermille", "u", courier->cpu_permille },
		{ "GuestMemTotalKiB", "u", courier->mem_total_kib },
		{ "GuestMemUsedKiB", "u", courier->mem_used_kib },
		{ "GuestDiskTotal", "t", courier->disk_total },
		{ "GuestDiskUsed", "t", courier->disk_used },
		{ "ReadyMs", "u", vm->ready_ms },
		{ "NetSentBytes", "t", net->sent_bytes },
		{ "NetReceivedBytes", "t", net->received_bytes },
		{ "NetSent", "t", net->sent },
		{ "NetReceived", "t", net->received },
		{ "NetRefused", "t", net->refused },
		{ "NetForged", "t", net->malformed + net->spoofed },
		{ "NetDropped", "t", net->limited + net->full },
		{ "NetFlows", "u", net->flows },
		{ "NetWaiting", "u", net->waiting },
		{ "Notifications", "t", vm->notify.shown },
		{ "NotificationsDropped", "t", vm->notify.dropped },
	};
	int r = sd_bus_message_open_container(m, 'a', "{sv}");

	for (size_t i = 0; r >= 0 && i < sizeof(all) / sizeof(all[0]); i++)
		r = append(m, all[i].key, all[i].type, all[i].value);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static void stats_free(struct stats_call *s)
{
	struct stats_call **at = &s->manager->stats;

	while (*at && *at != s)
		at = &(*at)->next;
	if (*at)
		*at = s->next;
	sd_event_source_disable_unref(s->timer);
	sd_bus_message_unref(s->call);
	free(s);
}

static void stats_answer(struct stats_call *s)
{
	const struct vm *vm = manager_find_vm(s->manager, s->name);
	sd_bus_message *m = NULL;

	s->timer = sd_event_source_disable_unref(s->timer);
	if (!vm)
		sd_bus_reply_method_errorf(s->call, ERROR_NOT_FOUND, "VM %s was deleted meanwhile.", s->name);
	else if (sd_bus_message_new_method_return(s->call, &m) >= 0 && fill(s, vm, m) >= 0)
		sd_bus_send(NULL, m, NULL);
	sd_bus_message_unref(m);
	s->call = sd_bus_message_unref(s->call);
	if (!s->job)
		stats_free(s);
}

static void stats_check(struct stats_call *s)
{
	const struct vm *vm = manager_find_vm(s->manager, s->name);

	if (!s->call)
		return;
	if (vm &&
		(s->job || vm->link.stats_wanted || vm->helper[HELPER_COURIER].stats_wanted ||
			vm->helper[HELPER_DESKTOP].stats_wanted || vm->helper[HELPER_AUDIO].stats_wanted))
		return;
	stats_answer(s);
}

void vm_stats_arrived(struct vm *vm)
{
	struct stats_call *next;

	for (struct stats_call *s = vm->manager->stats; s; s = next) {
		next = s->next;
		if (strcmp(s->name, vm->config.name) == 0)
			stats_check(s);
	}
}

static int handle_stats_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
	stats_answer(userdata);
	return 0;
}

static void handle_domain_stats(const struct virt_job *job, void *userdata)
{
	struct stats_call *s = userdata;

	s->job = false;
	s->cpu_ns = job->cpu_ns;
	s->rss_kib = job->rss_kib;
	if (!s->call)
		stats_free(s);
	else
		stats_check(s);
}

static void ask_all(struct stats_call *s, struct vm *vm)
{
	struct virt_job job = { .verb = VIRT_STATS, .name = s->name, .done = handle_domain_stats, .userdata = s };

	if (vm_is_off(vm))
		return;
	s->job = virt_submit(vm->manager->virt, &job) == 0;
	net_links_query(vm);
	for (unsigned i = 0; i < HELPER_KINDS; i++) {
		struct helper *h = &vm->helper[i];

		if (h->state == HELPER_STATE_UP && helper_send_type(h, HELPER_QUERY) == 0)
			h->stats_wanted = true;
	}
}

int vm_stats(struct vm *vm, sd_bus_message *call, sd_bus_error *ret_error)
{
	struct stats_call *s;
	unsigned n = 0;
	int r;

	for (s = vm->manager->stats; s; s = s->next)
		n++;
	if (n >= STATS_CALLS_MAX)
		return errors_set(
			ret_error, ERROR_BUSY, "Too many callers ask for numbers at once. Try again in a moment.");
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->manager = vm->manager;
	memcpy(s->name, vm->config.name, sizeof(s->name));
	s->call = sd_bus_message_ref(call);
	s->next = vm->manager->stats;
	vm->manager->stats = s;
	r = sd_event_add_time_relative(
		vm->manager->event, &s->timer, CLOCK_MONOTONIC, STATS_TIMEOUT, 0, handle_stats_timeout, s);
	if (r < 0) {
		stats_free(s);
		return r;
	}
	ask_all(s, vm);
	stats_check(s);
	return 1;
}
