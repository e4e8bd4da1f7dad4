/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/domain_xml.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/tree.h>

#include "base/cleanup.h"
#include "base/smack.h"
#include "manager/labels.h"
#include "proto/netplan.h"

#define QEMU_NAMESPACE "http://libvirt.org/schemas/domain/qemu/1.0"
#define TEXT_MAX 8192
#define QEMU_EXTRA_MIB 768 /* channels 288 MiB, disk caches, threads; a file system full of dirty pages beside */

/*
 * Slots on the root bus. Fixed, so that a VM looks the same to its guest at
 * each start; on the root bus, as each PCIe port costs boot time under
 * emulation. Slot 0x1f is the machine's own.
 */
enum { SLOT_ROOT = 2, SLOT_DISK, SLOT_CTL, SLOT_GUI, SLOT_RNG, SLOT_NIC, SLOT_CLIENTS, SLOT_CARDS };
#define SLOT_AUDIO SLOT_CLIENTS /* clients are a NET VM's, which has no sound */

/* The tree being built. Errors stick, so that a long description needs no check per line. */
struct builder {
	xmlDocPtr doc;
	int error;
};

static bool is_xml_text(const char *s)
{
	for (const unsigned char *c = (const unsigned char *)s; *c; c++) {
		if (*c < 0x20 || *c == 0x7f)
			return false;
	}
	if (!xmlCheckUTF8((const xmlChar *)s))
		return false;
	/* Valid UTF-8, but no characters of XML: U+FFFE and U+FFFF, surrogates. */
	return !strstr(s, "\xef\xbf\xbe") && !strstr(s, "\xef\xbf\xbf") && !strstr(s, "\xed\xa0") &&
		!strstr(s, "\xed\xb0");
}

static xmlNodePtr add(struct builder *b, xmlNodePtr parent, const char *name, const char *text)
{
	xmlNodePtr node;

	if (!parent || (text && !is_xml_text(text))) {
		b->error = b->error ? b->error : -EINVAL;
		return NULL;
	}
	node = xmlNewTextChild(parent, NULL, (const xmlChar *)name, (const xmlChar *)text);
	if (!node)
		b->error = -ENOMEM;
	return node;
}

static void set(struct builder *b, xmlNodePtr node, const char *name, const char *value)
{
	if (!node || !is_xml_text(value))
		b->error = b->error ? b->error : -EINVAL;
	else if (!xmlNewProp(node, (const xmlChar *)name, (const xmlChar *)value))
		b->error = -ENOMEM;
}

/* An element with attributes: pairs of name and value, ended by NULL. */
static xmlNodePtr add_with(struct builder *b, xmlNodePtr parent, const char *name, ...)
{
	xmlNodePtr node = add(b, parent, name, NULL);
	const char *key;
	va_list ap;

	va_start(ap, name);
	while ((key = va_arg(ap, const char *)))
		set(b, node, key, va_arg(ap, const char *));
	va_end(ap);
	return node;
}

static void add_number(struct builder *b, xmlNodePtr parent, const char *name, uint32_t value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	add(b, parent, name, text);
}

static void set_number(struct builder *b, xmlNodePtr node, const char *name, uint32_t value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	set(b, node, name, text);
}

static void add_address(struct builder *b, xmlNodePtr device, unsigned slot)
{
	char text[8];

	snprintf(text, sizeof(text), "0x%02x", slot);
	add_with(b, device, "address", "type", "pci", "domain", "0x0000", "bus", "0x00", "slot", text, "function",
		"0x0", NULL);
}

static void build_metadata(struct builder *b, xmlNodePtr domain, const struct vm_config *config)
{
	xmlNodePtr metadata = add(b, domain, "metadata", NULL);
	xmlNodePtr vm = add(b, metadata, "vm", NULL);
	xmlNsPtr ns;
	char color[8];

	if (!vm)
		return;
	ns = xmlNewNs(vm, (const xmlChar *)DOMAIN_XML_NAMESPACE, (const xmlChar *)"vmos");
	if (!ns)
		b->error = -ENOMEM;
	xmlSetNs(vm, ns);
	snprintf(color, sizeof(color), "#%06x", config->rgb & 0xffffff);
	set(b, vm, "template", config->template);
	set(b, vm, "kind", config->kind);
	set(b, vm, "color", color);
	set_number(b, vm, "ready-timeout", config->ready_timeout);
	if (config->uid)
		set_number(b, vm, "uid", config->uid);
	if (config->net_index)
		set_number(b, vm, "net-index", config->net_index);
	if (config->net[0])
		set(b, vm, "net", config->net);
	if (config->net_limit)
		set_number(b, vm, "net-limit", config->net_limit);
	if (config->volume != VM_VOLUME_MAX)
		set_number(b, vm, "volume", config->volume);
	if (config->muted)
		set(b, vm, "mute", "yes");
	if (config->no_audio)
		set(b, vm, "audio", "no");
	if (config->pci[0])
		set(b, vm, "pci", config->pci);
	if (config->quiet)
		set(b, vm, "notifications", "off");
	if (config->vsock)
		set(b, vm, "carrier", "vsock");
}

/* All that QEMU may hold: the guest's memory, both channels, and what QEMU needs itself. */
static void build_limits(struct builder *b, xmlNodePtr domain, const struct vm_config *config)
{
	xmlNodePtr tune;

	if (!config->uid)
		return;
	tune = add(b, domain, "memtune", NULL);
	add_number(b, tune, "hard_limit", config->memory_mib + QEMU_EXTRA_MIB);
	if (tune)
		set(b, tune->children, "unit", "MiB");
}

/*
 * One user and one label per VM. libvirt labels the files, but leaves their
 * owner alone: vmosd gave them to the VM's user when it made them, and the
 * template's files belong to no VM.
 */
static void build_security(struct builder *b, xmlNodePtr domain, const struct vm_config *config)
{
	char label[SMACK_LABEL_MAX + 1], owner[32];
	xmlNodePtr node;

	if (!config->uid)
		return;
	if (label_of(config->name, LABEL_QEMU, label) < 0) {
		b->error = -EINVAL;
		return;
	}
	snprintf(owner, sizeof(owner), "+%u:+%u", config->uid, config->uid);
	node = add_with(b, domain, "seclabel", "type", "static", "model", "smack", "relabel", "yes", NULL);
	add(b, node, "label", label);
	node = add_with(b, domain, "seclabel", "type", "static", "model", "dac", "relabel", "no", NULL);
	add(b, node, "label", owner);
}

static void build_machine(
	struct builder *b, xmlNodePtr domain, const struct vm_config *config, const struct domain_paths *paths)
{
	xmlNodePtr os = add(b, domain, "os", NULL);
	xmlNodePtr type = add(b, os, "type", "hvm");
	bool net = strcmp(config->kind, VM_KIND_NET) == 0;
	char cmdline[TEXT_MAX], index[32] = "";

	set(b, type, "arch", "x86_64");
	set(b, type, "machine", "q35");
	if (!paths->kernel)
		return;
	/* An emulated processor may be late for Linux's trial of the timer, which ends the boot; under KVM there is none. */
	/* its number on the NET VM that it uses: an uplink of QEMU's has its addresses from there */
	if (config->net_index && paths->nic)
		snprintf(index, sizeof(index), " vmos.net=%u", config->net_index);
	snprintf(cmdline, sizeof(cmdline), "console=ttyS0 quiet panic=1 no_timer_check vmos.name=%s%s%s%s%s%s",
		config->name, index, net ? " vmos.kind=net" : "", paths->uplink_user ? " vmos.uplink=dhcp" : "",
		paths->cmdline[0] ? " " : "", paths->cmdline);
	add(b, os, "kernel", paths->kernel);
	add(b, os, "initrd", paths->initrd);
	add(b, os, "cmdline", cmdline);
}

/*
 * Under emulation erms and fsrm make the guest's kernel copy memory by "rep
 * movsb", which TCG runs at a fifth of the speed of plain moves.
 */
static void build_cpu(struct builder *b, xmlNodePtr domain, bool kvm, bool nested)
{
	xmlNodePtr features = add(b, domain, "features", NULL);
	xmlNodePtr cpu, clock;

	add(b, features, "acpi", NULL);
	add(b, features, "apic", NULL);
	add_with(b, features, "vmport", "state", "off", NULL);
	add_with(b, features, "smm", "state", "off", NULL);
	cpu = add_with(b, domain, "cpu", "mode", kvm ? "host-passthrough" : "maximum", NULL);
	if (!kvm) {
		add_with(b, cpu, "feature", "policy", "disable", "name", "erms", NULL);
		add_with(b, cpu, "feature", "policy", "disable", "name", "fsrm", NULL);
	}
	/* where the host's own time stamp counter is emulated, a timer that is set by it may never fire */
	if (kvm && nested)
		add_with(b, cpu, "feature", "policy", "disable", "name", "tsc-deadline", NULL);
	clock = add_with(b, domain, "clock", "offset", "utc", NULL);
	if (kvm)
		add_with(b, clock, "timer", "name", "hpet", "present", "no", NULL);
	add(b, domain, "on_poweroff", "destroy");
	add(b, domain, "on_reboot", "destroy");
	add(b, domain, "on_crash", "destroy");
}

static void build_disks(struct builder *b, xmlNodePtr devices, const struct domain_paths *paths)
{
	xmlNodePtr disk;

	if (paths->root) {
		/* cache=writeback: all VMs of a template share one copy in the host's page cache */
		disk = add_with(b, devices, "disk", "type", "file", "device", "disk", NULL);
		add_with(b, disk, "driver", "name", "qemu", "type", "raw", "cache", "writeback", NULL);
		add_with(b, disk, "source", "file", paths->root, NULL);
		add_with(b, disk, "target", "dev", "vda", "bus", "virtio", NULL);
		add(b, disk, "readonly", NULL);
		add(b, disk, "shareable", NULL);
		add_address(b, disk, SLOT_ROOT);
	}
	disk = add_with(b, devices, "disk", "type", "file", "device", "disk", NULL);
	add_with(
		b, disk, "driver", "name", "qemu", "type", "qcow2", "discard", "unmap", "detect_zeroes", "unmap", NULL);
	add_with(b, disk, "source", "file", paths->disk, NULL);
	add_with(b, disk, "target", "dev", "vdb", "bus", "virtio", NULL);
	add_address(b, disk, SLOT_DISK);
}

static void build_channel(struct builder *b, xmlNodePtr devices, const char *name, const char *socket, unsigned slot)
{
	xmlNodePtr shmem = add_with(b, devices, "shmem", "name", name, NULL);

	add_with(b, shmem, "model", "type", "ivshmem-doorbell", NULL);
	add_with(b, shmem, "server", "path", socket, NULL);
	add_with(b, shmem, "msi", "vectors", "1", "ioeventfd", "on", NULL);
	add_address(b, shmem, slot);
}

/* In the place of the ctl channel. Its address is ours: of those that libvirt gives by itself none would last. */
static void build_vsock(struct builder *b, xmlNodePtr devices, uint32_t cid)
{
	xmlNodePtr vsock = add_with(b, devices, "vsock", "model", "virtio", NULL);

	set_number(b, add_with(b, vsock, "cid", "auto", "no", NULL), "address", cid);
	add_address(b, vsock, SLOT_CTL);
}

/*
 * A network card of the host's. It is unmanaged: the host's kernel hands every
 * card to vfio-pci when it finds it, and nobody else ever drives one. No ROM:
 * what a card brings to be run at start is not run.
 */
static void build_card(struct builder *b, xmlNodePtr devices, const char *address, unsigned slot)
{
	xmlNodePtr card = add_with(b, devices, "hostdev", "mode", "subsystem", "type", "pci", "managed", "no", NULL);
	char part[4][8];

	/* "0000:03:00.0" */
	snprintf(part[0], sizeof(part[0]), "0x%.4s", address);
	snprintf(part[1], sizeof(part[1]), "0x%.2s", address + 5);
	snprintf(part[2], sizeof(part[2]), "0x%.2s", address + 8);
	snprintf(part[3], sizeof(part[3]), "0x%.1s", address + 11);
	add_with(b, card, "driver", "name", "vfio", NULL);
	add_with(b, add(b, card, "source", NULL), "address", "domain", part[0], "bus", part[1], "slot", part[2],
		"function", part[3], NULL);
	add_with(b, card, "rom", "enabled", "no", NULL);
	add_address(b, card, slot);
}

static void build_cards_of_host(struct builder *b, xmlNodePtr devices, const char *list)
{
	char address[PCI_ADDRESS_MAX];

	for (unsigned slot = SLOT_CARDS; pci_list_next(&list, address); slot++) {
		if (!pci_parse(address, address)) {
			b->error = b->error ? b->error : -EINVAL;
			return;
		}
		build_card(b, devices, address, slot);
	}
}

static void build_devices(
	struct builder *b, xmlNodePtr domain, const struct vm_config *config, const struct domain_paths *paths)
{
	xmlNodePtr devices = add(b, domain, "devices", NULL);
	xmlNodePtr device;

	add(b, devices, "emulator", paths->emulator);
	build_disks(b, devices, paths);
	add_with(b, devices, "controller", "type", "usb", "model", "none", NULL);
	device = add_with(b, devices, "serial", "type", "file", NULL);
	add_with(b, device, "source", "path", paths->console, "append", "off", NULL);
	add_with(b, device, "target", "type", "isa-serial", "port", "0", NULL);
	add_with(b, devices, "audio", "id", "1", "type", "none", NULL);
	device = add(b, devices, "video", NULL);
	add_with(b, device, "model", "type", "none", NULL);
	add_with(b, devices, "memballoon", "model", "none", NULL);
	device = add_with(b, devices, "rng", "model", "virtio", NULL);
	add(b, device, "backend", "/dev/urandom");
	if (device && device->children)
		set(b, device->children, "model", "random");
	add_address(b, device, SLOT_RNG);
	if (paths->ctl_socket)
		build_channel(b, devices, "vmos-ctl", paths->ctl_socket, SLOT_CTL);
	else
		build_vsock(b, devices, paths->cid);
	if (paths->gui_socket)
		build_channel(b, devices, "vmos-gui", paths->gui_socket, SLOT_GUI);
	if (paths->audio_socket)
		build_channel(b, devices, "vmos-audio", paths->audio_socket, SLOT_AUDIO);
	build_cards_of_host(b, devices, config->pci);
}

static void add_argument(struct builder *b, xmlNodePtr commandline, const char *value)
{
	add_with(b, commandline, "arg", "value", value, NULL);
}

/* @path as the value of an option of QEMU's: there a comma is written twice. */
static void write_value(struct builder *b, const char *path, char *dst, size_t cap)
{
	size_t len = 0;

	for (; *path && len + 2 < cap; path++) {
		if (*path == ',')
			dst[len++] = ',';
		dst[len++] = *path;
	}
	dst[len] = '\0';
	if (*path)
		b->error = b->error ? b->error : -ENAMETOOLONG;
}

/* One network card; its end is given by an option of QEMU's that @key begins, or (@end NULL) its own network. */
struct card {
	unsigned slot;
	const char *kind, *key, *end;
	const uint8_t *mac;
};

static void add_card(struct builder *b, xmlNodePtr commandline, const struct card *card)
{
	char escaped[512], netdev[640], device[160], address[18];

	netplan_format_mac(card->mac, address);
	if (card->end) {
		write_value(b, card->end, escaped, sizeof(escaped));
		snprintf(netdev, sizeof(netdev), "%s,id=vmosnet%u,%s=%s", card->kind, card->slot, card->key, escaped);
	} else {
		snprintf(netdev, sizeof(netdev), "user,id=vmosnet%u", card->slot);
	}
	snprintf(device, sizeof(device),
		"virtio-net-pci,netdev=vmosnet%u,mac=%s,bus=pcie.0,addr=0x%02x,romfile=", card->slot, address,
		card->slot);
	add_argument(b, commandline, "-netdev");
	add_argument(b, commandline, netdev);
	add_argument(b, commandline, "-device");
	add_argument(b, commandline, device);
}

/*
 * The cards, by words of QEMU: libvirt 9.0 has none for VDE, and its own user
 * network is a process of its own. vmos-confine opens the end of the switch, or
 * fetches the queue of the TAP device, which libvirt would make itself.
 */
static void build_cards(
	struct builder *b, xmlNodePtr commandline, const struct vm_config *config, const struct domain_paths *paths)
{
	const char *kind = paths->taps ? "tap" : "vde", *key = paths->taps ? "path" : "sock";
	uint8_t mac[NETPLAN_MAC];
	const struct card nic = { SLOT_NIC, kind, key, paths->uplink_user ? NULL : paths->nic, mac };
	const struct card clients = { SLOT_CLIENTS, kind, key, paths->clients, netplan_gateway_mac };

	if (!config->net_index)
		return;
	netplan_mac(config->net_index, mac);
	if (paths->nic || paths->uplink_user)
		add_card(b, commandline, &nic);
	if (paths->clients)
		add_card(b, commandline, &clients);
}

static void add_environment(struct builder *b, xmlNodePtr commandline, const char *name, const char *value)
{
	if (value)
		add_with(b, commandline, "env", "name", name, "value", value, NULL);
}

/*
 * Devices of the machine that libvirt has no words for, or had none in 9.0:
 * a VM has no disk, keyboard or sensor on these. And the emulator's
 * environment, which libvirt otherwise clears: vmos-confine reads from it what
 * its QEMU may open.
 */
static void build_commandline(
	struct builder *b, xmlNodePtr domain, const struct vm_config *config, const struct domain_paths *paths)
{
	xmlNodePtr commandline = add(b, domain, "commandline", NULL);
	xmlNsPtr ns;

	if (!commandline)
		return;
	add_argument(b, commandline, "-machine");
	add_argument(b, commandline, "sata=off,smbus=off,i8042=off");
	build_cards(b, commandline, config, paths);
	add_environment(b, commandline, "VMOS_CONFINE", paths->confine_spec);
	add_environment(b, commandline, "LD_PRELOAD", paths->preload);
	add_environment(b, commandline, "VMOS_DRILL", paths->drill);
	ns = xmlNewNs(domain, (const xmlChar *)QEMU_NAMESPACE, (const xmlChar *)"qemu");
	if (!ns) {
		b->error = b->error ? b->error : -ENOMEM;
		return;
	}
	xmlSetNs(commandline, ns);
	for (xmlNodePtr at = commandline->children; at; at = at->next)
		xmlSetNs(at, ns);
}

/*
 * An emulator that will never have a second processor leaves the guest's barriers out (QEMU's tcg_gen_mb(), which asks
 * for the most that there may be): then the guest and we, who share memory, miss each other's words. So it may have two.
 */
static void build_vcpus(struct builder *b, xmlNodePtr domain, const struct vm_config *config, bool kvm)
{
	char current[16];

	if (kvm || config->vcpus > 1) {
		add_number(b, domain, "vcpu", config->vcpus);
		return;
	}
	add_number(b, domain, "vcpu", 2);
	snprintf(current, sizeof(current), "%u", config->vcpus);
	set(b, xmlGetLastChild(domain), "current", current);
}

int domain_xml_build(const struct vm_config *config, const struct domain_paths *paths, bool kvm, char **ret_xml)
{
	struct builder b = { .doc = xmlNewDoc((const xmlChar *)"1.0") };
	xmlNodePtr domain = b.doc ? xmlNewNode(NULL, (const xmlChar *)"domain") : NULL;
	xmlChar *text = NULL;
	xmlNodePtr memory;
	int len;

	if (!domain) {
		xmlFreeDoc(b.doc);
		return -ENOMEM;
	}
	xmlDocSetRootElement(b.doc, domain);
	set(&b, domain, "type", kvm ? "kvm" : "qemu");
	add(&b, domain, "name", config->name);
	add(&b, domain, "uuid", config->uuid);
	build_metadata(&b, domain, config);
	add_number(&b, domain, "memory", config->memory_mib);
	memory = xmlGetLastChild(domain);
	set(&b, memory, "unit", "MiB");
	build_limits(&b, domain, config);
	build_vcpus(&b, domain, config, kvm);
	build_machine(&b, domain, config, paths);
	build_cpu(&b, domain, kvm, paths->nested);
	build_devices(&b, domain, config, paths);
	build_security(&b, domain, config);
	build_commandline(&b, domain, config, paths);
	if (!b.error) {
		xmlDocDumpFormatMemoryEnc(b.doc, &text, &len, "UTF-8", 1);
		b.error = text ? 0 : -ENOMEM;
	}
	xmlFreeDoc(b.doc);
	if (!b.error)
		*ret_xml = (char *)text; /* libxml2's allocator is malloc */
	return b.error;
}
