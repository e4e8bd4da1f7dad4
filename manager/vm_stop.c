/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of a VM, wanted or not, and its pauses. */
#include "manager/vm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/paths.h"
#include "manager/console.h"
#include "manager/errors.h"
#include "manager/manager.h"
#include "manager/manager_rules.h"
#include "manager/smack_rules.h"
#include "manager/vm_audio.h"
#include "manager/vm_clipboard.h"
#include "manager/vm_pci.h"

#define DESTROY_EVENT_TIMEOUT 1000000 /* usec */

void vm_off(struct vm *vm, enum vm_state state)
{
	if (vm_is_off(vm))
		return;
	vm->timer = sd_event_source_disable_unref(vm->timer);
	vm_stop_helpers(vm);
	for (unsigned i = 0; i < HELPER_KINDS; i++) {
		ivshmem_finish(&vm->server[i]);
		region_finish(&vm->region[i]);
	}
	vm_vsock_off(vm);
	net_links_vm_off(vm);
	vm_pci_take(vm);
	paths_remove(vm->run_dir);
	if (vm->identity.apart && smack_rules_stop(vm->config.name) < 0)
		log_warning("VM %s: its kernel rules were not taken back", vm->config.name);
	manager_rules_apply_vm(vm, false);
	vm->started_usec = 0;
	vm_set_state(vm, state);
	vm_waiters_reply(&vm->stopping, NULL);
}

/* An unwanted end is bad when QEMU crashed, a wanted one when it follows a failed start. */
static enum vm_state stopped_state(const struct vm *vm, enum virt_detail detail)
{
	bool bad = vm->state == VM_STOPPING ? vm->last_error && !vm->stopping.n : detail == VIRT_DETAIL_CRASHED;

	return bad ? VM_FAILED : VM_OFF;
}

static int handle_no_event(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct vm *vm = userdata;

	vm_off(vm, stopped_state(vm, VIRT_DETAIL_NORMAL));
	return 0;
}

static void handle_destroyed(const struct virt_job *job, void *userdata)
{
	struct vm *vm = userdata;

	vm_job_done(vm);
	/* libvirt's event says that it is over; but none comes when libvirt itself gave the domain up meanwhile */
	if (job->result == 0 && vm->state == VM_STOPPING) {
		sd_event_source_disable_unref(vm->timer);
		vm->timer = NULL;
		if (sd_event_add_time_relative(vm->manager->event, &vm->timer, CLOCK_MONOTONIC, DESTROY_EVENT_TIMEOUT,
			    0, handle_no_event, vm) >= 0)
			return;
	}
	if (job->result == 0 || job->result == -ESRCH || job->result == -ENOENT) {
		vm_off(vm, stopped_state(vm, VIRT_DETAIL_NORMAL));
		return;
	}
	vm_set_error(vm, "libvirt could not end QEMU: %s", job->message);
	if (vm->stopping.n) {
		sd_bus_error error = SD_BUS_ERROR_NULL;

		errors_set_virt(&error, vm->config.name, job);
		vm_waiters_reply(&vm->stopping, &error);
		sd_bus_error_free(&error);
	}
}

void vm_destroy_domain(struct vm *vm)
{
	int r = vm_submit(vm, VIRT_DESTROY, NULL, handle_destroyed);

	if (r < 0)
		vm_set_error(vm, "The VM could not be stopped: %s", strerror(-r));
}

/* The guest did not power off in time: the VM runs on, the user decides. */
static int handle_stop_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	struct vm *vm = userdata;

	vm->timer = sd_event_source_disable_unref(vm->timer);
	errors_set(&error, ERROR_TIMEOUT,
		"VM %s did not power off within %d seconds. Try again, or end it by \"vmos stop --force %s\".",
		vm->config.name, VM_STOP_TIMEOUT, vm->config.name);
	vm_set_state(vm, VM_RUNNING);
	vm_waiters_reply(&vm->stopping, &error);
	sd_bus_error_free(&error);
	return 0;
}

static int stop_politely(struct vm *vm, sd_bus_message *call, sd_bus_error *ret_error)
{
	const char *name = vm->config.name;
	int r;

	if (vm->state == VM_STARTING)
		return errors_set(ret_error, ERROR_BUSY,
			"VM %s is still starting. Wait, or end it by \"vmos stop --force %s\".", name, name);
	if (vm->state == VM_PAUSED)
		return errors_set(ret_error, ERROR_BUSY,
			"VM %s is paused and cannot power off. Use \"vmos resume %s\" first, or \"vmos stop --force "
			"%s\".",
			name, name, name);
	if (vm->state == VM_STOPPING) {
		r = vm_waiters_add(&vm->stopping, call);
		return r < 0 ? errors_set(ret_error, ERROR_BUSY, "Too many callers wait for the end of VM %s.", name)
			     : 1;
	}
	r = vm->agent == VM_AGENT_READY ? helper_send_type(&vm->helper[HELPER_COURIER], HELPER_SHUTDOWN) : -ENOTCONN;
	if (r < 0)
		return errors_set(ret_error, ERROR_GUEST_LOST,
			"The agent of VM %s does not answer, so it cannot be asked to power off. End it by \"vmos stop "
			"--force %s\".",
			name, name);
	r = sd_event_add_time_relative(vm->manager->event, &vm->timer, CLOCK_MONOTONIC, VM_STOP_TIMEOUT * 1000000ull, 0,
		handle_stop_timeout, vm);
	if (r < 0)
		return r;
	vm_set_error(vm, NULL);
	vm_set_state(vm, VM_STOPPING);
	vm_waiters_add(&vm->stopping, call);
	return 1;
}

static int stop_now(struct vm *vm, sd_bus_message *call, sd_bus_error *ret_error)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;

	if (vm_waiters_add(&vm->stopping, call) < 0)
		return errors_set(
			ret_error, ERROR_BUSY, "Too many callers wait for the end of VM %s.", vm->config.name);
	if (vm->state == VM_STARTING) {
		errors_set(&error, ERROR_FAILED, "The start of VM %s was ended by \"vmos stop --force\".",
			vm->config.name);
		vm_start_fail(vm, &error);
		sd_bus_error_free(&error);
		return 1;
	}
	vm->timer = sd_event_source_disable_unref(vm->timer);
	vm_set_error(vm, NULL);
	vm_set_state(vm, VM_STOPPING);
	vm_destroy_domain(vm);
	return 1;
}

int vm_stop(struct vm *vm, bool force, sd_bus_message *call, sd_bus_error *ret_error)
{
	if (vm_is_off(vm))
		return sd_bus_reply_method_return(call, NULL);
	return force ? stop_now(vm, call, ret_error) : stop_politely(vm, call, ret_error);
}

/* One that is paused hears of it when it goes on. */
void vm_tell_time(struct vm *vm)
{
	if (vm->agent != VM_AGENT_READY || vm->state == VM_PAUSED)
		return;
	if (helper_send_type(&vm->helper[HELPER_COURIER], HELPER_RESUMED) < 0)
		log_warning("VM %s was not told the time", vm->config.name);
}

/* Libvirt says twice that a VM goes on, by the job's result and by an event: the first one counts. */
static void vm_resumed(struct vm *vm)
{
	vm_set_state(vm, VM_RUNNING);
	vm_tell_time(vm);
}

struct pause_call {
	struct vm *vm;
	sd_bus_message *call;
	bool pause;
};

static void handle_paused(const struct virt_job *job, void *userdata)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	struct pause_call *p = userdata;
	struct vm *vm = p->vm;

	vm_job_done(vm);
	if (job->result == 0) {
		if (p->pause && vm->state == VM_RUNNING)
			vm_set_state(vm, VM_PAUSED);
		else if (!p->pause && vm->state == VM_PAUSED)
			vm_resumed(vm);
		if (p->call)
			sd_bus_reply_method_return(p->call, NULL);
	} else if (p->call) {
		errors_set_virt(&error, vm->config.name, job);
		sd_bus_reply_method_error(p->call, &error);
		sd_bus_error_free(&error);
	} else {
		log_warning("VM %s was not paused: %s", vm->config.name, job->message);
	}
	sd_bus_message_unref(p->call);
	free(p);
}

int vm_pause(struct vm *vm, bool pause, sd_bus_message *call, sd_bus_error *ret_error)
{
	enum vm_state from = pause ? VM_RUNNING : VM_PAUSED;
	struct virt_job job = {
		.verb = pause ? VIRT_SUSPEND : VIRT_RESUME, .name = vm->config.name, .done = handle_paused
	};
	struct pause_call *p;
	int r;

	if (vm->state == (pause ? VM_PAUSED : VM_RUNNING))
		return sd_bus_reply_method_return(call, NULL);
	if (vm->state != from)
		return errors_set(ret_error, vm_is_off(vm) ? ERROR_NOT_RUNNING : ERROR_BUSY,
			"VM %s is %s, so it cannot be %s.", vm->config.name, vm_state_name(vm->state),
			pause ? "paused" : "resumed");
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	*p = (struct pause_call){ .vm = vm, .call = sd_bus_message_ref(call), .pause = pause };
	job.userdata = p;
	r = virt_submit(vm->manager->virt, &job);
	if (r < 0) {
		sd_bus_message_unref(p->call);
		free(p);
		return r;
	}
	vm->jobs++;
	return 1;
}

/* The user's program for folders, in the user's home: from there a file is sent by what the file manager offers. */
static int show_files(struct vm *vm, sd_bus_error *ret_error)
{
	char *argv[] = { (char[]){ "sh" }, (char[]){ "-c" }, (char[]){ "exec gio open \"$HOME\"" }, NULL };

	return vm_run_alone(vm, argv, "show its files", ret_error);
}

void vm_act(struct vm *vm, enum helper_act_kind kind)
{
	static const char *const done[] = {
		[HELPER_ACT_PAUSE] = "paused",
		[HELPER_ACT_KILL] = "killed",
		[HELPER_ACT_FILES] = "shows its files",
		[HELPER_ACT_MUTE] = "muted",
	};
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = 0;

	if (kind == HELPER_ACT_PAUSE && vm->state == VM_RUNNING)
		r = vm_pause(vm, true, NULL, &error);
	else if (kind == HELPER_ACT_KILL && (vm->state == VM_RUNNING || vm->state == VM_PAUSED))
		r = stop_now(vm, NULL, &error);
	else if (kind == HELPER_ACT_FILES && vm->state == VM_RUNNING)
		r = show_files(vm, &error);
	else if (kind == HELPER_ACT_MUTE)
		vm_audio_mute(vm);
	else
		return;
	log_info("VM %s: %s by its frame's menu", vm->config.name, done[kind]);
	if (r < 0) {
		log_warning("VM %s: %s", vm->config.name, error.message ? error.message : strerror(-r));
		vm_note(vm, true, "%s", error.message ? error.message : strerror(-r));
	}
	sd_bus_error_free(&error);
}

/* Ended from inside. What its agent's end left as an error was part of that, where it was meant. */
static enum vm_state guest_ended(struct vm *vm)
{
	char panic[CONSOLE_LINE_MAX];

	if (console_ends_in_order(vm->console)) {
		vm_set_error(vm, NULL);
		return VM_OFF;
	}
	if (console_find_panic(vm->console, panic, sizeof(panic)))
		vm_set_error(vm, "The guest's kernel gave up (%s). Start the VM again; its whole console is in %s.",
			panic, vm->console);
	else
		vm_set_error(vm, "The guest ended without a word. Start the VM again; its whole console is in %s.",
			vm->console);
	return VM_FAILED;
}

static void domain_stopped(struct vm *vm, enum virt_detail detail)
{
	char *log cleanup_free = manager_qemu_log(vm->manager, vm->config.name);
	bool wanted = vm->state == VM_STOPPING;
	enum vm_state state = stopped_state(vm, detail);

	if (vm_is_off(vm))
		return;
	if (vm->start_job) {
		vm->ended_early = true;
		return;
	}
	if (vm->state == VM_STARTING) {
		vm_start_ended(vm);
		return;
	}
	if (!wanted && detail == VIRT_DETAIL_CRASHED)
		vm_set_error(vm, "QEMU ended unexpectedly. Start the VM again; what QEMU said is in %s.",
			log ? log : "its log");
	else if (!wanted)
		state = guest_ended(vm);
	vm_off(vm, state);
}

void vm_handle_event(struct vm *vm, enum virt_event event, enum virt_detail detail)
{
	switch (event) {
	case VIRT_EVENT_STOPPED:
		domain_stopped(vm, detail);
		break;
	case VIRT_EVENT_GONE:
		/* a start under way tells its end by itself */
		if (!vm->start_job)
			domain_stopped(vm, VIRT_DETAIL_CRASHED);
		break;
	case VIRT_EVENT_FOUND:
		/* libvirtd ended in the middle of a start or a stop, which failed here */
		if ((vm_is_off(vm) || vm->state == VM_STOPPING) && !vm->jobs) {
			vm_set_state(vm, VM_STOPPING);
			vm_destroy_domain(vm);
		}
		break;
	case VIRT_EVENT_PAUSED:
		if (vm->state != VM_RUNNING)
			break;
		vm_set_state(vm, VM_PAUSED);
		if (detail == VIRT_DETAIL_IO_ERROR)
			vm_set_error(vm,
				"The host could not write the VM's disk (is the file system full?). Free some space, "
				"then "
				"\"vmos resume %s\".",
				vm->config.name);
		break;
	case VIRT_EVENT_RESUMED:
		if (vm->state == VM_PAUSED) {
			vm_set_error(vm, NULL);
			vm_resumed(vm);
		}
		break;
	}
}
