/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/net_lists.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/paths.h"
#include "manager/audit.h"
#include "manager/line_change.h"
#include "manager/manager.h"
#include "manager/net_build.h"
#include "manager/net_edit.h"
#include "manager/net_log.h"
#include "manager/net_owner.h"
#include "manager/net_question.h"
#include "manager/net_state.h"

/* As with rules: a timer of the wall clock does not see it set back, and time(2) is up to 10 ms behind it. */
#define LOOK_AGAIN 60 /* seconds */
#define TICK 50000 /* microseconds */

static bool is_same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* What is wrong is said once, not at each event of a folder. */
static void report(struct manager *m, int r, const char *error_before)
{
	const struct net_set *set = &m->net_lists->set;
	const char *reason = set->error ? set->error : strerror(-r);
	char lines[24], files[24];

	snprintf(lines, sizeof(lines), "%zu", set->list.count);
	snprintf(files, sizeof(files), "%zu", set->nfiles);
	if ((r > 0 && (set->nfiles > 0 || set->generation > 1)) || (r == 0 && error_before)) {
		log_info("%s lines of network lists in %s files are in force", lines, files);
		audit_write(m->audit, "net-lists", "lines", lines, "files", files, NULL);
	}
	if (is_same_text(error_before, set->error))
		return;
	if (r < 0) {
		log_error("%s %s", reason,
			set->generation > 0 ? "The network lists before stay in force."
					    : "Until it is corrected no VM reaches anything.");
		audit_write(m->audit, "net-lists-refused", "reason", reason, NULL);
	}
	if (m->bus)
		sd_bus_emit_properties_changed(m->bus, MANAGER_BUS_PATH, "org.vmos.Net1", "ListsError", NULL);
}

static void tell(struct manager *m, const char *vm)
{
	for (unsigned i = 0; i < NET_LISTS_FNS && m->net_lists->changed[i]; i++)
		m->net_lists->changed[i](m, vm);
}

static void arm(struct manager *m);

static int handle_time(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct manager *m = userdata;

	tell(m, NULL);
	arm(m);
	return 0;
}

static void arm(struct manager *m)
{
	struct net_lists *n = m->net_lists;
	time_t now = time(NULL), next = net_set_next_change(&n->set, now);
	int r;

	n->timer = sd_event_source_disable_unref(n->timer);
	if (next == 0)
		return;
	if (next > now + LOOK_AGAIN)
		next = now + LOOK_AGAIN;
	r = sd_event_add_time(
		m->event, &n->timer, CLOCK_REALTIME, (uint64_t)next * 1000000u + TICK, 1000, handle_time, m);
	if (r < 0)
		log_error("No timer for network lines that end by themselves: %s", strerror(-r));
}

static int load(struct manager *m)
{
	struct net_set *set = &m->net_lists->set;
	char *before cleanup_free = set->error ? strdup(set->error) : NULL;
	int r = net_set_load(set, (const char *const *)m->net_lists->dirs, m->system);

	report(m, r, before);
	if (r > 0)
		arm(m);
	return r;
}

int net_lists_reload(struct manager *m)
{
	int r = load(m);

	if (r > 0)
		tell(m, NULL);
	return r;
}

static void handle_files(void *userdata)
{
	net_lists_reload(userdata);
}

const char *net_lists_error(const struct manager *m)
{
	return m->net_lists ? m->net_lists->set.error : NULL;
}

size_t net_lists_count(const struct manager *m)
{
	return m->net_lists ? m->net_lists->set.list.count : 0;
}

void net_lists_on_change(struct manager *m, net_lists_fn fn)
{
	unsigned i = 0;

	while (i < NET_LISTS_FNS && m->net_lists->changed[i])
		i++;
	if (i < NET_LISTS_FNS)
		m->net_lists->changed[i] = fn;
	else
		log_error("More than %d parts of vmosd want to hear of network lists", NET_LISTS_FNS);
}

void net_lists_changed(struct manager *m, const char *vm)
{
	tell(m, vm);
}

static int name_folders(struct manager *m, struct net_lists *n)
{
	char *config cleanup_free = NULL;

	if (m->system) {
		n->dirs[0] = strdup("/etc/vmos/net.d");
		n->dirs[1] = paths_join(m->data, "net.d", NULL);
		return n->dirs[0] && n->dirs[1] ? 0 : -ENOMEM;
	}
	config = paths_config();
	n->dirs[0] = config ? paths_join(config, "net.d", NULL) : NULL;
	return n->dirs[0] ? 0 : -ENOMEM;
}

const char *net_lists_folder(const struct manager *m)
{
	return m->net_lists->dirs[m->system ? 1 : 0];
}

int net_lists_open(struct manager *m)
{
	struct net_lists *n = calloc(1, sizeof(*n));
	int r;

	if (!n)
		return -ENOMEM;
	m->net_lists = n;
	/* what vmos-tap still has of a vmosd before this one is not taken for a list of this one's */
	n->last_generation = (unsigned)time(NULL);
	r = name_folders(m, n);
	if (r < 0)
		return r;
	r = paths_mkdir(net_lists_folder(m));
	if (r < 0)
		log_warning("The folder %s cannot be made: %s", net_lists_folder(m), strerror(-r));
	n->watch = (struct folder_watch){
		.event = m->event, .dirs = (const char *const *)n->dirs, .changed = handle_files, .userdata = m
	};
	folder_watch_open(&n->watch);
	load(m);
	net_log_open(m);
	return 0;
}

void net_lists_close(struct manager *m)
{
	struct net_lists *n = m->net_lists;

	if (!n)
		return;
	net_lists_finish(m);
	folder_watch_close(&n->watch);
	sd_event_source_disable_unref(n->timer);
	net_log_close(m);
	net_state_free_vms(n);
	net_set_finish(&n->set);
	for (unsigned i = 0; i < NET_DIRS; i++)
		free(n->dirs[i]);
	free(n);
	m->net_lists = NULL;
}

int net_lists_targets(struct manager *m, const char *vm, bool link_asks, struct net_target **ret_targets,
	size_t *ret_count, enum net_action *ret_fallback, unsigned *ret_generation)
{
	struct net_vm *of = net_state_vm(m->net_lists, vm, true);
	struct net_build built cleanup_build = { 0 };
	struct net_generation list = { .link_asks = link_asks };
	struct net_target *copy;

	if (!of || net_build(m->net_lists, vm, link_asks, &built) < 0)
		return -ENOMEM;
	copy = calloc(built.count + 1, sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	if (built.count > 0)
		memcpy(copy, built.targets, built.count * sizeof(*copy));
	list.fallback = built.fallback;
	list.count = built.count;
	list.origins = steal_ptr(&built.origins);
	net_state_keep(m->net_lists, of, &list, steal_ptr(&built.targets));
	*ret_targets = copy;
	*ret_count = list.count;
	*ret_fallback = list.fallback;
	*ret_generation = list.number;
	return 0;
}

/* What a change is asked for by. */
struct asked_change {
	sd_bus_message *call;
	const struct net_change *change;
	struct net_edit edit;
};

static int read_file(const struct manager *m, const char *path, char **ret_text, char **ret_error)
{
	return net_set_read(path, m->system, ret_text, ret_error);
}

static int try_draft(const struct manager *m, const struct line_draft *draft, char **ret_error)
{
	return net_set_try((const char *const *)m->net_lists->dirs, m->system, draft, ret_error);
}

static int record(const struct manager *m, const struct line_change *c)
{
	const struct asked_change *asked = c->asked;
	char uid[16], removed[16], target[NET_TARGET_TEXT] = "";

	line_change_uid(asked->call, uid);
	snprintf(removed, sizeof(removed), "%u", c->removed);
	if (c->edit.line)
		return audit_write(m->audit, "net-add", "line", c->edit.line, "removed", removed, "file", c->path,
			"uid", uid, "by", asked->call ? "command" : "answer", NULL);
	if (asked->change->target)
		net_target_format(asked->change->target, target);
	else
		snprintf(target, sizeof(target), "line %u", asked->change->number);
	return audit_write(m->audit, "net-del", "subject", asked->change->vm, "target", target, "removed", removed,
		"file", c->path, "uid", uid, NULL);
}

static int reload(struct manager *m, const char **ret_error)
{
	int r = net_lists_reload(m);

	*ret_error = m->net_lists->set.error;
	return r;
}

static const struct line_store store = {
	.file = NET_EDIT_FILE,
	.noun = "network lists",
	.failed_event = "net-failed",
	.folder = net_lists_folder,
	.read = read_file,
	.try = try_draft,
	.record = record,
	.reload = reload,
};

int net_lists_change(struct manager *m, const struct net_change *change, sd_bus_message *call, sd_bus_error *ret_error)
{
	struct asked_change asked = { call, change, { change->vm, change->target, change->number } };
	struct line_change c = {
		.edit = { .look = net_edit_look, .userdata = &asked.edit, .line = change->line },
		.asked = &asked,
	};
	int r = line_change_make(m, &store, &c, ret_error);

	return r < 0 ? r : (int)c.removed;
}

void net_lists_vm_off(struct manager *m, struct vm *vm)
{
	struct net_vm *of = m->net_lists ? net_state_vm(m->net_lists, vm->config.name, false) : NULL;

	if (!m->net_lists)
		return;
	net_question_forget(m, vm);
	net_owner_forget(vm);
	if (!of)
		return;
	free(of->sessions);
	of->sessions = NULL;
	of->nsessions = 0;
	memset(&of->refused, 0, sizeof(of->refused));
	of->next_program = 0;
	free(of->programs);
	of->programs = NULL;
}
