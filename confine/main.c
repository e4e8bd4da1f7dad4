/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmos-confine: a domain's emulator. It narrows itself to what that VM needs, then becomes QEMU.
 * vmosd also starts it with "--switch DIR", to become a VDE switch that is as narrow, and with "--plug DIR", to
 * send on fd 3 the sockets of an end of one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "confine/ablation.h"
#include "confine/blockdev.h"
#include "confine/cable.h"
#include "confine/connect.h"
#include "confine/grants.h"
#include "confine/narrow.h"
#include "confine/plug.h"
#include "confine/switch.h"

/* Says why QEMU was not started; libvirt shows it as the domain's log. */
static int fail(const char *what, const char *path, int error)
{
	if (path)
		log_error("%s %s: %s", what, path, strerror(-error));
	else
		log_error("%s: %s", what, strerror(-error));
	return EXIT_FAILURE;
}

static int collect(struct grants *g, const char *variable, char **argv)
{
	int ret;

	if (!variable)
		return grants_add_probe(g, argv);
	ret = grants_add_variable(g, variable);
	return ret < 0 ? ret : grants_add_secrets(g, argv);
}

/* The stages, in their order. 0, or the exit code after saying why. */
static int narrow(const struct grants *grants, enum narrow_profile profile)
{
	const char *path = NULL;
	int ret = ablation_is_off("nnp") ? 0 : narrow_start();

	if (ret < 0)
		return fail("cannot give up privileges", NULL, ret);
	ret = ablation_is_off("landlock") ? 1 : narrow_files(grants, &path);
	if (ret < 0)
		return fail("cannot confine QEMU to the VM's files", path, ret);
	if (ret == 0)
		log_warning("this kernel has no Landlock: QEMU is confined by seccomp only");
	ret = ablation_is_off("seccomp") ? 0 : narrow_calls(profile);
	return ret < 0 ? fail("cannot load the list of refused system calls", NULL, ret) : 0;
}

/* What the arguments say of disks and sockets, as a confined QEMU needs it. 0, or the exit code after saying why. */
static int adapt(char **argv)
{
	const char *path = NULL;
	int ret = blockdev_unlock(argv);

	if (ret < 0)
		return fail("cannot read a -blockdev of QEMU's arguments", NULL, ret);
	ret = connect_chardevs(argv, &path);
	if (ret < 0)
		return fail("nobody serves the VM's channel at", path, ret);
	ret = plug_netdevs(argv, &path);
	if (ret < 0)
		return fail("no switch for the VM's network card at", path, ret);
	ret = cable_netdevs(argv, CABLE_PATIENCE_MS, &path);
	if (ret < 0)
		return fail("vmosd hands out no network card of the VM's at", path, ret);
	ablation_sandbox(argv);
	return 0;
}

/* Narrows this process and becomes QEMU. Comes back only when that failed, with the exit code. */
static int become_qemu(struct grants *grants, const char *variable, char **argv)
{
	int ret = collect(grants, variable, argv);

	if (ret < 0)
		return fail("cannot understand the environment variable " GRANTS_VARIABLE, variable, ret);
	ret = variable ? adapt(argv) : 0;
	if (ret == 0)
		ret = narrow(grants, !variable ? NARROW_PROBE : grants->net ? NARROW_NET : NARROW_VM);
	if (ret != 0)
		return ret;
	unsetenv(GRANTS_VARIABLE);
	argv[0] = (char *)NARROW_QEMU;
	execv(NARROW_QEMU, argv);
	ret = -errno;
	log_error("cannot start %s: %s; install the package qemu-system-x86", NARROW_QEMU, strerror(-ret));
	return 127;
}

int main(int argc, char **argv)
{
	struct grants grants = { 0 };
	int code;

	log_open("vmos-confine", NULL);
	if (argc < 1)
		return EXIT_FAILURE;
	if (argc == 3 && strcmp(argv[1], "--switch") == 0)
		return switch_main(argv[2]);
	if (argc == 3 && strcmp(argv[1], "--plug") == 0)
		return plug_main(argv[2], PLUG_FD);
	code = become_qemu(&grants, getenv(GRANTS_VARIABLE), argv);
	grants_finish(&grants);
	return code;
}
