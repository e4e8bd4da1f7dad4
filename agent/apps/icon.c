/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/apps/icon.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <stdlib.h>
#include <string.h>

/* Adwaita is what a template has; all programs bring theirs in hicolor, which ends every search. */
static const char *const themes[] = { "Adwaita", "hicolor" };
static const char *const suffixes[] = { ".png", ".svg", ".xpm" };

/* One folder of a theme: "48x48/apps", and how well its icons serve. */
struct folder {
	char *name;
	int badness; /* 0: of just the size we want; less is better */
};

struct theme {
	GArray *folders; /* of struct folder, the best first; NULL: not read yet */
};

static int compare_folders(gconstpointer a, gconstpointer b)
{
	return ((const struct folder *)a)->badness - ((const struct folder *)b)->badness;
}

/* Too large is shrunk, which looks better than too small. */
static int judge(GKeyFile *index, const char *group)
{
	int size = g_key_file_get_integer(index, group, "Size", NULL), scale = 1;
	char *type = g_key_file_get_string(index, group, "Type", NULL);
	int badness;

	if (g_key_file_has_key(index, group, "Scale", NULL))
		scale = g_key_file_get_integer(index, group, "Scale", NULL);
	size *= scale > 0 ? scale : 1;
	badness = size >= APP_ICON_SIDE ? size - APP_ICON_SIDE : 1000 + APP_ICON_SIDE - size;
	if (g_strcmp0(type, "Scalable") == 0)
		badness = 1;
	g_free(type);
	return badness;
}

static void read_index(struct theme *t, const char *path)
{
	GKeyFile *index = g_key_file_new();
	char **groups = NULL;

	if (g_key_file_load_from_file(index, path, G_KEY_FILE_NONE, NULL))
		groups = g_key_file_get_groups(index, NULL);
	for (char **group = groups; group && *group; group++) {
		struct folder folder = { .badness = judge(index, *group) };

		if (!g_key_file_has_key(index, *group, "Size", NULL))
			continue;
		folder.name = g_strdup(*group);
		g_array_append_val(t->folders, folder);
	}
	g_strfreev(groups);
	g_key_file_free(index);
}

/* ~/.local/share first, then those of the system: the i-th of them, NULL at the end. */
static const char *base(unsigned i)
{
	const char *const *dirs = g_get_system_data_dirs();

	if (i == 0)
		return g_get_user_data_dir();
	for (unsigned n = 1; *dirs; dirs++, n++)
		if (n == i)
			return *dirs;
	return NULL;
}

/* The first index.theme there is describes the theme for all base folders. */
static const GArray *theme_folders(unsigned number)
{
	static struct theme read[G_N_ELEMENTS(themes)];
	struct theme *t = &read[number];

	if (t->folders)
		return t->folders;
	t->folders = g_array_new(FALSE, FALSE, sizeof(struct folder));
	for (unsigned i = 0; base(i) && t->folders->len == 0; i++) {
		char *path = g_build_filename(base(i), "icons", themes[number], "index.theme", NULL);

		read_index(t, path);
		g_free(path);
	}
	g_array_sort(t->folders, compare_folders);
	return t->folders;
}

/* The icon's pixels: drawn at our size where it can be, whole and in proportion. NULL: not there, or not readable. */
static GdkPixbuf *load(const char *path)
{
	if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
		return NULL;
	return gdk_pixbuf_new_from_file_at_size(path, APP_ICON_SIDE, APP_ICON_SIDE, NULL);
}

static GdkPixbuf *load_in(const char *folder, const char *name)
{
	GdkPixbuf *found = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(suffixes) && !found; i++) {
		char *path = g_strconcat(folder, "/", name, suffixes[i], NULL);

		found = load(path);
		g_free(path);
	}
	return found;
}

static GdkPixbuf *load_of_theme(unsigned number, const char *name)
{
	const GArray *folders = theme_folders(number);
	GdkPixbuf *found = NULL;

	for (guint f = 0; f < folders->len && !found; f++) {
		for (unsigned i = 0; base(i) && !found; i++) {
			char *folder = g_build_filename(
				base(i), "icons", themes[number], g_array_index(folders, struct folder, f).name, NULL);

			found = load_in(folder, name);
			g_free(folder);
		}
	}
	return found;
}

static GdkPixbuf *find(const char *name)
{
	GdkPixbuf *found = NULL;

	if (strchr(name, '/'))
		return NULL;
	for (unsigned t = 0; t < G_N_ELEMENTS(themes) && !found; t++)
		found = load_of_theme(t, name);
	for (unsigned i = 0; base(i) && !found; i++) {
		char *folder = g_build_filename(base(i), "pixmaps", NULL);

		found = load_in(folder, name);
		g_free(folder);
	}
	return found;
}

static GdkPixbuf *find_any(GIcon *icon)
{
	const char *const *names;
	GdkPixbuf *found = NULL;

	if (G_IS_FILE_ICON(icon)) {
		char *path = g_file_get_path(g_file_icon_get_file(G_FILE_ICON(icon)));

		found = path ? load(path) : NULL;
		g_free(path);
		return found;
	}
	if (!G_IS_THEMED_ICON(icon))
		return NULL;
	for (names = g_themed_icon_get_names(G_THEMED_ICON(icon)); *names && !found; names++)
		found = find(*names);
	return found;
}

/* Into the middle of the square. */
static void copy(const GdkPixbuf *pixbuf, uint8_t ret[APP_ICON_BYTES])
{
	int w = gdk_pixbuf_get_width(pixbuf), h = gdk_pixbuf_get_height(pixbuf);
	int channels = gdk_pixbuf_get_n_channels(pixbuf), stride = gdk_pixbuf_get_rowstride(pixbuf);
	const uint8_t *pixels = gdk_pixbuf_read_pixels(pixbuf);
	int left = (APP_ICON_SIDE - w) / 2, top = (APP_ICON_SIDE - h) / 2;

	if (w < 1 || h < 1 || w > APP_ICON_SIDE || h > APP_ICON_SIDE)
		return;
	for (int y = 0; y < h; y++) {
		for (int x = 0; x < w; x++) {
			const uint8_t *from = pixels + y * stride + x * channels;
			uint8_t *to = ret + 4 * ((top + y) * APP_ICON_SIDE + left + x);

			memcpy(to, from, 3);
			to[3] = channels == 4 ? from[3] : 255;
		}
	}
}

void icon_draw(GIcon *icon, uint8_t ret[APP_ICON_BYTES])
{
	GdkPixbuf *pixbuf = icon ? find_any(icon) : NULL;

	if (!pixbuf)
		return;
	copy(pixbuf, ret);
	g_object_unref(pixbuf);
}
