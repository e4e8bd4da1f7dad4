/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/narrow.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/landlock.h"
#include "base/sandbox.h"
#include "wire/card.h"

/* Should: open the node of TAP devices. Mustn't: reach another file, TCP, an abstract socket, a process. */
static int narrow_files(void)
{
	const uint64_t node =
		LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_IOCTL_DEV;
	int ruleset cleanup_fd = -1;
	int abi = landlock_abi(), r;

	if (access(CARD_NODE, F_OK) < 0)
		return -errno;
	if (abi <= 0)
		return abi;
	ruleset = landlock_create(abi, LANDLOCK_FS_ALL, LANDLOCK_NET_ALL, LANDLOCK_SCOPE_ALL);
	if (ruleset < 0)
		return ruleset;
	r = landlock_allow(ruleset, abi, CARD_NODE, node);
	return r < 0 ? r : landlock_enter(ruleset);
}

/* Should: set devices, and programs on them. Mustn't: load another program, make a packet socket. */
static int narrow_capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct admin = { .effective = 1u << CAP_NET_ADMIN,
		.permitted = 1u << CAP_NET_ADMIN };
	const struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { admin };

	return syscall(SYS_capset, &head, data) < 0 ? -errno : 0;
}

/* Should: what libbpf needs to put a loaded program on a device. Mustn't: start anything, load anything. */
static int narrow_calls(void)
{
	static const char *const names[] = { "openat", "ioctl", "socket", "bind", "getsockname", "setsockopt", NULL };
	static const unsigned commands[] = { BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM, BPF_MAP_DELETE_ELEM,
		BPF_MAP_GET_NEXT_KEY, BPF_OBJ_GET_INFO_BY_FD };
	const struct sandbox_choice choice = { "bpf", commands, sizeof(commands) / sizeof(commands[0]) };

	return sandbox_calls_with(names, &choice);
}

int narrow(void)
{
	int r = sandbox_start();

	if (r == 0)
		r = narrow_files();
	if (r == 0)
		r = narrow_capabilities();
	if (r == 0)
		r = narrow_calls();
	return r;
}
