/* SPDX-License-Identifier: GPL-2.0-or-later */
/* org.vmos.Manager1. */
#include "manager/manager.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/paths.h"
#include "manager/display.h"
#include "manager/drill.h"
#include "manager/errors.h"
#include "manager/polkit.h"
#include "manager/protections_bus.h"
#include "manager/template_import.h"
#include "manager/transfer_call.h"
#include "manager/vm_audio.h"

static int get_text(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
	void *userdata, sd_bus_error *ret_error)
{
	const struct manager *m = userdata;
	const struct {
		const char *property, *value;
	} all[] = {
		{ "Version", VMOS_VERSION },
		{ "Mode", m->mode->name },
		{ "Accelerator", m->accel.kvm ? "kvm" : "tcg" },
		{ "AcceleratorReason", m->accel.reason },
		{ "Display", m->display ? m->display : "" },
		{ "Sound", vm_audio_host(m) },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (strcmp(property, all[i].property) == 0)
			return sd_bus_message_append(reply, "s", all[i].value);
	}
	return -EINVAL;
}

static int get_known(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
	void *userdata, sd_bus_error *ret_error)
{
	const struct manager *m = userdata;

	return sd_bus_message_append(reply, "b", !m->blind);
}

static int handle_create(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	const char *name;
	int r = manager_check_known(userdata, ret_error);

	if (r == 0)
		r = sd_bus_message_read(call, "s", &name);
	return r < 0 ? r : vm_create(userdata, name, call, ret_error);
}

/* The names of the VMs that use a template, comma separated; the caller frees it. */
static char *users_of(const struct manager *m, const char *template)
{
	char *names = NULL, *longer;

	for (const struct vm *vm = m->vms; vm; vm = vm->next) {
		if (strcmp(vm->config.template, template) != 0)
			continue;
		if (asprintf(&longer, "%s%s%s", names ? names : "", names ? ", " : "", vm->config.name) < 0)
			break;
		free(names);
		names = longer;
	}
	return names;
}

/* Renamed away first, so that an interruption leaves no half of a template. */
static int remove_template_files(const struct manager *m, const struct template *t)
{
	char *trash cleanup_free = NULL;

	if (asprintf(&trash, "%s/.removed-%s", m->templates_dir, t->name) < 0) {
		trash = NULL;
		return -ENOMEM;
	}
	paths_remove(trash);
	if (rename(t->dir, trash) < 0)
		return -errno;
	return paths_remove(trash);
}

static int handle_remove_template(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	struct manager *m = userdata;
	char *users cleanup_free = NULL;
	struct template *t;
	const char *name;
	int r = manager_check_known(m, ret_error);

	if (r == 0)
		r = sd_bus_message_read(call, "s", &name);
	if (r < 0)
		return r;
	t = manager_find_template(m, name);
	if (!t)
		return errors_set(ret_error, ERROR_NOT_FOUND,
			"There is no such template. \"vmos template list\" shows those there are.");
	users = users_of(m, t->name);
	if (users)
		return errors_set(ret_error, ERROR_BUSY,
			"Template %s is used by VM %s. Delete them, or give them another template by \"vmos set "
			"--template\".",
			t->name, users);
	r = remove_template_files(m, t);
	if (r < 0)
		return errors_set(ret_error, ERROR_FAILED, "Template %s could not be removed from %s: %s", t->name,
			t->dir, strerror(-r));
	manager_rescan(m);
	return sd_bus_reply_method_return(call, NULL);
}

static int handle_rescan(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	int r = manager_rescan(userdata);

	return r < 0 ? r : sd_bus_reply_method_return(call, NULL);
}

static int handle_import(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	return template_import(userdata, call, ret_error);
}

static int handle_set_display(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	struct manager *m = userdata;
	uid_t uid = geteuid();
	const char *path;
	int r = sd_bus_message_read(call, "s", &path);

	if (r >= 0 && m->system)
		r = polkit_sender(call, &uid);
	/* root may name anybody's display, which then must stay that user's */
	if (r >= 0 && m->system && uid == 0 && path[0])
		r = display_owner(path, &uid);
	if (r < 0)
		return r;
	r = manager_set_display(m, path, uid, ret_error);
	if (r < 0)
		return r;
	sd_bus_emit_properties_changed(m->bus, MANAGER_BUS_PATH, MANAGER_BUS_INTERFACE, "Display", NULL);
	return sd_bus_reply_method_return(call, NULL);
}

static int handle_start_drill(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	int r = manager_check_known(userdata, ret_error);

	return r < 0 ? r : drill_start(userdata, call, ret_error);
}

/* VMs run on: a later vmosd finds them. */
static int handle_quit(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	struct manager *m = userdata;
	int r = sd_bus_reply_method_return(call, NULL);

	log_info("Quit was asked for; running VMs run on");
	sd_event_exit(m->event, 0);
	return r;
}

static const struct polkit_gate manager_gates[] = {
	{ "CreateVM", POLKIT_MANAGE, handle_create },
	{ "RemoveTemplate", POLKIT_MANAGE, handle_remove_template },
	{ "RescanTemplates", POLKIT_MANAGE, handle_rescan },
	{ "ImportTemplate", POLKIT_MANAGE, handle_import },
	{ "SetDisplay", POLKIT_USE, handle_set_display },
	{ "Send", POLKIT_USE, transfer_call_send },
	{ "OpenURL", POLKIT_USE, transfer_call_open_url },
	{ "StartDrill", POLKIT_DRILL, handle_start_drill },
	{ "Quit", POLKIT_ROOT, handle_quit },
	{ 0 },
};

static int handle_call(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	static const struct polkit_gates gates = { polkit_find_manager, manager_gates };

	return polkit_pass(userdata, &gates, call, userdata, ret_error);
}

/* Unprivileged: sd-bus lets everybody call, and handle_call() asks polkit. */
static const sd_bus_vtable manager_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("CreateVM", "sa{sv}", "o", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("RemoveTemplate", "s", "", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("RescanTemplates", "", "", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("ImportTemplate", "sa{sv}ah", "", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("SetDisplay", "s", "", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Send", "sasss", "o", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("OpenURL", "sss", "", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("StartDrill", "ssh", "h", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Quit", "", "", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_PROPERTY("Version", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Mode", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Accelerator", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("AcceleratorReason", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Display", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("Sound", "s", get_text, 0, 0),
	SD_BUS_PROPERTY("VMsKnown", "b", get_known, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Protections", "a(sbs)", protections_get, 0, 0),
	SD_BUS_VTABLE_END,
};

int manager_bus_add(struct manager *m)
{
	int r = sd_bus_add_object_manager(m->bus, NULL, MANAGER_BUS_ROOT);

	if (r >= 0)
		r = sd_bus_add_object_vtable(m->bus, NULL, MANAGER_BUS_PATH, MANAGER_BUS_INTERFACE, manager_vtable, m);
	if (r >= 0)
		r = agents_bus_add(m);
	if (r >= 0)
		r = rules_bus_add(m);
	if (r >= 0)
		r = net_bus_add(m);
	if (r >= 0)
		r = audit_bus_add(m);
	if (r >= 0)
		r = clock_bus_add(m);
	return r < 0 ? r : 0;
}
