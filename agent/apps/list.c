/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmos-apps: writes what the VM's user can start to its standard output, as
 * struct app of proto/apps.h encoded one after the other, by ascending ids.
 * vmos-agent, which is root's, starts it as the user and checks what it says:
 * so the files it reads, which are the user's, are read with the user's rights.
 */
#include <gio/gdesktopappinfo.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "agent/apps/icon.h"
#include "proto/apps.h"

#define SUFFIX ".desktop"

/* What a category of no bit is counted to, by the menu specification's list of additional categories. */
static const struct {
	const char *name;
	uint32_t bits;
} additional[] = {
	{ "TextEditor", 1u << 12 },
	{ "Email", 1u << 7 },
};

static uint32_t category(const char *name)
{
	for (unsigned bit = 0; app_category(bit); bit++)
		if (strcmp(app_category(bit), name) == 0)
			return 1u << bit;
	for (size_t i = 0; i < G_N_ELEMENTS(additional); i++)
		if (strcmp(additional[i].name, name) == 0)
			return additional[i].bits;
	return 0;
}

static uint32_t read_categories(GDesktopAppInfo *info)
{
	const char *list = g_desktop_app_info_get_categories(info);
	char **names = g_strsplit(list ? list : "", ";", -1);
	uint32_t bits = 0;

	for (char **name = names; *name; name++)
		bits |= category(*name);
	g_strfreev(names);
	return bits;
}

/* What the window of a program that says nothing about it is called: in GTK and Qt as the .desktop file is. */
static void read_window(GDesktopAppInfo *info, struct app *app)
{
	const char *name = g_desktop_app_info_get_startup_wm_class(info);

	memcpy(app->window, app->id, sizeof(app->window));
	if (name && app_is_id(name)) {
		memset(app->window, 0, sizeof(app->window));
		memcpy(app->window, name, strlen(name));
	}
}

/* As much of it as there is room for, in whole characters. */
static void copy_name(const char *name, struct app *app)
{
	size_t len = strnlen(name, sizeof(app->name) - 1);

	while (len > 0 && ((uint8_t)name[len] & 0xc0) == 0x80)
		len--;
	memcpy(app->name, name, len);
}

/* NULL: it is not for a menu, or its id is not such that a file of the host's can be called so. */
static struct app *read_app(GAppInfo *info)
{
	const char *file = g_app_info_get_id(info), *name = g_app_info_get_name(info);
	struct app *app;
	char *id;

	if (!g_app_info_should_show(info) || !file || !g_str_has_suffix(file, SUFFIX) || !name || !name[0])
		return NULL;
	id = g_strndup(file, strlen(file) - strlen(SUFFIX));
	app = app_is_id(id) ? g_new0(struct app, 1) : NULL;
	if (app) {
		memcpy(app->id, id, strlen(id));
		copy_name(name, app);
		app->categories = read_categories(G_DESKTOP_APP_INFO(info));
		read_window(G_DESKTOP_APP_INFO(info), app);
		icon_draw(g_app_info_get_icon(info), app->icon);
	}
	g_free(id);
	return app;
}

static gint compare(gconstpointer a, gconstpointer b)
{
	const struct app *const *x = a, *const *y = b;

	return strcmp((*x)->id, (*y)->id);
}

static bool write_app(const struct app *app)
{
	uint8_t bytes[APP_WIRE_BYTES];

	app_encode(app, bytes);
	return fwrite(bytes, sizeof(bytes), 1, stdout) == 1;
}

/* The folder where the user's own are, so that vmos-agent can see one come. */
static void make_folder(void)
{
	char *path = g_build_filename(g_get_user_data_dir(), "applications", NULL);

	(void)g_mkdir_with_parents(path, 0700); /* without it only changes there go unseen */
	g_free(path);
}

int main(void)
{
	GPtrArray *apps = g_ptr_array_new_with_free_func(g_free);
	GList *all;
	bool good = true;

	setlocale(LC_ALL, "");
	make_folder();
	all = g_app_info_get_all();
	for (const GList *at = all; at; at = at->next) {
		struct app *app = read_app(G_APP_INFO(at->data));

		if (app)
			g_ptr_array_add(apps, app);
	}
	g_ptr_array_sort(apps, compare);
	for (guint i = 0; i < apps->len && i < APPS_MAX && good; i++)
		good = write_app(g_ptr_array_index(apps, i));
	g_list_free_full(all, g_object_unref);
	g_ptr_array_unref(apps);
	return good && fflush(stdout) == 0 ? 0 : 1;
}
