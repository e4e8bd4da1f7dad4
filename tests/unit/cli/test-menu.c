/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Menu entries and icons of VMs' applications: what stands in them, and which files come and go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <png.h>

#include "base/fd.h"
#include "base/paths.h"
#include "cli/cli.h"
#include "cli/menu.h"

#define BLUE 0x1e66c8

static char home[] = "/tmp/vmos-menu.XXXXXX";

/* What main.c gives to the commands. */
int cli_error(int code, const char *fmt, ...)
{
	return code;
}

int cli_oom(void)
{
	return CLI_FAILED;
}

static struct menu_app make(const char *vm, const char *id)
{
	struct menu_app a = { .rgb = BLUE, .app = { .name = "Editor" } };

	snprintf(a.vm, sizeof(a.vm), "%s", vm);
	snprintf(a.app.id, sizeof(a.app.id), "%s", id);
	snprintf(a.app.window, sizeof(a.app.window), "%s", id);
	return a;
}

static void name_is(const char *vm, const char *id, const char *want)
{
	const struct menu_app a = make(vm, id);
	char *name = menu_file_name(&a);

	assert_string_equal(name, want);
	free(name);
}

/* Two VMs never share a name, whatever they call their applications. */
static void test_names(void **state)
{
	name_is("work", "foot", "vmos.work.foot");
	name_is("a", "b.c", "vmos.a.b.c");
	name_is("a.b", "c", "vmos.a..b.c");
	name_is("a", "b..c", "vmos.a.b..c");
	name_is("a.", "b", "vmos.a...b");
}

static void test_entry(void **state)
{
	struct menu_app a = make("work", "org.x.Edit");
	char *text;

	snprintf(a.app.name, sizeof(a.app.name), " a\\nExec=x");
	snprintf(a.app.window, sizeof(a.app.window), "Edit");
	a.app.categories = 1u << 7 | 1u << 12 | APP_BROWSER;
	text = menu_entry(&a, "/usr/bin/vmos", "session", "/home/a\\b/x.png");
	assert_string_equal(text,
		"[Desktop Entry]\nType=Application\nName=\\sa\\\\nExec=x (work)\nComment=Runs in the virtual machine "
		"work\n"
		"Exec=/usr/bin/vmos --session run work --app "
		"org.x.Edit\nTryExec=/usr/bin/vmos\nIcon=/home/a\\\\b/x.png\n"
		"Terminal=false\nStartupNotify=false\nCategories=Network;Utility;X-vmOS;\n"
		"StartupWMClass=vmos.work.Edit\nX-vmOS-Mode=session\nX-vmOS-VM=work\n");
	free(text);
}

static void pixels_of(const struct menu_app *a, uint8_t out[APP_ICON_BYTES])
{
	png_image image = { .version = PNG_IMAGE_VERSION };
	uint8_t *png = NULL;
	size_t len = 0;

	assert_int_equal(menu_icon(a, &png, &len), 0);
	assert_true(png_image_begin_read_from_memory(&image, png, len));
	assert_int_equal(image.width, APP_ICON_SIDE);
	assert_int_equal(image.height, APP_ICON_SIDE);
	image.format = PNG_FORMAT_RGBA;
	assert_true(png_image_finish_read(&image, NULL, out, 0, NULL));
	free(png);
}

static uint32_t at(const uint8_t *pixels, int x, int y)
{
	const uint8_t *p = pixels + 4 * (y * APP_ICON_SIDE + x);

	return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

/* Whatever the guest draws: all edges have the VM's colour, corners are clear, and no pixel is only the guest's. */
static void test_icon(void **state)
{
	static uint8_t pixels[APP_ICON_BYTES];
	struct menu_app a = make("work", "foot");

	memset(a.app.icon, 0xff, sizeof(a.app.icon)); /* white all over */
	pixels_of(&a, pixels);
	for (int i = 16; i < 48; i++) {
		assert_int_equal(at(pixels, i, 1), BLUE);
		assert_int_equal(at(pixels, i, 62), BLUE);
		assert_int_equal(at(pixels, 1, i), BLUE);
		assert_int_equal(at(pixels, 62, i), BLUE);
	}
	assert_int_equal(pixels[3], 0);
	assert_int_equal(at(pixels, 32, 32),
		(255 * 184 + 0x1e * 72) / 256 << 16 | (255 * 184 + 0x66 * 72) / 256 << 8 |
			(255 * 184 + 0xc8 * 72) / 256);
	assert_int_equal(pixels[4 * (32 * APP_ICON_SIDE + 32) + 3], 255);
}

/* Without an icon the host draws one, of each kind another. */
static void test_no_icon(void **state)
{
	static const uint32_t kinds[] = { 0, APP_FILE_MANAGER, APP_TERMINAL, APP_BROWSER };
	static uint8_t pixels[4][APP_ICON_BYTES];
	struct menu_app a = make("work", "foot");

	for (size_t i = 0; i < 4; i++) {
		a.app.categories = kinds[i];
		pixels_of(&a, pixels[i]);
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(pixels[i], pixels[j], APP_ICON_BYTES);
	}
}

static bool exists(const char *path)
{
	char *full = paths_join(home, path, NULL);
	bool there = access(full, F_OK) == 0;

	free(full);
	return there;
}

static void write_file(const char *path, const char *text)
{
	char *full = paths_join(home, path, NULL);
	FILE *f = fopen(full, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	free(full);
}

static uint64_t inode(const char *path)
{
	char *full = paths_join(home, path, NULL);
	struct stat st;

	assert_int_equal(stat(full, &st), 0);
	free(full);
	return st.st_ino;
}

static void test_sync(void **state)
{
	struct menu_app apps[] = { make("web", "firefox"), make("work", "foot") };
	struct menu both = { apps, 2 }, one = { apps, 1 }, none = { 0 };
	uint64_t before;

	assert_int_equal(menu_sync(&both, "session"), 0);
	assert_true(exists("applications/vmos.web.firefox.desktop") && exists("vmos/menu/vmos.web.firefox.png"));
	assert_true(exists("applications/vmos.work.foot.desktop") && exists("vmos/menu/vmos.work.foot.png"));
	write_file("applications/vmos.mine.desktop", "[Desktop Entry]\nName=Mine\n");
	write_file("applications/other.desktop", "[Desktop Entry]\nX-vmOS-Mode=session\n");
	before = inode("applications/vmos.web.firefox.desktop");
	assert_int_equal(menu_sync(&one, "session"), 0);
	assert_true(inode("applications/vmos.web.firefox.desktop") == before); /* what is the same is not written */
	assert_false(exists("applications/vmos.work.foot.desktop") || exists("vmos/menu/vmos.work.foot.png"));
	assert_true(exists("applications/vmos.mine.desktop") && exists("applications/other.desktop"));
	assert_int_equal(menu_sync(&none, "system"), 0); /* the other vmosd's */
	assert_true(exists("applications/vmos.web.firefox.desktop"));
	apps[0].rgb = 0xff0000;
	before = inode("vmos/menu/vmos.web.firefox.png");
	assert_int_equal(menu_sync(&one, "session"), 0);
	assert_true(inode("vmos/menu/vmos.web.firefox.png") != before);
	assert_int_equal(menu_clear("system"), 0);
	assert_true(exists("applications/vmos.web.firefox.desktop"));
	assert_int_equal(menu_clear(NULL), 0);
	assert_false(exists("applications/vmos.web.firefox.desktop") || exists("vmos/menu/vmos.web.firefox.png"));
	assert_true(exists("applications/vmos.mine.desktop") && exists("applications/other.desktop"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_entry),
		cmocka_unit_test(test_icon),
		cmocka_unit_test(test_no_icon),
		cmocka_unit_test(test_sync),
	};
	int r;

	if (!mkdtemp(home))
		return 1;
	setenv("XDG_DATA_HOME", home, 1);
	r = cmocka_run_group_tests(tests, NULL, NULL);
	paths_remove(home);
	return r;
}
