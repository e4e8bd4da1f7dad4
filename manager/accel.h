/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether VMs run on the CPU (KVM) or by emulation (TCG), and why. */
#ifndef MANAGER_ACCEL_H
#define MANAGER_ACCEL_H

#include <stdbool.h>

struct accel {
	bool kvm;
	bool nested; /* KVM on a machine that is a VM itself: how fast it is, nobody knows */
	const char *reason; /* one sentence, static */
	const char *architecture; /* of the host, as uname says it; static after accel_probe() */
};

/*
 * Looks at /proc/cpuinfo and /dev/kvm. /dev/kvm alone proves nothing: it can
 * exist and open on a machine without vmx or svm, and a guest then hangs early
 * in its boot.
 */
void accel_probe(struct accel *ret_accel);

#endif
