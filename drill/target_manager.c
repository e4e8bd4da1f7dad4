/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "drill/target.h"

/* Of RFC 5737: nobody's. */
#define OFF_HOST "192.0.2.1"

static const char *const files[] = { "secret", "open", "stream.sock", "dgram.sock" };
static char folder[PATH_MAX];

static void handle_accept(int fd, const char *name)
{
	int peer cleanup_fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	if (peer >= 0)
		target_say(name);
}

static void handle_datagram(int fd, const char *name)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	char buf[64];
	ssize_t n = recvfrom(fd, buf, sizeof(buf), MSG_DONTWAIT, (struct sockaddr *)&from, &len);

	if (n < 0)
		return;
	target_say(name);
	/* Only UDP has somebody to answer; whether the answer arrives is no matter. */
	if (from.ss_family == AF_INET && sendto(fd, buf, (size_t)n, MSG_DONTWAIT, (struct sockaddr *)&from, len) < 0)
		return;
}

static int make_file(const char *name, mode_t mode, enum fact fact)
{
	char path[4096];
	int ret = target_path(path, folder, name);
	int fd cleanup_fd = -1;

	if (ret < 0)
		return ret;
	unlink(path);
	fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	target_fact(fact, path);
	return fd_write_all(fd, FACTS_SECRET, sizeof(FACTS_SECRET));
}

/* fd_unix_listen() is for streams. */
static int bind_datagram(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd cleanup_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return steal_fd(&fd);
}

static int make_path_socket(const char *name, int type, enum fact fact, const char *seen)
{
	char path[4096];
	int ret = target_path(path, folder, name), fd;

	if (ret < 0)
		return ret;
	unlink(path);
	fd = type == SOCK_STREAM ? fd_unix_listen(path, type, 8) : bind_datagram(path);
	if (fd < 0)
		return fd;
	/* Open to all, whatever the one who listens makes of it by default. */
	if (chmod(path, 0666) < 0)
		return -errno;
	target_fact(fact, path);
	return target_watch(fd, seen, type == SOCK_STREAM ? handle_accept : handle_datagram);
}

static int make_abstract(const char *kind, int type, enum fact fact, const char *seen)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0), len;

	if (fd < 0)
		return -errno;
	len = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "vmos-drill-%d-%s", (int)getpid(), kind);
	target_fact(fact, address.sun_path + 1);
	len += (int)offsetof(struct sockaddr_un, sun_path) + 1;
	if (bind(fd, (struct sockaddr *)&address, (socklen_t)len) < 0 || (type == SOCK_STREAM && listen(fd, 8) < 0))
		return -errno;
	return target_watch(fd, seen, type == SOCK_STREAM ? handle_accept : handle_datagram);
}

/* On 127.0.0.1 alone: no one from outside is invited. A manager that may make no such socket tells of no port. */
static int make_port(int type, enum fact fact, const char *seen)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (fd < 0 && errno == EAFNOSUPPORT)
		return 0;
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) < 0)
		return -errno;
	if (type == SOCK_STREAM && listen(fd, 8) < 0)
		return -errno;
	if (getsockname(fd, (struct sockaddr *)&address, &len) < 0)
		return -errno;
	target_fact_number(fact, ntohs(address.sin_port), 10);
	return target_watch(fd, seen, type == SOCK_STREAM ? handle_accept : handle_datagram);
}

/* The manager's own /dev may be a private one: what the kernel has stands in /sys. */
static void tell_if_there(enum fact fact, const char *sys_path, const char *path)
{
	struct stat st;

	if (lstat(sys_path, &st) == 0)
		target_fact(fact, path);
}

/* The disk under @folder, or else the first disk there is. */
static void tell_disk(void)
{
	static const char *const usual[] = { "/sys/block/vda", "/sys/block/sda", "/sys/block/nvme0n1",
		"/sys/block/mmcblk0" };
	char link[64], node[PATH_MAX], *disk cleanup_free = NULL;
	struct stat st;

	if (stat(folder, &st) == 0) {
		snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", major(st.st_dev), minor(st.st_dev));
		disk = realpath(link, NULL);
	}
	for (size_t i = 0; !disk && i < sizeof(usual) / sizeof(usual[0]); i++)
		disk = realpath(usual[i], NULL);
	if (!disk)
		return;
	snprintf(node, sizeof(node), "/dev/%s", strrchr(disk, '/') + 1);
	target_fact(M_BLOCK, node);
}

static const char *sought_pid;
static char found_group[PATH_MAX];

static int handle_cgroup_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	char *text cleanup_free = NULL, *at;
	size_t len = strlen(sought_pid), text_len;

	if (strcmp(path + ftw->base, "cgroup.procs") != 0 || fd_read_file(path, 1 << 20, &text, &text_len) < 0)
		return 0;
	for (at = text; *at; at += strcspn(at, "\n"), at += *at == '\n') {
		if (strncmp(at, sought_pid, len) == 0 && at[len] == '\n') {
			snprintf(found_group, sizeof(found_group), "%.*s", ftw->base - 1, path);
			return 1;
		}
	}
	return 0;
}

/*
 * Whether a limit stands on the control group of @pid or one above it. The group
 * is looked for in the tree, as /proc shows another's only to who may trace it.
 */
static bool has_memory_limit(const char *pid)
{
	static const char top[] = "/sys/fs/cgroup";

	sought_pid = pid;
	if (nftw(top, handle_cgroup_file, 32, FTW_PHYS) != 1)
		return false;
	while (strlen(found_group) > sizeof(top)) {
		char path[PATH_MAX + 16], *text cleanup_free = NULL;
		size_t len;

		snprintf(path, sizeof(path), "%s/memory.max", found_group);
		if (fd_read_file(path, 64, &text, &len) == 0 && strncmp(text, "max", 3) != 0)
			return true;
		*strrchr(found_group, '/') = '\0';
	}
	return false;
}

static int make_sockets(void)
{
	int ret = make_path_socket("stream.sock", SOCK_STREAM, M_STREAM, "manager-stream");

	if (ret == 0)
		ret = make_path_socket("dgram.sock", SOCK_DGRAM, M_DGRAM, "manager-datagram");
	if (ret == 0)
		ret = make_abstract("stream", SOCK_STREAM, M_ASTREAM, "manager-abstract");
	if (ret == 0)
		ret = make_abstract("dgram", SOCK_DGRAM, M_ADGRAM, "manager-abstract-datagram");
	if (ret == 0)
		ret = make_port(SOCK_STREAM, M_TCP, "tcp");
	if (ret == 0)
		ret = make_port(SOCK_DGRAM, M_UDP, "udp");
	return ret;
}

static int prepare(const char *dir, const char *pid)
{
	int ret;

	snprintf(folder, sizeof(folder), "%s", dir);
	ret = make_file("secret", 0644, M_SECRET);
	if (ret == 0)
		ret = make_file("open", 0666, M_OPEN);
	if (ret == 0)
		ret = make_sockets();
	if (ret < 0)
		return ret;
	target_fact_number(M_HELPER, getpid(), 10);
	target_fact(M_OFFHOST, OFF_HOST);
	tell_disk();
	tell_if_there(M_VFIO, "/sys/class/misc/vfio", "/dev/vfio/vfio");
	tell_if_there(M_TUN, "/sys/class/misc/tun", "/dev/net/tun");
	tell_if_there(M_JOURNAL, "/run/systemd/journal/socket", "/run/systemd/journal/socket");
	if (!has_memory_limit(pid))
		target_say("no-memory-limit");
	return 0;
}

static void handle_signal(int number)
{
	if (number == SIGCONT || number == SIGURG || number == SIGWINCH)
		target_say("manager-signal");
}

static void look(void)
{
}

static void finish(void)
{
	char path[4096];

	for (size_t i = 0; folder[0] && i < sizeof(files) / sizeof(files[0]); i++) {
		if (target_path(path, folder, files[i]) == 0)
			unlink(path);
	}
}

const struct target_role target_manager = { "manager", prepare, handle_signal, look, finish };
