/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/manager.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/paths.h"
#include "manager/errors.h"
#include "manager/programs.h"
#include "manager/reclaim.h"

#define WATCHES (sizeof(((struct manager *)0)->watches) / sizeof(sd_event_source *))
/* libvirt's longest socket below its root: the monitor of a domain, whose name it cuts at 20 bytes */
#define LIBVIRT_SOCKET "/lib/qemu/domain-1000000-abcdefghijklmnopqrst/monitor.sock"

struct vm *manager_find_vm(const struct manager *m, const char *name)
{
	struct vm *vm = m->vms;

	while (vm && strcmp(vm->config.name, name) != 0)
		vm = vm->next;
	return vm;
}

void manager_add_vm(struct manager *m, struct vm *vm)
{
	struct vm **at = &m->vms;

	while (*at)
		at = &(*at)->next;
	*at = vm;
}

void manager_drop_vm(struct manager *m, struct vm *vm)
{
	struct vm **at = &m->vms;

	while (*at && *at != vm)
		at = &(*at)->next;
	if (*at)
		*at = vm->next;
}

struct template *manager_find_template(const struct manager *m, const char *name)
{
	struct template *t = m->templates;

	while (t && strcmp(t->name, name) != 0)
		t = t->next;
	return t;
}

static int handle_templates_moved(sd_event_source *source, const struct inotify_event *event, void *userdata)
{
	struct manager *m = userdata;

	if (event->len == 0 || event->name[0] != '.')
		manager_rescan(m);
	return 0;
}

static void watch(struct manager *m, const char *dir)
{
	const uint32_t mask = IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_ONLYDIR;

	if (m->nwatches < WATCHES &&
		sd_event_add_inotify(m->event, &m->watches[m->nwatches], dir, mask, handle_templates_moved, m) >= 0)
		m->nwatches++;
}

/* The folder of all templates is watched always, those of the templates as they come and go. */
static void watch_templates(struct manager *m)
{
	if (m->nwatches == 0)
		watch(m, m->templates_dir);
	while (m->nwatches > 1)
		sd_event_source_disable_unref(m->watches[--m->nwatches]);
	for (const struct template *t = m->templates; t; t = t->next)
		watch(m, t->dir);
}

/* Takes the template @name out of @list; NULL if it has none. */
static struct template *take_template(struct template **list, const char *name)
{
	struct template *t;

	while (*list && strcmp((*list)->name, name) != 0)
		list = &(*list)->next;
	t = *list;
	if (t) {
		*list = t->next;
		t->next = NULL;
	}
	return t;
}

int manager_rescan(struct manager *m)
{
	struct template *found, *old = m->templates, **tail = &m->templates;
	int r = template_scan(m->templates_dir, &found);

	if (r < 0)
		return r;
	m->templates = NULL;
	while (found) {
		struct template *fresh = found, *same = take_template(&old, fresh->name);

		found = fresh->next;
		fresh->next = NULL;
		if (same && template_same(same, fresh)) {
			template_free(fresh);
			fresh = same;
		} else {
			if (same && same->bus_path)
				sd_bus_emit_object_removed(m->bus, same->bus_path);
			template_free(same);
			if (m->bus)
				template_bus_add(m, fresh, true);
		}
		*tail = fresh;
		tail = &fresh->next;
	}
	while (old) {
		struct template *gone = old;

		old = gone->next;
		if (gone->bus_path)
			sd_bus_emit_object_removed(m->bus, gone->bus_path);
		template_free(gone);
	}
	watch_templates(m);
	return 0;
}

/* For the vmosd after this one: it may be started by a command that has no display. */
static void remember_display(const struct manager *m)
{
	char *path cleanup_free = paths_join(m->run, "display", NULL);
	int fd cleanup_fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;

	if (fd < 0 || (m->display && fd_write_all(fd, m->display, strlen(m->display)) < 0))
		log_debug("The display could not be noted in %s", m->run);
}

int manager_set_display(struct manager *m, const char *path, sd_bus_error *ret_error)
{
	int fd cleanup_fd = -1;
	char *copy = NULL;

	if (path && path[0]) {
		fd = path[0] == '/' ? fd_unix_connect(path, SOCK_STREAM) : -EINVAL;
		if (fd < 0)
			return errors_set(ret_error, ERROR_NO_DISPLAY,
				"The Wayland display %.120s does not answer: %s. Run this inside a Wayland session, or "
				"set WAYLAND_DISPLAY.",
				path, strerror(-fd));
		copy = strdup(path);
		if (!copy)
			return -ENOMEM;
	}
	free(m->display);
	m->display = copy;
	remember_display(m);
	for (struct vm *vm = m->vms; vm && copy; vm = vm->next)
		vm_retry_display(vm);
	return 0;
}

/* The path of $WAYLAND_DISPLAY, else the display an earlier vmosd was told of; the caller frees it. */
static char *guess_display(const struct manager *m)
{
	const char *name = getenv("WAYLAND_DISPLAY"), *dir = getenv("XDG_RUNTIME_DIR");
	char *noted cleanup_free = paths_join(m->run, "display", NULL);
	char *path = NULL;
	size_t len;

	if (name && name[0] == '/')
		return strdup(name);
	if (name && name[0] && dir)
		return paths_join(dir, name, NULL);
	if (noted && fd_read_file(noted, PATH_MAX, &path, &len) == 0)
		return path;
	return NULL;
}

static void first_display(struct manager *m)
{
	char *path cleanup_free = guess_display(m);
	sd_bus_error error = SD_BUS_ERROR_NULL;

	if (path && manager_set_display(m, path, &error) < 0)
		log_info("%s", error.message);
	sd_bus_error_free(&error);
}

static int make_folders(struct manager *m)
{
	int r;

	m->data = paths_data();
	m->run = paths_runtime();
	m->libexec = programs_folder();
	if (!m->data || !m->run || !m->libexec) {
		log_error("No folder for runtime files: set XDG_RUNTIME_DIR to a folder of your own (%s)",
			strerror(errno));
		return -errno;
	}
	if (strlen(m->data) + strlen("/libvirt" LIBVIRT_SOCKET) >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
		log_error("%s is too long a path: libvirt's sockets below it would exceed the kernel's limit of 107 "
			  "bytes. "
			  "Set XDG_DATA_HOME to a shorter one.",
			m->data);
		return -ENAMETOOLONG;
	}
	m->templates_dir = paths_join(m->data, "templates", NULL);
	m->vms_dir = paths_join(m->data, "vms", NULL);
	m->vms_run_dir = paths_join(m->run, "vms", NULL);
	if (!m->templates_dir || !m->vms_dir || !m->vms_run_dir)
		return -ENOMEM;
	r = paths_mkdir(m->templates_dir);
	if (r == 0)
		r = paths_mkdir(m->vms_dir);
	if (r == 0)
		r = paths_mkdir(m->vms_run_dir);
	if (r < 0)
		log_error("The folders of vmOS in %s and %s cannot be made: %s", m->data, m->run, strerror(-r));
	return r;
}

static void handle_domain_event(const char *name, enum virt_event event, enum virt_detail detail, void *userdata)
{
	struct vm *vm = manager_find_vm(userdata, name);

	if (vm)
		vm_handle_event(vm, event, detail);
}

static int open_virt(struct manager *m)
{
	char *root cleanup_free = paths_join(m->data, "libvirt", NULL);
	int r;

	if (!root)
		return -ENOMEM;
	r = confine_init(&m->confine, m->libexec, root);
	if (r < 0)
		return r;
	r = virt_open(m->event, root, handle_domain_event, m, &m->virt);
	if (r == -EBUSY)
		log_error("Another vmosd uses %s already (on another bus?). End that one first, or use it.", m->data);
	else if (r == -ENOPKG)
		log_error("libvirt's QEMU driver is missing. Install the package libvirt-daemon-driver-qemu.");
	else if (r < 0)
		log_error("libvirt's QEMU driver did not open in %s: %s", root, strerror(-r));
	return r;
}

int manager_init(struct manager *m, sd_event *event)
{
	m->event = event;
	accel_probe(&m->accel);
	log_info("%s: %s", m->accel.kvm ? "KVM" : "TCG", m->accel.reason);
	return make_folders(m);
}

int manager_open(struct manager *m)
{
	int r = open_virt(m);

	if (r == 0)
		r = manager_rescan(m);
	if (r == 0)
		r = reclaim_vms(m);
	if (r == 0)
		first_display(m);
	return r;
}

static void handle_probed(const struct virt_job *job, void *userdata)
{
	if (job->result < 0)
		log_warning("QEMU could not be asked what it can do: %s", job->message);
}

/* libvirt asks QEMU for seconds once; that is better done now than in the first create. */
static void probe_qemu(struct manager *m)
{
	struct virt_job job = { .verb = VIRT_PROBE, .name = "", .xml = m->confine.emulator, .done = handle_probed };

	if (confine_has_qemu())
		virt_submit(m->virt, &job);
	else
		log_warning("%s is missing: no VM can start. Install the package qemu-system-x86.", CONFINE_QEMU);
}

int manager_run(struct manager *m, sd_bus *bus)
{
	int r;

	m->bus = bus;
	r = manager_bus_add(m);
	for (struct template *t = m->templates; t && r == 0; t = t->next)
		r = template_bus_add(m, t, false);
	for (struct vm *vm = m->vms; vm && r == 0; vm = vm->next)
		r = vm_bus_add(vm, false);
	if (r < 0)
		return r;
	probe_qemu(m);
	return 0;
}

void manager_finish(struct manager *m)
{
	while (m->nwatches > 0)
		sd_event_source_disable_unref(m->watches[--m->nwatches]);
	while (m->templates) {
		struct template *t = m->templates;

		m->templates = t->next;
		template_free(t);
	}
	confine_finish(&m->confine);
	free(m->data);
	free(m->run);
	free(m->templates_dir);
	free(m->vms_dir);
	free(m->vms_run_dir);
	free(m->libexec);
	free(m->display);
}
