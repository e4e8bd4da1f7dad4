/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest that has turned against its host: owns the PCI functions of both
 * channels, past the guest's own driver, and writes whatever it likes.
 *
 *   hostile ctl|gui lawful|garbage SECONDS SEED
 *
 * lawful: messages the host must accept, while a second thread changes pixels,
 *         blobs and its own index words under the host's eyes.
 * garbage: random and boundary values in every word the guest can reach, the
 *         host's own pages among them.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "proto/channel.h"
#include "proto/ctl.h"
#include "proto/gui.h"

#define PCI_DIR "/sys/bus/pci/devices"
#define IVSHMEM_ID "0x1110"
#define DOORBELL 12
#define SLOT_PAGES 512 /* 2 MiB */
#define SLOTS 32
#define WINDOWS 200

struct device {
	uint8_t *region;
	volatile uint32_t *registers;
	size_t size;
	uint32_t role;
};

static struct device device;
static struct channel channel;
static volatile int stop;
static uint64_t random_state;
static uint8_t held[SLOTS]; /* a slot is the host's until RELEASE */
static uint8_t lives[WINDOWS + 1];

static uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static uint32_t pick(uint32_t bound)
{
	return (uint32_t)(random_next(&random_state) % bound);
}

/* Numbers on which bounds checks break. */
static uint32_t boundary(uint64_t *state)
{
	static const uint32_t values[] = { 0, 1, 2, 4, 63, 64, 127, 128, 255, 256, 257, 1023, 1024, 1025, 4095, 4096,
		16384, 16385, 65535, 65536, 0x0fffffff, 0x10000000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff };
	uint64_t r = random_next(state);

	return r & 64 ? (uint32_t)(r >> 32) : values[r % (sizeof(values) / sizeof(values[0]))];
}

static void doorbell(void)
{
	device.registers[DOORBELL / 4] = VMOS_PEER_HOST << 16;
}

static int read_word(const char *dev, const char *name, char *buf, size_t cap)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), PCI_DIR "/%s/%s", dev, name);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	if (!fgets(buf, (int)cap, f))
		buf[0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	fclose(f);
	return 0;
}

static void write_word(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		fprintf(stderr, "hostile: %s: %s\n", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void *map_resource(const char *dev, const char *name, size_t *ret_size)
{
	char path[512];
	void *p;
	int fd;

	snprintf(path, sizeof(path), PCI_DIR "/%s/%s", dev, name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	*ret_size = (size_t)lseek(fd, 0, SEEK_END);
	p = mmap(NULL, *ret_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return p == MAP_FAILED ? NULL : p;
}

/* Takes the function away from its driver, so that the kernel lets us map its bars. */
static int take(const char *dev, uint32_t role)
{
	char path[512];
	size_t registers_size;
	struct vmos_hdr_host *hdr;

	snprintf(path, sizeof(path), PCI_DIR "/%s/driver/unbind", dev);
	if (!access(path, F_OK))
		write_word(path, dev);
	snprintf(path, sizeof(path), PCI_DIR "/%s/enable", dev);
	write_word(path, "1");
	device.region = map_resource(dev, "resource2", &device.size);
	device.registers = map_resource(dev, "resource0", &registers_size);
	if (!device.region || !device.registers)
		return -EACCES;
	hdr = (struct vmos_hdr_host *)(void *)device.region;
	device.role = hdr->role;
	return device.role == role ? 0 : -ENODEV;
}

/* The functions are told apart by size: the kernel's driver keeps those it is not asked for. */
static int find_device(uint32_t role)
{
	const char *want = role == VMOS_ROLE_GUI ? "268435456" : "33554432";
	char id[32], path[512], size[32];
	struct dirent *e;
	DIR *dir = opendir(PCI_DIR);
	int fd;

	while (dir && (e = readdir(dir))) {
		if (e->d_name[0] == '.' || read_word(e->d_name, "device", id, sizeof(id)) < 0 || strcmp(id, IVSHMEM_ID))
			continue;
		snprintf(path, sizeof(path), PCI_DIR "/%s/resource2", e->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		snprintf(size, sizeof(size), "%lld", (long long)lseek(fd, 0, SEEK_END));
		close(fd);
		if (!strcmp(size, want))
			return take(e->d_name, role);
	}
	return -ENODEV;
}

/* The second thread: changes what the host may be reading just now. */
static void *handle_racing(void *arg)
{
	uint64_t state = (uint64_t)(uintptr_t)arg | 1;
	size_t heap = VMOS_BLOB_OFF;
	struct vmos_idx *own = (struct vmos_idx *)(void *)(device.region + VMOS_HDR_GUEST_OFF);

	while (!stop) {
		uint64_t r = random_next(&state);

		*(volatile uint64_t *)(void *)(device.region + heap + (r % (device.size - heap - 8) & ~7ull)) = r;
		if (r % 64 == 0)
			__atomic_store_n(&own->wake_at, boundary(&state), __ATOMIC_RELAXED);
		if (r % 97 == 0)
			__atomic_store_n(&own->want, (uint32_t)(r & 1), __ATOMIC_RELAXED);
		if (r % 512 == 0)
			doorbell();
	}
	return NULL;
}

static int send_gui(struct gui_msg *g)
{
	struct msg m;
	int r = gui_encode(g, &m);

	return r < 0 ? r : channel_send(&channel, &m);
}

static void take_releases(void)
{
	struct msg m;
	struct gui_msg g;

	while (channel_recv(&channel, &m) > 0)
		if (!gui_decode_host(&m, &g) && g.head.type == GUI_RELEASE)
			held[g.release.page / SLOT_PAGES % SLOTS] = 0;
	channel_recv_done(&channel);
}

static void lawful_commit(uint32_t win)
{
	struct gui_msg g = { .head = { .type = GUI_COMMIT, .win = win } };
	uint32_t slot = pick(SLOTS);
	unsigned i;

	if (held[slot])
		return;
	g.commit.page = slot * SLOT_PAGES;
	g.commit.w = (uint16_t)(1 + pick(700));
	g.commit.h = (uint16_t)(1 + pick(500));
	g.commit.stride = (g.commit.w * 4u + GUI_STRIDE_ALIGN - 1) / GUI_STRIDE_ALIGN * GUI_STRIDE_ALIGN;
	g.commit.fmt = (uint8_t)pick(2);
	g.commit.scale120 = GUI_SCALE_ONE;
	g.commit.nrect = (uint8_t)pick(GUI_COMMIT_RECTS + 1);
	for (i = 0; i < g.commit.nrect; i++)
		g.commit.rect[i] = (struct gui_rect){ (uint16_t)pick(65536), (uint16_t)pick(65536),
			(uint16_t)(1 + pick(65535)), (uint16_t)(1 + pick(65535)) };
	if (!send_gui(&g))
		held[slot] = 1;
}

static void lawful_title(uint32_t win)
{
	struct gui_msg g = { .head = { .type = GUI_TITLE, .win = win } };
	unsigned i;

	g.title.len = (uint8_t)pick(GUI_TITLE_CHUNK + 1);
	for (i = 0; i < g.title.len; i++)
		g.title.text[i] = (char)pick(256);
	send_gui(&g);
}

static void lawful_gui(void)
{
	struct gui_msg g = { .head = { .win = 1 + pick(WINDOWS) } };
	uint32_t win = g.head.win;

	take_releases();
	if (!lives[win]) {
		g.head.type = GUI_WIN_NEW;
		g.win_new = (struct gui_win_new){ .role = GUI_ROLE_TOPLEVEL, .w = (uint16_t)(1 + pick(900)), .h = 300 };
		lives[win] = !send_gui(&g);
		return;
	}
	switch (pick(12)) {
	case 0:
		g.head.type = GUI_WIN_DEL;
		lives[win] = send_gui(&g) != 0;
		break;
	case 1:
	case 2:
		lawful_title(win);
		break;
	case 3:
		g.head.type = GUI_STATE_REQ;
		g.state_req.bits = pick(2) ? GUI_STATE_FULLSCREEN : 0;
		send_gui(&g);
		break;
	case 4:
		g.head.type = (uint16_t[]){ GUI_BELL, GUI_ATTENTION, GUI_DRAG }[pick(3)];
		send_gui(&g);
		break;
	default:
		lawful_commit(win);
	}
}

static void lawful_ctl(void)
{
	struct ctl_msg c = { .head = { .type = CTL_STATS } };
	struct msg m;

	c.stats = (struct ctl_stats){ pick(1000), pick(1 << 30), pick(1 << 30), random_next(&random_state),
		random_next(&random_state) };
	while (channel_recv(&channel, &m) > 0)
		;
	channel_recv_done(&channel);
	if (!ctl_encode(&c, &m))
		channel_send(&channel, &m);
	usleep(200);
}

static void hello(void)
{
	struct gui_msg g = { .head = { .type = GUI_HELLO }, .hello = { GUI_VERSION, 0 } };
	struct ctl_msg c = { .head = { .type = CTL_HELLO }, .hello = { CTL_VERSION, CTL_GOS_LINUX, 0 } };
	struct msg m;

	if (device.role == VMOS_ROLE_GUI) {
		send_gui(&g);
	} else if (!ctl_encode(&c, &m)) {
		channel_send(&channel, &m);
	}
}

static void lawful_step(void)
{
	if (device.role == VMOS_ROLE_GUI)
		lawful_gui();
	else
		lawful_ctl();
	channel_flush(&channel);
	doorbell();
}

/* One message of chance in the ring, one word of chance anywhere, sometimes another session. */
static void garbage_step(void)
{
	struct vmos_idx *own = (struct vmos_idx *)(void *)(device.region + VMOS_HDR_GUEST_OFF);
	uint32_t *message = (uint32_t *)(void *)(device.region + VMOS_G2H_OFF + 64 * pick(VMOS_RING_LEN));
	uint32_t *pages = (uint32_t *)(void *)device.region;
	unsigned i;

	for (i = 0; i < 16; i++)
		message[i] = boundary(&random_state);
	if (pick(2))
		message[0] = pick(24);
	if (pick(8) == 0)
		pages[pick(0x3000 / 4)] = boundary(&random_state);
	if (pick(16) == 0)
		own->epoch = ((struct vmos_hdr_host *)(void *)device.region)->epoch;
	__atomic_store_n(&own->prod, own->prod + (pick(32) ? 1 : boundary(&random_state)), __ATOMIC_RELEASE);
	own->cons = pick(4) ? own->cons : boundary(&random_state);
	doorbell();
}

static int join(void)
{
	int tries, r = -EAGAIN;

	for (tries = 0; tries < 100 && r < 0; tries++) {
		r = channel_guest_join(&channel, device.region, device.size, device.role);
		usleep(50000);
	}
	return r;
}

int main(int argc, char **argv)
{
	int lawful = argc == 5 && !strcmp(argv[2], "lawful");
	pthread_t racer;
	unsigned long steps = 0;
	time_t end;
	int r;

	if (argc != 5) {
		fprintf(stderr, "usage: hostile ctl|gui lawful|garbage SECONDS SEED\n");
		return 2;
	}
	r = find_device(strcmp(argv[1], "gui") ? VMOS_ROLE_CTL : VMOS_ROLE_GUI);
	if (r < 0) {
		fprintf(stderr, "hostile: cannot take the %s channel: %s\n", argv[1], strerror(-r));
		return 1;
	}
	random_state = strtoull(argv[4], NULL, 10) * 2654435761u + 1;
	end = time(NULL) + strtol(argv[3], NULL, 10);
	r = join();
	if (r < 0)
		fprintf(stderr, "hostile: no session to join: %s\n", strerror(-r));
	hello();
	if (lawful)
		pthread_create(&racer, NULL, handle_racing, (void *)(uintptr_t)random_state);
	while (time(NULL) < end) {
		if (lawful)
			lawful_step();
		else
			garbage_step();
		steps++;
	}
	stop = 1;
	printf("hostile: %lu steps on %s, the host's epoch is %u\n", steps, argv[1],
		((struct vmos_hdr_host *)(void *)device.region)->epoch);
	return 0;
}
