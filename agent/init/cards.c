/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/init/cards.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"

#define MODULES "/usr/lib/vmos/modules"
#define VSOCK_MODULES "/usr/lib/vmos/modules-vsock"
#define VIRTIO "/sys/bus/virtio/devices"
#define VIRTIO_VSOCK "0x0013"
#define MODPROBE "/usr/sbin/modprobe"
#define PCI "/sys/bus/pci/devices"
#define NET "/sys/class/net"
#define CLASS_NETWORK "0x02" /* the first byte of a PCI class: network controller */
#define VENDOR_VIRTIO "0x1af4" /* its driver is among the modules */
#define CARDS_MAX 16
#define TEXT_MAX 128

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void load_module(const char *path)
{
	int fd cleanup_fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST))
		log_error("cannot load %s: %s", path, strerror(errno));
}

/* Calls @handle with each name in a folder, in their order, until it returns true; whether it did. */
static bool each_name(const char *folder, bool (*handle)(const char *name, void *userdata), void *userdata)
{
	struct dirent **list;
	int n = scandir(folder, &list, is_visible, alphasort);
	bool done = false;

	for (int i = 0; i < n; i++) {
		done = done || handle(list[i]->d_name, userdata);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	return done;
}

/* @userdata: its folder. */
static bool handle_module(const char *name, void *userdata)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", (const char *)userdata, name);
	load_module(path);
	return false;
}

void cards_load_modules(void)
{
	static char folder[] = MODULES;

	each_name(folder, handle_module, folder);
}

/* The first line of FOLDER/NAME/FILE; "" where there is none. */
static void read_line(const char *folder, const char *name, const char *file, char text[TEXT_MAX])
{
	char path[512];
	ssize_t n;
	int fd cleanup_fd = -1;

	snprintf(path, sizeof(path), "%s/%s/%s", folder, name, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, text, TEXT_MAX - 1);
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

static bool is_vsock(const char *name, void *userdata)
{
	char text[TEXT_MAX];

	read_line(VIRTIO, name, "device", text);
	return strcmp(text, VIRTIO_VSOCK) == 0;
}

void cards_load_vsock(void)
{
	static char folder[] = VSOCK_MODULES;

	if (each_name(VIRTIO, is_vsock, NULL))
		each_name(folder, handle_module, folder);
}

/* What modprobe is called with. */
struct aliases {
	char *argv[CARDS_MAX + 4];
	char text[CARDS_MAX][TEXT_MAX];
	unsigned n;
};

static bool handle_pci(const char *name, void *userdata)
{
	struct aliases *a = userdata;
	char text[TEXT_MAX];

	read_line(PCI, name, "class", text);
	if (strncmp(text, CLASS_NETWORK, strlen(CLASS_NETWORK)) != 0)
		return false;
	read_line(PCI, name, "vendor", text);
	if (strcmp(text, VENDOR_VIRTIO) == 0)
		return false;
	read_line(PCI, name, "modalias", a->text[a->n]);
	a->argv[3 + a->n] = a->text[a->n];
	a->n++;
	return a->n == CARDS_MAX;
}

void cards_load_drivers(void)
{
	struct aliases a = { .argv = { MODPROBE, "-b", "-a" } };
	int status = 0;
	pid_t pid;

	each_name(PCI, handle_pci, &a);
	if (a.n == 0)
		return;
	pid = fork();
	if (pid == 0) {
		execv(a.argv[0], a.argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
		log_error("no driver for a network card: modprobe ended with status %d", WEXITSTATUS(status));
}

/* What to look for, and what was found. */
struct search {
	char mac[18];
	bool other;
	char *ret_name;
};

static bool handle_device(const char *name, void *userdata)
{
	const struct search *s = userdata;
	char text[TEXT_MAX];

	read_line(NET, name, "address", text);
	if ((strcmp(text, s->mac) == 0) == s->other || strlen(name) >= IF_NAMESIZE)
		return false;
	/* A card has a device below it; loopback and tunnels have not. */
	read_line(NET, name, "device/uevent", text);
	if (s->other && !text[0])
		return false;
	snprintf(s->ret_name, IF_NAMESIZE, "%.*s", IF_NAMESIZE - 1, name);
	return true;
}

static bool find(const uint8_t mac[NETPLAN_MAC], bool other, char *ret_name)
{
	struct search s = { .other = other, .ret_name = ret_name };

	netplan_format_mac(mac, s.mac);
	return each_name(NET, handle_device, &s);
}

bool cards_find(const uint8_t mac[NETPLAN_MAC], char ret_name[IF_NAMESIZE])
{
	return find(mac, false, ret_name);
}

bool cards_find_other(const uint8_t mac[NETPLAN_MAC], char ret_name[IF_NAMESIZE])
{
	return find(mac, true, ret_name);
}
