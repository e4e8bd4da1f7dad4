/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/drill.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/paths.h"
#include "base/smack.h"
#include "manager/drill_target.h"
#include "manager/errors.h"
#include "manager/manager.h"
#include "manager/programs.h"

#define FACTS_MAX 8191
#define PID_TEXT 16

/* KEY=VALUE;… being built. Too long an end sticks. */
struct facts {
	char text[FACTS_MAX + 1];
	size_t len;
	bool full;
};

static void facts_put(struct facts *f, const char *text)
{
	size_t len = strlen(text);

	f->full = f->full || len > FACTS_MAX - f->len;
	if (f->full)
		return;
	memcpy(f->text + f->len, text, len + 1);
	f->len += len;
}

/* NULL: there is no such thing here, and the key is left out. */
static void facts_add(struct facts *f, const char *key, const char *value)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./@:+,-";

	if (!value)
		return;
	facts_put(f, f->len ? ";" : "");
	facts_put(f, key);
	facts_put(f, "=");
	for (; *value; value++) {
		char text[4] = { *value };

		if (!strchr(plain, *value))
			snprintf(text, sizeof(text), "%%%02X", (unsigned char)*value);
		facts_put(f, text);
	}
}

/* A file of libvirt's for the running VM; @pattern may hold '*'. The caller frees it; NULL: there is none. */
static char *find_file(const char *pattern)
{
	char *path = NULL;
	glob_t found;

	if (glob(pattern, 0, NULL, &found) != 0)
		return NULL;
	if (found.gl_pathc)
		path = strdup(found.gl_pathv[0]);
	globfree(&found);
	return path;
}

/* libvirt cuts a domain's name at 20 bytes in its folder's. */
static char *find_monitor(const struct manager *m, const char *vm)
{
	char *pattern cleanup_free = NULL;
	int n = m->system ? asprintf(&pattern, "/var/lib/libvirt/qemu/domain-*-%.20s/monitor.sock", vm)
			  : asprintf(&pattern, "%s/libvirt/lib/qemu/domain-*-%.20s/monitor.sock", m->data, vm);

	return n < 0 ? NULL : find_file(pattern);
}

/* The id of the VM's QEMU as libvirt noted it; NULL: not to be had. */
static char *read_pid(const struct manager *m, const char *vm, char text[PID_TEXT])
{
	char *path cleanup_free = NULL;
	char *content cleanup_free = NULL;
	size_t len;
	int pid;

	if ((m->system ? asprintf(&path, "/run/libvirt/qemu/%s.pid", vm)
		       : asprintf(&path, "%s/libvirt/run/qemu/%s.pid", m->data, vm)) < 0)
		return NULL;
	if (fd_read_file(path, 64, &content, &len) < 0)
		return NULL;
	pid = (int)strtol(content, NULL, 10);
	if (pid < 2)
		return NULL;
	snprintf(text, PID_TEXT, "%d", pid);
	return text;
}

/* Where the bus listens that we are on; NULL: not at a path. */
static char *bus_path(const struct manager *m)
{
	static const char prefix[] = "unix:path=";
	const char *address;

	if (m->system)
		return strdup("/run/dbus/system_bus_socket");
	if (sd_bus_get_address(m->bus, &address) < 0 || strncmp(address, prefix, sizeof(prefix) - 1) != 0)
		return NULL;
	address += sizeof(prefix) - 1;
	return strndup(address, strcspn(address, ",;"));
}

static void add_own_facts(struct facts *f, const struct vm *a, const struct vm *b)
{
	const struct manager *m = a->manager;
	const struct template *t = manager_find_template(m, a->config.template);
	char *monitor cleanup_free = find_monitor(m, b->config.name);
	char *bus cleanup_free = bus_path(m);
	struct template_boot boot = { 0 };
	char pid[PID_TEXT], own[PID_TEXT];
	const char *missing;

	snprintf(own, sizeof(own), "%d", (int)getpid());
	facts_add(f, "a.disk", a->disk);
	facts_add(f, "a.dir", a->dir);
	if (t && template_boot_init(&boot, t, &missing) == 0)
		facts_add(f, "a.root", boot.root);
	template_boot_finish(&boot);
	facts_add(f, "b.pid", read_pid(m, b->config.name, pid));
	facts_add(f, "b.disk", b->disk);
	facts_add(f, "b.dir", b->dir);
	facts_add(f, "b.ctl", b->ctl_socket);
	facts_add(f, "b.qmp", monitor);
	facts_add(f, "m.pid", own);
	facts_add(f, "l.socket", m->system ? "/run/libvirt/libvirt-sock" : NULL);
	facts_add(f, "d.bus", bus);
}

/* Starts both targets and adds what they offer. */
static int add_target_facts(struct facts *f, const struct vm *victim, int witness, char *program)
{
	struct manager *m = victim->manager;
	char *folder cleanup_free = paths_join(m->run, "drill", NULL);
	char pid[PID_TEXT] = "0", line[DRILL_LINE_MAX];
	char *manager_argv[] = { program, "manager", folder, pid, NULL };
	char *victim_argv[] = { program, "victim", victim->dir, victim->disk, NULL };
	const struct drill_target targets[] = {
		{ manager_argv, NULL, witness },
		{ victim_argv, &victim->identity, witness },
	};
	int r;

	if (!folder)
		return -ENOMEM;
	r = paths_mkdir(folder);
	if (r == 0 && chmod(folder, 0755) < 0)
		r = -errno;
	read_pid(m, victim->config.name, pid);
	for (unsigned i = 0; i < 2 && r == 0; i++) {
		r = drill_target_start(m->event, &targets[i], line);
		if (r == 0) {
			facts_put(f, ";");
			facts_put(f, line);
		}
	}
	return r;
}

static off_t log_size(const struct manager *m, const char *vm)
{
	char *path cleanup_free = manager_qemu_log(m, vm);
	struct stat st;

	return path && stat(path, &st) == 0 ? st.st_size : 0;
}

static struct drill *drill_new(struct vm *attacker, sd_bus_message *call, struct facts *f)
{
	struct drill *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->facts = strdup(f->text);
	d->call = sd_bus_message_ref(call);
	d->log_size = log_size(attacker->manager, attacker->config.name);
	d->library = paths_join(attacker->manager->libexec, "libvmos-drill.so", NULL);
	if (d->library && access(d->library, R_OK) < 0) {
		free(d->library);
		d->library = paths_join(attacker->manager->libexec, "../drill/libvmos-drill.so", NULL);
	}
	if (d->facts && d->library)
		return d;
	drill_free(d);
	return NULL;
}

void drill_free(struct drill *drill)
{
	if (!drill)
		return;
	sd_bus_message_unref(drill->call);
	free(drill->library);
	free(drill->facts);
	free(drill);
}

static int check_vms(const struct vm *a, const struct vm *b, sd_bus_error *ret_error)
{
	if (!a || !b || a == b)
		return errors_set(ret_error, ERROR_NOT_FOUND, "The drill needs two VMs that are there.");
	if (!vm_is_off(a) || a->busy || a->jobs)
		return errors_set(
			ret_error, ERROR_BUSY, "VM %s runs or is being changed. Stop it first.", a->config.name);
	if (b->state != VM_RUNNING)
		return errors_set(ret_error, ERROR_BUSY, "VM %s does not run. Start it first.", b->config.name);
	return 0;
}

/* Facts, targets, and what the start of the attacker is to take along. */
static int prepare(struct vm *a, const struct vm *b, sd_bus_message *call, int witness, sd_bus_error *ret_error)
{
	char *program cleanup_free = programs_find(a->manager->libexec, "drill-target");
	struct facts *f cleanup_free = calloc(1, sizeof(*f));
	int r;

	if (!f)
		return -ENOMEM;
	if (!program && asprintf(&program, "%s/../drill/vmos-drill-target", a->manager->libexec) < 0) {
		program = NULL;
		return -ENOMEM;
	}
	add_own_facts(f, a, b);
	r = add_target_facts(f, b, witness, program);
	if (r < 0)
		return errors_set(ret_error, ERROR_FAILED, "%s does not start: %s. Install the whole of vmOS.", program,
			strerror(-r));
	if (f->full)
		return errors_set(ret_error, ERROR_FAILED, "The paths of this host are too long for the drill.");
	a->drill = drill_new(a, call, f);
	if (!a->drill)
		return -ENOMEM;
	if (access(a->drill->library, R_OK) < 0)
		return errors_set(
			ret_error, ERROR_FAILED, "%s is not installed. Install the whole of vmOS.", a->drill->library);
	return 0;
}

int drill_start(struct manager *m, sd_bus_message *call, sd_bus_error *ret_error)
{
	const char *attacker, *victim;
	int witness, r = sd_bus_message_read(call, "ssh", &attacker, &victim, &witness);
	struct vm *a, *b;

	if (r < 0)
		return r;
	a = manager_find_vm(m, attacker);
	b = manager_find_vm(m, victim);
	r = check_vms(a, b, ret_error);
	if (r < 0)
		return r;
	r = prepare(a, b, call, witness, ret_error);
	if (r >= 0)
		r = vm_start(a, NULL, ret_error);
	if (r >= 0 && !a->start_job)
		r = errors_set(ret_error, ERROR_FAILED, "%s", a->last_error ? a->last_error : "The VM does not start.");
	if (r < 0) {
		drill_free(a->drill);
		a->drill = NULL;
		return r;
	}
	return 1;
}

/* The log, from where this start began to write, and for the caller to read. */
static int open_log(const struct vm *vm)
{
	char *path cleanup_free = manager_qemu_log(vm->manager, vm->config.name);
	int fd cleanup_fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -ENOMEM;
	int r = 0;

	if (fd < 0)
		return path ? -errno : -ENOMEM;
	if (vm->identity.apart)
		r = smack_fd_set(fd, LABEL_HOST);
	if (r == 0 && lseek(fd, vm->drill->log_size, SEEK_SET) < 0)
		r = -errno;
	return r < 0 ? r : steal_fd(&fd);
}

static void handle_cleaned(const struct virt_job *job, void *userdata)
{
	vm_job_done(userdata);
	if (job->result < 0)
		log_warning("The definition of a VM still holds the drill until its next start: %s", job->message);
}

/* The next start must not be a drill, whoever starts it. */
static void clean_definition(struct vm *vm)
{
	char *xml cleanup_free = NULL;
	sd_bus_error error = SD_BUS_ERROR_NULL;

	if (vm_build_xml(vm, &xml, &error) == 0)
		vm_submit(vm, VIRT_DEFINE, xml, handle_cleaned);
	sd_bus_error_free(&error);
}

void drill_started(struct vm *vm, const char *error)
{
	struct drill *d = vm->drill;
	sd_bus_error reply = SD_BUS_ERROR_NULL;
	int fd cleanup_fd = error ? -1 : open_log(vm);

	if (error)
		errors_set(&reply, ERROR_FAILED, "%s", error);
	else if (fd < 0)
		errors_set(&reply, ERROR_FAILED, "The log of QEMU cannot be read: %s", strerror(-fd));
	if (sd_bus_error_is_set(&reply))
		sd_bus_reply_method_error(d->call, &reply);
	else
		sd_bus_reply_method_return(d->call, "h", fd);
	sd_bus_error_free(&reply);
	vm->drill = NULL;
	drill_free(d);
	clean_definition(vm);
}
