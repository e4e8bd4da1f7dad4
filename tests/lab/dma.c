/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes a network card read memory at an address of one's choice, as whoever has
 * taken over a NET VM's kernel could.
 *
 *   dma DEVICE own|ADDRESS
 *
 * DEVICE is a folder of an Intel card in /sys/bus/pci/devices; "own" is a page of
 * this process. Takes the card from its driver, and has it read one descriptor of
 * a transmit ring there. Registers: 82574 GbE Controller Family Datasheet, 10.2.
 */
#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"

#define PAGE 4096u
#define BAR_SIZE 0x20000u
#define COMMAND 4 /* in the configuration space */
#define COMMAND_MEMORY 2u
#define COMMAND_MASTER 4u
#define TCTL 0x400
#define TCTL_ENABLE 2u
#define TDBAL 0x3800
#define TDBAH 0x3804
#define TDLEN 0x3808
#define TDH 0x3810
#define TDT 0x3818
#define RING_BYTES 128u /* eight descriptors, the least there are */
#define WAIT_MS 2000

static int open_of(const char *device, const char *file, int flags)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", device, file);
	return open(path, flags | O_CLOEXEC);
}

/* A driver would answer the card's interrupts, and holds its registers for itself. */
static void take_from_driver(const char *device)
{
	const char *name = strrchr(device, '/');
	int fd cleanup_fd = open_of(device, "driver/unbind", O_WRONLY);

	if (fd < 0)
		return;
	if (!name || write(fd, name + 1, strlen(name + 1)) < 0)
		err(1, "cannot unbind the driver of %s", device);
}

/* The driver has put it to rest: its registers answer again, and it may reach memory by itself. */
static void wake(const char *device)
{
	int fd cleanup_fd = open_of(device, "config", O_RDWR);
	uint16_t command;

	if (fd < 0 || pread(fd, &command, sizeof(command), COMMAND) != sizeof(command))
		err(1, "%s/config", device);
	command |= COMMAND_MEMORY | COMMAND_MASTER;
	if (pwrite(fd, &command, sizeof(command), COMMAND) != sizeof(command))
		err(1, "%s/config", device);
}

/* Where in the machine's memory a page of ours is, by pagemap of the kernel's Documentation/admin-guide/mm. */
static uint64_t own_page(void)
{
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
	int fd cleanup_fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;

	if (page == MAP_FAILED || fd < 0)
		err(1, "no page of our own");
	memset(page, 0, PAGE);
	if (pread(fd, &entry, sizeof(entry), (off_t)((uintptr_t)page / PAGE * sizeof(entry))) != sizeof(entry) ||
		!(entry >> 63))
		errx(1, "cannot tell where our page is");
	return (entry & ((UINT64_C(1) << 55) - 1)) * PAGE;
}

static void set(volatile uint8_t *bar, unsigned at, uint32_t value)
{
	*(volatile uint32_t *)(bar + at) = value;
}

static uint32_t get(volatile uint8_t *bar, unsigned at)
{
	return *(volatile uint32_t *)(bar + at);
}

/* Whether the card went on to the next descriptor. */
static bool read_one(volatile uint8_t *bar, uint64_t address)
{
	set(bar, TCTL, 0);
	set(bar, TDBAL, (uint32_t)address);
	set(bar, TDBAH, (uint32_t)(address >> 32));
	set(bar, TDLEN, RING_BYTES);
	set(bar, TDH, 0);
	set(bar, TDT, 0);
	set(bar, TCTL, TCTL_ENABLE);
	set(bar, TDT, 1);
	for (int ms = 0; ms < WAIT_MS; ms++) {
		if (get(bar, TDH) == 1)
			return true;
		usleep(1000);
	}
	return false;
}

int main(int argc, char **argv)
{
	uint64_t address;
	int fd cleanup_fd = -1;
	void *bar;

	if (argc != 3)
		errx(2, "usage: dma DEVICE own|ADDRESS");
	address = strcmp(argv[2], "own") == 0 ? own_page() : strtoull(argv[2], NULL, 16);
	take_from_driver(argv[1]);
	wake(argv[1]);
	fd = open_of(argv[1], "resource0", O_RDWR);
	bar = fd < 0 ? MAP_FAILED : mmap(NULL, BAR_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (bar == MAP_FAILED)
		err(1, "%s/resource0", argv[1]);
	printf("the card %s 0x%llx\n", read_one(bar, address) ? "has read at" : "did not go on at",
		(unsigned long long)address);
	return 0;
}
