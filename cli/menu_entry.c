/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The .desktop file of a VM's application. Nothing in it but the name's first part, and an id that was checked, is a guest's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/menu.h"

#define MAIN_CATEGORIES 13 /* the first of them: those that menus are made of */

char *menu_file_name(const struct menu_app *a)
{
	char vm[2 * VM_NAME_MAX + 1], *name;
	size_t n = 0;

	for (const char *c = a->vm; *c; c++) {
		vm[n++] = *c;
		if (*c == '.')
			vm[n++] = '.';
	}
	vm[n] = '\0';
	return asprintf(&name, "vmos.%s.%s", vm, a->app.id) < 0 ? NULL : name;
}

/* A value of type string: what would begin an escape is escaped, and what would be cut off at its beginning. */
static void put_string(FILE *f, const char *key, const char *value)
{
	fprintf(f, "%s=%s", key, *value == ' ' ? "\\s" : "");
	for (const char *c = value + (*value == ' '); *c; c++)
		fprintf(f, *c == '\\' ? "\\\\" : "%c", *c);
}

static void put_categories(FILE *f, uint32_t categories)
{
	fputs("Categories=", f);
	for (unsigned bit = 0; bit < MAIN_CATEGORIES; bit++)
		if (categories & 1u << bit)
			fprintf(f, "%s;", app_category(bit));
	fputs("X-vmOS;\n", f);
}

char *menu_entry(const struct menu_app *a, const char *vmos, const char *mode, const char *icon)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	fputs("[Desktop Entry]\nType=Application\n", f);
	put_string(f, "Name", a->app.name);
	fprintf(f, " (%s)\nComment=Runs in the virtual machine %s\n", a->vm, a->vm);
	fprintf(f, "Exec=%s --%s run %s --app %s\nTryExec=%s\n", vmos, mode, a->vm, a->app.id, vmos);
	put_string(f, "Icon", icon);
	fputs("\nTerminal=false\nStartupNotify=false\n", f);
	put_categories(f, a->app.categories);
	fprintf(f, "StartupWMClass=vmos.%s.%s\n", a->vm, a->app.window);
	fprintf(f, "X-vmOS-Mode=%s\nX-vmOS-VM=%s\n", mode, a->vm);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}
