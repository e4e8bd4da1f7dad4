/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ImportTemplate(): a client gives a version of a template. */
#ifndef MANAGER_TEMPLATE_IMPORT_H
#define MANAGER_TEMPLATE_IMPORT_H

#include <systemd/sd-bus.h>

struct manager;

/*
 * Answers @call (s name, a{sv} facts, ah files) when the version is in its
 * place; one that is there already is no error. One import at a time. What a
 * caller has begun who leaves the bus is removed. As a handler of sd-bus.
 */
int template_import(struct manager *m, sd_bus_message *call, sd_bus_error *ret_error);

#endif
