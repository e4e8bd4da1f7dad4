/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The start of a VM: checks, channels, helpers, then libvirt's job and the
 * wait for READY. Whatever fails on the way, the end is vm_start_fail(): every
 * waiting call gets the error and nothing half-made stays.
 */
#include "manager/vm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/now.h"
#include "base/paths.h"
#include "manager/console.h"
#include "manager/drill.h"
#include "manager/errors.h"
#include "manager/manager.h"
#include "manager/manager_rules.h"
#include "manager/protections_bus.h"
#include "manager/smack_rules.h"
#include "manager/vm_pci.h"

#define CONSOLE_OLD "console.log.1" /* in the VM's folder */
#define READY_TIMEOUT_KVM 30 /* seconds */
#define READY_TIMEOUT_TCG 120
#define READY_TIMEOUT_NESTED 300 /* the host itself may be emulated */
#define START_SPACE_MIN \
	(64ull << 20) /* bytes free on the host before a VM starts: its disk grows, its console is logged */

static uint32_t ready_timeout(const struct vm *vm)
{
	if (vm->config.ready_timeout)
		return vm->config.ready_timeout;
	if (!vm->manager->accel.kvm)
		return READY_TIMEOUT_TCG;
	return vm->manager->accel.nested ? READY_TIMEOUT_NESTED : READY_TIMEOUT_KVM;
}

static int check_template(struct vm *vm, sd_bus_error *ret_error)
{
	const struct template *t = manager_find_template(vm->manager, vm->config.template);
	struct template_boot boot = { 0 };
	const char *missing;
	int r;

	if (!t)
		return errors_set(ret_error, ERROR_NO_TEMPLATE,
			"Template %s of VM %s is not there. Build it by \"vmos template build %s\".",
			vm->config.template, vm->config.name, vm->config.template);
	if (strcmp(t->newest.architecture, vm->manager->accel.architecture) != 0)
		return errors_set(ret_error, ERROR_WRONG_ARCHITECTURE,
			"Template %s was built for %s, but this host is %s. Build the template on this host.", t->name,
			t->newest.architecture, vm->manager->accel.architecture);
	r = template_boot_init(&boot, t, &missing);
	template_boot_finish(&boot);
	if (r == -ENOENT)
		return errors_set(ret_error, ERROR_NO_TEMPLATE,
			"Version %s of template %s has lost its file %s. Build the template again by \"vmos template "
			"build %s\".",
			t->newest.version, t->name, missing, t->name);
	return r;
}

static int check_host(struct vm *vm, sd_bus_error *ret_error)
{
	struct statvfs fs;
	int r;

	if (!confine_has_qemu())
		return errors_set(ret_error, ERROR_NO_QEMU,
			"%s is missing, so no VM can start. Install the package qemu-system-x86.", CONFINE_QEMU);
	if (access(vm->disk, R_OK | W_OK) < 0)
		return errors_set(ret_error, ERROR_FAILED,
			"The private disk %s of VM %s cannot be opened: %s. Put it back, or delete the VM.", vm->disk,
			vm->config.name, strerror(errno));
	if (statvfs(vm->dir, &fs) == 0 && (uint64_t)fs.f_bavail * fs.f_frsize < START_SPACE_MIN)
		return errors_set(ret_error, ERROR_NO_SPACE,
			"The file system of %s has less than %llu MiB free. Free some space, then start VM %s again.",
			vm->dir, START_SPACE_MIN >> 20, vm->config.name);
	r = check_template(vm, ret_error);
	if (r == 0)
		r = vm_pci_check(vm, ret_error);
	return r < 0 ? r : vm_vsock_check(vm->manager, &vm->config, ret_error);
}

/* From its first start on a VM holds what is its user's: no later vmosd may take it for a creation that was cut off. */
static int check_mark(struct vm *vm, sd_bus_error *ret_error)
{
	int r = vm_mark_unfinished(vm, false);

	return r < 0 ? errors_set(ret_error, ERROR_FAILED,
			       "The mark %s/%s of VM %s cannot be removed: %s. Remove it, then start the VM again.",
			       vm->dir, VM_UNFINISHED, vm->config.name, strerror(-r))
		     : 0;
}

/*
 * An old console is not this start's: it is kept as console.log.1, as an error may have named it a moment ago. The new
 * file is there before QEMU's confinement names it.
 */
static int reset_console(const struct vm *vm)
{
	char *old cleanup_free = paths_join(vm->dir, CONSOLE_OLD, NULL);
	int fd cleanup_fd = -1;

	if (!old)
		return -ENOMEM;
	if (rename(vm->console, old) < 0 && errno != ENOENT)
		return -errno;
	fd = open(vm->console, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : identity_own_file(&vm->identity, vm->console);
}

/* What is made before QEMU, in this order; @ret_what says what could not be. */
static int open_channels(struct vm *vm, const char **ret_what)
{
	const char *const paths[HELPER_KINDS] = { vm->ctl_socket, vm->gui_socket, vm->audio_socket };
	int r = vm->identity.apart ? smack_rules_start(vm->config.name) : 0;

	*ret_what = "kernel rules";
	if (r == 0)
		r = vm_vsock_start(vm);
	if (r == 0)
		r = manager_rules_apply_vm(vm, true);
	if (r == 0) {
		*ret_what = "folder";
		r = paths_mkdir(vm->run_dir);
	}
	if (r == 0)
		r = identity_own_folder(&vm->identity, vm->run_dir);
	if (r == 0) {
		*ret_what = "network card";
		r = net_links_vm_start(vm);
	}
	for (unsigned i = 0; r == 0 && i < HELPER_KINDS; i++) {
		if (!vm_has(vm, (enum helper_kind)i) || (i == HELPER_COURIER && vm->config.vsock))
			continue;
		*ret_what = "shared memory";
		r = region_create(&vm->region[i], &vm->identity);
		if (r < 0)
			break;
		*ret_what = "socket for QEMU";
		r = ivshmem_init(&vm->server[i], vm->manager->event, paths[i]);
	}
	if (r == 0) {
		/* what libvirt, if it was killed, did not give back to the VM is closed to it */
		*ret_what = "disk's owner and label";
		r = identity_own_file(&vm->identity, vm->disk);
	}
	if (r == 0) {
		*ret_what = "console's file";
		r = reset_console(vm);
	}
	if (r == 0) {
		*ret_what = "network card";
		r = vm_pci_give(vm);
	}
	if (r == 0) {
		*ret_what = "vmos-courier";
		r = vm_start_helpers(vm);
	}
	return r;
}

static void report_failure(struct vm *vm, const sd_bus_error *error)
{
	vm->timer = sd_event_source_disable_unref(vm->timer);
	vm_set_error(vm, "%s", error->message);
	vm_waiters_reply(&vm->starting, error);
}

void vm_start_fail(struct vm *vm, const sd_bus_error *error)
{
	report_failure(vm, error);
	if (vm->state != VM_STARTING)
		return;
	vm_set_state(vm, VM_STOPPING);
	if (!vm->start_job)
		vm_destroy_domain(vm);
	else
		vm->force_stop = true;
}

/* Makes the error of a guest that did not come up: @sentence, and the end of its console. */
static void console_error(const struct vm *vm, sd_bus_error *ret_error, const char *name, const char *sentence)
{
	char tail[CONSOLE_TEXT_MAX];

	console_tail(vm->console, tail, sizeof(tail));
	errors_set(ret_error, name, "%s The whole console is in %s.%s%s", sentence, vm->console,
		tail[0] ? " Its last lines:\n" : "", tail);
}

static void fail_with_console(struct vm *vm, const char *name, const char *sentence)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;

	console_error(vm, &error, name, sentence);
	vm_start_fail(vm, &error);
	sd_bus_error_free(&error);
}

void vm_start_lost(struct vm *vm, const char *why)
{
	char sentence[512];

	snprintf(sentence, sizeof(sentence), "VM %s did not start: %s", vm->config.name,
		why ? why : "its helper ended.");
	fail_with_console(vm, ERROR_GUEST_LOST, sentence);
}

void vm_start_ended(struct vm *vm)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	char sentence[256];

	snprintf(sentence, sizeof(sentence), "VM %s ended before it was ready.", vm->config.name);
	console_error(vm, &error, ERROR_FAILED, sentence);
	report_failure(vm, &error);
	sd_bus_error_free(&error);
	vm_off(vm, VM_FAILED);
}

static int handle_ready_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct vm *vm = userdata;
	char sentence[256];

	snprintf(sentence, sizeof(sentence), "VM %s was not ready within %u seconds and was stopped.", vm->config.name,
		ready_timeout(vm));
	fail_with_console(vm, ERROR_TIMEOUT, sentence);
	return 0;
}

void vm_start_ready(struct vm *vm)
{
	if (vm->state != VM_STARTING || vm->start_job)
		return;
	vm->timer = sd_event_source_disable_unref(vm->timer);
	if (vm->started_usec)
		vm->ready_ms = (uint32_t)((now_usec(CLOCK_MONOTONIC) - vm->started_usec) / 1000);
	log_info("VM %s: ready after %u ms", vm->config.name, vm->ready_ms);
	vm_set_state(vm, VM_RUNNING);
	vm_waiters_reply(&vm->starting, NULL);
}

/* libvirt's start came back. */
static void handle_started(const struct virt_job *job, void *userdata)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	struct vm *vm = userdata;

	vm_job_done(vm);
	vm->start_job = false;
	net_links_vm_started(vm);
	if (vm->drill)
		drill_started(vm, job->result < 0 ? job->message : NULL);
	if (job->result < 0) {
		if (vm->state == VM_STARTING) {
			errors_set_virt(&error, vm->config.name, job);
			vm_set_error(vm, "%s", error.message);
			vm_waiters_reply(&vm->starting, &error);
			sd_bus_error_free(&error);
		}
		vm_off(vm, VM_FAILED);
		return;
	}
	if (vm->ended_early) {
		if (vm->state == VM_STARTING)
			vm_start_ended(vm);
		else
			vm_off(vm, VM_FAILED);
		return;
	}
	if (vm->force_stop)
		vm_destroy_domain(vm);
	else if (vm->agent == VM_AGENT_READY)
		vm_start_ready(vm);
}

static int begin(struct vm *vm, sd_bus_error *ret_error)
{
	char *xml cleanup_free = NULL;
	const char *what;
	int r = protections_check(vm->manager, ret_error);

	if (r == 0)
		r = check_host(vm, ret_error);
	if (r == 0)
		r = check_mark(vm, ret_error);
	if (r == 0)
		r = vm_build_xml(vm, &xml, ret_error);
	if (r < 0)
		return r;
	r = open_channels(vm, &what);
	if (r < 0)
		return errors_set(ret_error, ERROR_FAILED, "VM %s cannot start: its %s could not be made (%s, %s).",
			vm->config.name, what, vm->run_dir, strerror(-r));
	if (r == 0)
		r = sd_event_add_time_relative(vm->manager->event, &vm->timer, CLOCK_MONOTONIC,
			ready_timeout(vm) * 1000000ull, 0, handle_ready_timeout, vm);
	if (r >= 0)
		r = vm_submit(vm, VIRT_START, xml, handle_started);
	if (r < 0)
		return errors_set(ret_error, ERROR_FAILED, "VM %s could not be handed to libvirt: %s", vm->config.name,
			strerror(-r));
	return 0;
}

int vm_start(struct vm *vm, sd_bus_message *call, sd_bus_error *ret_error)
{
	int r;

	if (vm->state == VM_RUNNING)
		return sd_bus_reply_method_return(call, NULL);
	if (vm->state == VM_PAUSED)
		return errors_set(ret_error, ERROR_BUSY, "VM %s is paused. Let it go on by \"vmos resume %s\".",
			vm->config.name, vm->config.name);
	if (vm->state == VM_STOPPING || vm->busy || (vm_is_off(vm) && vm->jobs))
		return errors_set(ret_error, ERROR_BUSY, "VM %s is being stopped or changed. Try again in a moment.",
			vm->config.name);
	if (vm_waiters_add(&vm->starting, call) < 0)
		return errors_set(
			ret_error, ERROR_BUSY, "Too many callers wait for the start of VM %s.", vm->config.name);
	if (vm->state == VM_STARTING)
		return 1;
	vm_set_error(vm, NULL);
	vm->ended_early = vm->force_stop = false;
	vm->started_usec = now_usec(CLOCK_MONOTONIC);
	vm->ready_ms = 0;
	vm_set_state(vm, VM_STARTING);
	r = begin(vm, ret_error);
	if (r < 0) {
		vm_set_error(vm, "%s", ret_error->message ? ret_error->message : strerror(-r));
		vm_waiters_reply(&vm->starting, ret_error);
		sd_bus_error_free(ret_error);
		vm_off(vm, VM_FAILED);
		return 1;
	}
	vm->start_job = true;
	net_links_start_net(vm);
	return 1;
}
