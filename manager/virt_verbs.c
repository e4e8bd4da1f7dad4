/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/virt_verbs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libvirt/virterror.h>

/* Turns this thread's last libvirt error into the job's result. */
static int verb_failed(struct virt_job *job)
{
	virErrorPtr error = virGetLastError();

	free(job->message);
	job->message = strdup(error && error->message ? error->message : "unknown error");
	if (!error)
		return -EIO;
	switch (error->code) {
	case VIR_ERR_NO_DOMAIN:
		return -ENOENT;
	case VIR_ERR_OPERATION_INVALID:
		return -ESRCH;
	default:
		return -EIO;
	}
}

static int verb_probe(virConnectPtr conn, struct virt_job *job)
{
	char *caps = virConnectGetDomainCapabilities(conn, job->xml, NULL, NULL, NULL, 0);

	if (!caps)
		return verb_failed(job);
	free(caps);
	return 0;
}

static int verb_define(virConnectPtr conn, struct virt_job *job)
{
	virDomainPtr domain = virDomainDefineXMLFlags(conn, job->xml, VIR_DOMAIN_DEFINE_VALIDATE);

	if (!domain)
		return verb_failed(job);
	virDomainFree(domain);
	return 0;
}

static int verb_start(virConnectPtr conn, struct virt_job *job)
{
	virDomainPtr domain = virDomainDefineXMLFlags(conn, job->xml, VIR_DOMAIN_DEFINE_VALIDATE);
	int r = 0;

	if (!domain)
		return verb_failed(job);
	if (virDomainCreate(domain) < 0)
		r = verb_failed(job);
	virDomainFree(domain);
	return r;
}

/* The verbs that are one call about a domain that is there. */
static int verb_simple(virConnectPtr conn, struct virt_job *job, int (*call)(virDomainPtr))
{
	virDomainPtr domain = virDomainLookupByName(conn, job->name);
	int r = 0;

	if (!domain)
		return verb_failed(job);
	if (call(domain) < 0)
		r = verb_failed(job);
	virDomainFree(domain);
	return r;
}

static int verb_destroy(virConnectPtr conn, struct virt_job *job)
{
	return verb_simple(conn, job, virDomainDestroy);
}

static int verb_suspend(virConnectPtr conn, struct virt_job *job)
{
	return verb_simple(conn, job, virDomainSuspend);
}

static int verb_resume(virConnectPtr conn, struct virt_job *job)
{
	return verb_simple(conn, job, virDomainResume);
}

static int verb_undefine(virConnectPtr conn, struct virt_job *job)
{
	return verb_simple(conn, job, virDomainUndefine);
}

static int verb_stats(virConnectPtr conn, struct virt_job *job)
{
	virDomainPtr domain = virDomainLookupByName(conn, job->name);
	virDomainMemoryStatStruct stats[VIR_DOMAIN_MEMORY_STAT_NR];
	virDomainInfo info;
	int n;

	if (!domain)
		return verb_failed(job);
	if (virDomainGetInfo(domain, &info) == 0)
		job->cpu_ns = info.cpuTime;
	n = virDomainMemoryStats(domain, stats, VIR_DOMAIN_MEMORY_STAT_NR, 0);
	for (int i = 0; i < n; i++) {
		if (stats[i].tag == VIR_DOMAIN_MEMORY_STAT_RSS)
			job->rss_kib = stats[i].val;
	}
	virDomainFree(domain);
	return 0;
}

static int (*const verbs[])(virConnectPtr conn, struct virt_job *job) = {
	[VIRT_PROBE] = verb_probe,
	[VIRT_DEFINE] = verb_define,
	[VIRT_START] = verb_start,
	[VIRT_DESTROY] = verb_destroy,
	[VIRT_SUSPEND] = verb_suspend,
	[VIRT_RESUME] = verb_resume,
	[VIRT_UNDEFINE] = verb_undefine,
	[VIRT_STATS] = verb_stats,
};

_Static_assert(sizeof(verbs) / sizeof(verbs[0]) == VIRT_VERBS, "a verb without its function");

void virt_verbs_run(virConnectPtr conn, struct virt_job *job)
{
	virResetLastError();
	job->result = verbs[job->verb](conn, job);
}
