/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The applications of VMs as vmosd tells them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/inventory.h"
#include "cli/menu.h"

#define FIRST (APP_FILE_MANAGER | APP_TERMINAL | APP_BROWSER)

const char *menu_category(const struct app *app)
{
	for (unsigned bit = APP_CATEGORIES; bit-- > 0;)
		if (app->categories & 1u << bit)
			return app_category(bit);
	return "-";
}

static bool copy_text(char *dst, size_t cap, const char *text)
{
	size_t len = strlen(text);

	if (len >= cap)
		return false;
	memcpy(dst, text, len + 1);
	return true;
}

/* 1: one was read; 0: there is no more; -errno. What vmosd says is checked as if it were a helper's. */
static int read_app(sd_bus_message *m, struct menu_app *ret)
{
	const char *id, *name, *window;
	const void *icon;
	size_t len;
	int r = sd_bus_message_enter_container(m, 'r', "sssuay");

	if (r <= 0)
		return r;
	r = sd_bus_message_read(m, "sssu", &id, &name, &window, &ret->app.categories);
	if (r >= 0)
		r = sd_bus_message_read_array(m, 'y', &icon, &len);
	if (r >= 0)
		r = sd_bus_message_exit_container(m);
	if (r < 0)
		return r;
	if (!copy_text(ret->app.id, sizeof(ret->app.id), id) ||
		!copy_text(ret->app.name, sizeof(ret->app.name), name) ||
		!copy_text(ret->app.window, sizeof(ret->app.window), window) || (len && len != APP_ICON_BYTES))
		return -EBADMSG;
	if (len)
		memcpy(ret->app.icon, icon, len);
	return apps_check(&ret->app, 1) < 0 ? -EBADMSG : 1;
}

static int add(struct menu *m, const struct menu_app *a)
{
	if (m->n % 32 == 0) {
		struct menu_app *more = realloc(m->list, (m->n + 32) * sizeof(*more));

		if (!more)
			return -ENOMEM;
		m->list = more;
	}
	m->list[m->n++] = *a;
	return 0;
}

static int read_reply(sd_bus_message *reply, const struct vm_info *vm, struct menu *ret)
{
	struct menu_app *a cleanup_free = calloc(1, sizeof(*a));
	int r = a ? sd_bus_message_enter_container(reply, 'a', "(sssuay)") : -ENOMEM;

	while (r >= 0) {
		memset(a, 0, sizeof(*a));
		if (!copy_text(a->vm, sizeof(a->vm), vm->name) || !text_is_vm_name(a->vm))
			return -EBADMSG;
		a->rgb = vm->color[0] == '#' ? (uint32_t)strtoul(vm->color + 1, NULL, 16) & 0xffffff : 0;
		r = read_app(reply, a);
		if (r <= 0)
			break;
		r = add(ret, a);
	}
	return r;
}

static int read_vm(sd_bus *bus, const struct vm_info *vm, struct menu *ret)
{
	sd_bus_message *call cleanup_message = NULL, *reply cleanup_message = NULL;
	int r = client_vm_call(bus, vm->name, "Apps", &call);

	if (!r)
		r = client_send(bus, call, NULL, &reply);
	if (r)
		return r;
	r = read_reply(reply, vm, ret);
	return r < 0 ? client_broken(r) : 0;
}

static unsigned rank(const struct app *app)
{
	unsigned n = 0;

	for (uint32_t bit = APP_FILE_MANAGER; bit & FIRST; bit <<= 1, n++)
		if (app->categories & bit)
			return n;
	return n;
}

static int compare(const void *a, const void *b)
{
	const struct menu_app *x = a, *y = b;
	int r = strcmp(x->vm, y->vm);

	if (r == 0)
		r = (int)rank(&x->app) - (int)rank(&y->app);
	if (r == 0)
		r = strcmp(x->app.name, y->app.name);
	return r ? r : strcmp(x->app.id, y->app.id);
}

int menu_read(sd_bus *bus, const char *vm, struct menu *ret)
{
	struct inventory inv;
	int r = inventory_get(bus, &inv);

	*ret = (struct menu){ 0 };
	if (r)
		return r;
	if (vm && !inventory_find(&inv, vm))
		r = cli_error(CLI_NOT_FOUND, "there is no VM \"%s\": `vmos list` shows those there are", vm);
	for (size_t i = 0; i < inv.nvms && !r; i++)
		if (!vm || strcmp(inv.vms[i].name, vm) == 0)
			r = read_vm(bus, &inv.vms[i], ret);
	inventory_free(&inv);
	if (ret->n > 1)
		qsort(ret->list, ret->n, sizeof(*ret->list), compare);
	return r;
}

void menu_free(struct menu *m)
{
	free(m->list);
	*m = (struct menu){ 0 };
}
