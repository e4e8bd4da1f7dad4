/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/protections_bus.h"

#include <sys/stat.h>

#include "base/landlock.h"
#include "manager/errors.h"
#include "manager/manager.h"
#include "manager/manager_rules.h"
#include "manager/protections.h"

/* A libvirtd that somebody restarts is back within a second or two: a start waits for it, who only asks does not. */
#define LIBVIRT_RESTART_SECONDS 5

static size_t read_all(struct manager *m, int seconds, struct protection *ret_list)
{
	struct protections_env env = {
		.system = m->system,
		.root = "",
		.data = m->data,
		.rules = &m->rules,
		.rules_dirs = (const char *const *)m->rules_dirs,
		.lists_error = net_lists_error(m),
		.lists = net_lists_count(m),
		.kvm = m->accel.kvm,
		.kvm_words = m->accel.reason,
		.confine = m->confine.on,
		.confine_words = m->confine.words,
		.landlock_abi = landlock_abi(),
	};
	const char *no_cards;
	struct stat st;
	size_t n;

	env.no_cards = net_links_has_cards(m, &no_cards) ? NULL : no_cards;
	if (m->system)
		env.driver = virt_has_secmodel(m->virt, "smack", seconds);
	if (stat("/", &st) == 0)
		env.root_device = st.st_dev;
	n = protections_read(&env, ret_list);
	manager_rules_apply(m);
	return n;
}

int protections_check(struct manager *m, sd_bus_error *ret_error)
{
	struct protection list[PROTECTIONS_MAX];
	const struct protection *missing;

	if (!m->system)
		return 0;
	missing = protections_missing(list, read_all(m, LIBVIRT_RESTART_SECONDS, list));
	return missing ? errors_set(ret_error, ERROR_UNPROTECTED, "%s", missing->words) : 0;
}

int protections_get(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
	void *userdata, sd_bus_error *ret_error)
{
	struct protection list[PROTECTIONS_MAX];
	size_t n = read_all(userdata, 0, list);
	int r = sd_bus_message_open_container(reply, 'a', "(sbs)");

	for (size_t i = 0; r >= 0 && i < n; i++)
		r = sd_bus_message_append(reply, "(sbs)", list[i].name, list[i].on, list[i].words);
	return r < 0 ? r : sd_bus_message_close_container(reply);
}
