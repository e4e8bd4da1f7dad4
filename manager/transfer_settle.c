/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a transfer that was allowed waits for, and its beginning when nothing hinders it any more. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "manager/manager.h"
#include "manager/manager_rules.h"
#include "manager/transfer.h"

#define LOOK_AGAIN 1000000 /* usec: until a VM that is being changed is looked at again */

/* Written into @text: why it must wait. */
struct hold {
	char text[2 * VM_NAME_MAX + 128];
	bool starting;
};

static int handle_time(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct transfer *t = userdata;

	transfer_settle(t);
	return 0;
}

static void look_again(struct transfer *t, uint64_t usec)
{
	t->timer = sd_event_source_disable_unref(t->timer);
	sd_event_add_time_relative(t->manager->event, &t->timer, CLOCK_MONOTONIC, usec, 0, handle_time, t);
}

/* @slot: of vm_asked. False: the transfer is over. */
static bool start_vm(struct transfer *t, struct vm *vm, unsigned slot, struct hold *hold)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int r;

	snprintf(hold->text, sizeof(hold->text), "VM %s is being changed.", vm->config.name);
	if (vm->busy || vm->jobs) {
		look_again(t, LOOK_AGAIN);
		return true;
	}
	t->vm_asked[slot] = true;
	r = vm_start(vm, NULL, &error);
	if (r < 0) {
		transfer_fail(t, XFER_R_VM, slot == 0, error.message);
		sd_bus_error_free(&error);
		return false;
	}
	hold->starting = vm->state == VM_STARTING;
	snprintf(hold->text, sizeof(hold->text), "VM %s is starting.", vm->config.name);
	return true;
}

static bool fail_start(struct transfer *t, const struct vm *vm)
{
	char text[512];

	snprintf(text, sizeof(text), "VM %s does not start: %s", vm->config.name,
		vm->last_error ? vm->last_error : "it was stopped.");
	transfer_fail(t, XFER_R_VM, false, text);
	return false;
}

static bool look_at_off(struct transfer *t, struct vm *vm, unsigned slot, struct hold *hold)
{
	const char *name = vm->config.name;

	if (t->job.may_start && t->vm_asked[slot])
		return fail_start(t, vm);
	if (!t->job.may_start) {
		snprintf(hold->text, sizeof(hold->text), "VM %s is off. It goes on when you \"vmos start %s\".", name,
			name);
		return true;
	}
	return start_vm(t, vm, slot, hold) && (!vm_is_off(vm) || !t->vm_asked[slot] || fail_start(t, vm));
}

/* Adds to @hold what hinders @vm. False: the transfer is over. */
static bool look_at(struct transfer *t, struct vm *vm, unsigned slot, struct hold *hold)
{
	const char *name = vm->config.name;

	switch (vm->state) {
	case VM_OFF:
	case VM_FAILED:
		return look_at_off(t, vm, slot, hold);
	case VM_STARTING:
		t->vm_asked[slot] = true;
		hold->starting = true;
		snprintf(hold->text, sizeof(hold->text), "VM %s is starting.", name);
		return true;
	case VM_PAUSED:
		snprintf(hold->text, sizeof(hold->text), "VM %s is paused. Let it go on by \"vmos resume %s\".", name,
			name);
		return true;
	case VM_STOPPING:
		snprintf(hold->text, sizeof(hold->text), "VM %s is being stopped.", name);
		return true;
	case VM_RUNNING:
		break;
	}
	t->vm_asked[slot] = false;
	if (vm->agent != VM_AGENT_READY)
		snprintf(hold->text, sizeof(hold->text), "The agent of VM %s does not answer (%s).", name,
			vm_agent_name(vm->agent));
	return true;
}

/* Those that move already: of @vm, of this pair, of all. */
static bool has_room(const struct transfer *t)
{
	unsigned all = 0, pair = 0, from = 0, to = 0;

	for (const struct transfer *o = t->manager->transfers.list; o; o = o->next) {
		bool out = o->job.from[0] && strcmp(o->job.from, t->job.from) == 0;
		bool in = strcmp(o->job.to, t->job.to) == 0;

		if (o->state != TRANSFER_MOVING)
			continue;
		all++;
		pair += out && in;
		from += out || strcmp(o->job.to, t->job.from) == 0;
		to += in || strcmp(o->job.from, t->job.to) == 0;
	}
	return all < TRANSFERS_MOVING_MAX && pair < TRANSFERS_PAIR_MAX && from < TRANSFERS_VM_RUNS_MAX &&
		to < TRANSFERS_VM_RUNS_MAX;
}

/* Time has gone by since it was decided. */
static bool decide_again(struct transfer *t)
{
	const struct rule *rule;

	if (transfer_is_still_allowed(t, &rule))
		return true;
	transfer_revoke(t, rule);
	return false;
}

static void begin(struct transfer *t, struct vm *from, struct vm *to)
{
	int r;

	if (!decide_again(t) || !transfer_set_state(t, TRANSFER_E_BEGIN))
		return;
	t->timer = sd_event_source_disable_unref(t->timer);
	if (t->job.may_start) {
		t->job.may_start = false;
		transfer_journal_save(t);
	}
	transfer_set_text(t, "%s", "");
	r = manager_rules_apply_pair(t->manager, t->job.from, t->job.to);
	if (r == 0)
		r = transfer_move_begin(t, from, to);
	if (r < 0) {
		const struct transfer_end lost = { .begun = true, .lost = true };

		log_warning("transfer %016llx does not begin: %s", (unsigned long long)t->job.id, strerror(-r));
		transfer_moved(t, &lost, &lost);
		return;
	}
	transfer_bus_tell(t, true);
}

/* While it moves nothing is to be done; but who watches shall know why nothing passes. */
static void watch_moving(struct transfer *t, const struct vm *from, const struct vm *to)
{
	const struct vm *paused = from && from->state == VM_PAUSED ? from : to && to->state == VM_PAUSED ? to : NULL;
	bool said = t->text && t->text[0];

	if (paused && !said)
		transfer_set_text(t, "VM %s is paused. Let it go on by \"vmos resume %s\".", paused->config.name,
			paused->config.name);
	else if (!paused && said)
		transfer_set_text(t, "%s", "");
	else
		return;
	transfer_bus_tell(t, true);
}

static void go_on(struct transfer *t, struct vm *from, struct vm *to)
{
	struct hold hold = { .text = "" };
	uint64_t now = transfer_now();

	if ((from && !look_at(t, from, 0, &hold)) || !look_at(t, to, 1, &hold))
		return;
	if (hold.text[0] && hold.starting) {
		if (t->state != TRANSFER_STARTING && transfer_set_state(t, TRANSFER_E_START)) {
			transfer_set_text(t, "%s", hold.text);
			transfer_bus_tell(t, true);
		}
	} else if (hold.text[0]) {
		transfer_hold(t, hold.text);
	} else if (now < t->not_before) {
		look_again(t, t->not_before - now);
	} else if (!has_room(t)) {
		transfer_hold(t, "It waits until other transfers have ended.");
	} else {
		begin(t, from, to);
	}
}

void transfer_settle(struct transfer *t)
{
	struct vm *from = t->job.from[0] ? manager_find_vm(t->manager, t->job.from) : NULL;
	struct vm *to = t->job.to[0] ? manager_find_vm(t->manager, t->job.to) : NULL;

	if (t->state == TRANSFER_MOVING) {
		watch_moving(t, from, to);
		return;
	}
	if (t->state != TRANSFER_WAITING && t->state != TRANSFER_STARTING)
		return;
	if (t->manager->blind)
		return;
	if (!to || (t->job.from[0] && !from)) {
		transfer_cancel(t, "A VM of it is not there any more.");
		return;
	}
	/* a URL is not fetched: it is in the call already */
	go_on(t, t->job.kind == TRANSFER_URL ? NULL : from, to);
}
