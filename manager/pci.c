/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/pci.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"

#define DEVICES "bus/pci/devices"
#define CLASS_NETWORK 0x02
#define CLASS_BRIDGE 0x06
#define IDS_MAX (8u << 20)
#define NAMES_SHOWN 8 /* in one sentence */

static bool hex_field(const char **at, unsigned digits, unsigned max, unsigned *ret)
{
	*ret = 0;
	for (; digits; digits--, (*at)++) {
		static const char all[] = "0123456789abcdefABCDEF";
		const char *digit = **at ? strchr(all, **at) : NULL;
		unsigned value;

		if (!digit)
			return false;
		value = (unsigned)(digit - all);
		*ret = *ret * 16 + (value < 16 ? value : value - 6);
	}
	return *ret <= max;
}

bool pci_parse(const char *text, char ret[PCI_ADDRESS_MAX])
{
	unsigned domain = 0, bus, slot, function;
	const char *at = text;

	if (strlen(text) == PCI_ADDRESS_MAX - 1 && (!hex_field(&at, 4, 0xffff, &domain) || *at++ != ':'))
		return false;
	if (!hex_field(&at, 2, 0xff, &bus) || *at++ != ':' || !hex_field(&at, 2, 0x1f, &slot) || *at++ != '.' ||
		!hex_field(&at, 1, 7, &function) || *at)
		return false;
	snprintf(ret, PCI_ADDRESS_MAX, "%04x:%02x:%02x.%x", domain & 0xffff, bus & 0xff, slot & 0x1f, function & 7);
	return true;
}

bool pci_list_next(const char **at, char ret[PCI_ADDRESS_MAX])
{
	size_t len = strcspn(*at, " ");

	if (!len || len >= PCI_ADDRESS_MAX)
		return false;
	memcpy(ret, *at, len);
	ret[len] = '\0';
	*at += len;
	*at += **at == ' ';
	return true;
}

bool pci_list_has(const char *list, const char *address)
{
	char one[PCI_ADDRESS_MAX];

	while (pci_list_next(&list, one)) {
		if (strcmp(one, address) == 0)
			return true;
	}
	return false;
}

int pci_list_parse(const char *text, char ret[PCI_LIST_MAX])
{
	char word[PCI_ADDRESS_MAX], address[PCI_ADDRESS_MAX];
	char list[PCI_LIST_MAX] = "";
	const char *at = text;
	size_t len = 0;

	while (*at) {
		if (!pci_list_next(&at, word) || !pci_parse(word, address))
			return -EINVAL;
		if (pci_list_has(list, address))
			return -EEXIST;
		if (len + PCI_ADDRESS_MAX > PCI_LIST_MAX)
			return -E2BIG;
		len += (size_t)snprintf(list + len, PCI_LIST_MAX - len, "%s%s", len ? " " : "", address);
	}
	/* a space at the end announces an address that does not come */
	if (at != text && at[-1] == ' ')
		return -EINVAL;
	memcpy(ret, list, PCI_LIST_MAX);
	return 0;
}

/* What the link @file of a device points to, its last part; "": there is none. */
static void read_link(const char *sys, const char *address, const char *file, char *ret, size_t size)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *name;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/" DEVICES "/%s/%s", sys, address, file);
	n = readlink(path, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = '\0';
	name = strrchr(target, '/');
	snprintf(ret, size, "%.*s", (int)size - 1, name ? name + 1 : target);
}

/* A number as sysfs writes it, "0x8086". */
static bool read_hex(const char *sys, const char *address, const char *file, unsigned long max, unsigned long *ret)
{
	char path[PATH_MAX], text[16], *end;
	int fd cleanup_fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/" DEVICES "/%s/%s", sys, address, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : fd_read_all(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return false;
	text[n] = '\0';
	*ret = strtoul(text, &end, 16);
	return end != text && (*end == '\n' || !*end) && *ret <= max;
}

int pci_read(const char *sys, const char *address, struct pci_device *ret)
{
	unsigned long class, vendor, device;
	char group[PCI_WORD_MAX], *end;
	long number;

	*ret = (struct pci_device){ .group = -1 };
	if (!read_hex(sys, address, "class", 0xffffff, &class) || !read_hex(sys, address, "vendor", 0xffff, &vendor) ||
		!read_hex(sys, address, "device", 0xffff, &device))
		return -ENODEV;
	snprintf(ret->address, sizeof(ret->address), "%.*s", PCI_ADDRESS_MAX - 1, address);
	ret->class = (uint32_t) class;
	ret->vendor = (uint16_t)vendor;
	ret->device = (uint16_t)device;
	read_link(sys, address, "driver", ret->driver, sizeof(ret->driver));
	read_link(sys, address, "iommu_group", group, sizeof(group));
	number = strtol(group, &end, 10);
	if (end != group && !*end && number >= 0 && number <= INT_MAX)
		ret->group = (int)number;
	return 0;
}

bool pci_is_card(const struct pci_device *device)
{
	return device->class >> 16 == CLASS_NETWORK;
}

static int is_address(const struct dirent *entry)
{
	char address[PCI_ADDRESS_MAX];

	return pci_parse(entry->d_name, address);
}

/* Calls @fn with each device that a folder of sysfs names, in their order. -errno. */
static int each_device(const char *sys, const char *folder, pci_card_fn fn, void *userdata)
{
	struct dirent **list;
	int n = scandir(folder, &list, is_address, alphasort);

	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		struct pci_device device;

		if (pci_read(sys, list[i]->d_name, &device) == 0)
			fn(&device, userdata);
		free(list[i]);
	}
	free(list);
	return 0;
}

/* Of whom a walk tells what it finds. */
struct cards_call {
	pci_card_fn fn;
	void *userdata;
};

static void handle_device(const struct pci_device *device, void *userdata)
{
	const struct cards_call *call = userdata;

	if (pci_is_card(device))
		call->fn(device, call->userdata);
}

int pci_each_card(const char *sys, pci_card_fn fn, void *userdata)
{
	struct cards_call call = { fn, userdata };
	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "%s/" DEVICES, sys);
	return each_device(sys, folder, handle_device, &call);
}

/* In the words of who looks for it in a list of devices. */
static const char *kind_of(const struct pci_device *device)
{
	static const struct {
		uint32_t class; /* class and subclass; subclass 0xff: any other */
		const char *words;
	} kinds[] = {
		{ 0x01ff, "a disk controller" },
		{ 0x02ff, "a network card" },
		{ 0x03ff, "a graphics card" },
		{ 0x04ff, "a sound card" },
		{ 0x06ff, "a bridge" },
		{ 0x0c03, "a USB controller" },
		{ 0x0c05, "an SMBus" },
	};
	uint32_t class = device->class >> 8;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].class == class || kinds[i].class == (class | 0xff))
			return kinds[i].words;
	}
	return "another device";
}

/* Names that are being put into a sentence. */
struct names {
	char text[512];
	size_t len;
	unsigned n;
	const char *list; /* whose addresses are left out; NULL: none */
};

static void append_name(struct names *names, const struct pci_device *device, bool kind)
{
	size_t left = sizeof(names->text) - names->len;
	int n;

	if (++names->n > NAMES_SHOWN)
		return;
	if (names->n == NAMES_SHOWN)
		n = snprintf(names->text + names->len, left, " and more");
	else
		n = snprintf(names->text + names->len, left, "%s%s%s%s%s", names->n > 1 ? ", " : "", device->address,
			kind ? " (" : "", kind ? kind_of(device) : "", kind ? ")" : "");
	if (n > 0 && (size_t)n < left)
		names->len += (size_t)n;
}

static void handle_card(const struct pci_device *device, void *userdata)
{
	append_name(userdata, device, false);
}

/* A bridge only carries what belongs to the devices behind it, and stays the host's. */
static void handle_neighbour(const struct pci_device *device, void *userdata)
{
	struct names *names = userdata;

	if (device->class >> 16 != CLASS_BRIDGE && !pci_list_has(names->list, device->address))
		append_name(names, device, true);
}

static enum pci_verdict say_missing(const char *sys, const char *address, char *ret_why, size_t size)
{
	struct names names = { 0 };

	if (pci_each_card(sys, handle_card, &names) < 0 || names.n == 0)
		snprintf(
			ret_why, size, "There is no PCI device %s, and this host has no network card at all.", address);
	else
		snprintf(ret_why, size, "There is no PCI device %s. The network %s: %s.", address,
			names.n > 1 ? "cards of this host are" : "card of this host is", names.text);
	return PCI_MISSING;
}

static enum pci_verdict judge_group(
	const char *sys, const struct pci_device *device, const char *list, char *ret_why, size_t size)
{
	struct names names = { .list = list };
	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "%s/" DEVICES "/%s/iommu_group/devices", sys, device->address);
	if (each_device(sys, folder, handle_neighbour, &names) == 0 && names.n == 0)
		return PCI_USABLE;
	snprintf(ret_why, size,
		"Card %s is kept apart by the IOMMU only together with %s (group %d), so a VM cannot have it alone: "
		"name all cards of the group by --pci, or put it into another slot.",
		device->address, names.n ? names.text : "devices that cannot be told", device->group);
	return PCI_SHARED;
}

static enum pci_verdict say_held(const struct pci_device *device, char *ret_why, size_t size)
{
	snprintf(ret_why, size,
		"Card %s is held by %s%s, not by " PCI_DRIVER ": start the host with "
		"vfio-pci.ids=ffffffff:ffffffff:ffffffff:ffffffff:20000:ff0000 on the kernel's command line.",
		device->address, device->driver[0] ? "the host's driver " : "no driver",
		device->driver[0] ? device->driver : "");
	return PCI_HELD;
}

enum pci_verdict pci_judge(const char *sys, const char *address, const char *list, char *ret_why, size_t size)
{
	struct pci_device device;
	enum pci_verdict verdict;

	snprintf(ret_why, size, "%s", "");
	if (pci_read(sys, address, &device) < 0)
		return say_missing(sys, address, ret_why, size);
	if (!pci_is_card(&device)) {
		snprintf(ret_why, size,
			"PCI device %s is %s, no network card: a VM can have network cards only, see \"vmos net "
			"cards\".",
			address, kind_of(&device));
		return PCI_NO_CARD;
	}
	if (device.group < 0) {
		snprintf(ret_why, size,
			"No IOMMU would keep card %s inside its VM: turn on VT-d or AMD-Vi in the firmware, and see "
			"that "
			"the kernel's command line has intel_iommu=on on an Intel processor.",
			address);
		return PCI_NO_IOMMU;
	}
	verdict = judge_group(sys, &device, list, ret_why, size);
	if (verdict == PCI_USABLE && strcmp(device.driver, PCI_DRIVER) != 0)
		verdict = say_held(&device, ret_why, size);
	return verdict;
}

/* What follows @key at the begin of a line of @text; NULL: no line has it. @within: the search ends where lines begin otherwise. */
static const char *find_line(const char *text, const char *key, char within)
{
	size_t len = strlen(key);

	for (const char *line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		if (strncmp(line, key, len) == 0)
			return line + len;
		if (within && *line != within && *line != '#' && *line != '\n')
			return NULL;
	}
	return NULL;
}

static int line_length(const char *line)
{
	return (int)strcspn(line, "\n");
}

/* pci.ids: "8086  Intel Corporation", then "\t10d3  82574L Gigabit Network Connection". */
void pci_name(const char *ids, const struct pci_device *device, char ret[PCI_NAME_MAX])
{
	char *text cleanup_free = NULL;
	const char *vendor, *rest, *model;
	char key[16];
	size_t len;

	snprintf(ret, PCI_NAME_MAX, "%04x:%04x", device->vendor, device->device);
	if (fd_read_file(ids, IDS_MAX, &text, &len) < 0)
		return;
	snprintf(key, sizeof(key), "%04x  ", device->vendor);
	vendor = find_line(text, key, '\0');
	if (!vendor)
		return;
	rest = strchr(vendor, '\n');
	snprintf(key, sizeof(key), "\t%04x  ", device->device);
	model = rest ? find_line(rest + 1, key, '\t') : NULL;
	snprintf(ret, PCI_NAME_MAX, "%.*s%s%.*s", line_length(vendor), vendor, model ? " " : "",
		model ? line_length(model) : 0, model ? model : "");
}
