/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/vm_clipboard.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/now.h"
#include "manager/manager.h"
#include "manager/vm.h"

void vm_note(struct vm *vm, bool bad, const char *fmt, ...)
{
	struct helper_msg m = { .type = HELPER_CLIP_NOTE, .note.bad = bad };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(m.note.text, sizeof(m.note.text), fmt, ap);
	va_end(ap);
	(void)helper_send(&vm->helper[HELPER_DESKTOP], &m, NULL); /* one that is on its way out shows nothing */
}

static const char *size_text(size_t len, char *text, size_t cap)
{
	if (len < 10240)
		snprintf(text, cap, "%zu %s", len, len == 1 ? "byte" : "bytes");
	else if (len < 10 << 20)
		snprintf(text, cap, "%zu KiB", len >> 10);
	else
		snprintf(text, cap, "%zu MiB", len >> 20);
	return text;
}

static const char *kind_text(uint32_t mime)
{
	return mime == HELPER_MIME_PNG ? " of a picture" : "";
}

static int handle_old(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct manager *m = userdata;

	(void)clipboard_is_full(&m->clipboard, now_usec(CLOCK_MONOTONIC));
	return 0;
}

/* What nobody asks for is wiped all the same. */
static int set_timer(struct manager *m)
{
	int r;

	m->clipboard_timer = sd_event_source_disable_unref(m->clipboard_timer);
	r = sd_event_add_time(m->event, &m->clipboard_timer, CLOCK_MONOTONIC, m->clipboard.until, 0, handle_old, m);
	return r < 0 ? r : 0;
}

void vm_clipboard_take(struct vm *vm, const struct helper_clip *clip, int fd)
{
	struct manager *m = vm->manager;
	char size[32];
	int r;

	if (!clipboard_rate_allows(&vm->clip_takes, now_usec(CLOCK_MONOTONIC)))
		return;
	r = clipboard_take(&m->clipboard, vm->config.name, clip, fd, now_usec(CLOCK_MONOTONIC));
	if (r == 0)
		r = set_timer(m);
	if (r == 0) {
		vm_note(vm, false, "Copied %s%s from %s", size_text(clip->len, size, sizeof(size)),
			kind_text(clip->mime), vm->config.name);
		return;
	}
	clipboard_wipe(&m->clipboard);
	log_warning("VM %s: its clipboard was not taken: %s", vm->config.name, strerror(-r));
	vm_note(vm, true, "Not copied: %s", strerror(-r));
}

/* It is decided. The bytes go to the desktop under its own label, and are here no more. */
static void give(struct vm *vm)
{
	struct manager *m = vm->manager;
	struct helper_msg msg = { .type = HELPER_CLIP_GIVE, .nfds = 1 };
	char source[VM_NAME_MAX + 1], size[32];
	int fd cleanup_fd = -1;
	int r;

	snprintf(source, sizeof(source), "%s", m->clipboard.source);
	fd = clipboard_give(&m->clipboard, &msg.clip);
	r = fd < 0 ? fd : identity_label_fd(&vm->identity, fd, LABEL_DESKTOP);
	if (r == 0)
		r = helper_send(&vm->helper[HELPER_DESKTOP], &msg, &fd);
	if (r == 0) {
		vm_note(vm, false, "%s%s from %s: now press Ctrl+V", size_text(msg.clip.len, size, sizeof(size)),
			kind_text(msg.clip.mime), source);
		return;
	}
	log_warning("VM %s: the clipboard was not given: %s", vm->config.name, strerror(-r));
	vm_note(vm, true, "Nothing pasted: %s", strerror(-r));
}

/* What stood against it, short enough for a frame; the log has the whole sentence. */
static const char *refusal(const struct rule *rule, enum verdict verdict)
{
	if (verdict == VERDICT_EXPIRED)
		return "not answered in time";
	if (verdict == VERDICT_CANCELLED)
		return "the rule changed";
	if (!rule || !(rule->access & RULE_PASTE))
		return "no rule";
	return rule->ask ? "you did not allow it" : "not now, see vmos log";
}

static void handle_decided(enum verdict verdict, const struct rule *rule, const char *object, void *userdata)
{
	struct vm *vm = userdata;
	struct manager *m = vm->manager;

	vm->clip_decision = NULL;
	if (verdict != VERDICT_ALLOWED) {
		log_info("VM %s: nothing pasted. %s", vm->config.name, decision_reason(m));
		vm_note(vm, true, "%s may not paste from %s: %s", vm->config.name, vm->clip_from,
			refusal(rule, verdict));
	} else if (m->clipboard.serial != vm->clip_serial ||
		!clipboard_is_full(&m->clipboard, now_usec(CLOCK_MONOTONIC))) {
		vm_note(vm, true, "What was copied is gone: copy it again");
	} else {
		give(vm);
	}
}

/* Own windows need no rule. A question that is open already stands for this gesture, too. */
static void decide(struct vm *vm)
{
	struct manager *m = vm->manager;
	const struct question q = {
		.kind = QUESTION_PASTE,
		.subject = m->clipboard.source,
		.object = vm->config.name,
		.claim = m->clipboard.mime == HELPER_MIME_PNG ? "a picture" : "text",
		.bytes = m->clipboard.len,
		.asker = "host",
	};
	int r;

	if (strcmp(q.subject, q.object) == 0) {
		give(vm);
		return;
	}
	if (vm->clip_decision)
		return;
	vm->clip_serial = m->clipboard.serial;
	snprintf(vm->clip_from, sizeof(vm->clip_from), "%s", q.subject);
	r = decision_make(m, &q, handle_decided, vm, &vm->clip_decision);
	if (r == 0)
		vm_note(vm, false, "May %s paste from %s? Answer the question", vm->config.name, vm->clip_from);
	else if (r < 0)
		vm_note(vm, true, "Nothing pasted: %s", strerror(-r));
}

void vm_clipboard_want(struct vm *vm)
{
	struct manager *m = vm->manager;

	if (!clipboard_rate_allows(&vm->clip_wants, now_usec(CLOCK_MONOTONIC)))
		return;
	if (clipboard_is_full(&m->clipboard, now_usec(CLOCK_MONOTONIC)))
		decide(vm);
	else
		vm_note(vm, true, "Nothing to paste: copy by Ctrl+Shift+C in another window first");
}

void vm_clipboard_forget(struct vm *vm)
{
	decision_cancel(vm->clip_decision);
	vm->clip_decision = NULL;
	clipboard_forget(&vm->manager->clipboard, vm->config.name);
}

void vm_clipboard_close(struct manager *m)
{
	m->clipboard_timer = sd_event_source_disable_unref(m->clipboard_timer);
	clipboard_wipe(&m->clipboard);
}
