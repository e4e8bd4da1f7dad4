/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/commands.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/format.h"
#include "cli/inventory.h"
#include "cli/json.h"

static void line(const char *name, const char *value)
{
	size_t len = strlen(value);

	while (len && value[len - 1] == '\n')
		len--;
	printf("%-13s %.*s\n", name, len ? (int)len : 1, len ? value : "-");
}

static void size_line(const char *name, uint64_t bytes)
{
	char buf[FORMAT_SIZE_MAX];

	line(name, format_size(bytes, buf));
}

/* What of the sound is other than one expects. */
static void show_audio(const struct vm_info *vm)
{
	const char *sound = format_sound(vm->audio);
	char until[16];
	struct tm tm;
	time_t at = (time_t)(vm->microphone / 1000000);

	if (strcmp(vm->kind, "app") != 0)
		return;
	if (sound != vm->audio)
		line("Audio", sound);
	else
		printf("%-13s %s, volume %u %%%s\n", "Audio", sound, vm->volume, vm->mute ? ", muted" : "");
	if (strcmp(vm->audio, "no-sound") == 0)
		return;
	if (vm->microphone == 0 || !localtime_r(&at, &tm) || !strftime(until, sizeof(until), "%H:%M:%S", &tm))
		line("Microphone", "off");
	else
		printf("%-13s allowed until %s%s\n", "Microphone", until, vm->recording ? ", in use" : "");
}

static void show_vm(const struct vm_info *vm)
{
	char swatch[FORMAT_SWATCH_MAX], limit[FORMAT_SIZE_MAX];

	line("Name", vm->name);
	printf("%-13s %s%s\n", "Color", format_swatch(vm->color, format_use_color(), swatch), vm->color);
	line("Kind", vm->kind);
	line("Template", vm->template);
	line("State", vm->state);
	line("Agent", vm->agent);
	line("Desktop", vm->desktop);
	show_audio(vm);
	line("Network", vm->net);
	if (vm->pci[0])
		line("Card", vm->pci);
	else if (strcmp(vm->net_state, "none") != 0)
		line("", vm->net_state);
	if (vm->net_limit)
		printf("%-13s %s a second, each way\n", "Net limit", format_size((uint64_t)vm->net_limit << 10, limit));
	size_line("Memory", (uint64_t)vm->memory << 20);
	printf("%-13s %u\n", "VCPUs", vm->vcpus);
	line("Carrier", vm->carrier);
	line("Notifications", vm->notifications ? "on" : "off");
	line("Disk", vm->disk_path);
	line("Console log", vm->console_log);
	line("Last error", vm->last_error);
}

/* What the guest says of itself is marked as its claim. */
static void show_stats(const struct vm_stats *s)
{
	char used[FORMAT_SIZE_MAX], total[FORMAT_SIZE_MAX];

	printf("%-13s %.1f s\n", "CPU time", (double)s->cpu_ns / 1e9);
	size_line("Memory in use", s->memory_kib << 10);
	size_line("Disk in use", s->disk_bytes);
	printf("%-13s %llu, %llu frames\n", "Windows", (unsigned long long)s->windows, (unsigned long long)s->frames);
	if (s->net_sent || s->net_received || s->net_refused || s->net_forged)
		printf("%-13s %s sent, %s received, %llu flows, %llu refused, %llu forged\n", "Traffic",
			format_size(s->net_sent_bytes, used), format_size(s->net_received_bytes, total),
			(unsigned long long)s->net_flows, (unsigned long long)s->net_refused,
			(unsigned long long)s->net_forged);
	if (s->notifications || s->notifications_dropped)
		printf("%-13s %llu shown, %llu dropped\n", "Notifications", (unsigned long long)s->notifications,
			(unsigned long long)s->notifications_dropped);
	if (s->ready_ms)
		printf("%-13s %.1f s from power-on\n", "Ready after", (double)s->ready_ms / 1000);
	if (s->guest_mem_total_kib)
		printf("%-13s memory %s of %s, CPU %.1f %%\n", "It claims",
			format_size(s->guest_mem_used_kib << 10, used),
			format_size(s->guest_mem_total_kib << 10, total), (double)s->guest_cpu_permille / 10);
	if (s->guest_disk_total)
		printf("%-13s disk %s of %s\n", "", format_size(s->guest_disk_used, used),
			format_size(s->guest_disk_total, total));
}

static int show(sd_bus *bus, const struct inventory *inv, const char *name, bool json)
{
	const struct vm_info *vm = inventory_find(inv, name);
	struct json_object *object;
	struct vm_stats stats;
	int r = 0;

	if (!vm)
		return cli_error(CLI_NOT_FOUND, "there is no VM \"%s\": `vmos list` shows those that are", name);
	if (vm_info_is_live(vm))
		r = inventory_stats(bus, name, &stats);
	if (r)
		return r;
	if (json) {
		object = json_vm(vm);
		if (vm_info_is_live(vm))
			json_object_object_add(object, "stats", json_stats(&stats));
		return json_print(object, 1);
	}
	show_vm(vm);
	if (vm_info_is_live(vm))
		show_stats(&stats);
	return CLI_OK;
}

int show_main(int argc, char **argv)
{
	sd_bus *bus cleanup_bus = NULL;
	struct inventory inv;
	bool json = false;
	int r = cli_simple_options(argc, argv, 1, 1, &json);

	if (!r)
		r = client_open(&bus);
	if (!r)
		r = inventory_get(bus, &inv);
	if (r)
		return r;
	r = show(bus, &inv, argv[optind], json);
	inventory_free(&inv);
	return r;
}
