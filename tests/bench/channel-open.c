/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/channel-open.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/vm_sockets.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/bench/side-relay.h"

static int listener = -1;

static void console_open(void)
{
	int fd;

	mkdir("/dev", 0755);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	fd = open("/dev/console", O_RDWR);
	for (int i = 0; fd >= 0 && i < 3; i++)
		dup2(fd, i);
}

/* A module without its device does no harm. */
static int modules_load(void)
{
	struct dirent **names;
	int n = scandir("/modules", &names, NULL, alphasort);

	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		char path[300];
		int fd;

		snprintf(path, sizeof(path), "/modules/%s", names[i]->d_name);
		free(names[i]);
		fd = open(path, O_RDONLY);
		if (!strstr(path, ".ko") || fd < 0)
			continue;
		if (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST)
			fprintf(stderr, "channel-guest: %s: %s\n", path, strerror(errno));
		close(fd);
	}
	free(names);
	return 0;
}

static void card_up(int s, const char *name, const char *address)
{
	struct ifreq ask = { 0 };
	struct sockaddr_in in = { .sin_family = AF_INET };

	snprintf(ask.ifr_name, IFNAMSIZ, "%s", name);
	if (address && inet_pton(AF_INET, address, &in.sin_addr) == 1) {
		memcpy(&ask.ifr_addr, &in, sizeof(in));
		if (ioctl(s, SIOCSIFADDR, &ask) < 0)
			perror(name);
		in.sin_addr.s_addr = htonl(0xffffff00);
		memcpy(&ask.ifr_netmask, &in, sizeof(in));
		ioctl(s, SIOCSIFNETMASK, &ask);
	}
	ask.ifr_flags = IFF_UP | IFF_RUNNING;
	ioctl(s, SIOCSIFFLAGS, &ask);
}

int open_machine(void)
{
	int r, s;

	console_open();
	r = modules_load();
	s = socket(AF_INET, SOCK_DGRAM, 0);
	/* what the kernel does not know of its command line is in the environment of process 1 */
	for (int i = 0; s >= 0 && i < 2; i++) {
		char name[] = "eth0";

		name[3] = (char)('0' + i);
		if (getenv(name))
			card_up(s, name, getenv(name));
	}
	close(s);
	return r;
}

static int open_serial(void)
{
	DIR *d = opendir("/dev");
	struct dirent *entry;
	int fd = -ENODEV;

	while (d && (entry = readdir(d))) {
		char path[300];

		snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
		if (strncmp(entry->d_name, "vport", 5) == 0)
			fd = open(path, O_RDWR | O_CLOEXEC);
	}
	if (d)
		closedir(d);
	return fd == -1 ? -errno : fd;
}

static int no_delay(int fd)
{
	const int on = 1;

	if (fd >= 0)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd < 0 ? -errno : fd;
}

static struct sockaddr_in address_of(uint64_t value)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)value),
		.sin_addr.s_addr = htonl((uint32_t)(value >> 16)),
	};
}

static int open_socket(const struct sockaddr *address, socklen_t len)
{
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, address, len) < 0) {
		int r = -errno;

		close(fd);
		return r;
	}
	return address->sa_family == AF_INET ? no_delay(fd) : fd < 0 ? -errno : fd;
}

static int open_tcp(uint64_t value)
{
	const struct sockaddr_in in = address_of(value);

	return open_socket((const struct sockaddr *)&in, sizeof(in));
}

static int open_vsock(uint64_t value)
{
	const struct sockaddr_vm vm = {
		.svm_family = AF_VSOCK, .svm_port = (uint32_t)value, .svm_cid = VMADDR_CID_HOST
	};

	return open_socket((const struct sockaddr *)&vm, sizeof(vm));
}

static int tcp_listen(uint64_t value)
{
	const struct sockaddr_in in = address_of(value & 0xffff);

	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (const struct sockaddr *)&in, sizeof(in)) < 0 || listen(listener, 1) < 0)
		return -errno;
	return 0;
}

static int open_shared(const char *type, const char *options)
{
	char path[64];
	int fd;

	mkdir("/share", 0755);
	snprintf(path, sizeof(path), "/share/%s", type);
	mkdir(path, 0755);
	if (mount("share", path, type, 0, options) < 0)
		return -errno;
	snprintf(path, sizeof(path), "/share/%s/%s", type, type);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fd;
}

int open_side(struct side *s, enum side_way way, uint64_t value, const struct device *device)
{
	int fd;

	switch (way) {
	case SIDE_SERIAL:
		fd = open_serial();
		break;
	case SIDE_TCP:
	case SIDE_TCP_CONNECT:
		fd = open_tcp(value);
		break;
	case SIDE_TCP_LISTEN:
		return tcp_listen(value);
	case SIDE_TCP_ACCEPT:
		fd = no_delay(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
		break;
	case SIDE_VSOCK:
		fd = open_vsock(value);
		break;
	case SIDE_9P:
		fd = open_shared("9p", "trans=virtio,version=9p2000.L,msize=524288,cache=none");
		return fd < 0 ? fd : side_file_open(s, fd);
	case SIDE_VIRTIOFS:
		fd = open_shared("virtiofs", NULL);
		return fd < 0 ? fd : side_file_open(s, fd);
	case SIDE_RELAY:
		fd = value < 2 ? relay_open(device, (unsigned)value) : -EPROTO;
		return fd < 0 ? fd : side_stream_open(s, -1, &relay_bytes);
	default:
		return -EPROTO;
	}
	return fd < 0 ? fd : side_stream_open(s, fd, NULL);
}
