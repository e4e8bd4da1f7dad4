/* SPDX-License-Identifier: GPL-2.0-or-later */
/* org.vmos.VM1: one object per VM. */
#include "manager/vm.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "manager/errors.h"
#include "manager/manager.h"
#include "manager/polkit.h"
#include "manager/vm_apps.h"
#include "manager/vm_audio.h"
#include "policy/palette.h"

#define VM_INTERFACE "org.vmos.VM1"

static int get_text(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
	void *userdata, sd_bus_error *ret_error)
{
	const struct vm *vm = userdata;
	const struct {
		const char *property, *value;
	} all[] = {
		{ "Name", vm->config.name },
		{ "Template", vm->config.template },
		{ "Kind", vm->config.kind },
		{ "State", vm_state_name(vm->state) },
		{ "Agent", vm_agent_name(vm->agent) },
		{ "Desktop", vm_desktop_name(vm->desktop) },
		{ "Audio", vm_audio_name(vm) },
		{ "LastError", vm->last_error ? vm->last_error : "" },
		{ "ConsoleLog", vm->console },
		{ "DiskPath", vm->disk },
		{ "Net", vm->config.net },
		{ "Pci", vm->config.pci },
		{ "NetState", net_links_state(vm) },
		{ "Carrier", vm->config.vsock ? "vsock" : "channel" },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (strcmp(property, all[i].property) == 0)
			return sd_bus_message_append(reply, "s", all[i].value);
	}
	return -EINVAL;
}

static int get_color(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
	void *userdata, sd_bus_error *ret_error)
{
	const struct vm *vm = userdata;
	char color[8];

	palette_format(vm->config.rgb, color);
	return sd_bus_message_append(reply, "s", color);
}

static int get_number(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
	void *userdata, sd_bus_error *ret_error)
{
	const struct vm *vm = userdata;
	const struct {
		const char *property;
		uint32_t value;
	} all[] = {
		{ "Memory", vm->config.memory_mib },
		{ "VCPUs", vm->config.vcpus },
		{ "NetLimit", vm->config.net_limit },
		{ "Volume", vm->config.volume },
		{ "NetIndex", vm->config.net_index },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (strcmp(property, all[i].property) == 0)
			return sd_bus_message_append(reply, "u", all[i].value);
	}
	return -EINVAL;
}

static int get_notifications(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *ret_error)
{
	const struct vm *vm = userdata;

	return sd_bus_message_append(reply, "b", !vm->config.quiet);
}

static int get_switch(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
	void *userdata, sd_bus_error *ret_error)
{
	const struct vm *vm = userdata;

	if (strcmp(property, "Mute") == 0)
		return sd_bus_message_append(reply, "b", vm->config.muted);
	return sd_bus_message_append(reply, "b", vm->listening && vm_audio_microphone(vm));
}

static int get_microphone(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *ret_error)
{
	return sd_bus_message_append(reply, "t", vm_audio_microphone(userdata));
}

static int get_apps_changed(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *ret_error)
{
	return sd_bus_message_append(reply, "t", vm_apps_changed(userdata));
}

static int handle_start(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	return vm_start(userdata, call, ret_error);
}

static int handle_stop(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	int force, r = sd_bus_message_read(call, "b", &force);

	return r < 0 ? r : vm_stop(userdata, force, call, ret_error);
}

static int handle_pause(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	return vm_pause(userdata, true, call, ret_error);
}

static int handle_resume(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	return vm_pause(userdata, false, call, ret_error);
}

static int handle_delete(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	return vm_delete(userdata, call, ret_error);
}

static int handle_set(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	return vm_set(userdata, call, ret_error);
}

static int handle_run(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	return vm_run(userdata, call, ret_error);
}

static int handle_stats(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	return vm_stats(userdata, call, ret_error);
}

static int handle_apps(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	return vm_apps(userdata, call, ret_error);
}

static int handle_microphone(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	return vm_audio_allow(userdata, call, ret_error);
}

static void *find_vm(struct manager *m, sd_bus_message *call)
{
	char *name cleanup_free = NULL;

	if (sd_bus_path_decode(sd_bus_message_get_path(call), VM_BUS_PREFIX, &name) <= 0)
		return NULL;
	return manager_find_vm(m, name);
}

static const struct polkit_gate vm_gates[] = {
	{ "Start", POLKIT_USE, handle_start },
	{ "Stop", POLKIT_USE, handle_stop },
	{ "Pause", POLKIT_USE, handle_pause },
	{ "Resume", POLKIT_USE, handle_resume },
	{ "Run", POLKIT_USE, handle_run },
	{ "Stats", POLKIT_USE, handle_stats },
	{ "Apps", POLKIT_USE, handle_apps },
	{ "AllowMicrophone", POLKIT_USE, handle_microphone },
	{ "Delete", POLKIT_MANAGE, handle_delete },
	{ "Set", POLKIT_MANAGE, handle_set },
	{ 0 },
};

static int handle_call(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	static const struct polkit_gates gates = { find_vm, vm_gates };
	struct vm *vm = userdata;
	int r = manager_check_known(vm->manager, ret_error);

	return r < 0 ? r : polkit_pass(vm->manager, &gates, call, vm, ret_error);
}

#define CHANGES SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE

/* Every method is open to whoever is on the user's own bus: it is the user. On the system bus polkit decides. */
static const sd_bus_vtable vm_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Start", "", "", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Stop", "b", "", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Pause", "", "", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Resume", "", "", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Delete", "", "", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Set", "a{sv}", "", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Run", "asasyyqqah", "", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Stats", "", "a{sv}", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Apps", "", "a(sssuay)", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("AllowMicrophone", "u", "", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_PROPERTY("Name", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Template", "s", get_text, 0, CHANGES),
	SD_BUS_PROPERTY("Color", "s", get_color, 0, CHANGES),
	SD_BUS_PROPERTY("Memory", "u", get_number, 0, CHANGES),
	SD_BUS_PROPERTY("VCPUs", "u", get_number, 0, CHANGES),
	SD_BUS_PROPERTY("Kind", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Net", "s", get_text, 0, CHANGES),
	SD_BUS_PROPERTY("NetState", "s", get_text, 0, CHANGES),
	SD_BUS_PROPERTY("NetLimit", "u", get_number, 0, CHANGES),
	SD_BUS_PROPERTY("Pci", "s", get_text, 0, CHANGES),
	SD_BUS_PROPERTY("Carrier", "s", get_text, 0, CHANGES),
	SD_BUS_PROPERTY("Notifications", "b", get_notifications, 0, CHANGES),
	SD_BUS_PROPERTY("NetIndex", "u", get_number, 0, 0),
	SD_BUS_PROPERTY("State", "s", get_text, 0, CHANGES),
	SD_BUS_PROPERTY("Agent", "s", get_text, 0, CHANGES),
	SD_BUS_PROPERTY("Desktop", "s", get_text, 0, CHANGES),
	SD_BUS_PROPERTY("Audio", "s", get_text, 0, CHANGES),
	SD_BUS_PROPERTY("Volume", "u", get_number, 0, CHANGES),
	SD_BUS_PROPERTY("Mute", "b", get_switch, 0, CHANGES),
	SD_BUS_PROPERTY("Microphone", "t", get_microphone, 0, CHANGES),
	SD_BUS_PROPERTY("Recording", "b", get_switch, 0, CHANGES),
	SD_BUS_PROPERTY("AppsChanged", "t", get_apps_changed, 0, CHANGES),
	SD_BUS_PROPERTY("LastError", "s", get_text, 0, CHANGES),
	SD_BUS_PROPERTY("ConsoleLog", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("DiskPath", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_VTABLE_END,
};

int vm_bus_add(struct vm *vm, bool announce)
{
	sd_bus *bus = vm->manager->bus;
	int r = sd_bus_add_object_vtable(bus, &vm->bus_slot, vm->bus_path, VM_INTERFACE, vm_vtable, vm);

	if (r >= 0 && announce)
		r = sd_bus_emit_object_added(bus, vm->bus_path);
	return r < 0 ? r : 0;
}

void vm_bus_changed(struct vm *vm, const char *property)
{
	if (vm->bus_slot)
		sd_bus_emit_properties_changed(vm->manager->bus, vm->bus_path, VM_INTERFACE, property, NULL);
}
