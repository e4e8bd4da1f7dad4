/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/ctl/owner.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"

#define ADDRESS_MAX 33 /* hexadecimal digits of an address, with the NUL */
#define PATH_BYTES 300
#define TCP_LISTENS 0x0a /* TCP_LISTEN of the kernel's net/tcp_states.h */

/* A line of /proc/net/tcp and those like it. */
struct line {
	char address[ADDRESS_MAX];
	unsigned port, state;
	uint64_t inode; /* 0: nobody has it any more */
};

/* Words of 32 bits, each in the byte order of the CPU: 127.0.0.1, ::ffff:127.0.0.1, ::1. */
static bool is_loopback(const char *address)
{
	size_t len = strlen(address);

	if (strcmp(address, "00000000000000000000000001000000") == 0)
		return true;
	if (len == 32 && strncmp(address, "0000000000000000FFFF0000", 24) != 0)
		return false;
	return len >= 2 && strcmp(address + len - 2, "7F") == 0;
}

static bool parse(const char *text, struct line *ret)
{
	return sscanf(text, " %*u: %32[0-9A-F]:%x %*[0-9A-F]:%*x %x %*x:%*x %*x:%*x %*x %*u %*u %" SCNu64, ret->address,
		       &ret->port, &ret->state, &ret->inode) == 4;
}

/* The inode of a socket; one that carries data before one that only listens. 0: there is none. */
static uint64_t find_inode(const char *path, uint16_t port)
{
	FILE *f = fopen(path, "re");
	uint64_t listens = 0, found = 0;
	char text[512];

	while (f && !found && fgets(text, sizeof(text), f)) {
		struct line line;

		if (!parse(text, &line) || line.port != port || is_loopback(line.address))
			continue;
		if (line.state == TCP_LISTENS)
			listens = line.inode;
		else
			found = line.inode;
	}
	if (f)
		fclose(f);
	return found ? found : listens;
}

static uint64_t find_socket(uint8_t proto, uint16_t port)
{
	static const struct {
		uint8_t proto;
		const char *path;
	} tables[] = {
		{ IPPROTO_TCP, "/proc/net/tcp" },
		{ IPPROTO_TCP, "/proc/net/tcp6" },
		{ IPPROTO_UDP, "/proc/net/udp" },
		{ IPPROTO_UDP, "/proc/net/udp6" },
		{ IPPROTO_ICMP, "/proc/net/icmp" },
		{ IPPROTO_ICMPV6, "/proc/net/icmp6" },
	};
	uint64_t inode = 0;

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]) && !inode; i++)
		if (tables[i].proto == proto)
			inode = find_inode(tables[i].path, port);
	return inode;
}

/* Whether process @pid has open what its links call @link. */
static bool has_open(const char *pid, const char *link)
{
	char path[PATH_BYTES], target[64];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);

		target[n > 0 ? n : 0] = '\0';
		found = strcmp(target, link) == 0;
	}
	if (dir)
		closedir(dir);
	return found;
}

static bool find_process(uint64_t inode, char pid[32])
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	bool found = false;
	char link[48];

	snprintf(link, sizeof(link), "socket:[%" PRIu64 "]", inode);
	while (dir && !found && (entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]) || !has_open(entry->d_name, link))
			continue;
		snprintf(pid, 32, "%.31s", entry->d_name);
		found = true;
	}
	if (dir)
		closedir(dir);
	return found;
}

/* The name of the program's file: a process chooses its own name as it likes. */
static void name_program(const char *pid, char *text, size_t cap)
{
	static const char deleted[] = " (deleted)";
	char path[PATH_BYTES], target[4096];
	char *comm cleanup_free = NULL;
	size_t len;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%s/exe", pid);
	n = readlink(path, target, sizeof(target) - 1);
	if (n > 0) {
		target[n] = '\0';
		len = strlen(target);
		if (len > sizeof(deleted) && strcmp(target + len - sizeof(deleted) + 1, deleted) == 0)
			target[len - sizeof(deleted) + 1] = '\0';
		snprintf(text, cap, "%s", strrchr(target, '/') ? strrchr(target, '/') + 1 : target);
		return;
	}
	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	if (fd_read_file(path, 64, &comm, &len) == 0)
		snprintf(text, cap, "%.*s", (int)strcspn(comm, "\n"), comm);
}

void owner_find(uint8_t proto, uint16_t port, char name[CTL_OWNER_NAME])
{
	uint64_t inode = find_socket(proto, port);
	char pid[32];

	memset(name, 0, CTL_OWNER_NAME);
	if (!inode || !find_process(inode, pid))
		return;
	name_program(pid, name, CTL_OWNER_NAME);
	for (char *c = name; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
}
