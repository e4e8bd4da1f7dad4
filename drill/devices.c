/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows 19 … 22: device nodes of the host, and the devices the victim's QEMU has open. */
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"
#include "drill/actions.h"

/* QEMU has its machine and processors (KVM), disks and eventfds among its first fds. */
#define FDS_TRIED 48

static void try_node(struct attempt *a, enum fact fact)
{
	const char *node = attempt_fact(a, fact);
	int fd cleanup_fd = -1;

	if (!node)
		return;
	fd = attempt_open(node, O_RDWR);
	attempt_part(a, "open", fd);
}

static void open_vfio(struct attempt *a)
{
	try_node(a, M_VFIO);
}

static void open_block(struct attempt *a)
{
	const char *node = attempt_fact(a, M_BLOCK);
	int read_fd cleanup_fd = -1, write_fd cleanup_fd = -1;

	if (!node)
		return;
	read_fd = attempt_open(node, O_RDONLY);
	attempt_part(a, "read", read_fd);
	write_fd = attempt_open(node, O_WRONLY);
	attempt_part(a, "write", write_fd);
}

/* An fd of the virtual machine would do: mapping a processor's fd shows its state, KVM looks at no one's rights there. */
static void take_fds(struct attempt *a)
{
	long long pid = attempt_number(a, B_PID, 10);
	int pidfd cleanup_fd = -1;

	if (pid < 0)
		return;
	pidfd = (int)try_call(SYS_pidfd_open, pid, 0);
	if (pidfd < 0) {
		attempt_part(a, "pidfd_open", -1);
		return;
	}
	for (int n = 0; n < FDS_TRIED; n++) {
		int taken cleanup_fd = (int)try_call(SYS_pidfd_getfd, pidfd, n, 0);

		if (taken >= 0 || errno != EBADF) {
			attempt_part(a, "pidfd_getfd", taken);
			return;
		}
	}
	attempt_part(a, "pidfd_getfd", -1);
}

static void open_tun(struct attempt *a)
{
	const char *node = attempt_fact(a, M_TUN);
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd cleanup_fd = -1;

	if (!node)
		return;
	fd = attempt_open(node, O_RDWR);
	if (attempt_part(a, "open", fd) && try_call(SYS_ioctl, fd, TUNSETIFF, &request) >= 0)
		attempt_part(a, "TUNSETIFF", 0);
}

static const attempt_run runs[] = { open_vfio, open_block, take_fds, open_tun };

const struct family family_devices = { 19, sizeof(runs) / sizeof(runs[0]), runs };
