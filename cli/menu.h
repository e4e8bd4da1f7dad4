/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vmos menu`: the applications of all VMs, and their entries in the menu of the user's desktop. */
#ifndef CLI_MENU_H
#define CLI_MENU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#include "proto/apps.h"
#include "proto/text.h"

/* An application of a VM: what its guest claims, checked. */
struct menu_app {
	char vm[VM_NAME_MAX + 1];
	uint32_t rgb; /* the VM's colour */
	struct app app;
};

struct menu {
	struct menu_app *list; /* owned; by VM, file managers, terminals and browsers first, then by name */
	size_t n;
};

/* Of all VMs, or of one (NULL: all). Exit code after saying why. */
int menu_read(sd_bus *bus, const char *vm, struct menu *ret);
void menu_free(struct menu *m);
/* What to sort it under in a list: "FileManager", "Network"; "-": nothing. */
const char *menu_category(const struct app *app);

/*
 * What its files are called, without a suffix: "vmos.VM.ID". Dots of the VM's
 * name are doubled, so that no two VMs' applications share a name. The caller
 * frees it; NULL: no memory.
 */
char *menu_file_name(const struct menu_app *a);
/* A .desktop file. @vmos: the command to start it by. The caller frees it; NULL: no memory. */
char *menu_entry(const struct menu_app *a, const char *vmos, const char *mode, const char *icon);
/* A PNG file, drawn by the host: the guest's icon in the VM's colour, in a frame of it. The caller frees @ret_png. -errno. */
int menu_icon(const struct menu_app *a, uint8_t **ret_png, size_t *ret_len);

/* Each brings the files in step. @mode: whose entries, "session" or "system"; NULL: all. Exit code. */
int menu_sync(const struct menu *m, const char *mode);
int menu_clear(const char *mode);

#endif
