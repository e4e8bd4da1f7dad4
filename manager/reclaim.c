/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/reclaim.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/paths.h"
#include "manager/manager.h"
#include "manager/vm_pci.h"
#include "proto/text.h"

static void dismiss_helpers(const char *run_dir)
{
	static const char *const sockets[] = { "courier.sock", "desktop.sock", "sound.sock" };

	for (unsigned i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++) {
		char *path cleanup_free = paths_join(run_dir, sockets[i], NULL);

		if (path)
			helper_dismiss(path);
	}
	net_links_dismiss(run_dir);
}

/* A definition that was copied by hand brings its number along. */
static void drop_same_index(const struct manager *m, struct vm_config *config)
{
	for (const struct vm *vm = m->vms; vm && config->net_index; vm = vm->next) {
		if (vm->config.net_index != config->net_index)
			continue;
		log_warning("VM %s has the number of VM %s in the network, and gets another one at its next start",
			config->name, vm->config.name);
		config->net_index = 0;
	}
}

static void reclaim_running(struct vm *vm, enum virt_state state)
{
	switch (state) {
	case VIRT_STATE_OFF:
		vm_pci_take(vm);
		break;
	case VIRT_STATE_HALF:
		vm->state = VM_STOPPING;
		vm_set_error(vm, "Its start was cut off by the end of vmosd. Start it again.");
		dismiss_helpers(vm->run_dir);
		vm_destroy_domain(vm);
		break;
	case VIRT_STATE_RUNNING:
	case VIRT_STATE_PAUSED:
		log_info("VM %s: found running", vm->config.name);
		vm->state = state == VIRT_STATE_PAUSED ? VM_PAUSED : VM_RUNNING;
		vm_adopt_helpers(vm);
		net_links_vm_adopt(vm);
		break;
	}
}

static void handle_domain(const char *name, const char *xml, enum virt_state state, void *userdata)
{
	struct manager *m = userdata;
	struct vm_config config;
	struct vm *vm;
	int r = domain_xml_parse(xml, &config);

	if (r == -ENODATA)
		return;
	if (r == 0 && m->system && !identity_uid_is_valid(config.uid))
		r = -ERANGE;
	if (r == 0) {
		drop_same_index(m, &config);
		r = vm_new(m, &config, &vm);
	}
	if (r < 0) {
		log_warning("The domain %s is left alone: its vmOS metadata cannot be used (%s)", name, strerror(-r));
		return;
	}
	manager_add_vm(m, vm);
	reclaim_running(vm, state);
}

/* Calls @handle for each sub-folder of @dir. */
static void each_folder(
	struct manager *m, const char *dir, void (*handle)(struct manager *, const char *, const char *))
{
	DIR *d = opendir(dir);
	struct dirent *e;

	if (!d)
		return;
	while ((e = readdir(d))) {
		char *path cleanup_free = NULL;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		path = paths_join(dir, e->d_name, NULL);
		if (path)
			handle(m, e->d_name, path);
	}
	closedir(d);
}

/* A folder in $RUN: of a VM that runs it stays; else its helpers outlived QEMU. */
static void sweep_run(struct manager *m, const char *name, const char *path)
{
	const struct vm *vm = manager_find_vm(m, name);

	if (vm && !vm_is_off(vm))
		return;
	dismiss_helpers(path);
	paths_remove(path);
}

/* What a creation or deletion that was cut off left has a mark and no definition; where libvirt is in doubt it stays. */
static void sweep_unfinished(struct manager *m, const char *name, const char *path)
{
	int r = virt_has_domain(m->virt, name);

	if (r == 0) {
		log_warning("%s is what a creation or deletion that was cut off left, and is removed", path);
		paths_remove(path);
	} else if (r > 0) {
		log_warning("%s is left alone: libvirt has a domain %s that vmosd cannot use", path, name);
	} else {
		log_warning("%s is left alone: libvirt does not say whether there is a VM %s", path, name);
	}
}

/* A folder in $DATA. */
static void sweep_data(struct manager *m, const char *name, const char *path)
{
	char *mark cleanup_free = paths_join(path, VM_UNFINISHED, NULL);
	const struct vm *vm = manager_find_vm(m, name);
	bool marked = mark && access(mark, F_OK) == 0;

	if (vm && marked) {
		vm_mark_unfinished(vm, false);
	} else if (!vm && marked) {
		sweep_unfinished(m, name, path);
	} else if (!vm) {
		log_warning("%s belongs to no VM; it is left alone. Remove it if you do not need its disk.", path);
	}
}

int reclaim_vms(struct manager *m)
{
	int r = virt_each_domain(m->virt, handle_domain, m);

	if (r < 0)
		return r;
	each_folder(m, m->vms_run_dir, sweep_run);
	each_folder(m, m->vms_dir, sweep_data);
	return 0;
}

static void add_name(struct manager *m, const char *name, const char *path)
{
	struct vm_config config = { 0 };
	struct vm *vm;

	if (!text_is_vm_name(name))
		return;
	snprintf(config.name, sizeof(config.name), "%s", name);
	if (vm_new(m, &config, &vm) == 0)
		manager_add_vm(m, vm);
}

void reclaim_names(struct manager *m)
{
	each_folder(m, m->vms_dir, add_name);
}
