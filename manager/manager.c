/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/manager.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/paths.h"
#include "base/smack.h"
#include "manager/audit.h"
#include "manager/clock.h"
#include "manager/errors.h"
#include "manager/labels.h"
#include "manager/manager_rules.h"
#include "manager/programs.h"
#include "manager/protections.h"
#include "manager/reclaim.h"
#include "manager/template_copy.h"
#include "manager/virt_embed.h"
#include "manager/vm_audio.h"
#include "manager/vm_clipboard.h"

#define BLIND_SECONDS 3
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

static void share_template(const struct manager *m, const struct template *t)
{
	int r = m->system ? template_share(t) : 0;

	if (r < 0)
		log_error("The files of template %s cannot be given to all VMs: %s", t->name, strerror(-r));
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
		share_template(m, fresh);
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

	if (fd >= 0 && (!m->display || dprintf(fd, "%u %s", (unsigned)m->display_uid, m->display) > 0))
		return;
	log_debug("The display could not be noted in %s", m->run);
}

int manager_set_display(struct manager *m, const char *path, uid_t uid, sd_bus_error *ret_error)
{
	int fd cleanup_fd = -1;
	char *copy = NULL;

	if (path && path[0]) {
		fd = path[0] == '/' ? m->mode->connect_display(path, uid) : -EINVAL;
		if (fd < 0)
			return errors_set(ret_error, ERROR_NO_DISPLAY,
				"The Wayland display %.120s does not answer: %s. Run this inside a Wayland session, or "
				"set WAYLAND_DISPLAY.",
				path,
				m->system ? "it must be a socket of your own, reached without symbolic links"
					  : strerror(-fd));
		copy = strdup(path);
		if (!copy)
			return -ENOMEM;
	}
	free(m->display);
	m->display = copy;
	m->display_uid = uid;
	remember_display(m);
	for (struct vm *vm = m->vms; vm && copy; vm = vm->next)
		vm_retry_display(vm);
	return 0;
}

/* The display an earlier vmosd was told of, and whose it must be. The caller frees it; NULL: none. */
static char *noted_display(const struct manager *m, uid_t *ret_uid)
{
	char *note cleanup_free = paths_join(m->run, "display", NULL);
	char *text cleanup_free = NULL;
	unsigned long uid;
	char *path;
	size_t len;

	if (!note || fd_read_file(note, PATH_MAX, &text, &len) < 0)
		return NULL;
	uid = strtoul(text, &path, 10);
	if (path == text || path[0] != ' ' || path[1] != '/' || uid >= UINT32_MAX)
		return NULL;
	*ret_uid = (uid_t)uid;
	return strdup(path + 1);
}

static void first_display(struct manager *m)
{
	uid_t uid = geteuid();
	char *path cleanup_free = m->mode->own_display();
	sd_bus_error error = SD_BUS_ERROR_NULL;

	if (!path)
		path = noted_display(m, &uid);
	if (path && manager_set_display(m, path, uid, &error) < 0)
		log_info("%s", error.message);
	sd_bus_error_free(&error);
}

/*
 * The folders that lead to a VM's own: in system mode others may pass, by mode
 * and by label, but not look. Where labels cannot be set, vmosd runs to say so
 * when a VM is to be started.
 */
static int make_folder(const struct manager *m, const char *path, mode_t mode)
{
	int r = paths_mkdir(path);

	if (r == 0 && m->system && chmod(path, mode) < 0)
		r = -errno;
	if (r < 0)
		log_error("The folder %s cannot be made: %s", path, strerror(-r));
	if (r < 0 || !m->system)
		return r;
	r = smack_path_set(path, LABEL_HOST);
	if (r < 0)
		log_warning("The folder %s cannot be labelled: %s", path, strerror(-r));
	return 0;
}

static int make_folders(struct manager *m)
{
	int r;

	m->data = m->mode->data();
	m->run = m->mode->run();
	m->libexec = programs_folder();
	if (!m->data || !m->run || !m->libexec) {
		log_error("No folder for runtime files: set XDG_RUNTIME_DIR to a folder of your own (%s)",
			strerror(errno));
		return -errno;
	}
	if (!m->system &&
		strlen(m->data) + strlen("/libvirt" LIBVIRT_SOCKET) >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
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
	r = make_folder(m, m->data, 0711);
	if (r == 0)
		r = make_folder(m, m->run, 0711);
	if (r == 0)
		r = make_folder(m, m->templates_dir, 0755);
	if (r == 0)
		r = make_folder(m, m->vms_dir, 0711);
	if (r == 0)
		r = make_folder(m, m->vms_run_dir, 0711);
	return r;
}

static void handle_domain_event(const char *name, enum virt_event event, enum virt_detail detail, void *userdata)
{
	struct vm *vm = manager_find_vm(userdata, name);

	if (vm)
		vm_handle_event(vm, event, detail);
}

static void report_no_virt(const struct manager *m, int error)
{
	if (error == -EBUSY)
		log_error("Another vmosd uses %s already (on another bus?). End that one first, or use it.", m->data);
	else if (error == -ENOPKG)
		log_error("libvirt's QEMU driver is missing. Install the package libvirt-daemon-driver-qemu.");
	else if (error == -ECONNREFUSED)
		log_error("libvirtd does not answer. Start it by systemctl start libvirtd.");
	else
		log_error("libvirt's QEMU driver did not open: %s", strerror(-error));
}

static int open_virt(struct manager *m)
{
	char *root cleanup_free = paths_join(m->data, "libvirt", NULL);
	char *cache cleanup_free = NULL;
	char *uri cleanup_free = NULL;
	int r = 0;

	cache = m->mode->capabilities ? strdup(m->mode->capabilities)
				      : paths_join(m->data, "libvirt/cache/qemu/capabilities", NULL);
	if (!root || !cache)
		return -ENOMEM;
	r = confine_init(&m->confine, m->libexec, cache);
	if (r < 0)
		return r;
	if (m->mode->libvirt_uri)
		uri = strdup(m->mode->libvirt_uri);
	else
		r = virt_embed_prepare(root, &uri);
	if (r == 0)
		r = uri ? virt_open(m->event, uri, handle_domain_event, m, &m->virt) : -ENOMEM;
	if (r < 0)
		report_no_virt(m, r);
	m->blind = r < 0 && m->system && m->virt;
	return m->blind ? 0 : r;
}

/* All that is known of VMs comes from libvirt: with it vmosd begins anew, as the service's unit has it. */
static int handle_look_again(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct manager *m = userdata;

	if (virt_has_secmodel(m->virt, "smack", 0) < 0) {
		sd_event_source_set_time_relative(source, BLIND_SECONDS * 1000000ull);
		return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	}
	log_info("libvirtd answers; vmosd starts again to take up its VMs");
	return sd_event_exit(m->event, -EAGAIN);
}

/* vmosd is there to say why no VM starts. */
static int open_blind(struct manager *m)
{
	int r;

	log_warning("VMs are known by name only until libvirtd answers; none can be started");
	reclaim_names(m);
	r = sd_event_add_time_relative(
		m->event, NULL, CLOCK_MONOTONIC, BLIND_SECONDS * 1000000ull, 0, handle_look_again, m);
	return r < 0 ? r : 0;
}

int manager_init(struct manager *m, const struct mode *mode, sd_event *event)
{
	m->mode = mode;
	m->system = mode->system;
	m->event = event;
	accel_probe(&m->accel);
	log_info("%s mode, %s: %s", mode->name, m->accel.kvm ? "KVM" : "TCG", m->accel.reason);
	return make_folders(m);
}

/* Without a log vmosd runs to say so, and to stop what runs. */
static void open_audit(struct manager *m)
{
	int r = audit_open(m->data, m->system ? LABEL_LOG : NULL, &m->audit);

	if (r < 0)
		log_error("The audit log %s/audit.log cannot be opened: %s. What needs a record is refused.", m->data,
			strerror(-r));
	audit_write(m->audit, "vmosd-start", "version", VMOS_VERSION, "mode", m->mode->name, NULL);
}

static void handle_host_time(int64_t slept_ns, int64_t set_ns, void *userdata)
{
	struct manager *m = userdata;

	log_info("The host slept for %.3f s, and its clock was set by %+.3f s: the VMs are told the time",
		(double)slept_ns / 1e9, (double)set_ns / 1e9);
	for (struct vm *vm = m->vms; vm; vm = vm->next)
		vm_tell_time(vm);
	clock_host_slept(m);
}

/* What does not work here is no reason to start no VM. */
static int open_clock(struct manager *m)
{
	int r = host_time_open(&m->host_time, m->event, handle_host_time, m);

	if (r < 0)
		log_warning("The VMs are not told the time after a suspend of the host: %s", strerror(-r));
	return clock_open(m, m->clock_socket);
}

int manager_open(struct manager *m)
{
	int r = open_virt(m);

	if (r == 0) {
		open_audit(m);
		r = manager_rules_open(m);
	}
	if (r == 0)
		r = net_lists_open(m);
	if (r == 0)
		r = manager_rules_on_change(m, decision_rules_changed);
	if (r == 0)
		r = manager_rules_on_change(m, transfers_rules_changed);
	if (r == 0)
		r = net_links_open(m);
	if (r == 0) {
		template_copy_sweep(m->templates_dir);
		r = manager_rescan(m);
	}
	if (r == 0)
		r = m->blind ? open_blind(m) : reclaim_vms(m);
	if (r == 0)
		manager_rules_apply(m);
	if (r == 0)
		r = open_clock(m);
	if (r == 0)
		r = transfers_open(m);
	if (r == 0)
		first_display(m);
	return r;
}

int manager_check_known(const struct manager *m, sd_bus_error *ret_error)
{
	const struct protections_env env = { .system = true, .root = "" };
	struct protection smack = { 0 };

	if (!m->blind)
		return 0;
	/* Without Smack libvirtd is not even started: no waiting would help. */
	protections_smack(&env, &smack);
	if (!smack.on)
		return errors_set(ret_error, ERROR_UNPROTECTED, "%s", smack.words);
	return errors_set(ret_error, ERROR_BUSY,
		"libvirtd did not answer yet, so that VMs are known by name only. Try again in a moment; if it stays "
		"so, start it by systemctl restart libvirtd.");
}

char *manager_qemu_log(const struct manager *m, const char *name)
{
	char *path = NULL;
	int n;

	if (m->mode->qemu_log)
		n = asprintf(&path, "%s/%s.log", m->mode->qemu_log, name);
	else
		n = asprintf(&path, "%s/libvirt/log/qemu/%s.log", m->data, name);
	return n < 0 ? NULL : path;
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

	if (m->blind)
		return;
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
	if (r == 0)
		r = transfers_run(m);
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
	clock_close(m);
	host_time_close(&m->host_time);
	vm_clipboard_close(m);
	vm_audio_watch_close(m);
	net_links_close(m);
	net_lists_close(m);
	manager_rules_close(m);
	audit_write(m->audit, "vmosd-stop", NULL);
	audit_close(m->audit);
	confine_finish(&m->confine);
	free(m->data);
	free(m->run);
	free(m->templates_dir);
	free(m->vms_dir);
	free(m->vms_run_dir);
	free(m->libexec);
	free(m->display);
}
