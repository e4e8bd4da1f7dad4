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
#include <time.h>
#include <unistd.h>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "manager/virt_verbs.h"

/* A start holds its worker while QEMU starts; two starts and some short calls go on side by side. */
#define VIRT_WORKERS 4
/* libvirtd that answers no ping for as long is taken for dead, and looked for again. */
#define VIRT_PING_SECONDS 5
#define VIRT_PINGS 3
#define VIRT_RETRY_SECONDS 1
#define VIRT_LINK_WAIT 20 /* seconds that a job waits for libvirtd to come back */

struct virt_happening {
	char *name;
	enum virt_event event;
	enum virt_detail detail;
	struct virt_happening *next;
};

struct virt {
	char *uri; /* owned */
	virt_event_fn handle_event;
	void *userdata; /* of handle_event, borrowed */
	int wake_fd; /* workers and the event thread tell the main loop */
	sd_event_source *wake;
	bool linked; /* libvirtd answered once; the link thread's */

	pthread_mutex_t lock; /* all below */
	pthread_cond_t work, link; /* there is a job; conn was lost or found */
	virConnectPtr conn; /* NULL: libvirtd is gone, and looked for */
	virConnectPtr lost; /* the connection that broke, to be closed by the link thread */
	char model[32]; /* of libvirt's first security driver; may be empty */
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

/* A reference to the connection; NULL: libvirtd did not come back in time. */
static virConnectPtr virt_take_link_within(struct virt *virt, int seconds)
{
	virConnectPtr conn = NULL;
	struct timespec until;
	int r = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += seconds;
	pthread_mutex_lock(&virt->lock);
	while (!virt->conn && r == 0)
		r = pthread_cond_timedwait(&virt->link, &virt->lock, &until);
	if (virt->conn && virConnectRef(virt->conn) == 0)
		conn = virt->conn;
	pthread_mutex_unlock(&virt->lock);
	return conn;
}

static virConnectPtr virt_take_link(struct virt *virt)
{
	return virt_take_link_within(virt, VIRT_LINK_WAIT);
}

static void virt_do(struct virt *virt, struct virt_job *job)
{
	virConnectPtr conn = virt_take_link(virt);

	if (conn) {
		virt_verbs_run(conn, job);
		virConnectClose(conn);
		return;
	}
	job->result = -ENOTCONN;
	job->message = strdup("libvirtd does not answer; start it by systemctl start libvirtd");
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

		virt_do(virt, job);

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

static int open_failed(void)
{
	virErrorPtr error = virGetLastError();
	const char *text = error && error->message ? error->message : "unknown error";

	if (error && error->code == VIR_ERR_SYSTEM_ERROR && strstr(text, "socket"))
		return -ECONNREFUSED;
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

static int domain_state(virDomainPtr domain, enum virt_state *ret_state)
{
	int state = VIR_DOMAIN_SHUTOFF, reason = 0, active = virDomainIsActive(domain);

	if (active < 0 || virDomainGetState(domain, &state, &reason, 0) < 0)
		return -EIO;
	if (!active)
		*ret_state = VIRT_STATE_OFF;
	else if (state != VIR_DOMAIN_PAUSED)
		*ret_state = VIRT_STATE_RUNNING;
	else if (reason == VIR_DOMAIN_PAUSED_USER || reason == VIR_DOMAIN_PAUSED_IOERROR)
		*ret_state = VIRT_STATE_PAUSED;
	else
		*ret_state = VIRT_STATE_HALF;
	return 0;
}

static bool is_no_domain(void)
{
	virErrorPtr error = virGetLastError();

	return error && error->code == VIR_ERR_NO_DOMAIN;
}

/* What went since it was listed is passed over; of what is there nothing may be missing. */
static int tell_domain(virDomainPtr domain, virt_domain_fn handle, void *userdata)
{
	char *xml cleanup_free = virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_INACTIVE);
	enum virt_state state;

	if (xml && domain_state(domain, &state) == 0) {
		handle(virDomainGetName(domain), xml, state, userdata);
		return 0;
	}
	if (is_no_domain())
		return 0;
	log_error("libvirt does not describe the VM %s: %s", virDomainGetName(domain), virGetLastErrorMessage());
	return -EIO;
}

static int each_domain(virConnectPtr conn, virt_domain_fn handle, void *userdata)
{
	virDomainPtr *domains = NULL;
	int n = virConnectListAllDomains(conn, &domains, 0), r = 0;

	if (n < 0) {
		log_error("Cannot list the VMs that libvirt knows: %s", virGetLastErrorMessage());
		return -EIO;
	}
	for (int i = 0; i < n; i++) {
		if (r == 0)
			r = tell_domain(domains[i], handle, userdata);
		virDomainFree(domains[i]);
	}
	free(domains);
	return r;
}

/* In libvirt's thread: libvirtd ended. The link thread looks for the next one. */
static void handle_closed(virConnectPtr conn, int reason, void *userdata)
{
	struct virt *virt = userdata;

	pthread_mutex_lock(&virt->lock);
	if (virt->conn == conn) {
		virt->lost = conn;
		virt->conn = NULL;
	}
	pthread_cond_broadcast(&virt->link);
	pthread_mutex_unlock(&virt->lock);
}

static int virt_register(struct virt *virt, virConnectPtr conn)
{
	virSecurityModel model = { 0 };

	if (virConnectDomainEventRegisterAny(conn, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
		    VIR_DOMAIN_EVENT_CALLBACK(handle_lifecycle), virt, NULL) < 0)
		return open_failed();
	if (virNodeGetSecurityModel(conn, &model) < 0)
		model.model[0] = '\0';
	pthread_mutex_lock(&virt->lock);
	snprintf(virt->model, sizeof(virt->model), "%.*s", (int)sizeof(virt->model) - 1, model.model);
	pthread_mutex_unlock(&virt->lock);
	return 0;
}

/* Opens the connection and leaves it to the caller to make it virt->conn. */
static int virt_connect(struct virt *virt, bool own_process, virConnectPtr *ret_conn)
{
	virConnectPtr conn = virConnectOpen(virt->uri);
	int r = conn ? virt_register(virt, conn) : open_failed();

	if (r == 0 && !own_process &&
		(virConnectRegisterCloseCallback(conn, handle_closed, virt, NULL) < 0 ||
			virConnectSetKeepAlive(conn, VIRT_PING_SECONDS, VIRT_PINGS) < 0))
		r = open_failed();
	if (r < 0) {
		if (conn)
			virConnectClose(conn);
		return r;
	}
	*ret_conn = conn;
	return 0;
}

static void handle_found_again(const char *name, const char *xml, enum virt_state state, void *userdata)
{
	virt_happen(userdata, name, state == VIRT_STATE_OFF ? VIRT_EVENT_GONE : VIRT_EVENT_FOUND, VIRT_DETAIL_NORMAL);
}

/* What changed while libvirtd was away comes to the main loop before any job runs on the new connection. */
static int virt_link_again(struct virt *virt)
{
	virConnectPtr conn;
	int r = virt_connect(virt, false, &conn);

	if (r < 0)
		return r;
	if (virt->linked)
		r = each_domain(conn, handle_found_again, virt);
	if (r < 0) {
		virConnectClose(conn);
		return r;
	}
	pthread_mutex_lock(&virt->lock);
	virt->linked = true;
	if (virConnectIsAlive(conn) == 1)
		virt->conn = conn;
	else
		virt->lost = conn;
	pthread_cond_broadcast(&virt->link);
	pthread_mutex_unlock(&virt->lock);
	return 0;
}

static void *handle_link_thread(void *userdata)
{
	struct virt *virt = userdata;

	for (;;) {
		virConnectPtr lost;
		bool again;

		pthread_mutex_lock(&virt->lock);
		while (virt->conn)
			pthread_cond_wait(&virt->link, &virt->lock);
		lost = virt->lost;
		virt->lost = NULL;
		pthread_mutex_unlock(&virt->lock);
		if (lost) {
			log_warning("libvirtd ended; VMs run on, and it is looked for again");
			virConnectClose(lost);
		}
		again = virt->linked;
		if (virt_link_again(virt) < 0)
			sleep(VIRT_RETRY_SECONDS);
		else if (again)
			log_info("libvirtd is there again");
	}
	return NULL;
}

/*
 * The link thread connects: a libvirtd that ends before it answers leaves who
 * connected to its socket waiting, for as long as systemd starts it anew.
 */
static int virt_first_link(struct virt *virt)
{
	virConnectPtr conn = virt_take_link(virt);

	if (!conn)
		return -ECONNREFUSED;
	virConnectClose(conn);
	return 0;
}

int virt_open(sd_event *event, const char *uri, virt_event_fn handle_event, void *userdata, struct virt **ret_virt)
{
	bool own_process = strncmp(uri, "qemu:///embed", 13) == 0;
	struct virt *virt = calloc(1, sizeof(*virt)); /* lives as long as the process */
	int r;

	if (!virt)
		return -ENOMEM;
	virt->handle_event = handle_event;
	virt->userdata = userdata;
	pthread_mutex_init(&virt->lock, NULL);
	pthread_cond_init(&virt->work, NULL);
	pthread_cond_init(&virt->link, NULL);
	*ret_virt = virt;
	virt->uri = strdup(uri);
	if (!virt->uri)
		return -ENOMEM;
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
		r = own_process ? virt_connect(virt, true, &virt->conn) : virt_threads(virt, handle_link_thread, 1);
	if (r == 0)
		r = virt_threads(virt, handle_worker_thread, VIRT_WORKERS);
	return r < 0 || own_process ? r : virt_first_link(virt);
}

int virt_each_domain(struct virt *virt, virt_domain_fn handle, void *userdata)
{
	virConnectPtr conn = virt_take_link(virt);
	int r;

	if (!conn)
		return -ENOTCONN;
	r = each_domain(conn, handle, userdata);
	virConnectClose(conn);
	return r;
}

int virt_has_domain(struct virt *virt, const char *name)
{
	virConnectPtr conn = virt_take_link(virt);
	virDomainPtr domain;
	int r = 1;

	if (!conn)
		return -ENOTCONN;
	domain = virDomainLookupByName(conn, name);
	if (domain)
		virDomainFree(domain);
	else
		r = is_no_domain() ? 0 : -EIO;
	virConnectClose(conn);
	return r;
}

int virt_has_secmodel(struct virt *virt, const char *model, int seconds)
{
	virConnectPtr conn = virt_take_link_within(virt, seconds);
	int r;

	if (conn)
		virConnectClose(conn);

	pthread_mutex_lock(&virt->lock);
	r = virt->conn ? strcmp(virt->model, model) == 0 : -ENOTCONN;
	pthread_mutex_unlock(&virt->lock);
	return r;
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
