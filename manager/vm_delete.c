/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end of a VM for good: its folder is marked, the definition goes, then the
 * folder. A crash leaves either the VM or a marked folder without a definition,
 * which start-up removes; never a VM without its disk.
 */
#include "manager/vm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/paths.h"
#include "manager/errors.h"
#include "manager/manager.h"
#include "manager/vm_clipboard.h"

struct deletion {
	struct vm *vm;
	sd_bus_message *call;
};

/* What the driver wrote about the domain. */
static void remove_log(const struct vm *vm)
{
	char *path cleanup_free = manager_qemu_log(vm->manager, vm->config.name);

	if (path)
		paths_remove(path);
}

static void handle_undefined(const struct virt_job *job, void *userdata)
{
	struct deletion *d = userdata;
	struct vm *vm = d->vm;
	struct manager *m = vm->manager;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	char template[MANIFEST_WORD_MAX + 1];

	vm_job_done(vm);
	vm->busy = false;
	if (job->result < 0 && job->result != -ENOENT) {
		vm_mark_unfinished(vm, false);
		errors_set_virt(&error, vm->config.name, job);
		sd_bus_reply_method_error(d->call, &error);
		sd_bus_error_free(&error);
	} else {
		int r = paths_remove(vm->dir);

		if (r < 0)
			log_warning("VM %s: %s could not be removed: %s", vm->config.name, vm->dir, strerror(-r));
		remove_log(vm);
		log_info("VM %s: deleted", vm->config.name);
		snprintf(template, sizeof(template), "%s", vm->config.template);
		vm_clipboard_forget(vm);
		transfers_forget_vm(m, vm->config.name);
		manager_drop_vm(m, vm);
		sd_bus_emit_object_removed(m->bus, vm->bus_path);
		vm_free(vm);
		template_bus_used_changed(m, template);
		sd_bus_reply_method_return(d->call, NULL);
	}
	sd_bus_message_unref(d->call);
	free(d);
}

int vm_delete(struct vm *vm, sd_bus_message *call, sd_bus_error *ret_error)
{
	struct virt_job job = { .verb = VIRT_UNDEFINE, .name = vm->config.name, .done = handle_undefined };
	char *users cleanup_free = NULL;
	struct deletion *d;
	int r;

	if (!vm_is_off(vm))
		return errors_set(ret_error, ERROR_BUSY, "VM %s is %s. Stop it before you delete it.", vm->config.name,
			vm_state_name(vm->state));
	if (vm->busy || vm->jobs)
		return errors_set(
			ret_error, ERROR_BUSY, "VM %s is being changed. Try again in a moment.", vm->config.name);
	users = net_links_users(vm->manager, vm->config.name);
	if (users)
		return errors_set(ret_error, ERROR_BUSY,
			"NET VM %s is used by VM %s. Give them another network by \"vmos set --net\", or delete it by "
			"\"vmos delete --force\", which leaves them without one.",
			vm->config.name, users);
	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	*d = (struct deletion){ .vm = vm, .call = sd_bus_message_ref(call) };
	job.userdata = d;
	r = vm_mark_unfinished(vm, true);
	if (r == 0 || r == -ENOENT)
		r = virt_submit(vm->manager->virt, &job);
	if (r < 0) {
		vm_mark_unfinished(vm, false);
		sd_bus_message_unref(d->call);
		free(d);
		return r;
	}
	vm->busy = true;
	vm->jobs++;
	return 1;
}
