/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "manager/errors.h"
#include "manager/vm.h"
#include "policy/palette.h"
#include "proto/text.h"

static uint32_t host_memory_mib(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);

	return pages > 0 && page > 0 ? (uint32_t)((uint64_t)pages * (uint64_t)page >> 20) : 0;
}

static int read_number(sd_bus_message *m, const char *key, uint32_t *ret_value, sd_bus_error *ret_error)
{
	if (sd_bus_message_read(m, "v", "u", ret_value) < 0)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT, "Option %s must be a number (type u).", key);
	return 0;
}

static int read_text(sd_bus_message *m, const char *key, const char **ret_value, sd_bus_error *ret_error)
{
	if (sd_bus_message_read(m, "v", "s", ret_value) < 0)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT, "Option %s must be a text (type s).", key);
	return 0;
}

static int set_template(sd_bus_message *m, struct options *o, sd_bus_error *ret_error)
{
	const char *name;
	int r = read_text(m, "Template", &name, ret_error);

	if (r < 0)
		return r;
	if (!text_is_vm_name(name))
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT,
			"That is no template name: use letters, digits, '_', '.' and '-', beginning with a letter or "
			"digit.");
	snprintf(o->template, sizeof(o->template), "%s", name);
	return 0;
}

static int set_color(sd_bus_message *m, struct options *o, sd_bus_error *ret_error)
{
	const char *text;
	int r = read_text(m, "Color", &text, ret_error);

	if (r < 0)
		return r;
	if (palette_parse(text, &o->rgb) < 0)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT, "That is no color: use #rrggbb or one of %s.",
			palette_names());
	o->has_color = true;
	return 0;
}

static int set_memory(sd_bus_message *m, struct options *o, sd_bus_error *ret_error)
{
	uint32_t host = host_memory_mib();
	int r = read_number(m, "Memory", &o->memory_mib, ret_error);

	if (r < 0)
		return r;
	if (o->memory_mib < VM_MEMORY_MIN)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT,
			"%u MiB of memory are too little: a VM needs at least %u MiB.", o->memory_mib, VM_MEMORY_MIN);
	if (host && o->memory_mib > host)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT,
			"%u MiB of memory are more than this host has (%u MiB).", o->memory_mib, host);
	return 0;
}

static int set_vcpus(sd_bus_message *m, struct options *o, sd_bus_error *ret_error)
{
	int r = read_number(m, "VCPUs", &o->vcpus, ret_error);

	if (r < 0)
		return r;
	if (o->vcpus < 1 || o->vcpus > VM_VCPUS_MAX)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT, "A VM can have 1 to %d processors, not %u.",
			VM_VCPUS_MAX, o->vcpus);
	return 0;
}

static int set_disk(sd_bus_message *m, struct options *o, sd_bus_error *ret_error)
{
	int r = read_number(m, "DiskGiB", &o->disk_gib, ret_error);

	if (r < 0)
		return r;
	if (o->disk_gib < VM_DISK_GIB_MIN || o->disk_gib > VM_DISK_GIB_MAX)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT, "A private disk can have %d to %d GiB, not %u.",
			VM_DISK_GIB_MIN, VM_DISK_GIB_MAX, o->disk_gib);
	return 0;
}

static int set_ready_timeout(sd_bus_message *m, struct options *o, sd_bus_error *ret_error)
{
	int r = read_number(m, "ReadyTimeout", &o->ready_timeout, ret_error);

	if (r < 0)
		return r;
	if (o->ready_timeout < 1 || o->ready_timeout > OPTIONS_READY_TIMEOUT_MAX)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT, "ReadyTimeout can be 1 to %d seconds, not %u.",
			OPTIONS_READY_TIMEOUT_MAX, o->ready_timeout);
	return 0;
}

static int set_kind(sd_bus_message *m, struct options *o, sd_bus_error *ret_error)
{
	const char *text;
	int r = read_text(m, "Kind", &text, ret_error);

	if (r < 0)
		return r;
	if (strcmp(text, VM_KIND_APP) != 0 && strcmp(text, VM_KIND_NET) != 0)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT,
			"A VM is of kind \"" VM_KIND_APP "\" or \"" VM_KIND_NET "\".");
	snprintf(o->kind, sizeof(o->kind), "%s", text);
	return 0;
}

static int set_net(sd_bus_message *m, struct options *o, sd_bus_error *ret_error)
{
	const char *text;
	int r = read_text(m, "Net", &text, ret_error);

	if (r < 0)
		return r;
	if (text[0] && !text_is_vm_name(text))
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT, "Net is the name of a NET VM, or empty for none.");
	o->has_net = true;
	snprintf(o->net, sizeof(o->net), "%s", text);
	return 0;
}

static int set_net_limit(sd_bus_message *m, struct options *o, sd_bus_error *ret_error)
{
	int r = read_number(m, "NetLimit", &o->net_limit, ret_error);

	if (r < 0)
		return r;
	if (o->net_limit > VM_NET_LIMIT_MAX)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT,
			"NetLimit can be 0 (no limit) to %u KiB a second, not %u.", VM_NET_LIMIT_MAX, o->net_limit);
	o->has_net_limit = true;
	return 0;
}

static int set_notifications(sd_bus_message *m, struct options *o, sd_bus_error *ret_error)
{
	int on;

	if (sd_bus_message_read(m, "v", "b", &on) < 0)
		return errors_set(
			ret_error, ERROR_INVALID_ARGUMENT, "Option Notifications must be true or false (type b).");
	o->has_notifications = true;
	o->notifications = on;
	return 0;
}

static int set_pci(sd_bus_message *m, struct options *o, sd_bus_error *ret_error)
{
	const char *text;
	int r = read_text(m, "Pci", &text, ret_error);

	if (r < 0)
		return r;
	r = pci_list_parse(text, o->pci);
	if (r == -E2BIG)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT, "A NET VM can have %d network cards, not more.",
			PCI_CARDS_MAX);
	if (r == -EEXIST)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT, "\"%.64s\" names a card twice.", text);
	if (r < 0)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT,
			"\"%.64s\" is no PCI address: one is as 0000:03:00.0 or 03:00.0, and \"vmos net cards\" shows "
			"those of this host's cards.",
			text);
	o->has_pci = true;
	return 0;
}

static int read_switch(sd_bus_message *m, const char *key, bool *ret_on, sd_bus_error *ret_error)
{
	int on;

	if (sd_bus_message_read(m, "v", "b", &on) < 0)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT, "Option %s must be true or false (type b).", key);
	*ret_on = on;
	return 0;
}

static int set_volume(sd_bus_message *m, struct options *o, sd_bus_error *ret_error)
{
	int r = read_number(m, "Volume", &o->volume, ret_error);

	if (r < 0)
		return r;
	if (o->volume > VM_VOLUME_MAX)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT, "Volume can be 0 to %d percent, not %u.",
			VM_VOLUME_MAX, o->volume);
	o->has_volume = true;
	return 0;
}

static int set_mute(sd_bus_message *m, struct options *o, sd_bus_error *ret_error)
{
	o->has_mute = true;
	return read_switch(m, "Mute", &o->mute, ret_error);
}

static int set_audio(sd_bus_message *m, struct options *o, sd_bus_error *ret_error)
{
	o->has_audio = true;
	return read_switch(m, "Audio", &o->audio, ret_error);
}

static int set_carrier(sd_bus_message *m, struct options *o, sd_bus_error *ret_error)
{
	const char *text;
	int r = read_text(m, "Carrier", &text, ret_error);

	if (r < 0)
		return r;
	o->has_carrier = true;
	o->vsock = strcmp(text, "vsock") == 0;
	if (!o->vsock && strcmp(text, "channel") != 0)
		return errors_set(
			ret_error, ERROR_INVALID_ARGUMENT, "Carrier is \"channel\" or \"vsock\", not \"%.64s\".", text);
	return 0;
}

static const struct {
	const char *key;
	int (*set)(sd_bus_message *m, struct options *o, sd_bus_error *ret_error);
	bool create_only;
	bool live; /* can change while the VM runs */
} keys[] = {
	{ "Template", set_template, false, false },
	{ "Color", set_color, false, false },
	{ "Memory", set_memory, false, false },
	{ "VCPUs", set_vcpus, false, false },
	{ "DiskGiB", set_disk, true, false },
	{ "ReadyTimeout", set_ready_timeout, false, false },
	{ "Kind", set_kind, true, false },
	{ "Net", set_net, false, true },
	{ "NetLimit", set_net_limit, false, true },
	{ "Pci", set_pci, false, false },
	{ "Notifications", set_notifications, false, true },
	{ "Volume", set_volume, false, true },
	{ "Mute", set_mute, false, true },
	{ "Audio", set_audio, false, false },
	{ "Carrier", set_carrier, false, false },
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

static int read_one(sd_bus_message *call, bool create, struct options *o, sd_bus_error *ret_error)
{
	const char *key;
	int r = sd_bus_message_read(call, "s", &key);

	if (r < 0)
		return r;
	for (size_t i = 0; i < KEYS; i++) {
		if (strcmp(key, keys[i].key) != 0)
			continue;
		if (keys[i].create_only && !create)
			return errors_set(ret_error, ERROR_INVALID_ARGUMENT,
				"%s can be chosen when a VM is created, not later.", key);
		o->others = o->others || !keys[i].live;
		return keys[i].set(call, o, ret_error);
	}
	return errors_set(ret_error, ERROR_INVALID_ARGUMENT, "There is no such option: %.64s.", key);
}

int options_read(sd_bus_message *call, bool create, struct options *ret_options, sd_bus_error *ret_error)
{
	struct options o = { 0 };
	int r = sd_bus_message_enter_container(call, 'a', "{sv}");

	if (r < 0)
		return r;
	while ((r = sd_bus_message_enter_container(call, 'e', "sv")) > 0) {
		r = read_one(call, create, &o, ret_error);
		if (r < 0)
			return r;
		r = sd_bus_message_exit_container(call);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	*ret_options = o;
	return sd_bus_message_exit_container(call);
}
