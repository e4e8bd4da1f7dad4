/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/manager_rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/paths.h"
#include "manager/audit.h"
#include "manager/manager.h"
#include "manager/smack_rules.h"

/* A timer of the wall clock does not see it set back: it is looked at that often while a rule hangs on it. */
#define LOOK_AGAIN 60 /* seconds */
/* time(2) is behind the timer's clock by up to a tick of the kernel, 10 ms at most. */
#define TICK 50000 /* microseconds */

static bool is_same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* What is wrong is said once, not at each event of a folder. */
static void report(struct manager *m, int r, const char *error_before)
{
	char rules[24], files[24];

	snprintf(rules, sizeof(rules), "%zu", m->rules.set.count);
	snprintf(files, sizeof(files), "%zu", m->rules.nfiles);
	if (r > 0 || (r == 0 && error_before)) {
		log_info("%s rules in %s files are in force", rules, files);
		audit_write(m->audit, "rules", "rules", rules, "files", files, NULL);
	}
	if (is_same_text(error_before, m->rules.error))
		return;
	if (r < 0) {
		log_error("%s The rules before stay in force.", m->rules.error ? m->rules.error : strerror(-r));
		audit_write(m->audit, "rules-refused", "reason", m->rules.error ? m->rules.error : strerror(-r), NULL);
	}
	if (m->bus)
		sd_bus_emit_properties_changed(m->bus, MANAGER_BUS_PATH, MANAGER_BUS_INTERFACE, "RulesError", NULL);
}

static void apply_all(struct manager *m)
{
	for (const struct vm *vm = m->vms; vm; vm = vm->next) {
		if (!vm_is_off(vm))
			manager_rules_apply_vm(vm, true);
	}
}

static void tell(struct manager *m)
{
	for (unsigned i = 0; i < MANAGER_RULES_FNS && m->rules_changed[i]; i++)
		m->rules_changed[i](m);
}

static void arm(struct manager *m);

static int handle_time(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct manager *m = userdata;

	apply_all(m);
	tell(m);
	arm(m);
	return 0;
}

static void arm(struct manager *m)
{
	time_t now = time(NULL), next = rules_next_change(&m->rules, now);
	int r;

	m->rules_timer = sd_event_source_disable_unref(m->rules_timer);
	if (next == 0)
		return;
	if (next > now + LOOK_AGAIN)
		next = now + LOOK_AGAIN;
	r = sd_event_add_time(
		m->event, &m->rules_timer, CLOCK_REALTIME, (uint64_t)next * 1000000u + TICK, 1000, handle_time, m);
	if (r < 0)
		log_error("No timer for rules that end by themselves: %s", strerror(-r));
}

static int load(struct manager *m)
{
	char *before cleanup_free = m->rules.error ? strdup(m->rules.error) : NULL;
	int r = rules_load(&m->rules, (const char *const *)m->rules_dirs, m->system);

	report(m, r, before);
	if (r > 0)
		arm(m);
	return r;
}

int manager_rules_reload(struct manager *m)
{
	int r = load(m);

	if (r > 0) {
		manager_rules_apply(m);
		tell(m);
	}
	return r;
}

static void handle_files(void *userdata)
{
	manager_rules_reload(userdata);
}

int manager_rules_on_change(struct manager *m, manager_rules_fn fn)
{
	for (unsigned i = 0; i < MANAGER_RULES_FNS; i++) {
		if (!m->rules_changed[i]) {
			m->rules_changed[i] = fn;
			return 0;
		}
	}
	return -ENOSPC;
}

static int name_folders(struct manager *m)
{
	char *config;

	if (m->system) {
		m->rules_dirs[0] = strdup("/etc/vmos/rules.d");
		m->rules_dirs[1] = paths_join(m->data, "rules.d", NULL);
		return m->rules_dirs[0] && m->rules_dirs[1] ? 0 : -ENOMEM;
	}
	config = paths_config();
	m->rules_dirs[0] = config ? paths_join(config, "rules.d", NULL) : NULL;
	free(config);
	return m->rules_dirs[0] ? 0 : -ENOMEM;
}

const char *manager_rules_folder(const struct manager *m)
{
	return m->rules_dirs[m->system ? 1 : 0];
}

int manager_rules_open(struct manager *m)
{
	int r = name_folders(m);

	if (r < 0)
		return r;
	r = paths_mkdir(manager_rules_folder(m));
	if (r < 0)
		log_warning("The folder %s cannot be made: %s", manager_rules_folder(m), strerror(-r));
	m->rules_watch = (struct folder_watch){
		.event = m->event,
		.dirs = (const char *const *)m->rules_dirs,
		.changed = handle_files,
		.userdata = m,
	};
	folder_watch_open(&m->rules_watch);
	load(m);
	return 0;
}

void manager_rules_close(struct manager *m)
{
	folder_watch_close(&m->rules_watch);
	m->rules_timer = sd_event_source_disable_unref(m->rules_timer);
	for (unsigned i = 0; i < MANAGER_RULES_DIRS; i++)
		free(m->rules_dirs[i]);
	rules_finish(&m->rules);
}

/* The kernel's rule is there where the rule set says so without conditions, and as long as a transfer uses it. */
static int apply_pair(const struct vm *from, const struct vm *to, bool run)
{
	const struct manager *m = from->manager;
	const char *a = from->config.name, *b = to->config.name;
	int r = smack_rules_pair(
		a, b, run && (rules_may_always_write(&m->rules, a, b) || transfers_move_between(m, a, b)));

	if (r < 0)
		log_error("The kernel's rule from VM %s to VM %s could not be set: %s", a, b, strerror(-r));
	return r;
}

int manager_rules_apply_vm(const struct vm *vm, bool runs)
{
	int result = 0, r;

	for (const struct vm *other = vm->manager->vms; vm->manager->system && other; other = other->next) {
		if (other == vm || vm_is_off(other))
			continue;
		r = apply_pair(vm, other, runs);
		result = result < 0 ? result : r;
		r = apply_pair(other, vm, runs);
		result = result < 0 ? result : r;
	}
	return result;
}

int manager_rules_apply_pair(const struct manager *m, const char *from, const char *to)
{
	const struct vm *a = manager_find_vm(m, from), *b = manager_find_vm(m, to);

	if (!m->system || !a || !b || a == b || vm_is_off(a) || vm_is_off(b))
		return 0;
	return apply_pair(a, b, true);
}

void manager_rules_apply(struct manager *m)
{
	if (m->rules_applied == m->rules.generation)
		return;
	m->rules_applied = m->rules.generation;
	apply_all(m);
}
