/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The desktop's own service for notifications, org.freedesktop.Notifications, where there is one. */
#ifndef CENTER_SERVICE_H
#define CENTER_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "center/note.h"

struct service_handlers {
	/* It has shown what service_show() got @userdata with, under @id; 0: it has not. */
	void (*shown)(void *userdata, uint32_t id);
	/* What became of one. */
	void (*ended)(uint32_t id, enum notification_end how);
	/* It left, and what it showed with it. */
	void (*lost)(void);
};

/* Looks for it on the session's bus, now and whenever it comes. */
void service_open(const struct service_handlers *handlers);
/* False: there is none, and none to be started. Else handlers.shown() comes. @replaces: an id of its own, or 0. */
bool service_show(const struct note *n, uint32_t replaces, void *userdata);
void service_close(uint32_t id);

#endif
