/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may call what. On the user's own bus everybody is the user. On the
 * system bus polkit is asked, without waiting for it: a call is answered when
 * polkit's answer is there. Root needs no polkit.
 */
#ifndef MANAGER_POLKIT_H
#define MANAGER_POLKIT_H

#include <systemd/sd-bus.h>

struct manager;

enum polkit_action {
	POLKIT_USE, /* start, stop, pause, run, set the display */
	POLKIT_MANAGE, /* create, delete, set, templates, rules */
	POLKIT_DRILL, /* put hostile code into a QEMU */
	POLKIT_ROOT, /* root alone */
};

/* A method and who may call it. @handler as of sd-bus. */
struct polkit_gate {
	const char *member;
	enum polkit_action action;
	sd_bus_message_handler_t handler;
};

struct polkit_gates {
	/* The object that @call is for, once it is allowed: it may be gone by then, which is NULL. */
	void *(*find)(struct manager *m, sd_bus_message *call);
	const struct polkit_gate *gates; /* ends with a member NULL */
};

/* Calls the gate's handler for @call now (with @userdata) or when polkit allows it. As a handler of sd-bus. */
int polkit_pass(struct manager *m, const struct polkit_gates *gates, sd_bus_message *call, void *userdata,
	sd_bus_error *ret_error);

/* As polkit_gates.find, where the object is the manager itself. */
void *polkit_find_manager(struct manager *m, sd_bus_message *call);

/* The user that sent @call. -errno. */
int polkit_sender(sd_bus_message *call, uid_t *ret_uid);

#endif
