/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/accel.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/cleanup.h"

/* Whether the first "flags" line of /proc/cpuinfo has the word @flag. */
static bool flags_have(const char *line, const char *flag)
{
	size_t len = strlen(flag);

	for (const char *at = strstr(line, flag); at; at = strstr(at + len, flag)) {
		bool starts = at[-1] == ' ' || at[-1] == '\t';

		if (starts && (at[len] == ' ' || at[len] == '\n' || at[len] == '\0'))
			return true;
	}
	return false;
}

/* What the first processor shows: vmx or svm, and the mark that a hypervisor leaves for its guests. */
static bool cpu_has_virtualisation(bool *ret_nested)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	bool found = false;
	char *line = NULL;
	size_t cap = 0;

	*ret_nested = false;
	if (!file)
		return false;
	while (getline(&line, &cap, file) > 0) {
		if (strncmp(line, "flags", 5) != 0)
			continue;
		found = flags_have(line, "vmx") || flags_have(line, "svm");
		*ret_nested = flags_have(line, "hypervisor");
		break;
	}
	free(line);
	fclose(file);
	return found;
}

void accel_probe(struct accel *ret_accel)
{
	static struct utsname host;
	int fd cleanup_fd = -1;

	uname(&host);
	ret_accel->architecture = host.machine;
	ret_accel->kvm = false;
	if (!cpu_has_virtualisation(&ret_accel->nested)) {
		ret_accel->reason = "The CPU shows neither vmx nor svm, so VMs are emulated (slow). "
				    "Turn on virtualisation in the firmware, or nested virtualisation if this is a VM.";
		return;
	}
	fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		ret_accel->reason = "The CPU can virtualise, but /dev/kvm does not open, so VMs are emulated (slow). "
				    "Load the module kvm_intel or kvm_amd and join the group kvm.";
		return;
	}
	ret_accel->kvm = true;
	ret_accel->reason = "The CPU has vmx or svm and /dev/kvm opens.";
}
