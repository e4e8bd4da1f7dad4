/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A clipboard that the host has given: a source of the seat's selection that no client owns. */
#ifndef AGENT_GUI_HOST_SOURCE_H
#define AGENT_GUI_HOST_SOURCE_H

#include <stddef.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct wlr_data_source;

/* Takes @bytes (of malloc), of one kind (enum gui_mime). NULL: memory is out, @bytes is freed. */
struct wlr_data_source *host_source_create(struct wl_event_loop *loop, uint32_t mime, uint8_t *bytes, size_t len);

#endif
