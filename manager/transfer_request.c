/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/transfer_request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "manager/manager.h"
#include "manager/transfer.h"
#include "proto/ctl.h"

static void answer(struct vm *vm, uint32_t id, enum ctl_answer_status status, enum xfer_reason reason)
{
	const struct helper_msg m = { .type = HELPER_ANSWER,
		.answer = { .id = id, .status = status, .reason = reason } };

	helper_send(&vm->helper[HELPER_COURIER], &m, NULL);
}

/* The transfer of the guest's open request @id; NULL: there is none. */
static struct transfer *find(const struct vm *vm, uint32_t id)
{
	struct transfer *t = vm->manager->transfers.list;

	while (t && (t->job.request != id || strcmp(t->job.from, vm->config.name) != 0))
		t = t->next;
	return t;
}

static unsigned count_open(const struct vm *vm)
{
	unsigned n = 0;

	for (const struct transfer *t = vm->manager->transfers.list; t; t = t->next)
		n += t->job.request && !transfer_state_is_over(t->state) && strcmp(t->job.from, vm->config.name) == 0;
	return n;
}

/* A guest that asks without end gets no decision, no record and no start of a VM for it. */
static bool is_flood(struct vm *vm)
{
	uint64_t now = transfer_now();

	if (now - vm->requests_since > TRANSFER_REQUESTS_PERIOD * 1000000ull) {
		vm->requests_since = now;
		vm->requests = 0;
	}
	return ++vm->requests > TRANSFER_REQUESTS_MAX;
}

static enum transfer_kind kind_of(uint32_t request_kind)
{
	switch (request_kind) {
	case CTL_REQUEST_OPEN:
		return TRANSFER_OPEN;
	case CTL_REQUEST_URL:
		return TRANSFER_URL;
	default:
		return TRANSFER_SEND;
	}
}

/*
 * After the end of a vmosd a courier tells the next one what is still open. True:
 * that is @t, which its journal told of already; else @t has nobody to tell any more.
 */
static bool take_up(struct transfer *t, const struct helper_request *request)
{
	bool same = t->job.kind == kind_of(request->kind) && t->job.args_len == request->args_len &&
		t->job.files == request->files && t->job.bytes == request->bytes &&
		strcmp(t->job.claim, request->claim) == 0 &&
		(!request->object[0] || strcmp(t->job.to, request->object) == 0);

	t->adopted = false;
	if (same)
		transfer_bus_tell(t, true);
	else
		t->job.request = 0;
	return same;
}

/* Every VM that is not there is like one that no rule names: a guest learns nothing of who else there is. */
int transfer_request(struct vm *vm, const struct helper_request *request, int args)
{
	struct transfer_job job = {
		.kind = kind_of(request->kind),
		.files = request->files,
		.bytes = request->bytes,
		.args_len = request->args_len,
		.may_start = true,
		.request = request->id,
	};
	int fd cleanup_fd = args;
	struct transfer *t = find(vm, request->id);

	if (t && t->adopted) {
		if (take_up(t, request))
			return 0;
		t = NULL;
	}
	if (t || count_open(vm) >= HELPER_REQUESTS_MAX || fd_check_sealed(fd, request->args_len) < 0)
		return -EBADMSG;
	if (is_flood(vm) || transfers_room(vm->manager, NULL) < 0) {
		answer(vm, request->id, CTL_ANSWER_FAILED, XFER_R_INTERNAL);
		return 0;
	}
	snprintf(job.from, sizeof(job.from), "%s", vm->config.name);
	snprintf(job.to, sizeof(job.to), "%s", request->object);
	snprintf(job.claim, sizeof(job.claim), "%s", request->claim);
	if (strcmp(job.from, job.to) == 0 || (job.to[0] && !manager_find_vm(vm->manager, job.to))) {
		answer(vm, request->id, CTL_ANSWER_DENIED, XFER_OK);
		return 0;
	}
	if (transfer_new(vm->manager, &job, steal_fd(&fd), &t) < 0) {
		answer(vm, request->id, CTL_ANSWER_FAILED, XFER_R_INTERNAL);
		return 0;
	}
	transfer_bus_add(t, true);
	transfer_begin(t);
	return 0;
}

void transfer_request_cancel(struct vm *vm, uint32_t id)
{
	struct transfer *t = find(vm, id);

	if (t)
		transfer_cancel(t, "The program in the VM that asked for it gave it up.");
}

void transfer_request_forget(struct vm *vm)
{
	for (struct transfer *t = vm->manager->transfers.list; t; t = t->next) {
		if (!t->job.request || strcmp(t->job.from, vm->config.name) != 0)
			continue;
		t->job.request = 0;
		/* without a VM named it was a question to the user, and who asked is gone */
		if (!t->job.to[0])
			transfer_cancel(t, "The program in the VM that asked for it is gone.");
		else if (t->journalled)
			transfer_journal_save(t);
	}
}

static enum ctl_answer_status status_of(const struct transfer *t)
{
	switch (t->state) {
	case TRANSFER_ASKING:
		return CTL_ANSWER_ASKED;
	case TRANSFER_STARTING:
	case TRANSFER_WAITING:
		return CTL_ANSWER_WAITING;
	case TRANSFER_MOVING:
		return CTL_ANSWER_MOVING;
	case TRANSFER_DONE:
		return CTL_ANSWER_DONE;
	case TRANSFER_DENIED:
		return CTL_ANSWER_DENIED;
	case TRANSFER_CANCELLED:
		return CTL_ANSWER_CANCELLED;
	default:
		return CTL_ANSWER_FAILED;
	}
}

bool transfer_request_tell(struct transfer *t)
{
	struct vm *vm = t->job.request ? manager_find_vm(t->manager, t->job.from) : NULL;
	struct helper_msg m = { .type = HELPER_ANSWER };

	if (!vm || t->adopted)
		return true;
	if (vm->helper[HELPER_COURIER].state != HELPER_STATE_UP)
		return false;
	m.answer = (struct helper_answer){
		.id = t->job.request,
		.status = status_of(t),
		.reason = t->state == TRANSFER_FAILED || t->state == TRANSFER_DONE ? t->reason : XFER_OK,
		.done = t->done,
		.total = t->total,
	};
	if (helper_send(&vm->helper[HELPER_COURIER], &m, NULL) < 0)
		return false;
	if (transfer_state_is_over(t->state))
		t->job.request = 0;
	return true;
}
