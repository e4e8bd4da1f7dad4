/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

#define FILE_ACCESS                                                                                  \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | \
		LANDLOCK_ACCESS_FS_TRUNCATE | LANDLOCK_ACCESS_FS_IOCTL_DEV)

/* struct landlock_ruleset_attr as of ABI 6; older kernels take a prefix. */
struct ruleset_attr {
	uint64_t fs, net, scope;
};

static uint64_t known_fs(int abi)
{
	if (abi >= 5)
		return LANDLOCK_FS_ALL;
	if (abi >= 3)
		return LANDLOCK_FS_ALL & ~LANDLOCK_ACCESS_FS_IOCTL_DEV;
	if (abi == 2)
		return LANDLOCK_ACCESS_FS_REFER | (LANDLOCK_ACCESS_FS_REFER - 1);
	return LANDLOCK_ACCESS_FS_REFER - 1;
}

int landlock_abi(void)
{
	long abi = syscall(__NR_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	if (abi >= 0)
		return (int)abi;
	return errno == ENOSYS || errno == EOPNOTSUPP ? 0 : -errno;
}

int landlock_create(int abi, uint64_t fs, uint64_t net, uint64_t scope)
{
	struct ruleset_attr attr = { .fs = fs & known_fs(abi), .net = net, .scope = scope };
	size_t size = sizeof(attr);
	long fd;

	if (abi < 4)
		size = offsetof(struct ruleset_attr, net);
	else if (abi < 6)
		size = offsetof(struct ruleset_attr, scope);
	fd = syscall(__NR_landlock_create_ruleset, &attr, size, 0);
	return fd < 0 ? -errno : (int)fd;
}

int landlock_allow(int ruleset, int abi, const char *path, uint64_t fs)
{
	int fd cleanup_fd = open(path, O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr attr = { .allowed_access = fs & known_fs(abi) };
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		attr.allowed_access &= FILE_ACCESS;
	attr.parent_fd = fd;
	if (syscall(__NR_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &attr, 0) < 0)
		return -errno;
	return 0;
}

int landlock_enter(int ruleset)
{
	return syscall(__NR_landlock_restrict_self, ruleset, 0) < 0 ? -errno : 0;
}
