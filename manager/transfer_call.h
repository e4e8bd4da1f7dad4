/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the host's user asks for: Send() and OpenURL() of org.vmos.Manager1. As handlers of sd-bus. */
#ifndef MANAGER_TRANSFER_CALL_H
#define MANAGER_TRANSFER_CALL_H

#include <systemd/sd-bus.h>

/* s from, as paths, s to, s kind. Answers with the transfer's path as soon as it is not denied by rule. */
int transfer_call_send(sd_bus_message *call, void *manager, sd_bus_error *ret_error);
/* s from ("": the host's user), s url, s to. Answers when it has been opened. */
int transfer_call_open_url(sd_bus_message *call, void *manager, sd_bus_error *ret_error);

#endif
