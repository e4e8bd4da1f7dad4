/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the a{sv} of a D-Bus message. */
#ifndef CLI_DICT_H
#define CLI_DICT_H

#include <systemd/sd-bus.h>

/* Takes the variant that follows, of the D-Bus type @type, by reading or skipping it. -errno ends it. */
typedef int (*dict_fn)(sd_bus_message *m, const char *key, const char *type, void *userdata);

/* Calls @take for each entry. -errno. */
int dict_read(sd_bus_message *m, dict_fn take, void *userdata);

#endif
