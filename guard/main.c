/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmos-smack: puts Smack into the state that vmOS needs, early in the boot of
 * its host and before libvirtd and vmosd, and says so where the kernel has no
 * Smack. What it sets it reads back. vmosd looks again before each start of a
 * VM; nothing rests on this program having run.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "base/log.h"
#include "base/smack.h"
#include "guard/state.h"

#define EXIT_NO_SMACK 3

static int usage(FILE *out)
{
	fprintf(out,
		"Usage: vmos-smack [--check | --help | --version]\n\n"
		"Sets the Smack state of a vmOS host at boot; --check only looks whether it is set.\n"
		"Exit status: 0 it is set, 1 it is not, 2 wrong use, 3 the kernel does not decide by Smack.\n");
	return out == stdout ? 0 : 2;
}

static int require_smack(void)
{
	int r = smack_is_active();

	if (r == 1)
		return 0;
	if (r < 0)
		log_error("The kernel's list of security modules cannot be read: %s. Mount securityfs at "
			  "/sys/kernel/security.",
			strerror(-r));
	else
		log_error(
			"This kernel does not decide by Smack, so no VM will start. Boot the kernel of the vmOS host, "
			"with \"smack\" among lsm= on its command line.");
	return r < 0 ? r : -ENOSYS;
}

/* What has no label of its own there is free to all, as systemd mounts it: the kernel itself asks for capabilities. */
static int mount_smackfs(void)
{
	if (smack_fs_is_mounted())
		return 0;
	if (mount("smackfs", SMACK_FS, "smackfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "smackfsdef=*") == 0)
		return 0;
	log_error("smackfs cannot be mounted at %s: %s.", SMACK_FS, strerror(errno));
	return -errno;
}

static int load_rules(void)
{
	for (const struct state_rule *rule = state_rules; rule->subject; rule++) {
		int r = smack_rule_load(rule->subject, rule->object, rule->access);

		if (r == 0)
			r = smack_may(rule->subject, rule->object, rule->access) == 1 ? 0 : -EBADE;
		if (r == 0)
			continue;
		log_error("The kernel does not take the rule \"%s %s %s\": %s.", rule->subject, rule->object,
			rule->access, strerror(-r));
		return r;
	}
	return 0;
}

static int write_file(const char *name, const char *text)
{
	int r = smack_fs_write(name, text);

	if (r < 0)
		log_error("%s/%s cannot be set to \"%s\": %s.", SMACK_FS, name, text, strerror(-r));
	return r;
}

static int check(void)
{
	char text[4096];
	int r = smack_fs_read("ptrace", text, sizeof(text));

	if (r == 0 && strcmp(text, STATE_PTRACE) != 0) {
		log_error(
			"%s/ptrace is %.16s instead of %s: VMs could trace each other.", SMACK_FS, text, STATE_PTRACE);
		return -EBADE;
	}
	if (r == 0)
		r = smack_fs_read("onlycap", text, sizeof(text));
	if (r == 0 && !state_onlycap_is_right(text)) {
		log_error("%s/onlycap is \"%.200s\" instead of \"%s\": others could change labels.", SMACK_FS, text,
			STATE_ONLYCAP);
		return -EBADE;
	}
	if (r < 0)
		log_error("The state of Smack cannot be read from %s: %s.", SMACK_FS, strerror(-r));
	return r;
}

/* onlycap last: from then on only the labels in it may set anything. */
static int set(void)
{
	int r = mount_smackfs();

	if (r == 0)
		r = load_rules();
	if (r == 0)
		r = write_file("ptrace", STATE_PTRACE);
	if (r == 0)
		r = write_file("onlycap", STATE_ONLYCAP);
	return r;
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "check", no_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, 'v' }, { 0 } };
	bool only_check = false;
	int c;

	log_open("vmos-smack", NULL);
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'v')
			return printf("vmos-smack %s\n", VMOS_VERSION) < 0;
		if (c != 'c')
			return usage(c == 'h' ? stdout : stderr);
		only_check = true;
	}
	if (optind < argc)
		return usage(stderr);
	if (require_smack() < 0)
		return EXIT_NO_SMACK;
	if (!only_check && set() < 0)
		return 1;
	return check() < 0;
}
