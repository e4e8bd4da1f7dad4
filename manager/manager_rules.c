/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/manager_rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>

#include "base/log.h"
#include "base/paths.h"
#include "manager/manager.h"
#include "manager/smack_rules.h"

static void report(const struct manager *m, int r)
{
	if (r < 0)
		log_error("%s The rules before stay in force.", m->rules.error ? m->rules.error : strerror(-r));
	else if (r > 0)
		log_info("%zu rules in %zu files are in force", m->rules.set.count, m->rules.nfiles);
}

static int handle_rules_moved(sd_event_source *source, const struct inotify_event *event, void *userdata)
{
	struct manager *m = userdata;

	report(m, rules_load(&m->rules, (const char *const *)m->rules_dirs, m->system));
	transfers_rules_changed(m);
	manager_rules_apply(m);
	return 0;
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

/* A folder that is not there yet is looked into at each start of a VM all the same. */
static void watch_folders(struct manager *m)
{
	const uint32_t mask =
		IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ATTRIB | IN_ONLYDIR;

	for (unsigned i = 0; i < MANAGER_RULES_DIRS && m->rules_dirs[i]; i++) {
		int r = sd_event_add_inotify(
			m->event, &m->rules_watches[i], m->rules_dirs[i], mask, handle_rules_moved, m);

		if (r < 0)
			log_debug("%s is not watched: %s", m->rules_dirs[i], strerror(-r));
	}
}

int manager_rules_open(struct manager *m)
{
	int r = name_folders(m);

	if (r < 0)
		return r;
	if (m->system)
		paths_mkdir(m->rules_dirs[1]); /* so that it can be watched */
	watch_folders(m);
	report(m, rules_load(&m->rules, (const char *const *)m->rules_dirs, m->system));
	return 0;
}

void manager_rules_close(struct manager *m)
{
	for (unsigned i = 0; i < MANAGER_RULES_DIRS; i++) {
		m->rules_watches[i] = sd_event_source_disable_unref(m->rules_watches[i]);
		free(m->rules_dirs[i]);
	}
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
	decision_rules_changed(m);
	if (!m->system || m->rules_applied == m->rules.generation)
		return;
	m->rules_applied = m->rules.generation;
	for (const struct vm *vm = m->vms; vm; vm = vm->next) {
		if (!vm_is_off(vm))
			manager_rules_apply_vm(vm, true);
	}
}
