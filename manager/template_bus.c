/* SPDX-License-Identifier: GPL-2.0-or-later */
/* org.vmos.Template1: one object per template. */
#include "manager/template.h"

#include <errno.h>
#include <string.h>

#include "manager/manager.h"

#define TEMPLATE_INTERFACE "org.vmos.Template1"

static int get_text(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
	void *userdata, sd_bus_error *ret_error)
{
	const struct template *t = userdata;
	const char *value = t->name;

	if (strcmp(property, "Version") == 0)
		value = t->newest.version;
	else if (strcmp(property, "Architecture") == 0)
		value = t->newest.architecture;
	return sd_bus_message_append(reply, "s", value);
}

static int get_versions(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *ret_error)
{
	struct template *t = userdata;

	return sd_bus_message_append_strv(reply, t->versions);
}

static int get_size(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
	void *userdata, sd_bus_error *ret_error)
{
	const struct template *t = userdata;

	return sd_bus_message_append(reply, "t", t->size_bytes);
}

static int get_users(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
	void *userdata, sd_bus_error *ret_error)
{
	const struct template *t = userdata;
	const struct manager *m = t->manager;
	int r = sd_bus_message_open_container(reply, 'a', "s");

	for (const struct vm *vm = m->vms; vm && r >= 0; vm = vm->next) {
		if (strcmp(vm->config.template, t->name) == 0)
			r = sd_bus_message_append(reply, "s", vm->config.name);
	}
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

static const sd_bus_vtable template_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Name", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Version", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("Versions", "as", get_versions, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("Architecture", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("SizeBytes", "t", get_size, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("UsedBy", "as", get_users, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_VTABLE_END,
};

int template_bus_add(struct manager *m, struct template *t, bool announce)
{
	int r = sd_bus_path_encode("/org/vmos/template", t->name, &t->bus_path);

	if (r < 0)
		return r;
	t->manager = m;
	r = sd_bus_add_object_vtable(m->bus, &t->bus_slot, t->bus_path, TEMPLATE_INTERFACE, template_vtable, t);
	if (r >= 0 && announce)
		r = sd_bus_emit_object_added(m->bus, t->bus_path);
	return r < 0 ? r : 0;
}

void template_bus_used_changed(struct manager *m, const char *name)
{
	struct template *t = manager_find_template(m, name);

	if (t && t->bus_slot)
		sd_bus_emit_properties_changed(m->bus, t->bus_path, TEMPLATE_INTERFACE, "UsedBy", NULL);
}
