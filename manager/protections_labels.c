/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Smack's own state, and whether labels of files last. */
#include "manager/protections.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/smack.h"
#include "manager/labels.h"

void protections_smack(const struct protections_env *env, struct protection *p)
{
	char list[4096];
	int r = protections_text(env, "/sys/kernel/security/lsm", list, sizeof(list));

	if (r < 0)
		protections_say(p, false,
			"Whether the kernel decides by Smack cannot be seen: /sys/kernel/security/lsm: %s. Mount "
			"securityfs at "
			"/sys/kernel/security.",
			strerror(-r));
	else if (!smack_list_has(list, "smack"))
		protections_say(p, false,
			"The kernel does not decide by Smack, so nothing would hold a QEMU that a guest took over. "
			"Boot the "
			"kernel of the vmOS host, with \"smack\" among lsm= on its command line.");
	else
		protections_say(p, true,
			"The kernel decides by Smack, so a QEMU reaches what its VM's label may, also if "
			"a guest took it over.");
}

/* A folder with the right files in it is no smackfs: anybody could have made it. */
void protections_smackfs(const struct protections_env *env, struct protection *p)
{
	char path[512];

	snprintf(path, sizeof(path), "%s" SMACK_FS "/load2", env->root);
	if (access(path, F_OK) < 0 || (!env->root[0] && !smack_fs_is_mounted()))
		protections_say(p, false,
			"smackfs is not mounted at " SMACK_FS
			", so no rule of a VM could be loaded. Run: systemctl restart "
			"vmos-smack");
	else
		protections_say(p, true, "smackfs is mounted, so rules can be loaded and asked for.");
}

/* The first word of @list that may not be there, into @ret_word; false: there is none. */
static bool find_foreign(const char *list, char *ret_word, size_t size)
{
	static const char *const allowed[] = { LABEL_HOST, LABEL_MANAGER, LABEL_LIBVIRT };

	for (list += strspn(list, " \n"); *list; list += strspn(list, " \n")) {
		size_t len = strcspn(list, " \n");
		bool known = false;

		for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
			known |= strlen(allowed[i]) == len && memcmp(allowed[i], list, len) == 0;
		if (!known) {
			snprintf(ret_word, size, "%.*s", (int)len, list);
			return true;
		}
		list += len;
	}
	return false;
}

void protections_onlycap(const struct protections_env *env, struct protection *p)
{
	static const char remedy[] = "Run: systemctl restart vmos-smack";
	char list[4096], word[64];
	int r = protections_text(env, SMACK_FS "/onlycap", list, sizeof(list));

	if (r < 0)
		protections_say(p, false, "Who may change labels cannot be read from " SMACK_FS "/onlycap (%s). %s",
			strerror(-r), remedy);
	else if (list[strspn(list, " \n")] == '\0')
		protections_say(p, false,
			"Every program with the capability could change labels and rules: " SMACK_FS
			"/onlycap is empty. %s",
			remedy);
	else if (find_foreign(list, word, sizeof(word)))
		protections_say(p, false,
			"Programs labelled %s could change labels and rules: that label is in " SMACK_FS "/onlycap. %s",
			word, remedy);
	else if (!smack_list_has(list, LABEL_MANAGER) || !smack_list_has(list, LABEL_LIBVIRT))
		protections_say(p, false,
			"vmosd and libvirtd may not label VMs: " LABEL_MANAGER " or " LABEL_LIBVIRT
			" is not in " SMACK_FS "/onlycap. %s",
			remedy);
	else
		protections_say(p, true, "Only the host's own programs may change labels and rules.");
}

void protections_ptrace(const struct protections_env *env, struct protection *p)
{
	char text[32];
	int r = protections_text(env, SMACK_FS "/ptrace", text, sizeof(text));

	if (r < 0)
		protections_say(p, false,
			"Whether processes may trace each other cannot be read from " SMACK_FS
			"/ptrace (%s). Run: systemctl "
			"restart vmos-smack",
			strerror(-r));
	else if (strcmp(text, "2") != 0)
		protections_say(p, false,
			"A process could trace another and take over its rights: " SMACK_FS
			"/ptrace is %s, not 2. Run: "
			"systemctl restart vmos-smack",
			text);
	else
		protections_say(p, true, "No process traces another, whatever the rules say.");
}

/*
 * The attribute of a user besides the label: on a file system without
 * attributes Smack keeps a label in memory only, takes it, shows it, and loses
 * it with the inode (smack_inode_setsecurity() in smack_lsm.c).
 */
static int try_labels(const char *dir)
{
	int fd cleanup_fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0 || fsetxattr(fd, "user.vmos", "1", 1, 0) < 0)
		return -errno;
	return smack_fd_set(fd, LABEL_OFF);
}

void protections_xattr(const struct protections_env *env, struct protection *p)
{
	int r = try_labels(env->data);

	if (r < 0)
		protections_say(p, false,
			"The file system of %s does not keep labels (%s), so a VM's disk would not stay closed to "
			"others. Put "
			"it on ext4, XFS or Btrfs.",
			env->data, strerror(-r));
	else
		protections_say(p, true, "The file system of %s keeps the labels of disks.", env->data);
}
