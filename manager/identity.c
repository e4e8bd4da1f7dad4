/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/identity.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/smack.h"

#define HELPER_MEMORY \
	(1ull << 30) /* bytes of address space; both channels are 288 MiB, vmos-desktop's frames 128 MiB */

bool identity_uid_is_valid(uint32_t uid)
{
	return uid >= IDENTITY_UID_MIN && uid <= IDENTITY_UID_MAX;
}

uint32_t identity_pick(const uint32_t *used, size_t n)
{
	for (uint32_t uid = IDENTITY_UID_MIN; uid <= IDENTITY_UID_MAX; uid++) {
		size_t i = 0;

		while (i < n && used[i] != uid)
			i++;
		if (i == n)
			return uid;
	}
	return 0;
}

/* A VM's folder is root's; its group says whose it is. */
size_t identity_scan_owners(const char *dir, uint32_t *used, size_t n, size_t cap)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	struct stat st;

	if (!d)
		return n;
	while (n < cap && (e = readdir(d))) {
		if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && identity_uid_is_valid(st.st_gid))
			used[n++] = st.st_gid;
	}
	closedir(d);
	return n;
}

/* The kernel labels every socket's inode "*" and takes no other label: what counts is the socket's own, see smack_fd_set(). */
static int label_path(const struct identity *id, const char *path)
{
	char label[SMACK_LABEL_MAX + 1];
	struct stat st;
	int r = lstat(path, &st) < 0 ? -errno : 0;

	if (r < 0 || S_ISSOCK(st.st_mode))
		return r;
	r = label_of(id->vm, LABEL_IMAGE, label);
	return r < 0 ? r : smack_path_set(path, label);
}

int identity_own_folder(const struct identity *id, const char *path)
{
	int r;

	if (!id->apart)
		return 0;
	r = label_path(id, path);
	if (r < 0)
		return r;
	return lchown(path, 0, id->uid) < 0 || chmod(path, 0710) < 0 ? -errno : 0;
}

int identity_own_file(const struct identity *id, const char *path)
{
	int r;

	if (!id->apart)
		return 0;
	r = label_path(id, path);
	if (r < 0)
		return r;
	/* the folder is root's, so that no symlink can take the file's place in between */
	if (lchown(path, id->uid, id->uid) < 0)
		return -errno;
	return fchmodat(AT_FDCWD, path, 0600, 0) < 0 ? -errno : 0;
}

int identity_label_fd(const struct identity *id, int fd, enum label_kind kind)
{
	char label[SMACK_LABEL_MAX + 1];
	int r;

	if (!id->apart)
		return 0;
	r = label_of(id->vm, kind, label);
	return r < 0 ? r : smack_fd_set(fd, label);
}

int identity_check_peer(const struct identity *id, int sock, pid_t *ret_pid)
{
	struct ucred cred;
	int r = fd_peer(sock, &cred);

	if (r < 0)
		return r;
	if (cred.uid != (id->apart ? id->uid : geteuid()))
		return -EPERM;
	if (ret_pid)
		*ret_pid = cred.pid;
	return 0;
}

/* Helpers of all VMs share vmosd's control group: no one may take the memory of the others. */
static int limit_memory(void)
{
	const struct rlimit limit = { HELPER_MEMORY, HELPER_MEMORY };

	return setrlimit(RLIMIT_AS, &limit) < 0 ? -errno : 0;
}

/* The label first: setting it needs a capability that goes with the user id. */
int identity_become(const struct identity *id, enum label_kind kind)
{
	char label[SMACK_LABEL_MAX + 1];
	int r;

	if (!id->apart)
		return 0;
	r = label_of(id->vm, kind, label);
	if (r == 0)
		r = smack_self_set(label);
	if (r < 0)
		return r;
	r = limit_memory();
	if (r < 0)
		return r;
	if (setgroups(0, NULL) < 0 || setresgid(id->uid, id->uid, id->uid) < 0 ||
		setresuid(id->uid, id->uid, id->uid) < 0)
		return -errno;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}
