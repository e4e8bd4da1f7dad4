/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt's QEMU driver inside our own process: what it must find on disk before it opens, and what it is called. */
#ifndef MANAGER_VIRT_EMBED_H
#define MANAGER_VIRT_EMBED_H

/* Writes the driver's configuration below @root. -errno. @ret_uri: what to open; the caller frees it. */
int virt_embed_prepare(const char *root, char **ret_uri);

#endif
