/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmos-launch ID: starts the application of that name, as its .desktop file says. What the host's menus run in a VM. */
#include <fcntl.h>
#include <gio/gdesktopappinfo.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proto/apps.h"

#define NOT_FOUND 127
#define FAILED 1

/* It lives on when this program, and with it the run, has ended. */
static void leave_session(gpointer userdata)
{
	setsid();
}

/* What is started holds none of the run's streams; only this program's last words go there. */
static bool detach_streams(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), errors = fcntl(2, F_DUPFD_CLOEXEC, 3);

	if (null < 0 || errors < 0)
		return false;
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	close(null);
	stderr = fdopen(errors, "w");
	return stderr != NULL;
}

/* GIO knows only some terminals, and not the one there is: Debian's name for it finds any. */
static bool launch_in_terminal(GDesktopAppInfo *info, GError **error)
{
	static const char *const terminal[] = { "x-terminal-emulator", "-e" };
	const char *line = g_app_info_get_commandline(G_APP_INFO(info));
	GPtrArray *argv = g_ptr_array_new();
	char **words = NULL;
	bool good = g_shell_parse_argv(line ? line : "", NULL, &words, error);

	for (size_t i = 0; i < G_N_ELEMENTS(terminal); i++)
		g_ptr_array_add(argv, (gpointer)terminal[i]);
	for (char **word = words; word && *word; word++)
		if ((*word)[0] != '%') /* a field for files, of which there are none */
			g_ptr_array_add(argv, *word);
	g_ptr_array_add(argv, NULL);
	if (good)
		good = g_spawn_async(
			NULL, (char **)argv->pdata, NULL, G_SPAWN_SEARCH_PATH, leave_session, NULL, NULL, error);
	g_ptr_array_unref(argv);
	g_strfreev(words);
	return good;
}

static bool launch(GDesktopAppInfo *info, GError **error)
{
	if (g_desktop_app_info_get_boolean(info, "Terminal"))
		return launch_in_terminal(info, error);
	return g_desktop_app_info_launch_uris_as_manager(
		info, NULL, NULL, G_SPAWN_SEARCH_PATH, leave_session, NULL, NULL, NULL, error);
}

int main(int argc, char **argv)
{
	GDesktopAppInfo *info;
	GError *error = NULL;
	char *file;

	if (argc != 2 || !app_is_id(argv[1])) {
		fprintf(stderr, "usage: vmos-launch ID (that of a .desktop file, without the suffix)\n");
		return 2;
	}
	file = g_strconcat(argv[1], ".desktop", NULL);
	info = g_desktop_app_info_new(file);
	g_free(file);
	if (!info) {
		fprintf(stderr, "vmos-launch: there is no application \"%s\" in this VM\n", argv[1]);
		return NOT_FOUND;
	}
	if (!detach_streams() || !launch(info, &error)) {
		fprintf(stderr, "vmos-launch: \"%s\" does not start: %s\n", argv[1],
			error ? error->message : "out of file descriptors");
		return FAILED;
	}
	return 0;
}
