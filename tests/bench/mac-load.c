/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What mandatory access control may make slower, as nanoseconds for each act on
 * standard output:
 *   mac-load open FILE COUNT       open and close
 *   mac-load spawn PROGRAM COUNT   start and wait for its end
 * As process 1 of a guest: "disk NANOSECONDS" on the console for blocks of 4 KiB
 * read from and written to random places of /dev/vda, then power off.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 4096
#define DISK_BLOCKS 16384 /* 64 MiB */
#define DISK_COUNT 1000

static uint8_t block[BLOCK] __attribute__((aligned(BLOCK)));

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int act_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : close(fd);
}

static int act_spawn(const char *path)
{
	char *argv[] = { (char *)path, NULL };
	int status;
	pid_t pid;

	if (posix_spawn(&pid, path, NULL, NULL, argv, argv + 1))
		return -errno;
	return waitpid(pid, &status, 0) == pid && !status ? 0 : -ECHILD;
}

/* The same places in each run: a generator of its own, no luck. */
static int act_disk(int fd, uint32_t *seed)
{
	off_t at;

	*seed = *seed * 1664525u + 1013904223u;
	at = (off_t)(*seed >> 8) % DISK_BLOCKS * BLOCK;
	if (*seed & 0x80)
		return pread(fd, block, BLOCK, at) == BLOCK ? 0 : -EIO;
	return pwrite(fd, block, BLOCK, at) == BLOCK ? 0 : -EIO;
}

static int measure_disk(void)
{
	int fd = open("/dev/vda", O_RDWR | O_DIRECT | O_CLOEXEC);
	uint32_t seed = 1;
	uint64_t begin;

	if (fd < 0)
		return -errno;
	for (int i = 0; i < DISK_COUNT / 10; i++) {
		if (act_disk(fd, &seed))
			return -EIO;
	}
	begin = now_ns();
	for (int i = 0; i < DISK_COUNT; i++) {
		if (act_disk(fd, &seed))
			return -EIO;
	}
	printf("disk %llu\n", (unsigned long long)(now_ns() - begin) / DISK_COUNT);
	return close(fd);
}

static int be_guest(void)
{
	int fd, err;

	mkdir("/dev", 0755);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	fd = open("/dev/console", O_RDWR);
	for (int i = 0; fd >= 0 && i < 3; i++)
		dup2(fd, i);
	err = measure_disk();
	if (err)
		printf("disk failed: %s\n", strerror(-err));
	fflush(stdout);
	sync();
	reboot(RB_POWER_OFF);
	return 1;
}

int main(int argc, char **argv)
{
	int (*act)(const char *path);
	unsigned long count;
	uint64_t begin;

	if (getpid() == 1)
		return be_guest();
	if (argc != 4 || (strcmp(argv[1], "open") && strcmp(argv[1], "spawn")))
		return 2;
	act = strcmp(argv[1], "open") ? act_spawn : act_open;
	count = strtoul(argv[3], NULL, 10);
	begin = now_ns();
	for (unsigned long i = 0; i < count; i++) {
		if (act(argv[2])) {
			fprintf(stderr, "mac-load: %s %s failed\n", argv[1], argv[2]);
			return 1;
		}
	}
	printf("%llu\n", count ? (unsigned long long)((now_ns() - begin) / count) : 0);
	return 0;
}
