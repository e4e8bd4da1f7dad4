/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making a VM: folder and disk first, the definition in libvirt last, as that
 * is what makes it exist. Until then the folder carries a mark, by which the
 * next start-up knows what a crash left.
 */
#include "manager/vm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/paths.h"
#include "manager/errors.h"
#include "manager/manager.h"
#include "manager/options.h"
#include "manager/spawn.h"
#include "manager/vm_pci.h"
#include "policy/likeness.h"
#include "policy/palette.h"

#define DEFAULT_MEMORY 768 /* MiB: a terminal needs 200, one GTK application 400 */
#define DEFAULT_NET_MEMORY 384 /* MiB: of a NET VM, which has no windows */
#define DEFAULT_DISK_GIB 20
#define DEFAULT_TEMPLATE "debian-13"
#define DEFAULT_NET_TEMPLATE "net"
#define CREATE_SPACE_MIN (16ull << 20)

struct creation {
	struct vm *vm;
	sd_bus_message *call;
	uint32_t disk_gib;
};

static void creation_free(struct creation *c)
{
	sd_bus_message_unref(c->call);
	free(c);
}

/* Undoes all of it and tells why. */
static void creation_fail(struct creation *c, const sd_bus_error *error)
{
	struct vm *vm = c->vm;

	sd_bus_reply_method_error(c->call, error);
	paths_remove(vm->dir);
	manager_drop_vm(vm->manager, vm);
	vm_free(vm);
	creation_free(c);
}

static void handle_defined(const struct virt_job *job, void *userdata)
{
	struct creation *c = userdata;
	struct vm *vm = c->vm;
	sd_bus_error error = SD_BUS_ERROR_NULL;

	vm_job_done(vm);
	if (job->result < 0) {
		errors_set_virt(&error, vm->config.name, job);
		creation_fail(c, &error);
		sd_bus_error_free(&error);
		return;
	}
	vm->busy = false;
	vm_mark_unfinished(vm, false);
	vm_bus_add(vm, true);
	net_links_wake(vm->manager);
	template_bus_used_changed(vm->manager, vm->config.template);
	log_info("VM %s: created from template %s", vm->config.name, vm->config.template);
	sd_bus_reply_method_return(c->call, "o", vm->bus_path);
	creation_free(c);
}

static void creation_define(struct creation *c, sd_bus_error *error)
{
	char *xml cleanup_free = NULL;
	struct virt_job job = {
		.verb = VIRT_DEFINE, .name = c->vm->config.name, .done = handle_defined, .userdata = c
	};
	int r = vm_build_xml(c->vm, &xml, error);

	if (r == 0) {
		job.xml = xml;
		r = virt_submit(c->vm->manager->virt, &job);
	}
	if (r == 0) {
		c->vm->jobs++;
		return;
	}
	errors_set(error, ERROR_FAILED, "VM %s could not be defined: %s", c->vm->config.name, strerror(-r));
	creation_fail(c, error);
}

static void handle_disk_made(int status, const char *text, void *userdata)
{
	struct creation *c = userdata;
	sd_bus_error error = SD_BUS_ERROR_NULL;

	int r = status == 0 ? identity_own_file(&c->vm->identity, c->vm->disk) : 0;

	if (status == 0 && r == 0) {
		creation_define(c, &error);
	} else {
		if (r < 0)
			errors_set(&error, ERROR_FAILED, "The private disk %s cannot be given to the VM: %s",
				c->vm->disk, strerror(-r));
		else if (status == 127)
			errors_set(&error, ERROR_NO_QEMU,
				"qemu-img is missing, so no disk can be made. Install the package qemu-utils.");
		else if (strstr(text, "No space left"))
			errors_set(&error, ERROR_NO_SPACE,
				"The file system of %s is full. Free some space, then create the VM again.",
				c->vm->dir);
		else
			errors_set(
				&error, ERROR_FAILED, "The private disk %s could not be made: %s", c->vm->disk, text);
		creation_fail(c, &error);
	}
	sd_bus_error_free(&error);
}

/* Thin: only the first tables are written, about 200 KiB. */
static int make_disk(struct creation *c)
{
	char size[16];
	char *argv[] = { "qemu-img", "create", "-q", "-f", "qcow2", "-o", "lazy_refcounts=on", c->vm->disk, size,
		NULL };
	int r = paths_mkdir(c->vm->dir);

	if (r == 0)
		r = identity_own_folder(&c->vm->identity, c->vm->dir);
	if (r == 0)
		r = vm_mark_unfinished(c->vm, true);
	if (r < 0)
		return r;
	snprintf(size, sizeof(size), "%uG", c->disk_gib);
	return spawn_tool(c->vm->manager->event, argv, handle_disk_made, c);
}

static uint32_t pick_color(const struct manager *m)
{
	uint32_t used[MANAGER_VMS_MAX];
	size_t n = 0;

	for (const struct vm *vm = m->vms; vm && n < MANAGER_VMS_MAX; vm = vm->next)
		used[n++] = vm->config.rgb;
	return palette_pick(used, n);
}

/* An id that neither a VM nor a folder of one has. 0: there is none. */
static uint32_t pick_uid(const struct manager *m)
{
	uint32_t used[2 * MANAGER_VMS_MAX];
	size_t n = 0;

	for (const struct vm *vm = m->vms; vm && n < MANAGER_VMS_MAX; vm = vm->next)
		used[n++] = vm->config.uid;
	n = identity_scan_owners(m->vms_dir, used, n, 2 * MANAGER_VMS_MAX);
	return n < 2 * MANAGER_VMS_MAX ? identity_pick(used, n) : 0;
}

/* A random one, version 4, as RFC 9562 writes it. */
static void make_uuid(char *dst, size_t cap)
{
	uint8_t b[16];

	arc4random_buf(b, sizeof(b));
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
	snprintf(dst, cap, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2],
		b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

static void choose_template(const struct manager *m, const struct options *o, struct vm_config *c)
{
	bool net = strcmp(c->kind, VM_KIND_NET) == 0;
	const char *name = net ? DEFAULT_NET_TEMPLATE : DEFAULT_TEMPLATE;
	const struct template *only = NULL;
	unsigned n = 0;

	/* the only template there is, besides that of NET VMs, needs no name */
	for (const struct template *t = m->templates; t && !net; t = t->next) {
		if (strcmp(t->name, DEFAULT_NET_TEMPLATE) == 0)
			continue;
		only = t;
		n++;
	}
	if (!manager_find_template(m, name) && n == 1)
		name = only->name;
	snprintf(c->template, sizeof(c->template), "%s", o->template[0] ? o->template : name);
}

static void fill_config(
	const struct manager *m, const char *name, const struct options *o, struct vm_config *ret_config)
{
	bool net = strcmp(o->kind, VM_KIND_NET) == 0;
	struct vm_config c = {
		.kind = VM_KIND_APP,
		.rgb = o->has_color ? o->rgb : pick_color(m),
		.memory_mib = o->memory_mib ? o->memory_mib : (net ? DEFAULT_NET_MEMORY : DEFAULT_MEMORY),
		.vcpus = o->vcpus ? o->vcpus : (!net && sysconf(_SC_NPROCESSORS_ONLN) >= 2 ? 2 : 1),
		.ready_timeout = o->ready_timeout,
		.net_limit = o->net_limit,
		.quiet = o->has_notifications && !o->notifications,
		.volume = o->has_volume ? o->volume : VM_VOLUME_MAX,
		.muted = o->mute,
		.no_audio = o->has_audio && !o->audio,
		.vsock = o->vsock,
	};

	if (m->system)
		c.uid = pick_uid(m);
	make_uuid(c.uuid, sizeof(c.uuid));
	snprintf(c.name, sizeof(c.name), "%s", name);
	snprintf(c.net, sizeof(c.net), "%s", o->net);
	snprintf(c.pci, sizeof(c.pci), "%s", o->pci);
	if (net)
		snprintf(c.kind, sizeof(c.kind), "%s", VM_KIND_NET);
	choose_template(m, o, &c);
	*ret_config = c;
}

static int check_name(struct manager *m, const char *name, sd_bus_error *ret_error)
{
	unsigned n = 0;

	if (!text_is_vm_name(name))
		return errors_set(ret_error, ERROR_INVALID_NAME,
			"That is no VM name: use at most %d letters, digits, '_', '.' and '-', beginning with a letter "
			"or digit.",
			VM_NAME_MAX);
	if (manager_find_vm(m, name))
		return errors_set(ret_error, ERROR_EXISTS,
			"There is a VM %s already. Choose another name, or delete that one.", name);
	for (const struct vm *vm = m->vms; vm; vm = vm->next) {
		/* a name in a frame is all that tells who is asking for a password */
		if (likeness_is(vm->config.name, name))
			return errors_set(ret_error, ERROR_EXISTS,
				"There is a VM %s already, which looks the same in a window's frame. Choose another "
				"name.",
				vm->config.name);
		n++;
	}
	if (n >= MANAGER_VMS_MAX)
		return errors_set(ret_error, ERROR_BUSY, "There are %d VMs already, which is the limit. Delete one.",
			MANAGER_VMS_MAX);
	return 0;
}

static int check_config(struct manager *m, const struct vm_config *config, sd_bus_error *ret_error)
{
	const struct template *t = manager_find_template(m, config->template);

	if (t && strcmp(t->newest.architecture, m->accel.architecture) != 0)
		return errors_set(ret_error, ERROR_WRONG_ARCHITECTURE,
			"Template %s was built for %s, but this host is %s. Build the template on this host.", t->name,
			t->newest.architecture, m->accel.architecture);
	if (!t)
		return errors_set(ret_error, ERROR_NO_TEMPLATE,
			"There is no template %s. Build it by \"vmos template build %s\", give it by \"vmos template "
			"import\", or name one of \"vmos template list\".",
			config->template, config->template);
	return 0;
}

static int check_space(const struct manager *m, sd_bus_error *ret_error)
{
	struct statvfs fs;

	if (statvfs(m->vms_dir, &fs) == 0 && (uint64_t)fs.f_bavail * fs.f_frsize < CREATE_SPACE_MIN)
		return errors_set(ret_error, ERROR_NO_SPACE,
			"The file system of %s is full. Free some space, then create the VM again.", m->vms_dir);
	return 0;
}

static int vm_begin(struct manager *m, const struct vm_config *config, struct vm **ret_vm, sd_bus_error *ret_error)
{
	int r = vm_new(m, config, ret_vm);

	if (r == -ENAMETOOLONG)
		return errors_set(ret_error, ERROR_INVALID_NAME,
			"The name is too long: the VM's sockets in %s/%s would exceed the kernel's limit of 107 bytes. "
			"Choose a shorter name, or a shorter XDG_RUNTIME_DIR.",
			m->vms_run_dir, config->name);
	if (r == 0 && access((*ret_vm)->dir, F_OK) == 0) {
		r = errors_set(ret_error, ERROR_EXISTS,
			"The folder %s is there already, but belongs to no VM. Move it away, or choose another name.",
			(*ret_vm)->dir);
		vm_free(*ret_vm);
	}
	return r;
}

int vm_create(struct manager *manager, const char *name, sd_bus_message *call, sd_bus_error *ret_error)
{
	struct vm_config config;
	struct options options;
	struct creation *c;
	struct vm *vm;
	int r = check_name(manager, name, ret_error);

	if (r == 0)
		r = options_read(call, true, &options, ret_error);
	if (r < 0)
		return r;
	fill_config(manager, name, &options, &config);
	if (manager->system && !identity_uid_is_valid(config.uid))
		return errors_set(ret_error, ERROR_BUSY, "All user ids for VMs (%d to %d) are taken. Delete a VM.",
			IDENTITY_UID_MIN, IDENTITY_UID_MAX);
	r = vm_pci_check_config(manager, &config, ret_error);
	if (r == 0)
		r = vm_vsock_check(manager, &config, ret_error);
	if (r == 0)
		r = check_config(manager, &config, ret_error);
	if (r == 0)
		r = check_space(manager, ret_error);
	if (r == 0)
		r = vm_begin(manager, &config, &vm, ret_error);
	if (r < 0)
		return r;
	r = net_links_check(vm, config.net, ret_error);
	if (r < 0) {
		vm_free(vm);
		return r;
	}
	c = calloc(1, sizeof(*c));
	if (!c) {
		vm_free(vm);
		return -ENOMEM;
	}
	*c = (struct creation){ .vm = vm, .call = sd_bus_message_ref(call) };
	c->disk_gib = options.disk_gib ? options.disk_gib : DEFAULT_DISK_GIB;
	vm->busy = true;
	manager_add_vm(manager, vm);
	r = make_disk(c);
	if (r < 0) {
		errors_set(ret_error, ERROR_FAILED, "The folder %s could not be made: %s", vm->dir, strerror(-r));
		creation_fail(c, ret_error);
		sd_bus_error_free(ret_error);
	}
	return 1;
}
