/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/vm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/paths.h"
#include "manager/drill.h"
#include "manager/errors.h"
#include "manager/manager.h"
#include "manager/net_fabric.h"
#include "manager/net_hub.h"
#include "manager/vm_audio.h"
#include "manager/vm_pci.h"
#include "proto/uapi/vmos_channel.h"

/* As libvdeplug names its end while it opens a plug: process id and number. */
#define LONGEST_SOCKET "/clients/.4194304-00000"

static const char *const state_names[] = { "off", "starting", "running", "paused", "stopping", "failed" };
static const char *const agent_names[] = { "none", "waiting", "ready", "lost", "refused" };
static const char *const desktop_names[] = { "none", "up", "lost", "refused", "no-display" };

const char *vm_state_name(enum vm_state state)
{
	return state_names[state];
}

const char *vm_agent_name(enum vm_agent agent)
{
	return agent_names[agent];
}

const char *vm_desktop_name(enum vm_desktop desktop)
{
	return desktop_names[desktop];
}

static int vm_make_paths(struct vm *vm)
{
	struct manager *m = vm->manager;
	const char *name = vm->config.name;

	vm->dir = paths_join(m->vms_dir, name, NULL);
	vm->run_dir = paths_join(m->vms_run_dir, name, NULL);
	if (!vm->dir || !vm->run_dir)
		return -ENOMEM;
	vm->disk = paths_join(vm->dir, "private.qcow2", NULL);
	vm->console = paths_join(vm->dir, "console.log", NULL);
	vm->ctl_socket = paths_join(vm->run_dir, "ctl.sock", NULL);
	vm->gui_socket = paths_join(vm->run_dir, "gui.sock", NULL);
	vm->audio_socket = paths_join(vm->run_dir, "audio.sock", NULL);
	vm->card_socket = paths_join(vm->run_dir, "card.sock", NULL);
	vm->inside_socket = paths_join(vm->run_dir, "inside.sock", NULL);
	if (!vm->disk || !vm->console || !vm->ctl_socket || !vm->gui_socket || !vm->audio_socket || !vm->card_socket ||
		!vm->inside_socket)
		return -ENOMEM;
	if (net_switch_init(&vm->nic, vm->run_dir, "switch") < 0 ||
		net_switch_init(&vm->clients, vm->run_dir, "clients") < 0)
		return -ENOMEM;
	if (strlen(vm->run_dir) + strlen(LONGEST_SOCKET) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return -ENAMETOOLONG;
	return sd_bus_path_encode(VM_BUS_PREFIX, name, &vm->bus_path);
}

int vm_new(struct manager *manager, const struct vm_config *config, struct vm **ret_vm)
{
	struct vm *vm = calloc(1, sizeof(*vm));
	int r;

	if (!vm)
		return -ENOMEM;
	vm->manager = manager;
	vm->config = *config;
	region_init(&vm->region[HELPER_COURIER], VMOS_ROLE_CTL);
	region_init(&vm->region[HELPER_DESKTOP], VMOS_ROLE_GUI);
	region_init(&vm->region[HELPER_AUDIO], VMOS_ROLE_AUDIO);
	vm->identity = (struct identity){ manager->system, config->uid, vm->config.name };
	for (unsigned i = 0; i < HELPER_KINDS; i++)
		vm->server[i] = (struct ivshmem){ &vm->region[i], &vm->identity, NULL, -1 };
	vm_init_helpers(vm);
	net_hub_init(vm);
	r = vm_make_paths(vm);
	if (r < 0) {
		vm_free(vm);
		return r;
	}
	*ret_vm = vm;
	return 0;
}

void vm_free(struct vm *vm)
{
	if (!vm)
		return;
	sd_bus_slot_unref(vm->bus_slot);
	sd_event_source_disable_unref(vm->timer);
	vm_vsock_stop(vm);
	vm_audio_free(vm);
	drill_free(vm->drill);
	net_links_vm_free(vm);
	for (unsigned i = 0; i < HELPER_KINDS; i++) {
		ivshmem_finish(&vm->server[i]);
		region_finish(&vm->region[i]);
	}
	free(vm->dir);
	free(vm->run_dir);
	free(vm->disk);
	free(vm->console);
	free(vm->ctl_socket);
	free(vm->gui_socket);
	free(vm->audio_socket);
	free(vm->card_socket);
	free(vm->inside_socket);
	free(vm->bus_path);
	free(vm->last_error);
	free(vm);
}

int vm_mark_unfinished(const struct vm *vm, bool on)
{
	char *path cleanup_free = paths_join(vm->dir, VM_UNFINISHED, NULL);
	int fd cleanup_fd = -1;

	if (!path)
		return -ENOMEM;
	if (!on)
		return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : 0;
}

/*
 * In system mode there is no sound: the HOS has no sound server, and what one
 * shares with its clients is memory of its own label, which no label of a VM's
 * may write.
 */
bool vm_has(const struct vm *vm, enum helper_kind kind)
{
	if (kind == HELPER_AUDIO)
		return !net_links_is_net(vm) && !vm->manager->system && !vm->config.no_audio;
	return kind == HELPER_COURIER || !net_links_is_net(vm);
}

bool vm_is_off(const struct vm *vm)
{
	return vm->state == VM_OFF || vm->state == VM_FAILED;
}

void vm_set_state(struct vm *vm, enum vm_state state)
{
	if (vm->state == state)
		return;
	log_info("VM %s: %s", vm->config.name, vm_state_name(state));
	vm->state = state;
	vm_bus_changed(vm, "State");
	transfers_wake(vm->manager);
	net_links_wake(vm->manager);
}

void vm_set_agent(struct vm *vm, enum vm_agent agent)
{
	if (vm->agent == agent)
		return;
	log_debug("VM %s: agent %s", vm->config.name, vm_agent_name(agent));
	vm->agent = agent;
	vm_bus_changed(vm, "Agent");
	transfers_wake(vm->manager);
}

void vm_set_desktop(struct vm *vm, enum vm_desktop desktop)
{
	if (vm->desktop == desktop)
		return;
	log_debug("VM %s: desktop %s", vm->config.name, vm_desktop_name(desktop));
	vm->desktop = desktop;
	vm_bus_changed(vm, "Desktop");
}

void vm_set_error(struct vm *vm, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	if (fmt) {
		va_start(ap, fmt);
		if (vasprintf(&text, fmt, ap) < 0)
			text = NULL;
		va_end(ap);
	} else if (!vm->last_error) {
		return;
	}
	if (text)
		log_warning("VM %s: %s", vm->config.name, text);
	free(vm->last_error);
	vm->last_error = text;
	vm_bus_changed(vm, "LastError");
}

int vm_submit(struct vm *vm, enum virt_verb verb, const char *xml, virt_done_fn done)
{
	struct virt_job job = {
		.verb = verb,
		.name = vm->config.name,
		.xml = (char *)xml,
		.done = done,
		.userdata = vm,
	};
	int r = virt_submit(vm->manager->virt, &job);

	if (r == 0)
		vm->jobs++;
	return r;
}

void vm_job_done(struct vm *vm)
{
	vm->jobs--;
}

void vm_waiters_reply(struct vm_waiters *waiters, const sd_bus_error *error)
{
	for (unsigned i = 0; i < waiters->n; i++) {
		if (error)
			sd_bus_reply_method_error(waiters->call[i], error);
		else
			sd_bus_reply_method_return(waiters->call[i], NULL);
		sd_bus_message_unref(waiters->call[i]);
	}
	waiters->n = 0;
}

int vm_waiters_add(struct vm_waiters *waiters, sd_bus_message *call)
{
	if (!call)
		return 0;
	if (waiters->n == VM_WAITERS_MAX)
		return -EBUSY;
	waiters->call[waiters->n++] = sd_bus_message_ref(call);
	return 0;
}

/* The folder a file is in; the caller frees it. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? strndup(path, (size_t)(slash - path)) : strdup(path);
}

/* Its network cards, where it has any. */
static void set_cards(struct vm *vm, struct domain_paths *paths)
{
	const char *why;

	if (!net_links_has_cards(vm->manager, &why))
		return;
	/* the host of system mode has no network that QEMU could lend: there an uplink is a card, or another NET VM */
	paths->uplink_user = net_links_is_net(vm) && !vm->config.net[0] && !vm->manager->system;
	vm->manager->fabric->describe(vm, paths);
}

int vm_build_xml(struct vm *vm, char **ret_xml, sd_bus_error *ret_error)
{
	const struct template *t = manager_find_template(vm->manager, vm->config.template);
	const struct confine *confine = &vm->manager->confine;
	struct domain_paths paths = {
		.emulator = confine->emulator,
		.nested = vm->manager->accel.nested,
		.cmdline = "",
		.disk = vm->disk,
		.console = vm->console,
		.ctl_socket = vm->config.vsock ? NULL : vm->ctl_socket,
		.gui_socket = net_links_is_net(vm) ? NULL : vm->gui_socket,
		.audio_socket = vm_has(vm, HELPER_AUDIO) ? vm->audio_socket : NULL,
	};
	struct template_boot boot = { 0 };
	char *folder cleanup_free = NULL;
	char *spec cleanup_free = NULL;
	const char *missing;
	int r = net_links_give_index(vm);

	if (r < 0)
		return errors_set(ret_error, ERROR_BUSY, "All numbers for VMs in the network are taken. Delete a VM.");
	paths.cid = vm_vsock_cid(vm);
	set_cards(vm, &paths);
	if (vm->drill) {
		paths.preload = vm->drill->library;
		paths.drill = vm->drill->facts;
	}
	if (t && template_boot_init(&boot, t, &missing) == 0) {
		paths.kernel = boot.kernel;
		paths.initrd = boot.initrd;
		paths.root = boot.root;
		paths.cmdline = boot.manifest->cmdline;
		folder = folder_of(boot.kernel);
	}
	if (confine->on && folder)
		spec = confine_spec(folder, vm->dir, vm->run_dir, paths.preload, paths.uplink_user);
	r = spec ? vm_pci_grant(vm, &spec) : 0;
	paths.confine_spec = spec;
	if (r == 0)
		r = domain_xml_build(&vm->config, &paths, vm->manager->accel.kvm, ret_xml);
	template_boot_finish(&boot);
	if (r < 0)
		return errors_set(ret_error, ERROR_FAILED, "The path %s cannot be written in a VM's description: %s",
			vm->dir, strerror(-r));
	return 0;
}
