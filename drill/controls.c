/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a VM's QEMU must be able to do: a drill in which these fail as well shows nothing. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "drill/actions.h"

#define FDS_LOOKED_AT 256

/* The first bytes of the image are written as they were read; QEMU does not touch them while a VM runs. */
static void own_disk(struct attempt *a)
{
	const char *path = attempt_fact(a, A_DISK);
	int fd cleanup_fd = -1;
	char magic[4];

	if (!path)
		return;
	fd = attempt_open(path, O_RDWR);
	if (!attempt_part(a, "open", fd))
		return;
	if (attempt_part(a, "read", try_call(SYS_pread64, fd, magic, sizeof(magic), 0)))
		attempt_part(a, "write", try_call(SYS_pwrite64, fd, magic, sizeof(magic), 0));
}

static void shared_root(struct attempt *a)
{
	const char *path = attempt_fact(a, A_ROOT);
	int fd cleanup_fd = -1;
	char buf[16];

	if (!path)
		return;
	fd = attempt_open(path, O_RDONLY);
	attempt_part(a, "read", fd < 0 ? -1 : try_call(SYS_pread64, fd, buf, sizeof(buf), 1024));
}

static void dev_null(struct attempt *a)
{
	int fd cleanup_fd = attempt_open("/dev/null", O_RDWR);

	attempt_part(a, "write", fd < 0 ? -1 : try_call(SYS_write, fd, "x", 1));
}

/* libvirt's monitor and the channels' servers: connected before the filter, which lets no socket be made. */
static void own_sockets(struct attempt *a)
{
	unsigned found = 0;

	for (int fd = 3; fd < FDS_LOOKED_AT; fd++) {
		struct sockaddr_storage peer;
		socklen_t len = sizeof(peer);

		if (try_call(SYS_getpeername, fd, &peer, &len) < 0 || peer.ss_family != AF_UNIX)
			continue;
		found++;
		/* No bytes: who is at the other end notices nothing, but the call goes all the way. */
		attempt_part(a, "send", try_call(SYS_sendto, fd, "", 0, MSG_NOSIGNAL | MSG_DONTWAIT, NULL, 0));
	}
	if (found == 0)
		attempt_effect(a, "none found", false);
}

static void own_memfd(struct attempt *a)
{
	int fd cleanup_fd = (int)try_call(SYS_memfd_create, "vmos-drill", MFD_CLOEXEC);
	char *at;

	if (!attempt_part(a, "memfd_create", fd))
		return;
	if (!attempt_part(a, "ftruncate", try_call(SYS_ftruncate, fd, 4096)))
		return;
	at = (char *)try_call(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED) {
		attempt_part(a, "mmap", -1);
		return;
	}
	at[0] = 'x';
	attempt_effect(a, "mmap", at[0] == 'x');
	munmap(at, 4096);
}

/* The memfd that vmosd made stands in QEMU's memory map, readable and writable, and can be read. */
static void own_channel(struct attempt *a)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	bool found = false;
	char line[512];

	if (!maps) {
		attempt_part(a, "maps", -1);
		return;
	}
	while (!found && fgets(line, sizeof(line), maps)) {
		unsigned long begin = strtoul(line, NULL, 16);

		if (!strstr(line, "/memfd:vmos-") || !strstr(line, " rw-s "))
			continue;
		(void)*(const volatile char *)begin;
		found = true;
	}
	fclose(maps);
	attempt_effect(a, "mapped", found);
}

static const attempt_run runs[] = { own_disk, shared_root, dev_null, own_sockets, own_memfd, own_channel };

const struct family family_controls = { 1, sizeof(runs) / sizeof(runs[0]), runs };
