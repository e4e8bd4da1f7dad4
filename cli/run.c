/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/commands.h"

#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#include "cli/attach.h"
#include "cli/cli.h"
#include "cli/terminal.h"
#include "proto/apps.h"

enum tty_choice { TTY_AUTO, TTY_YES, TTY_NO };

#define LAUNCHER "vmos-launch" /* of the guest */

/* Reads options up to the first operand. 0, or an exit code. */
static int read_options(int argc, char **argv, struct attach *a, enum tty_choice *tty, const char **app)
{
	static const struct option longs[] = {
		{ "app", required_argument, NULL, 'a' },
		{ "help", no_argument, NULL, 'h' },
		{ "root", no_argument, NULL, 'r' },
		{ "tty", no_argument, NULL, 't' },
		{ "no-tty", no_argument, NULL, 'T' },
		{ "window", no_argument, NULL, 'w' },
		{ NULL, 0, NULL, 0 },
	};
	int opt;

	optind = 0; /* glibc: begin anew */
	while ((opt = cli_option(argc, argv, "+htTw", longs)) != -1) {
		if (opt == 'r')
			a->as_root = true;
		else if (opt == 'w')
			a->window = true;
		else if (opt == 'a')
			*app = optarg;
		else if (opt == 't' || opt == 'T')
			*tty = opt == 't' ? TTY_YES : TTY_NO;
		else
			return cli_usage("run");
	}
	return 0;
}

/* Nothing else can be said of an application: its own files say how it starts. */
static int run_app(struct attach *a, const char *id)
{
	char *argv[] = { (char[]){ LAUNCHER }, (char *)(uintptr_t)id, NULL };

	if (*a->argv || a->as_root || a->window)
		return cli_usage("run"), CLI_RUN_FAILED;
	if (!app_is_id(id))
		return cli_error(CLI_RUN_FAILED,
			"\"%s\" is no application's name: `vmos menu list %s` shows those there are", id, a->vm);
	a->argv = argv;
	a->app = true;
	a->tty = false;
	return attach_run(a);
}

/* Options may stand on both sides of the VM; what follows the program is the program's. */
int run_main(int argc, char **argv)
{
	struct attach a = { 0 };
	enum tty_choice tty = TTY_AUTO;
	const char *app = NULL;
	int r = read_options(argc, argv, &a, &tty, &app);

	if (r)
		return CLI_RUN_FAILED;
	argc -= optind;
	argv += optind;
	if (argc < 1)
		return cli_usage("run"), CLI_RUN_FAILED;
	a.vm = argv[0];
	if (read_options(argc, argv, &a, &tty, &app))
		return CLI_RUN_FAILED;
	a.argv = argv + optind;
	if (app)
		return run_app(&a, app);
	if (!*a.argv)
		return cli_error(
			CLI_RUN_FAILED, "say which program to run in VM \"%s\", or use `vmos shell %s`", a.vm, a.vm);
	a.tty = tty == TTY_YES || (tty == TTY_AUTO && terminal_is_ours() && isatty(STDOUT_FILENO));
	if (a.window)
		a.tty = false;
	if (a.tty && !terminal_is_ours())
		return cli_error(CLI_RUN_FAILED, "--tty needs a terminal as standard input");
	return attach_run(&a);
}
