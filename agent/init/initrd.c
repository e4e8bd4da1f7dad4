/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /init of the initial RAM disk, linked statically: loads the few modules the
 * root needs, mounts the root image under a volatile overlay and hands over to
 * vmos-init. The kernel command line says what to do:
 *	vmos.roothash=HEX vmos.rootblocks=N	the image's dm-verity root; absent: no verity
 *	vmos.init=PATH				instead of vmos-init
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "agent/init/verity.h"

#define ROOT_DISK "/dev/vda"
#define MODULES "/modules"
#define DEFAULT_INIT "/usr/lib/vmos/vmos-init"
#define CMDLINE_MAX 4096

/* Says why the VM cannot start and switches it off: the host shows the console's last lines. */
static void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *fmt, ...)
{
	va_list args;

	fputs("vmos-init: error: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	tcdrain(STDERR_FILENO);
	reboot(RB_POWER_OFF);
	_exit(1);
}

static void mount_or_fail(
	const char *source, const char *target, const char *type, unsigned long flags, const char *data)
{
	if (mkdir(target, 0755) < 0 && errno != EEXIST)
		fail("mkdir %s: %s", target, strerror(errno));
	if (mount(source, target, type, flags, data) < 0)
		fail("cannot mount %s on %s: %s", source, target, strerror(errno));
}

static void console_open(void)
{
	int fd = open("/dev/console", O_RDWR | O_NOCTTY);

	if (fd < 0)
		return;
	for (int i = 0; i <= 2; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
}

static void cmdline_read(char *buf)
{
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, buf, CMDLINE_MAX - 1);

	if (len < 0)
		fail("/proc/cmdline: %s", strerror(errno));
	buf[len] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	close(fd);
}

/* Copies the value of "@key=" into @ret_value; false when it is not there or does not fit. */
static bool cmdline_get(const char *cmdline, const char *key, char *ret_value, size_t cap)
{
	size_t key_len = strlen(key);

	while (*cmdline) {
		size_t word = strcspn(cmdline, " ");

		if (word > key_len && strncmp(cmdline, key, key_len) == 0 && cmdline[key_len] == '=') {
			size_t len = word - key_len - 1;

			if (len >= cap)
				return false;
			memcpy(ret_value, cmdline + key_len + 1, len);
			ret_value[len] = '\0';
			return true;
		}
		cmdline += word;
		cmdline += strspn(cmdline, " ");
	}
	return false;
}

/* Loads one module and takes its file out of the memory it would hold for good. */
static void module_load(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fail("%s: %s", path, strerror(errno));
	if (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST)
		fail("cannot load %s: %s", path, strerror(errno));
	close(fd);
	unlink(path);
}

static int is_module(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* The names begin with a number, in the order of their needs. */
static void modules_load(void)
{
	struct dirent **list;
	int n = scandir(MODULES, &list, is_module, alphasort);

	if (n < 0)
		fail("%s: %s", MODULES, strerror(errno));
	for (int i = 0; i < n; i++) {
		char path[300];

		snprintf(path, sizeof(path), MODULES "/%s", list[i]->d_name);
		module_load(path);
		free(list[i]);
	}
	free(list);
	rmdir(MODULES);
}

/* The block device that holds the root: the disk, or the verified view of it. */
static const char *root_device(const char *cmdline)
{
	struct verity root = { .disk = ROOT_DISK };
	char blocks[24];
	int r;

	if (!cmdline_get(cmdline, "vmos.roothash", root.hash, sizeof(root.hash)))
		return ROOT_DISK;
	if (!cmdline_get(cmdline, "vmos.rootblocks", blocks, sizeof(blocks)))
		fail("vmos.roothash without vmos.rootblocks on the kernel command line");
	root.blocks = strtoull(blocks, NULL, 10);

	r = verity_open(&root);
	if (r < 0)
		fail("the root image cannot be verified: %s", strerror(-r));
	return VERITY_DEVICE;
}

static void root_mount(const char *device)
{
	mount_or_fail(device, "/lower", "erofs", MS_RDONLY, NULL);
	mount_or_fail("volatile", "/volatile", "tmpfs", 0, "mode=0755");
	if (mkdir("/volatile/upper", 0755) < 0 || mkdir("/volatile/work", 0755) < 0)
		fail("mkdir: %s", strerror(errno));
	mount_or_fail("root", "/root", "overlay", 0, "lowerdir=/lower,upperdir=/volatile/upper,workdir=/volatile/work");
}

static void root_switch(const char *init)
{
	char *const argv[] = { (char *)init, NULL };

	mount_or_fail("/proc", "/root/proc", NULL, MS_MOVE, NULL);
	mount_or_fail("/dev", "/root/dev", NULL, MS_MOVE, NULL);
	unlink("/init");
	if (chdir("/root") < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 || chdir("/") < 0)
		fail("cannot switch to the root: %s", strerror(errno));
	execv(init, argv);
	fail("cannot start %s: %s", init, strerror(errno));
}

int main(void)
{
	char cmdline[CMDLINE_MAX];
	char init[256] = DEFAULT_INIT;

	mount_or_fail("dev", "/dev", "devtmpfs", MS_NOSUID, NULL);
	console_open();
	mount_or_fail("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	cmdline_read(cmdline);
	cmdline_get(cmdline, "vmos.init", init, sizeof(init));

	modules_load();
	root_mount(root_device(cmdline));
	root_switch(init);
}
