/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel shows of the host beside Smack. None of it is needed for a VM to start; all of it is shown. */
#include "manager/protections.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"

int protections_text(const struct protections_env *env, const char *path, char *ret_text, size_t size)
{
	char full[512];
	int fd cleanup_fd = -1;
	ssize_t n;

	snprintf(full, sizeof(full), "%s%s", env->root, path);
	fd = open(full, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = fd_read_all(fd, ret_text, size);
	if (n < 0)
		return (int)n;
	if ((size_t)n == size)
		return -EMSGSIZE;
	while (n > 0 && ret_text[n - 1] == '\n')
		n--;
	ret_text[n] = '\0';
	return (int)n;
}

static bool has_entries(const struct protections_env *env, const char *path)
{
	char full[512];
	struct dirent *entry;
	bool found = false;
	DIR *d;

	snprintf(full, sizeof(full), "%s%s", env->root, path);
	d = opendir(full);
	while (d && !found && (entry = readdir(d)))
		found = entry->d_name[0] != '.';
	if (d)
		closedir(d);
	return found;
}

void protections_iommu(const struct protections_env *env, struct protection *p)
{
	if (has_entries(env, "/sys/class/iommu"))
		protections_say(p, true, "An IOMMU keeps devices out of the host's memory.");
	else
		protections_say(p, false,
			"No IOMMU is in use, so a device can write to all memory. Turn on VT-d or AMD-Vi in the "
			"firmware.");
}

void protections_lockdown(const struct protections_env *env, struct protection *p)
{
	char text[128];

	if (protections_text(env, "/sys/kernel/security/lockdown", text, sizeof(text)) < 0)
		protections_say(p, false,
			"The kernel has no lockdown, so root can change the running kernel. Boot the kernel of the "
			"vmOS host.");
	else if (strstr(text, "[none]") || !strchr(text, '['))
		protections_say(p, false,
			"The kernel is not locked down, so root can change it while it runs. Add lockdown=integrity to "
			"its "
			"command line.");
	else
		protections_say(p, true, "The kernel is locked down: not even root changes it while it runs.");
}

/* The kernel makes the root's device by itself (dm-init), then there is no name from the tools: its table says it. */
static bool is_verity(const struct protections_env *env)
{
	char path[128], text[4096];
	const char *table;
	int r;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/dm/uuid", major(env->root_device), minor(env->root_device));
	r = protections_text(env, path, text, sizeof(text));
	if (r < 0)
		return false;
	if (strncmp(text, "CRYPT-VERITY-", 13) == 0)
		return true;
	if (protections_text(env, "/proc/cmdline", text, sizeof(text)) < 0)
		return false;
	table = strstr(text, "dm-mod.create=");
	return table && strstr(table, " verity ");
}

void protections_verity(const struct protections_env *env, struct protection *p)
{
	if (is_verity(env))
		protections_say(p, true, "Each block of the host's own files is checked when it is read (dm-verity).");
	else
		protections_say(p, false,
			"The host's own files are not checked by dm-verity, so a change to them goes unseen. Boot the "
			"vmOS "
			"host image.");
}

/* The name of a network interface other than lo in /proc/PID/net/dev (proc_pid_net(5)). False: there is none. */
static bool find_interface(char *text, char *ret_name, size_t size)
{
	char *save, *line = strtok_r(text, "\n", &save);

	for (; line; line = strtok_r(NULL, "\n", &save)) {
		char *colon = strchr(line, ':');

		while (isspace((unsigned char)*line))
			line++;
		if (!colon || strncmp(line, "lo:", 3) == 0)
			continue;
		*colon = '\0';
		snprintf(ret_name, size, "%s", line);
		return true;
	}
	return false;
}

/* The network of the host's first process: the manager's own has none. */
void protections_offline(const struct protections_env *env, struct protection *p)
{
	char text[16384], name[64];
	int r = protections_text(env, "/proc/1/net/dev", text, sizeof(text));

	if (r < 0)
		protections_say(p, false,
			"Whether the host has a network cannot be seen: /proc/1/net/dev: %s. Run vmosd "
			"as vmosd.service.",
			strerror(-r));
	else if (find_interface(text, name, sizeof(name)))
		protections_say(p, false,
			"The host itself has a network interface, %s, so it can be attacked from outside. Boot the "
			"kernel of "
			"the vmOS host, which drives no network card.",
			name);
	else
		protections_say(p, true, "The host has no network card, address or route.");
}

/* What /proc shows of others' processes (proc(5)). */
void protections_hidepid(const struct protections_env *env, struct protection *p)
{
	char text[65536], *at;
	int r = protections_text(env, "/proc/1/mounts", text, sizeof(text));

	at = r < 0 ? NULL : strstr(text, " /proc proc ");
	if (at)
		at[strcspn(at, "\n")] = '\0';
	if (at && (strstr(at, "hidepid=invisible") || strstr(at, "hidepid=2") || strstr(at, "hidepid=ptraceable")))
		protections_say(p, true, "No user sees the processes of another in /proc.");
	else
		protections_say(p, false,
			"Every user sees all processes in /proc. Mount it with hidepid=invisible, as the vmOS host "
			"does.");
}

/* At least this much; a file that is not there: the kernel was built without what it governs. */
static const struct {
	const char *path;
	long least;
} sysctls[] = {
	{ "kernel/yama/ptrace_scope", 1 },
	{ "kernel/unprivileged_bpf_disabled", 1 },
	{ "kernel/io_uring_disabled", 2 },
	{ "kernel/perf_event_paranoid", 2 },
	{ "kernel/kptr_restrict", 1 },
	{ "kernel/dmesg_restrict", 1 },
	{ "kernel/kexec_load_disabled", 1 },
	{ "kernel/randomize_va_space", 2 },
	{ "fs/protected_symlinks", 1 },
	{ "fs/protected_hardlinks", 1 },
};

void protections_sysctl(const struct protections_env *env, struct protection *p)
{
	char path[128], text[64];

	for (size_t i = 0; i < sizeof(sysctls) / sizeof(sysctls[0]); i++) {
		snprintf(path, sizeof(path), "/proc/sys/%s", sysctls[i].path);
		if (protections_text(env, path, text, sizeof(text)) < 0 || strtol(text, NULL, 10) >= sysctls[i].least)
			continue;
		for (char *c = path; *c; c++)
			*c = *c == '/' ? '.' : *c;
		protections_say(p, false,
			"The kernel offers more than it need: %s is %s. Set it to %ld in /etc/sysctl.d.",
			path + strlen("/proc/sys/"), text, sysctls[i].least);
		return;
	}
	if (protections_text(env, "/proc/sys/kernel/randomize_va_space", text, sizeof(text)) < 0)
		protections_say(p, false, "The kernel's settings cannot be read from /proc/sys. Mount /proc.");
	else
		protections_say(p, true, "What vmOS does not use of the kernel is closed to programs (sysctl).");
}
