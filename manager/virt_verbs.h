/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a worker thread does for each kind of job. */
#ifndef MANAGER_VIRT_VERBS_H
#define MANAGER_VIRT_VERBS_H

#include <libvirt/libvirt.h>

#include "manager/virt.h"

/* Runs @job's verb and fills in its results. In a worker thread. */
void virt_verbs_run(virConnectPtr conn, struct virt_job *job);

#endif
