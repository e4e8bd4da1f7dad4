/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/protections.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void protections_say(struct protection *p, bool on, const char *fmt, ...)
{
	va_list ap;

	p->on = on;
	va_start(ap, fmt);
	vsnprintf(p->words, sizeof(p->words), fmt, ap);
	va_end(ap);
}

/* A file that does not parse changes nothing for VMs that run; the set before it stays in force. */
static void read_rules(const struct protections_env *env, struct protection *p)
{
	if (rules_load(env->rules, env->rules_dirs, env->system) < 0)
		protections_say(p, false, "The rules between VMs cannot be used: %s%s",
			env->rules->error ? env->rules->error : "memory is out.",
			env->system ? " No VM starts until this is corrected." : "");
	else
		protections_say(p, true, "%zu %s between VMs in force; what no rule allows is denied.",
			env->rules->set.count, env->rules->set.count == 1 ? "rule" : "rules");
}

static void read_lists(const struct protections_env *env, struct protection *p)
{
	if (env->lists_error)
		protections_say(p, false, "The network lists cannot be used: %s %s", env->lists_error,
			env->lists > 0 ? "Those before stay in force." : "Until this is corrected see: vmos net list");
	else
		protections_say(
			p, true, "%zu %s of network lists in force.", env->lists, env->lists == 1 ? "line" : "lines");
}

static void read_driver(const struct protections_env *env, struct protection *p)
{
	if (env->driver == 1)
		protections_say(p, true, "libvirt gives each QEMU and its files labels of their own.");
	else if (env->driver < 0)
		protections_say(p, false,
			"libvirt does not say whether it labels VMs (%s). See: systemctl status libvirtd",
			strerror(-env->driver));
	else
		protections_say(p, false,
			"libvirt does not label VMs: its Smack driver is not in force. Install vmOS's libvirt "
			"packages, write "
			"security_driver = [ \"smack\" ] into /etc/libvirt/qemu.conf and restart libvirtd.");
}

static void read_uid(const struct protections_env *env, struct protection *p)
{
	if (env->system)
		protections_say(p, true, "Each VM's QEMU and helpers run as a user of their own.");
	else
		protections_say(p, false,
			"In session mode all VMs run as your own user: what breaks out of QEMU and its confinement "
			"reaches "
			"your files.");
}

static void read_confine(const struct protections_env *env, struct protection *p)
{
	if (!env->confine)
		protections_say(p, false, "%s", env->confine_words);
	else if (env->landlock_abi <= 0)
		protections_say(p, true,
			"%s But this kernel has no Landlock, so files are not narrowed: add \"landlock\" "
			"to lsm= on its command line.",
			env->confine_words);
	else
		protections_say(p, true, "%s Landlock ABI %d.", env->confine_words, env->landlock_abi);
}

static void read_kvm(const struct protections_env *env, struct protection *p)
{
	protections_say(p, env->kvm, "%s", env->kvm_words);
}

static void read_helpers(const struct protections_env *env, struct protection *p)
{
	protections_say(p, true,
		"What reads a guest's messages runs once per VM, without files and network, behind seccomp and "
		"Landlock.");
}

static void read_root(const struct protections_env *env, struct protection *p)
{
	protections_say(p, true, "VMs share their template read-only; changes to it are gone when a VM stops.");
}

static void read_network(const struct protections_env *env, struct protection *p)
{
	if (env->no_cards)
		protections_say(p, true, "VMs have no network card: %s.", env->no_cards);
	else
		protections_say(p, true,
			"A VM reaches the network only through a NET VM, where a rule opens the link and its list "
			"allows it; vmos-tap drops all else.");
}

static void read_smack(const struct protections_env *env, struct protection *p)
{
	if (env->system)
		protections_smack(env, p);
	else
		protections_say(
			p, false, "Session mode has no mandatory access control (Smack): that needs the vmOS host.");
}

enum where { SYSTEM = 1, SESSION = 2, BOTH = 3 };

/* In the order in which a missing one is named: each stands on those above it. */
static const struct {
	const char *name;
	enum where where;
	bool needed;
	protections_fn read;
} table[] = {
	{ "smack", BOTH, true, read_smack },
	{ "smackfs", SYSTEM, true, protections_smackfs },
	{ "onlycap", SYSTEM, true, protections_onlycap },
	{ "ptrace", SYSTEM, true, protections_ptrace },
	{ "xattr", SYSTEM, true, protections_xattr },
	{ "rules", BOTH, true, read_rules },
	{ "network-lists", BOTH, false, read_lists },
	{ "driver", SYSTEM, true, read_driver },
	{ "uid", BOTH, false, read_uid },
	{ "confine", BOTH, false, read_confine },
	{ "kvm", BOTH, false, read_kvm },
	{ "helper-sandbox", BOTH, false, read_helpers },
	{ "read-only-root", BOTH, false, read_root },
	{ "network", BOTH, false, read_network },
	{ "offline", SYSTEM, false, protections_offline },
	{ "verity", SYSTEM, false, protections_verity },
	{ "lockdown", SYSTEM, false, protections_lockdown },
	{ "iommu", SYSTEM, false, protections_iommu },
	{ "hidepid", SYSTEM, false, protections_hidepid },
	{ "sysctl", SYSTEM, false, protections_sysctl },
};

_Static_assert(sizeof(table) / sizeof(table[0]) <= PROTECTIONS_MAX, "the list fits");

size_t protections_read(const struct protections_env *env, struct protection *ret_list)
{
	size_t n = 0;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct protection *p = &ret_list[n];

		if (!(table[i].where & (env->system ? SYSTEM : SESSION)))
			continue;
		*p = (struct protection){ .name = table[i].name, .needed = env->system && table[i].needed };
		table[i].read(env, p);
		n++;
	}
	return n;
}

const struct protection *protections_missing(const struct protection *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (list[i].needed && !list[i].on)
			return &list[i];
	}
	return NULL;
}
