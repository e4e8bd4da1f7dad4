/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/commands.h"

#include <stdbool.h>
#include <unistd.h>

#include "cli/attach.h"
#include "cli/cli.h"
#include "cli/terminal.h"

enum tty_choice { TTY_AUTO, TTY_YES, TTY_NO };

/* Reads options up to the first operand. 0, or an exit code. */
static int read_options(int argc, char **argv, struct attach *a, enum tty_choice *tty)
{
	static const struct option longs[] = {
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
		else if (opt == 't' || opt == 'T')
			*tty = opt == 't' ? TTY_YES : TTY_NO;
		else
			return cli_usage("run");
	}
	return 0;
}

/* Options may stand on both sides of the VM; what follows the program is the program's. */
int run_main(int argc, char **argv)
{
	struct attach a = { 0 };
	enum tty_choice tty = TTY_AUTO;
	int r = read_options(argc, argv, &a, &tty);

	if (r)
		return CLI_RUN_FAILED;
	argc -= optind;
	argv += optind;
	if (argc < 1)
		return cli_usage("run"), CLI_RUN_FAILED;
	a.vm = argv[0];
	if (read_options(argc, argv, &a, &tty))
		return CLI_RUN_FAILED;
	a.argv = argv + optind;
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
