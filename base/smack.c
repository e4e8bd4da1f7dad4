/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/smack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"

#define SMACK_FS_MAGIC 0x43415d53 /* linux/magic.h */
#define SMACK_LSM_LIST "/sys/kernel/security/lsm"
#define SELF_LABEL "/proc/thread-self/attr/smack/current"
#define SMACK_XATTR "security.SMACK64"
#define SMACK_XATTR_IN "security.SMACK64IPIN"
#define SMACK_XATTR_OUT "security.SMACK64IPOUT"

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool smack_label_is_valid(const char *label)
{
	size_t len = strnlen(label, SMACK_LABEL_MAX + 1);

	if (len == 1 && strchr("_^*?@", label[0]))
		return true;
	if (len == 0 || len > SMACK_LABEL_MAX || !is_alnum(label[0]))
		return false;
	for (size_t i = 1; i < len; i++) {
		if (!is_alnum(label[i]) && !strchr("_.-", label[i]))
			return false;
	}
	return true;
}

bool smack_access_is_valid(const char *access)
{
	return strcmp(access, "-") == 0 || (*access && access[strspn(access, "rwxatl")] == '\0');
}

bool smack_list_has(const char *list, const char *word)
{
	size_t want = strlen(word), len;

	for (const char *p = list + strspn(list, ", \n"); *p; p += len, p += strspn(p, ", \n")) {
		len = strcspn(p, ", \n");
		if (len == want && memcmp(p, word, len) == 0)
			return true;
	}
	return false;
}

int smack_rule_format(char *ret_text, size_t size, const char *subject, const char *object, const char *access)
{
	int n;

	if (!smack_label_is_valid(subject) || !smack_label_is_valid(object) || !smack_access_is_valid(access))
		return -EINVAL;
	n = snprintf(ret_text, size, "%s %s %s", subject, object, access);
	return n < 0 || (size_t)n >= size ? -EMSGSIZE : n;
}

int smack_is_active(void)
{
	char *list cleanup_free = NULL;
	size_t len;
	int r = fd_read_file(SMACK_LSM_LIST, 4096, &list, &len);

	return r < 0 ? r : smack_list_has(list, "smack");
}

bool smack_fs_is_mounted(void)
{
	struct statfs fs;

	return statfs(SMACK_FS, &fs) == 0 && fs.f_type == SMACK_FS_MAGIC;
}

/* The kernel's files take one write a request. */
static int write_once(int dir, const char *path, const char *text)
{
	int fd cleanup_fd = openat(dir, path, O_WRONLY | O_CLOEXEC);
	size_t len = strlen(text);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, len);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

/* Cuts what the kernel puts behind a value: a newline, the blank after onlycap's last label, a NUL. */
static int read_line(int fd, char *ret_text, size_t size)
{
	ssize_t n = fd_read_all(fd, ret_text, size);

	if (n < 0)
		return (int)n;
	if ((size_t)n == size)
		return -EMSGSIZE;
	while (n > 0 && strchr(" \n", ret_text[n - 1])) /* strchr() finds the NUL too */
		n--;
	ret_text[n] = '\0';
	return 0;
}

static int label_check(const char *label, const char *read_back)
{
	return strcmp(label, read_back) == 0 ? 0 : -EBADE;
}

/* attr/current speaks for the first exclusive module; attr/smack/ is Smack's own: no other answers for it. */
int smack_process_get(int pid, char *ret_label)
{
	char path[64] = SELF_LABEL;
	int fd cleanup_fd = -1;

	if (pid < 0)
		return -EINVAL;
	if (pid > 0)
		snprintf(path, sizeof(path), "/proc/%d/attr/smack/current", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : read_line(fd, ret_label, SMACK_LABEL_MAX + 1);
}

/* Read back by the file that was open before: for a thread that leaves the others the folder is theirs, and closed to it. */
int smack_self_set(const char *label)
{
	char now[SMACK_LABEL_MAX + 1];
	int fd cleanup_fd = -1;
	ssize_t n;
	int r;

	if (!smack_label_is_valid(label))
		return -EINVAL;
	fd = open(SELF_LABEL, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = write(fd, label, strlen(label));
	if (n != (ssize_t)strlen(label))
		return n < 0 ? -errno : -EIO;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	r = read_line(fd, now, sizeof(now));
	return r < 0 ? r : label_check(label, now);
}

/* @n: what a getxattr() of at most SMACK_LABEL_MAX bytes returned. */
static int xattr_end(ssize_t n, char *ret_label)
{
	if (n < 0)
		return -errno;
	ret_label[n] = '\0';
	return 0;
}

int smack_path_get(const char *path, char *ret_label)
{
	return xattr_end(lgetxattr(path, SMACK_XATTR, ret_label, SMACK_LABEL_MAX), ret_label);
}

int smack_path_set(const char *path, const char *label)
{
	char now[SMACK_LABEL_MAX + 1];
	int r;

	if (!smack_label_is_valid(label))
		return -EINVAL;
	if (lsetxattr(path, SMACK_XATTR, label, strlen(label), 0) < 0)
		return -errno;
	r = smack_path_get(path, now);
	return r < 0 ? r : label_check(label, now);
}

static int fd_get_one(int fd, const char *attr, char *ret_label)
{
	return xattr_end(fgetxattr(fd, attr, ret_label, SMACK_LABEL_MAX), ret_label);
}

static int fd_set_one(int fd, const char *attr, const char *label)
{
	char now[SMACK_LABEL_MAX + 1];
	int r;

	if (fsetxattr(fd, attr, label, strlen(label), 0) < 0)
		return -errno;
	r = fd_get_one(fd, attr, now);
	return r < 0 ? r : label_check(label, now);
}

static int fd_is_socket(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 ? -errno : S_ISSOCK(st.st_mode);
}

int smack_fd_set(int fd, const char *label)
{
	int r = fd_is_socket(fd);

	if (r < 0)
		return r;
	if (!smack_label_is_valid(label))
		return -EINVAL;
	if (r == 0)
		return fd_set_one(fd, SMACK_XATTR, label);
	r = fd_set_one(fd, SMACK_XATTR_IN, label);
	return r < 0 ? r : fd_set_one(fd, SMACK_XATTR_OUT, label);
}

int smack_fd_get(int fd, char *ret_label)
{
	char in[SMACK_LABEL_MAX + 1];
	int r = fd_is_socket(fd);

	if (r < 0)
		return r;
	if (r == 0)
		return fd_get_one(fd, SMACK_XATTR, ret_label);
	r = fd_get_one(fd, SMACK_XATTR_IN, in);
	if (r == 0)
		r = fd_get_one(fd, SMACK_XATTR_OUT, ret_label);
	return r < 0 ? r : label_check(in, ret_label);
}

int smack_rule_load(const char *subject, const char *object, const char *access)
{
	char rule[2 * SMACK_LABEL_MAX + 16];
	int r = smack_rule_format(rule, sizeof(rule), subject, object, access);

	return r < 0 ? r : smack_fs_write("load2", rule);
}

int smack_rule_revoke(const char *subject)
{
	return smack_label_is_valid(subject) ? smack_fs_write("revoke-subject", subject) : -EINVAL;
}

/* The answer comes by the file that took the question (smk_user_access() in smackfs.c). A label no one has used: 0. */
int smack_may(const char *subject, const char *object, const char *access)
{
	char question[2 * SMACK_LABEL_MAX + 16], answer[2] = "";
	int n = smack_rule_format(question, sizeof(question), subject, object, access);
	int fd cleanup_fd = -1;

	if (n < 0)
		return n;
	fd = open(SMACK_FS "/access2", O_RDWR | O_CLOEXEC);
	if (fd < 0 || write(fd, question, (size_t)n) < 0 || read(fd, answer, sizeof(answer)) < 0)
		return -errno;
	return answer[0] == '1' ? 1 : answer[0] == '0' ? 0 : -EIO;
}

int smack_fs_read(const char *name, char *ret_text, size_t size)
{
	char path[64];
	int fd cleanup_fd = -1;

	if ((size_t)snprintf(path, sizeof(path), SMACK_FS "/%s", name) >= sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : read_line(fd, ret_text, size);
}

int smack_fs_write(const char *name, const char *text)
{
	int dir cleanup_fd = open(SMACK_FS, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return dir < 0 ? -errno : write_once(dir, name, text);
}
