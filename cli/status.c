/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/commands.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/format.h"
#include "cli/inventory.h"
#include "cli/json.h"

static size_t count_running(const struct inventory *inv)
{
	size_t n = 0;

	for (size_t i = 0; i < inv->nvms; i++)
		n += vm_info_is_live(&inv->vms[i]);
	return n;
}

static int status_json(const struct manager_info *m, const struct inventory *inv)
{
	struct json_object *o = json_manager(m);

	json_object_object_add(o, "templates", json_object_new_uint64(inv->ntemplates));
	json_object_object_add(o, "vms_known", json_object_new_boolean(m->vms_known));
	json_object_object_add(o, "vms", json_object_new_uint64(inv->nvms));
	json_object_object_add(o, "vms_running", json_object_new_uint64(count_running(inv)));
	return json_print(o, 1);
}

/* Prints @text from cell @indent on, broken at blanks so that it fits @cols cells. */
static void wrapped(const char *text, size_t indent, size_t cols)
{
	size_t at = indent;

	while (*text) {
		size_t len = strcspn(text, " ");

		if (at > indent && at + 1 + len > cols) {
			printf("\n%*s", (int)indent, "");
			at = indent;
		}
		at += (size_t)printf("%s%.*s", at > indent ? " " : "", (int)len, text);
		text += len;
		text += strspn(text, " ");
	}
	putchar('\n');
}

static size_t columns(void)
{
	struct winsize ws = { 0 };

	return !ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) && ws.ws_col >= 60 ? ws.ws_col : 100;
}

static void status_protections(const struct manager_info *m)
{
	bool color = format_use_color();
	size_t width = 0, on = 0;

	for (size_t i = 0; i < m->nprotections; i++)
		on += m->protections[i].on;
	for (size_t i = 0; i < m->nprotections; i++)
		width = strlen(m->protections[i].name) > width ? strlen(m->protections[i].name) : width;
	printf("\nProtections  %zu of %zu on\n", on, m->nprotections);
	for (size_t i = 0; i < m->nprotections; i++) {
		const struct protection *p = &m->protections[i];
		const char *paint = !color ? "" : p->on ? "\033[32m" : "\033[33m";

		printf("  %s%-3s%s %-*s  ", paint, p->on ? "on" : "off", color ? "\033[0m" : "", (int)width, p->name);
		wrapped(p->text, width + 8, columns());
	}
}

static void status_text(const struct manager_info *m, const struct inventory *inv)
{
	printf("vmOS         %s, %s mode\n", m->version, m->mode);
	printf("Accelerator  %s  ", !strcmp(m->accelerator, "kvm") ? "KVM" : "TCG");
	wrapped(m->reason, 18, columns());
	printf("Display      %s\n", *m->display ? m->display : "none: set WAYLAND_DISPLAY to see windows");
	fputs("Sound        ", stdout);
	wrapped(format_sound(m->sound), 13, columns());
	printf("Templates    %zu%s\n", inv->ntemplates, inv->ntemplates ? "" : " (make one: vmos template build)");
	if (m->vms_known)
		printf("VMs          %zu, %zu of them running\n", inv->nvms, count_running(inv));
	else
		printf("VMs          %zu, known by name only until libvirtd answers\n", inv->nvms);
	status_protections(m);
}

int status_main(int argc, char **argv)
{
	sd_bus *bus cleanup_bus = NULL;
	struct manager_info manager = { 0 };
	struct inventory inv = { 0 };
	bool json = false;
	int r = cli_simple_options(argc, argv, 0, 0, &json);

	if (!r)
		r = client_open(&bus);
	if (!r)
		r = client_send_display(bus, false);
	if (!r)
		r = inventory_manager(bus, &manager);
	if (!r)
		r = inventory_get(bus, &inv);
	if (!r && json)
		r = status_json(&manager, &inv);
	else if (!r)
		status_text(&manager, &inv);
	inventory_free(&inv);
	inventory_manager_free(&manager);
	return r;
}
