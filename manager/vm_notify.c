/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/vm_notify.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/now.h"
#include "manager/errors.h"
#include "manager/manager.h"
#include "policy/palette.h"
#include "proto/notification.h"

/* What is told of one, or of those that were held back. */
struct told {
	const struct vm *vm;
	const struct helper_notify *notify;
	const struct notification *text;
	uint32_t id, held;
};

static int fill_show(sd_bus_message *call, const void *userdata)
{
	const struct told *t = userdata;
	char color[8];
	int r = sd_bus_message_open_container(call, 'a', "{sv}");

	palette_format(t->vm->config.rgb, color);
	if (r >= 0)
		r = sd_bus_message_append(call, "{sv}{sv}", "VM", "s", t->vm->config.name, "Color", "s", color);
	if (r >= 0 && t->held)
		r = sd_bus_message_append(call, "{sv}", "Held", "u", t->held);
	if (r >= 0 && t->notify)
		r = sd_bus_message_append(call, "{sv}{sv}{sv}", "Id", "u", t->notify->id, "Urgency", "u",
			t->notify->urgency, "Timeout", "u", t->notify->timeout_ms);
	if (r >= 0 && t->text)
		r = sd_bus_message_append(call, "{sv}{sv}{sv}", "App", "s", t->text->app, "Summary", "s",
			t->text->summary, "Body", "s", t->text->body);
	return r < 0 ? r : sd_bus_message_close_container(call);
}

static int fill_close(sd_bus_message *call, const void *userdata)
{
	const struct told *t = userdata;

	return sd_bus_message_append(call, "su", t->vm->config.name, t->id);
}

static bool show(const struct told *t)
{
	return agents_tell(t->vm->manager, "ShowNotification", fill_show, t) > 0;
}

/* @id 0: all of them. */
static void close_shown(const struct vm *vm, uint32_t id)
{
	const struct told t = { .vm = vm, .id = id };

	agents_tell(vm->manager, "CloseNotification", fill_close, &t);
}

static void tell_guest(struct vm *vm, uint32_t id, enum notification_end how)
{
	struct helper_msg m = { .type = HELPER_NOTIFIED, .notified = { .id = id, .how = how } };

	(void)helper_send(&vm->helper[HELPER_COURIER], &m, NULL); /* full or gone: a notification is worth no more */
}

/* Counts what is to be shown. False: too many, or none are wanted. */
static bool may_show(struct vm *vm)
{
	if (!vm->notify.bucket.burst)
		vm->notify.bucket = BUCKET(VM_NOTIFY_BURST, VM_NOTIFY_GAP_US);
	return !vm->config.quiet && bucket_take(&vm->notify.bucket, now_usec(CLOCK_MONOTONIC));
}

int vm_notify(struct vm *vm, const struct helper_notify *notify, int fd)
{
	struct notification text;
	const struct told t = { .vm = vm, .notify = notify, .text = &text };

	if (fd_check_sealed(fd, sizeof(text)) < 0 || pread(fd, &text, sizeof(text), 0) != (ssize_t)sizeof(text) ||
		notification_check(&text) < 0)
		return -EBADMSG;
	if (may_show(vm) && show(&t)) {
		vm->notify.shown++;
		return 0;
	}
	vm->notify.dropped++;
	tell_guest(vm, notify->id, NOTIFICATION_UNDEFINED);
	return 0;
}

void vm_notify_back(struct vm *vm, uint32_t id)
{
	if (may_show(vm))
		close_shown(vm, id);
}

void vm_notify_held(struct vm *vm, uint32_t count)
{
	const struct told t = { .vm = vm, .held = count };

	vm->notify.dropped += count;
	if (may_show(vm))
		show(&t);
}

void vm_notify_clear(struct vm *vm)
{
	close_shown(vm, 0);
}

static enum notification_end parse_end(const char *how)
{
	static const char *const words[] = { [NOTIFICATION_EXPIRED] = "expired",
		[NOTIFICATION_DISMISSED] = "dismissed",
		[NOTIFICATION_CLICKED] = "clicked" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i] && strcmp(how, words[i]) == 0)
			return (enum notification_end)i;
	return NOTIFICATION_UNDEFINED;
}

int vm_notify_closed(struct manager *m, sd_bus_message *call, sd_bus_error *ret_error)
{
	const char *name, *how;
	struct vm *vm;
	uint32_t id;
	int r = sd_bus_message_read(call, "sus", &name, &id, &how);

	if (r < 0)
		return r;
	vm = manager_find_vm(m, name);
	if (!agents_know(m, sd_bus_message_get_sender(call)))
		return errors_set(ret_error, ERROR_NOT_AUTHORIZED,
			"Only an agent that shows notifications can say what became of one. Register it by "
			"RegisterAgent.");
	if (vm && id)
		tell_guest(vm, id, parse_end(how));
	return sd_bus_reply_method_return(call, NULL);
}
