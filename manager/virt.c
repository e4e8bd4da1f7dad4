/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/virt.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/paths.h"
#include "manager/virt_verbs.h"

/* A start holds its worker while QEMU starts; two starts and some short calls go on side by side. */
#define VIRT_WORKERS 4

struct virt_happening {
	char *name;
	enum virt_event event;
	enum virt_detail detail;
	struct virt_happening *next;
};

struct virt {
	virConnectPtr conn;
	virt_event_fn handle_event;
	void *userdata; /* of handle_event, borrowed */
	int wake_fd; /* workers and the event thread tell the main loop */
	sd_event_source *wake;

	pthread_mutex_t lock; /* all below */
	pthread_cond_t work;
	struct virt_job *todo, *done;
	struct virt_happening *happened;
};

static void happening_free(struct virt_happening *h)
{
	free(h->name);
	free(h);
}

static void job_free(struct virt_job *job)
{
	if (!job)
		return;
	free(job->name);
	free(job->xml);
	free(job->message);
	free(job);
}

static void *handle_libvirt_thread(void *userdata)
{
	(void)userdata;
	for (;;) {
		if (virEventRunDefaultImpl() < 0)
			log_warning("libvirt's event loop reports: %s", virGetLastErrorMessage());
	}
	return NULL;
}

static void job_append(struct virt_job **list, struct virt_job *job)
{
	while (*list)
		list = &(*list)->next;
	job->next = NULL;
	*list = job;
}

static void *handle_worker_thread(void *userdata)
{
	struct virt *virt = userdata;

	for (;;) {
		struct virt_job *job;

		pthread_mutex_lock(&virt->lock);
		while (!virt->todo)
			pthread_cond_wait(&virt->work, &virt->lock);
		job = virt->todo;
		virt->todo = job->next;
		pthread_mutex_unlock(&virt->lock);

		virt_verbs_run(virt->conn, job);

		pthread_mutex_lock(&virt->lock);
		job_append(&virt->done, job);
		pthread_mutex_unlock(&virt->lock);
		fd_eventfd_kick(virt->wake_fd);
	}
	return NULL;
}

static int handle_wake(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct virt *virt = userdata;
	struct virt_happening *happened;
	struct virt_job *done;

	fd_eventfd_take(fd);
	pthread_mutex_lock(&virt->lock);
	done = virt->done;
	happened = virt->happened;
	virt->done = NULL;
	virt->happened = NULL;
	pthread_mutex_unlock(&virt->lock);

	while (done) {
		struct virt_job *job = done;

		done = job->next;
		if (job->done)
			job->done(job, job->userdata);
		job_free(job);
	}
	while (happened) {
		struct virt_happening *h = happened;

		happened = h->next;
		virt->handle_event(h->name, h->event, h->detail, virt->userdata);
		happening_free(h);
	}
	return 0;
}

static void virt_happen(struct virt *virt, const char *name, enum virt_event event, enum virt_detail detail)
{
	struct virt_happening *h = calloc(1, sizeof(*h));
	struct virt_happening **at = &virt->happened;

	if (!h)
		return;
	h->name = strdup(name ? name : "");
	h->event = event;
	h->detail = detail;
	pthread_mutex_lock(&virt->lock);
	while (*at)
		at = &(*at)->next;
	*at = h;
	pthread_mutex_unlock(&virt->lock);
	fd_eventfd_kick(virt->wake_fd);
}

/* In libvirt's thread. */
static int handle_lifecycle(virConnectPtr conn, virDomainPtr domain, int event, int detail, void *userdata)
{
	struct virt *virt = userdata;
	const char *name = virDomainGetName(domain);
	bool crashed = detail == VIR_DOMAIN_EVENT_STOPPED_CRASHED || detail == VIR_DOMAIN_EVENT_STOPPED_FAILED;

	switch (event) {
	case VIR_DOMAIN_EVENT_STOPPED:
		virt_happen(virt, name, VIRT_EVENT_STOPPED, crashed ? VIRT_DETAIL_CRASHED : VIRT_DETAIL_NORMAL);
		break;
	case VIR_DOMAIN_EVENT_SUSPENDED:
		virt_happen(virt, name, VIRT_EVENT_PAUSED,
			detail == VIR_DOMAIN_EVENT_SUSPENDED_IOERROR ? VIRT_DETAIL_IO_ERROR : VIRT_DETAIL_NORMAL);
		break;
	case VIR_DOMAIN_EVENT_RESUMED:
		virt_happen(virt, name, VIRT_EVENT_RESUMED, VIRT_DETAIL_NORMAL);
		break;
	default:
		break;
	}
	return 0;
}

/* libvirt would print each error itself; ours reach the log with the VM's name, once. */
static void handle_libvirt_error(void *userdata, virErrorPtr error)
{
	log_debug("libvirt: %s", error && error->message ? error->message : "unknown error");
}

/*
 * What the embedded driver must be told before it opens: no virtlogd, no
 * security driver, no cgroups, no mount namespaces (those need a system
 * service or root). As root it would change to an account of its own; session
 * mode keeps QEMU with the user who runs vmosd.
 */
static int write_driver_config(const char *root)
{
	static const char common[] = "stdio_handler = \"file\"\nsecurity_driver = \"none\"\ncgroup_controllers = [ ]\n"
				     "namespaces = [ ]\ndynamic_ownership = 0\nremember_owner = 0\n";
	static const char as_root[] = "user = \"+0\"\ngroup = \"+0\"\n";
	char *etc cleanup_free = paths_join(root, "etc", NULL);
	char *path cleanup_free = NULL;
	FILE *file;
	int r;

	if (!etc)
		return -ENOMEM;
	r = paths_mkdir(etc);
	if (r < 0)
		return r;
	path = paths_join(etc, "qemu.conf", NULL);
	file = path ? fopen(path, "we") : NULL;
	if (!file)
		return -errno;
	fprintf(file, "%s%s", common, geteuid() == 0 ? as_root : "");
	if (fclose(file) != 0)
		return -errno;
	return 0;
}

/* The query part of a URI: every byte that is not plainly allowed becomes %XX. */
static char *embed_uri(const char *root)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_/.~";
	static const char prefix[] = "qemu:///embed?root=";
	size_t cap = sizeof(prefix) + 3 * strlen(root), at = sizeof(prefix) - 1;
	char *uri = malloc(cap);

	if (!uri)
		return NULL;
	memcpy(uri, prefix, sizeof(prefix));
	for (; *root; root++) {
		if (strchr(plain, *root))
			uri[at++] = *root;
		else
			at += (size_t)snprintf(uri + at, cap - at, "%%%02X", (unsigned char)*root);
	}
	uri[at] = '\0';
	return uri;
}

static int open_failed(void)
{
	virErrorPtr error = virGetLastError();
	const char *text = error && error->message ? error->message : "unknown error";

	if (strstr(text, "driver.pid") || strstr(text, "pidfile") || strstr(text, "pid file"))
		return -EBUSY;
	if (error &&
		(error->code == VIR_ERR_NO_CONNECT || strstr(text, "driver_qemu") || strstr(text, "no such driver")))
		return -ENOPKG;
	log_error("libvirt's QEMU driver did not open: %s", text);
	return -EIO;
}

/* Threads that never handle a signal: the main loop takes them all. */
static int virt_threads(struct virt *virt, void *(*run)(void *), unsigned n)
{
	sigset_t all, before;
	int r = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	for (unsigned i = 0; i < n && r == 0; i++) {
		pthread_t thread;

		r = -pthread_create(&thread, NULL, run, virt);
		if (r == 0)
			pthread_detach(thread);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

static int virt_connect(struct virt *virt, const char *root)
{
	char *uri cleanup_free = embed_uri(root);

	if (!uri)
		return -ENOMEM;
	virt->conn = virConnectOpen(uri);
	if (!virt->conn)
		return open_failed();
	if (virConnectDomainEventRegisterAny(virt->conn, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
		    VIR_DOMAIN_EVENT_CALLBACK(handle_lifecycle), virt, NULL) < 0)
		return open_failed();
	return 0;
}

int virt_open(sd_event *event, const char *root, virt_event_fn handle_event, void *userdata, struct virt **ret_virt)
{
	struct virt *virt = calloc(1, sizeof(*virt)); /* lives as long as the process */
	int r;

	if (!virt)
		return -ENOMEM;
	virt->handle_event = handle_event;
	virt->userdata = userdata;
	pthread_mutex_init(&virt->lock, NULL);
	pthread_cond_init(&virt->work, NULL);
	*ret_virt = virt;
	r = write_driver_config(root);
	if (r < 0)
		return r;
	virt->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (virt->wake_fd < 0)
		return -errno;
	r = sd_event_add_io(event, &virt->wake, virt->wake_fd, EPOLLIN, handle_wake, virt);
	if (r < 0)
		return r;
	setenv("LIBVIRT_DEBUG", "4", 0); /* of the driver's own lines, errors only */
	virSetErrorFunc(NULL, handle_libvirt_error);
	if (virEventRegisterDefaultImpl() < 0)
		return -EIO;
	r = virt_threads(virt, handle_libvirt_thread, 1);
	if (r == 0)
		r = virt_connect(virt, root);
	if (r == 0)
		r = virt_threads(virt, handle_worker_thread, VIRT_WORKERS);
	return r;
}

static enum virt_state domain_state(virDomainPtr domain)
{
	int state = VIR_DOMAIN_SHUTOFF, reason = 0;

	if (virDomainGetState(domain, &state, &reason, 0) < 0 || virDomainIsActive(domain) != 1)
		return VIRT_STATE_OFF;
	if (state != VIR_DOMAIN_PAUSED)
		return VIRT_STATE_RUNNING;
	if (reason == VIR_DOMAIN_PAUSED_USER || reason == VIR_DOMAIN_PAUSED_IOERROR)
		return VIRT_STATE_PAUSED;
	return VIRT_STATE_HALF;
}

int virt_each_domain(struct virt *virt, virt_domain_fn handle, void *userdata)
{
	virDomainPtr *domains = NULL;
	int n = virConnectListAllDomains(virt->conn, &domains, 0);

	if (n < 0) {
		log_error("Cannot list the VMs that libvirt knows: %s", virGetLastErrorMessage());
		return -EIO;
	}
	for (int i = 0; i < n; i++) {
		char *xml cleanup_free = virDomainGetXMLDesc(domains[i], VIR_DOMAIN_XML_INACTIVE);

		if (xml)
			handle(virDomainGetName(domains[i]), xml, domain_state(domains[i]), userdata);
		virDomainFree(domains[i]);
	}
	free(domains);
	return 0;
}

int virt_submit(struct virt *virt, const struct virt_job *template_job)
{
	struct virt_job *job = calloc(1, sizeof(*job));

	if (!job)
		return -ENOMEM;
	*job = *template_job;
	job->name = strdup(template_job->name);
	job->xml = template_job->xml ? strdup(template_job->xml) : NULL;
	job->message = NULL;
	if (!job->name || (template_job->xml && !job->xml)) {
		job_free(job);
		return -ENOMEM;
	}
	pthread_mutex_lock(&virt->lock);
	job_append(&virt->todo, job);
	pthread_cond_signal(&virt->work);
	pthread_mutex_unlock(&virt->lock);
	return 0;
}
