/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The helpers of a VM: when they start, what their reports mean, what happens when they end. */
#include "manager/vm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/paths.h"
#include "manager/manager.h"
#include "manager/net_owner.h"
#include "manager/programs.h"
#include "manager/transfer_request.h"
#include "manager/vm_apps.h"
#include "manager/vm_audio.h"
#include "manager/vm_clipboard.h"
#include "manager/vm_notify.h"

static const char *const program_names[HELPER_KINDS] = {
	[HELPER_COURIER] = "courier",
	[HELPER_DESKTOP] = "desktop",
	[HELPER_AUDIO] = "audio",
};

static char *listen_path(const struct vm *vm, enum helper_kind kind)
{
	static const char *const names[HELPER_KINDS] = {
		[HELPER_COURIER] = "courier.sock",
		[HELPER_DESKTOP] = "desktop.sock",
		[HELPER_AUDIO] = "sound.sock", /* audio.sock is QEMU's */
	};

	return paths_join(vm->run_dir, names[kind], NULL);
}

int vm_start_helper(struct vm *vm, enum helper_kind kind, int display)
{
	char *program cleanup_free = programs_find(vm->manager->libexec, program_names[kind]);
	char *path cleanup_free = listen_path(vm, kind);
	struct helper_start start = {
		.program = program,
		.listen_path = path,
		.vm = vm->config.name,
		.rgb = vm->config.rgb,
		.sound = kind == HELPER_DESKTOP && vm_has(vm, HELPER_AUDIO),
		.display = display,
	};

	if (!program) {
		log_error("vmos-%s is missing in %s", program_names[kind], vm->manager->libexec);
		return -ENOENT;
	}
	if (!path)
		return -ENOMEM;
	vm->helper[kind].by_vsock = kind == HELPER_COURIER && vm->config.vsock;
	return helper_start(&vm->helper[kind], &start);
}

/* @display: connected to the compositor; -1: none, then it only keeps the channel for a later vmosd. */
static void start_desktop_on(struct vm *vm, int display)
{
	int r = vm_start_helper(vm, HELPER_DESKTOP, display);

	if (r < 0) {
		vm_set_desktop(vm, VM_DESKTOP_LOST);
		vm_set_error(
			vm, "vmos-desktop does not start (%s): no windows until the VM is restarted.", strerror(-r));
	}
}

/* Connected by us and given away: the desktop reaches nobody by itself. */
static int connect_display(const struct vm *vm, const char *path)
{
	const struct manager *m = vm->manager;
	int fd cleanup_fd = m->mode->connect_display(path, m->display_uid);
	int r = fd < 0 ? fd : identity_label_fd(&vm->identity, fd, LABEL_DESKTOP);

	return r < 0 ? r : steal_fd(&fd);
}

static void start_desktop(struct vm *vm)
{
	const char *display = vm->manager->display;
	int fd cleanup_fd = -1;

	if (!region_is_open(&vm->region[HELPER_DESKTOP]))
		return;
	fd = display ? connect_display(vm, display) : -ENOENT;
	if (fd < 0)
		vm_set_desktop(vm, VM_DESKTOP_NO_DISPLAY);
	if (fd < 0 && display)
		vm_set_error(vm, "The Wayland display %s does not answer (%s); windows appear when a display is there.",
			display, strerror(-fd));
	start_desktop_on(vm, fd < 0 ? -1 : fd);
}

static void desktop_up(struct vm *vm, bool keeper)
{
	if (vm->desktop == VM_DESKTOP_NO_DISPLAY && !keeper)
		vm_set_error(vm, NULL); /* it said that there was none */
	vm_set_desktop(vm, keeper ? VM_DESKTOP_NO_DISPLAY : VM_DESKTOP_UP);
}

static void handle_up(struct helper *h)
{
	struct vm *vm = h->owner;

	if (h->kind == HELPER_DESKTOP)
		desktop_up(vm, h->keeper);
	else if (h->kind == HELPER_AUDIO)
		vm_audio_up(vm);
	else if (vm->agent == VM_AGENT_NONE)
		vm_set_agent(vm, VM_AGENT_WAITING);
	if (h->pid > 0)
		return;
	/* one that was found again is asked how its guest is; and the host may have slept while nobody looked */
	if (helper_send_type(h, HELPER_QUERY) == 0)
		h->stats_wanted = true;
	if (h->kind == HELPER_COURIER)
		helper_send_type(h, HELPER_RESUMED);
}

static void guest_moved(struct vm *vm, enum helper_guest_state state)
{
	switch (state) {
	case HELPER_GUEST_GONE:
		transfer_request_forget(vm);
		/* while the VM powers off, that is as it should be */
		if (vm->agent == VM_AGENT_READY && vm->state != VM_STOPPING) {
			vm_set_agent(vm, VM_AGENT_LOST);
			vm_set_error(vm,
				"The agent in the guest ended. The VM runs on; its windows come back when the agent "
				"does.");
		}
		break;
	case HELPER_GUEST_JOINED:
		if (vm->agent == VM_AGENT_NONE)
			vm_set_agent(vm, VM_AGENT_WAITING);
		break;
	case HELPER_GUEST_READY:
		if (vm->agent == VM_AGENT_LOST)
			vm_set_error(vm, NULL);
		vm_set_agent(vm, VM_AGENT_READY);
		vm_start_ready(vm);
		clock_vm_ready(vm);
		break;
	}
}

static void handle_guest(struct helper *h, const struct helper_guest *guest)
{
	if (h->kind == HELPER_COURIER)
		guest_moved(h->owner, (enum helper_guest_state)guest->state);
}

static void handle_stats(struct helper *h, const struct helper_stats *stats)
{
	struct vm *vm = h->owner;

	if (h->kind == HELPER_COURIER && stats->guest == HELPER_GUEST_READY && vm->agent != VM_AGENT_READY)
		guest_moved(vm, HELPER_GUEST_READY);
	vm_stats_arrived(vm);
}

/* It died without a reason that forbids another one: start it again, with the same channel. */
static int restart_helper(struct vm *vm, struct helper *h)
{
	bool has_carrier = h->by_vsock ? !vm_is_off(vm) : region_is_open(h->region);

	if (!has_carrier || !helper_may_restart(h))
		return -EAGAIN;
	if (h->kind == HELPER_COURIER)
		return vm_start_helper(vm, HELPER_COURIER, -1);
	start_desktop(vm);
	return 0;
}

static void courier_ended(struct vm *vm, struct helper *h, enum helper_reason reason, const char *text)
{
	transfer_request_forget(vm);
	vm_vsock_stop(vm); /* what is under way was its own; the next one asks again */
	if (reason == HELPER_REASON_PROTOCOL) {
		vm_set_agent(vm, VM_AGENT_REFUSED);
		vm_set_error(vm,
			"The guest broke the control protocol (%s). It is not listened to until the VM is restarted.",
			text);
	} else if (restart_helper(vm, h) == 0) {
		log_warning("VM %s: vmos-courier ended (%s) and was started again", vm->config.name, text);
		vm_set_agent(vm, VM_AGENT_WAITING);
		return;
	} else {
		vm_set_agent(vm, VM_AGENT_LOST);
		vm_set_error(
			vm, "vmos-courier ended (%s). Programs cannot be run in the VM until it is restarted.", text);
	}
	if (vm->state == VM_STARTING)
		vm_start_lost(vm, vm->last_error);
}

/* The compositor left, or ended this one client: if it is there, the windows come back at once. */
static void display_ended(struct vm *vm, struct helper *h, const char *text)
{
	vm_set_desktop(vm, VM_DESKTOP_NO_DISPLAY);
	if (!region_is_open(h->region))
		return;
	if (helper_may_restart(h)) {
		log_warning("VM %s: vmos-desktop lost its display (%s)", vm->config.name, text);
		start_desktop(vm);
		return;
	}
	vm_set_error(
		vm, "The Wayland display is gone (%s). The VM runs on; windows come back with the next display.", text);
	start_desktop_on(vm, -1);
}

static void desktop_ended(struct vm *vm, struct helper *h, enum helper_reason reason, const char *text)
{
	switch (reason) {
	case HELPER_REASON_PROTOCOL:
		vm_set_desktop(vm, VM_DESKTOP_REFUSED);
		vm_set_error(vm,
			"The guest broke the window protocol (%s). It has no windows until the VM is restarted.", text);
		break;
	case HELPER_REASON_DISPLAY:
		display_ended(vm, h, text);
		break;
	default:
		if (restart_helper(vm, h) == 0) {
			log_warning("VM %s: vmos-desktop ended (%s) and was started again", vm->config.name, text);
			break;
		}
		vm_set_desktop(vm, VM_DESKTOP_LOST);
		vm_set_error(vm, "vmos-desktop ended (%s). The VM has no windows until it is restarted.", text);
	}
}

static void handle_ended(struct helper *h, enum helper_reason reason, const char *text)
{
	struct vm *vm = h->owner;

	vm_stats_arrived(vm);
	if (h->kind == HELPER_COURIER)
		courier_ended(vm, h, reason, text);
	else if (h->kind == HELPER_AUDIO)
		vm_audio_ended(vm, reason, text);
	else
		desktop_ended(vm, h, reason, text);
}

static void handle_clip_take(struct helper *h, const struct helper_clip *clip, int fd)
{
	vm_clipboard_take(h->owner, clip, fd);
}

static void handle_clip_want(struct helper *h)
{
	vm_clipboard_want(h->owner);
}

static void handle_act(struct helper *h, enum helper_act_kind kind)
{
	vm_act(h->owner, kind);
}

static int handle_request(struct helper *h, const struct helper_request *request, int args)
{
	return transfer_request(h->owner, request, args);
}

static void handle_cancel(struct helper *h, uint32_t id)
{
	transfer_request_cancel(h->owner, id);
}

static void handle_owner(struct helper *h, const struct helper_owner *owner)
{
	net_owner_arrived(h->owner, owner->id, owner->name);
}

static void handle_clock(struct helper *h, const struct helper_clock *clock)
{
	clock_arrived(h->owner, clock);
}

static int handle_apps(struct helper *h, uint32_t count, int fd)
{
	return vm_apps_take(h->owner, count, fd);
}

static int handle_notify(struct helper *h, const struct helper_notify *notify, int fd)
{
	return vm_notify(h->owner, notify, fd);
}

static void handle_unnotify(struct helper *h, uint32_t id)
{
	vm_notify_back(h->owner, id);
}

static void handle_held(struct helper *h, uint32_t count)
{
	vm_notify_held(h->owner, count);
}

static void handle_connect(struct helper *h)
{
	vm_vsock_connect(h->owner);
}

static void handle_audio(struct helper *h, const struct helper_audio *audio)
{
	vm_audio_report(h->owner, audio);
}

static const struct helper_ops helper_ops = {
	.up = handle_up,
	.guest = handle_guest,
	.stats = handle_stats,
	.clip_take = handle_clip_take,
	.clip_want = handle_clip_want,
	.act = handle_act,
	.request = handle_request,
	.cancel = handle_cancel,
	.owner = handle_owner,
	.clock = handle_clock,
	.apps = handle_apps,
	.notify = handle_notify,
	.unnotify = handle_unnotify,
	.held = handle_held,
	.connect = handle_connect,
	.audio = handle_audio,
	.ended = handle_ended,
};

void vm_init_helpers(struct vm *vm)
{
	for (unsigned i = 0; i < HELPER_KINDS; i++) {
		helper_init(&vm->helper[i], (enum helper_kind)i, &helper_ops, vm);
		vm->helper[i].event = vm->manager->event;
		vm->helper[i].region = &vm->region[i];
		vm->helper[i].identity = &vm->identity;
	}
}

int vm_start_helpers(struct vm *vm)
{
	int r = vm_start_helper(vm, HELPER_COURIER, -1);

	if (r < 0)
		return r;
	vm_set_agent(vm, VM_AGENT_WAITING);
	start_desktop(vm);
	vm_audio_start(vm);
	return 0;
}

void vm_stop_helpers(struct vm *vm)
{
	transfer_request_forget(vm);
	vm_notify_clear(vm);
	for (unsigned i = 0; i < HELPER_KINDS; i++) {
		struct helper *h = &vm->helper[i];

		helper_stop(h);
		h->epoch = 0;
		memset(h->restarts, 0, sizeof(h->restarts));
		memset(&h->stats, 0, sizeof(h->stats));
	}
	vm_audio_stop(vm);
	vm_set_agent(vm, VM_AGENT_NONE);
	vm_set_desktop(vm, VM_DESKTOP_NONE);
}

static void adopt_helper(struct vm *vm, enum helper_kind kind)
{
	char *path cleanup_free = listen_path(vm, kind);
	int r;

	vm->helper[kind].by_vsock = kind == HELPER_COURIER && vm->config.vsock;
	r = path ? helper_adopt(&vm->helper[kind], path) : -ENOMEM;
	if (r == 0)
		return;
	log_debug("VM %s: %s does not answer: %s", vm->config.name, path ? path : "?", strerror(-r));
	if (kind == HELPER_AUDIO)
		vm_audio_adopt_failed(vm);
	else if (kind == HELPER_COURIER) {
		vm_set_agent(vm, VM_AGENT_LOST);
		vm_set_error(
			vm, "Its vmos-courier ended while no vmosd ran. Restart the VM to run programs in it again.");
	} else {
		vm_set_desktop(vm, VM_DESKTOP_LOST);
		vm_set_error(vm, "It had no vmos-desktop while no vmosd ran. Restart the VM to see its windows again.");
	}
}

void vm_adopt_helpers(struct vm *vm)
{
	/* the courier last: with it the VM is as it was */
	for (unsigned i = HELPER_KINDS; i-- > 0;)
		if (vm_has(vm, (enum helper_kind)i))
			adopt_helper(vm, (enum helper_kind)i);
}

void vm_retry_display(struct vm *vm)
{
	if (vm->desktop != VM_DESKTOP_NO_DISPLAY)
		return;
	helper_stop(&vm->helper[HELPER_DESKTOP]); /* the keeper, if any */
	start_desktop(vm);
}
