/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/inventory.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/client.h"

/* One property and the member that holds it. Types as D-Bus writes them: s, as, b, u, t. */
struct field {
	const char *name;
	const char *type;
	size_t offset;
};

#define FIELD(s, member, property, dbus_type) property, dbus_type, offsetof(struct s, member)

static const struct field vm_fields[] = {
	{ FIELD(vm_info, name, "Name", "s") },
	{ FIELD(vm_info, template, "Template", "s") },
	{ FIELD(vm_info, color, "Color", "s") },
	{ FIELD(vm_info, kind, "Kind", "s") },
	{ FIELD(vm_info, state, "State", "s") },
	{ FIELD(vm_info, agent, "Agent", "s") },
	{ FIELD(vm_info, desktop, "Desktop", "s") },
	{ FIELD(vm_info, last_error, "LastError", "s") },
	{ FIELD(vm_info, console_log, "ConsoleLog", "s") },
	{ FIELD(vm_info, disk_path, "DiskPath", "s") },
	{ FIELD(vm_info, net, "Net", "s") },
	{ FIELD(vm_info, net_state, "NetState", "s") },
	{ FIELD(vm_info, pci, "Pci", "s") },
	{ FIELD(vm_info, carrier, "Carrier", "s") },
	{ FIELD(vm_info, net_limit, "NetLimit", "u") },
	{ FIELD(vm_info, net_index, "NetIndex", "u") },
	{ FIELD(vm_info, notifications, "Notifications", "b") },
	{ FIELD(vm_info, memory, "Memory", "u") },
	{ FIELD(vm_info, vcpus, "VCPUs", "u") },
	{ FIELD(vm_info, audio, "Audio", "s") },
	{ FIELD(vm_info, volume, "Volume", "u") },
	{ FIELD(vm_info, mute, "Mute", "b") },
	{ FIELD(vm_info, microphone, "Microphone", "t") },
	{ FIELD(vm_info, recording, "Recording", "b") },
	{ NULL, NULL, 0 },
};

static const struct field template_fields[] = {
	{ FIELD(template_info, name, "Name", "s") },
	{ FIELD(template_info, version, "Version", "s") },
	{ FIELD(template_info, architecture, "Architecture", "s") },
	{ FIELD(template_info, versions, "Versions", "as") },
	{ FIELD(template_info, used_by, "UsedBy", "as") },
	{ FIELD(template_info, size, "SizeBytes", "t") },
	{ NULL, NULL, 0 },
};

static const struct field transfer_fields[] = {
	{ FIELD(transfer_info, id, "Id", "s") },
	{ FIELD(transfer_info, from, "From", "s") },
	{ FIELD(transfer_info, to, "To", "s") },
	{ FIELD(transfer_info, kind, "Kind", "s") },
	{ FIELD(transfer_info, claim, "Claim", "s") },
	{ FIELD(transfer_info, state, "State", "s") },
	{ FIELD(transfer_info, reason, "Reason", "s") },
	{ FIELD(transfer_info, problems, "Problems", "as") },
	{ FIELD(transfer_info, done, "Done", "t") },
	{ FIELD(transfer_info, total, "Total", "t") },
	{ FIELD(transfer_info, started, "Started", "t") },
	{ FIELD(transfer_info, code, "Code", "u") },
	{ NULL, NULL, 0 },
};

static const struct field manager_fields[] = {
	{ FIELD(manager_info, version, "Version", "s") },
	{ FIELD(manager_info, mode, "Mode", "s") },
	{ FIELD(manager_info, accelerator, "Accelerator", "s") },
	{ FIELD(manager_info, reason, "AcceleratorReason", "s") },
	{ FIELD(manager_info, display, "Display", "s") },
	{ FIELD(manager_info, sound, "Sound", "s") },
	{ FIELD(manager_info, vms_known, "VMsKnown", "b") },
	{ NULL, NULL, 0 },
};

/* Numbers of Stats are u or t; all are kept in 64 bits. */
static const struct field stats_fields[] = {
	{ FIELD(vm_stats, cpu_ns, "CpuNs", "n") },
	{ FIELD(vm_stats, memory_kib, "MemoryKiB", "n") },
	{ FIELD(vm_stats, disk_bytes, "DiskBytes", "n") },
	{ FIELD(vm_stats, windows, "Windows", "n") },
	{ FIELD(vm_stats, frames, "Frames", "n") },
	{ FIELD(vm_stats, bytes_copied, "BytesCopied", "n") },
	{ FIELD(vm_stats, desktop_wakeups, "DesktopWakeups", "n") },
	{ FIELD(vm_stats, courier_wakeups, "CourierWakeups", "n") },
	{ FIELD(vm_stats, audio_wakeups, "AudioWakeups", "n") },
	{ FIELD(vm_stats, audio_frames, "AudioFrames", "n") },
	{ FIELD(vm_stats, audio_gaps, "AudioGaps", "n") },
	{ FIELD(vm_stats, guest_cpu_permille, "GuestCpuPermille", "n") },
	{ FIELD(vm_stats, guest_mem_total_kib, "GuestMemTotalKiB", "n") },
	{ FIELD(vm_stats, guest_mem_used_kib, "GuestMemUsedKiB", "n") },
	{ FIELD(vm_stats, guest_disk_total, "GuestDiskTotal", "n") },
	{ FIELD(vm_stats, guest_disk_used, "GuestDiskUsed", "n") },
	{ FIELD(vm_stats, ready_ms, "ReadyMs", "n") },
	{ FIELD(vm_stats, net_sent_bytes, "NetSentBytes", "n") },
	{ FIELD(vm_stats, net_received_bytes, "NetReceivedBytes", "n") },
	{ FIELD(vm_stats, net_sent, "NetSent", "n") },
	{ FIELD(vm_stats, net_received, "NetReceived", "n") },
	{ FIELD(vm_stats, net_refused, "NetRefused", "n") },
	{ FIELD(vm_stats, net_forged, "NetForged", "n") },
	{ FIELD(vm_stats, net_dropped, "NetDropped", "n") },
	{ FIELD(vm_stats, net_flows, "NetFlows", "n") },
	{ FIELD(vm_stats, net_waiting, "NetWaiting", "n") },
	{ FIELD(vm_stats, notifications, "Notifications", "n") },
	{ FIELD(vm_stats, notifications_dropped, "NotificationsDropped", "n") },
	{ NULL, NULL, 0 },
};

static int read_number(sd_bus_message *m, uint64_t *ret)
{
	char type;
	uint32_t u;
	const char *contents;
	int r = sd_bus_message_peek_type(m, NULL, &contents);

	if (r <= 0)
		return r;
	type = contents[0];
	if (type == 't')
		return sd_bus_message_read(m, "v", "t", ret);
	if (type != 'u')
		return sd_bus_message_skip(m, "v");
	r = sd_bus_message_read(m, "v", "u", &u);
	*ret = u;
	return r;
}

static int read_string(sd_bus_message *m, char **ret)
{
	const char *s;
	int r = sd_bus_message_read(m, "v", "s", &s);

	if (r < 0)
		return r;
	free(*ret);
	*ret = strdup(s);
	return *ret ? 0 : -ENOMEM;
}

static int read_strings(sd_bus_message *m, char ***ret)
{
	int r = sd_bus_message_enter_container(m, 'v', "as");

	if (r >= 0)
		r = sd_bus_message_read_strv(m, ret);
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_field(sd_bus_message *m, const struct field *f, void *object)
{
	void *member = (char *)object + f->offset;

	if (*f->type == 'n')
		return read_number(m, member);
	if (*f->type == 's')
		return read_string(m, member);
	if (*f->type == 'a')
		return read_strings(m, member);
	return sd_bus_message_read(m, "v", f->type, member);
}

/* Strings that did not come are empty ones. */
static int fill_gaps(const struct field *fields, void *object)
{
	for (const struct field *f = fields; f->name; f++) {
		void **member = (void **)((char *)object + f->offset);

		if (*f->type != 's' && *f->type != 'a')
			continue;
		if (!*member)
			*member = *f->type == 's' ? (void *)strdup("") : calloc(1, sizeof(char *));
		if (!*member)
			return -ENOMEM;
	}
	return 0;
}

/* Reads an a{sv} into @object. What is not in @fields is passed over: a newer vmosd may say more. */
static int read_object(sd_bus_message *m, const struct field *fields, void *object)
{
	const struct field *f;
	const char *name;
	int r = sd_bus_message_enter_container(m, 'a', "{sv}");

	while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
		r = sd_bus_message_read(m, "s", &name);
		for (f = fields; r >= 0 && f->name && strcmp(f->name, name);)
			f++;
		if (r >= 0)
			r = f->name ? read_field(m, f, object) : sd_bus_message_skip(m, "v");
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	if (r >= 0)
		r = sd_bus_message_exit_container(m);
	return r < 0 ? r : fill_gaps(fields, object);
}

static void free_object(const struct field *fields, void *object)
{
	for (const struct field *f = fields; f->name; f++) {
		void *member;

		if (*f->type != 's' && *f->type != 'a')
			continue;
		member = *(void **)((char *)object + f->offset);
		if (*f->type == 'a')
			for (char **s = member; s && *s; s++)
				free(*s);
		free(member);
	}
}

/* Room for one more of @size bytes, zeroed. */
static void *append(void **array, size_t *n, size_t size)
{
	void *grown = realloc(*array, (*n + 1) * size);

	if (!grown)
		return NULL;
	*array = grown;
	return memset((char *)grown + (*n)++ * size, 0, size);
}

static int read_interface(sd_bus_message *m, struct inventory *inv)
{
	const char *interface;
	void *object;
	int r = sd_bus_message_read(m, "s", &interface);

	if (r < 0)
		return r;
	if (!strcmp(interface, CLIENT_VM_IFACE)) {
		object = append((void **)&inv->vms, &inv->nvms, sizeof(*inv->vms));
		return object ? read_object(m, vm_fields, object) : -ENOMEM;
	}
	if (!strcmp(interface, CLIENT_TEMPLATE_IFACE)) {
		object = append((void **)&inv->templates, &inv->ntemplates, sizeof(*inv->templates));
		return object ? read_object(m, template_fields, object) : -ENOMEM;
	}
	if (!strcmp(interface, CLIENT_TRANSFER_IFACE)) {
		object = append((void **)&inv->transfers, &inv->ntransfers, sizeof(*inv->transfers));
		return object ? read_object(m, transfer_fields, object) : -ENOMEM;
	}
	return sd_bus_message_skip(m, "a{sv}");
}

static int read_managed(sd_bus_message *m, struct inventory *inv)
{
	int r = sd_bus_message_enter_container(m, 'a', "{oa{sa{sv}}}");

	while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "oa{sa{sv}}")) > 0) {
		r = sd_bus_message_skip(m, "o");
		if (r >= 0)
			r = sd_bus_message_enter_container(m, 'a', "{sa{sv}}");
		while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sa{sv}")) > 0) {
			r = read_interface(m, inv);
			if (r >= 0)
				r = sd_bus_message_exit_container(m);
		}
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	return r;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b); /* the name is the first member of both */
}

static int compare_starts(const void *a, const void *b)
{
	const struct transfer_info *x = a, *y = b;

	return (x->started > y->started) - (x->started < y->started);
}

int inventory_get(sd_bus *bus, struct inventory *ret)
{
	sd_bus_message *call cleanup_message = NULL, *reply cleanup_message = NULL;
	int r = sd_bus_message_new_method_call(
		bus, &call, CLIENT_NAME, CLIENT_ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects");

	*ret = (struct inventory){ 0 };
	if (r < 0)
		return client_broken(r);
	r = client_send(bus, call, NULL, &reply);
	if (r)
		return r;
	r = read_managed(reply, ret);
	if (r < 0) {
		inventory_free(ret);
		return client_broken(r);
	}
	if (ret->nvms)
		qsort(ret->vms, ret->nvms, sizeof(*ret->vms), compare_names);
	if (ret->ntemplates)
		qsort(ret->templates, ret->ntemplates, sizeof(*ret->templates), compare_names);
	if (ret->ntransfers)
		qsort(ret->transfers, ret->ntransfers, sizeof(*ret->transfers), compare_starts);
	return 0;
}

void inventory_free(struct inventory *inv)
{
	for (size_t i = 0; i < inv->nvms; i++)
		free_object(vm_fields, &inv->vms[i]);
	for (size_t i = 0; i < inv->ntemplates; i++)
		free_object(template_fields, &inv->templates[i]);
	for (size_t i = 0; i < inv->ntransfers; i++)
		free_object(transfer_fields, &inv->transfers[i]);
	free(inv->vms);
	free(inv->templates);
	free(inv->transfers);
	*inv = (struct inventory){ 0 };
}

const struct vm_info *inventory_find(const struct inventory *inv, const char *name)
{
	for (size_t i = 0; i < inv->nvms; i++)
		if (!strcmp(inv->vms[i].name, name))
			return &inv->vms[i];
	return NULL;
}

bool vm_info_is_live(const struct vm_info *vm)
{
	return !strcmp(vm->state, "running") || !strcmp(vm->state, "paused") || !strcmp(vm->state, "stopping");
}

int inventory_stats(sd_bus *bus, const char *vm, struct vm_stats *ret)
{
	sd_bus_message *call cleanup_message = NULL, *reply cleanup_message = NULL;
	int r = client_vm_call(bus, vm, "Stats", &call);

	*ret = (struct vm_stats){ 0 };
	if (!r)
		r = client_send(bus, call, NULL, &reply);
	if (r)
		return r;
	r = read_object(reply, stats_fields, ret);
	return r < 0 ? client_broken(r) : 0;
}

/* What an error says of where vmosd is. */
static int read_absence(const sd_bus_error *e, int error)
{
	if (sd_bus_error_has_name(e, SD_BUS_ERROR_UNKNOWN_OBJECT) ||
		sd_bus_error_has_name(e, SD_BUS_ERROR_UNKNOWN_INTERFACE))
		return -ENOENT;
	if (sd_bus_error_has_name(e, SD_BUS_ERROR_SERVICE_UNKNOWN) ||
		sd_bus_error_has_name(e, SD_BUS_ERROR_NAME_HAS_NO_OWNER) ||
		sd_bus_error_has_name(e, SD_BUS_ERROR_NO_REPLY) ||
		sd_bus_error_has_name(e, SD_BUS_ERROR_DISCONNECTED) || error == -ENOTCONN || error == -ECONNRESET ||
		error == -ETIMEDOUT)
		return -EAGAIN;
	return error;
}

int inventory_transfer(sd_bus *bus, const char *path, struct transfer_info *ret)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply cleanup_message = NULL;
	int r = sd_bus_call_method(bus, CLIENT_NAME, path, "org.freedesktop.DBus.Properties", "GetAll", &error, &reply,
		"s", CLIENT_TRANSFER_IFACE);

	*ret = (struct transfer_info){ 0 };
	if (r < 0)
		r = read_absence(&error, r);
	else
		r = read_object(reply, transfer_fields, ret);
	sd_bus_error_free(&error);
	if (r < 0)
		inventory_transfer_free(ret);
	return r < 0 ? r : 0;
}

void inventory_transfer_free(struct transfer_info *info)
{
	free_object(transfer_fields, info);
	*info = (struct transfer_info){ 0 };
}

static int read_protections(sd_bus_message *m, struct manager_info *info)
{
	const char *name, *text;
	int on, r = sd_bus_message_enter_container(m, 'v', "a(sbs)");

	if (r >= 0)
		r = sd_bus_message_enter_container(m, 'a', "(sbs)");
	while (r >= 0 && (r = sd_bus_message_read(m, "(sbs)", &name, &on, &text)) > 0) {
		struct protection *p =
			append((void **)&info->protections, &info->nprotections, sizeof(*info->protections));

		if (!p)
			return -ENOMEM;
		p->on = on;
		p->name = strdup(name);
		p->text = strdup(text);
		if (!p->name || !p->text)
			return -ENOMEM;
	}
	return r;
}

static int manager_properties(sd_bus *bus, const char *property, sd_bus_message **ret_reply)
{
	sd_bus_message *call cleanup_message = NULL;
	int r = sd_bus_message_new_method_call(bus, &call, CLIENT_NAME, CLIENT_MANAGER_PATH,
		"org.freedesktop.DBus.Properties", property ? "Get" : "GetAll");

	if (r >= 0)
		r = sd_bus_message_append(call, "s", CLIENT_MANAGER_IFACE);
	if (r >= 0 && property)
		r = sd_bus_message_append(call, "s", property);
	return r < 0 ? client_broken(r) : client_send(bus, call, NULL, ret_reply);
}

int inventory_manager(sd_bus *bus, struct manager_info *ret)
{
	sd_bus_message *all cleanup_message = NULL, *one cleanup_message = NULL;
	int r = manager_properties(bus, NULL, &all);

	*ret = (struct manager_info){ 0 };
	if (!r)
		r = manager_properties(bus, "Protections", &one);
	if (r)
		return r;
	r = read_object(all, manager_fields, ret);
	if (r >= 0)
		r = read_protections(one, ret);
	if (r >= 0)
		return 0;
	inventory_manager_free(ret);
	return client_broken(r);
}

void inventory_manager_free(struct manager_info *info)
{
	free_object(manager_fields, info);
	for (size_t i = 0; i < info->nprotections; i++) {
		free(info->protections[i].name);
		free(info->protections[i].text);
	}
	free(info->protections);
	*info = (struct manager_info){ 0 };
}
