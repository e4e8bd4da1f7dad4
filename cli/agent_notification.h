/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A notification of a VM's program as it comes over D-Bus: org.vmos.Agent1, ShowNotification. */
#ifndef CLI_AGENT_NOTIFICATION_H
#define CLI_AGENT_NOTIFICATION_H

#include <stdint.h>

#include <systemd/sd-bus.h>

#include "proto/notification.h"
#include "proto/text.h"

/* All text is sanitised, and but for name and colour the VM's own word. */
struct agent_notification {
	char vm[VM_NAME_MAX + 1], color[8];
	uint32_t id; /* 0: it is about those that were held back */
	uint32_t urgency, held;
	struct notification text;
};

/* Reads the a{sv} of @call. Unknown keys are passed over, missing ones stay empty. -errno. */
int agent_notification_read(sd_bus_message *call, struct agent_notification *ret);

#endif
