/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changing a VM, most of it only while it is off: the new definition replaces the old one in libvirt, then it counts here too. */
#include "manager/vm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "manager/errors.h"
#include "manager/manager.h"
#include "manager/options.h"
#include "manager/vm_audio.h"
#include "manager/vm_pci.h"

struct change {
	struct vm *vm;
	sd_bus_message *call;
	struct vm_config before;
};

static void change_free(struct change *c)
{
	sd_bus_message_unref(c->call);
	free(c);
}

static void announce(struct vm *vm, const struct vm_config *before)
{
	static const char *const all[] = { "Template", "Color", "Memory", "VCPUs", "Net", "NetLimit", "Pci",
		"Notifications", "Volume", "Mute", "Audio", "Carrier" };

	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		vm_bus_changed(vm, all[i]);
	if (vm->config.quiet && !before->quiet)
		vm_notify_clear(vm);
	vm_audio_apply(vm);
	vm->link.unplugged = false;
	net_links_wake(vm->manager);
	if (strcmp(before->template, vm->config.template) == 0)
		return;
	template_bus_used_changed(vm->manager, before->template);
	template_bus_used_changed(vm->manager, vm->config.template);
}

static void handle_changed(const struct virt_job *job, void *userdata)
{
	struct change *c = userdata;
	struct vm *vm = c->vm;
	sd_bus_error error = SD_BUS_ERROR_NULL;

	vm_job_done(vm);
	vm->busy = false;
	if (job->result < 0) {
		vm->config = c->before;
		errors_set_virt(&error, vm->config.name, job);
		sd_bus_reply_method_error(c->call, &error);
		sd_bus_error_free(&error);
	} else {
		announce(vm, &c->before);
		sd_bus_reply_method_return(c->call, NULL);
	}
	change_free(c);
}

static void apply(struct vm_config *config, const struct options *o)
{
	if (o->template[0])
		snprintf(config->template, sizeof(config->template), "%s", o->template);
	if (o->has_color)
		config->rgb = o->rgb;
	if (o->memory_mib)
		config->memory_mib = o->memory_mib;
	if (o->vcpus)
		config->vcpus = o->vcpus;
	if (o->ready_timeout)
		config->ready_timeout = o->ready_timeout;
	if (o->has_net)
		snprintf(config->net, sizeof(config->net), "%s", o->net);
	if (o->has_net_limit)
		config->net_limit = o->net_limit;
	if (o->has_volume)
		config->volume = o->volume;
	if (o->has_mute)
		config->muted = o->mute;
	if (o->has_audio)
		config->no_audio = !o->audio;
	if (o->has_carrier)
		config->vsock = o->vsock;
	if (o->has_pci)
		snprintf(config->pci, sizeof(config->pci), "%s", o->pci);
	if (o->has_notifications)
		config->quiet = !o->notifications;
}

/* Queues the definition of what vm->config says now. */
static int submit_change(struct change *c, sd_bus_error *ret_error)
{
	char *xml cleanup_free = NULL;
	struct virt_job job = {
		.verb = VIRT_DEFINE, .name = c->vm->config.name, .done = handle_changed, .userdata = c
	};
	int r = vm_build_xml(c->vm, &xml, ret_error);

	if (r < 0)
		return r;
	job.xml = xml;
	r = virt_submit(c->vm->manager->virt, &job);
	if (r == 0)
		c->vm->jobs++;
	return r;
}

/* Whether @vm may be changed so now. A NET VM's uplink is one of two devices, which is chosen when it starts. */
static int check_change(const struct vm *vm, const struct options *o, sd_bus_error *ret_error)
{
	bool other_uplink = net_links_is_net(vm) && o->has_net && !o->net[0] != !vm->config.net[0];
	int r = o->has_net ? net_links_check(vm, o->net, ret_error) : 0;

	if (r < 0)
		return r;
	if (vm->busy || (vm->jobs && vm_is_off(vm)))
		return errors_set(
			ret_error, ERROR_BUSY, "VM %s is being changed. Try again in a moment.", vm->config.name);
	if (!vm_is_off(vm) && (o->others || other_uplink || vm->jobs))
		return errors_set(ret_error, ERROR_BUSY, "VM %s is %s. Stop it before you change it.", vm->config.name,
			vm_state_name(vm->state));
	if (o->template[0] && !manager_find_template(vm->manager, o->template))
		return errors_set(ret_error, ERROR_NO_TEMPLATE,
			"There is no template %s. \"vmos template list\" shows those there are.", o->template);
	return 0;
}

int vm_set(struct vm *vm, sd_bus_message *call, sd_bus_error *ret_error)
{
	struct options options;
	struct change *c;
	int r;

	r = options_read(call, false, &options, ret_error);
	if (r >= 0)
		r = check_change(vm, &options, ret_error);
	if (r < 0)
		return r;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	*c = (struct change){ .vm = vm, .call = sd_bus_message_ref(call), .before = vm->config };
	apply(&vm->config, &options);
	r = vm_pci_check_config(vm->manager, &vm->config, ret_error);
	if (r == 0 && options.has_carrier)
		r = vm_vsock_check(vm->manager, &vm->config, ret_error);
	if (r == 0)
		r = submit_change(c, ret_error);
	if (r < 0) {
		vm->config = c->before;
		change_free(c);
		return r;
	}
	vm->busy = true;
	return 1;
}
