/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every command of vmos shares: exit codes, the table of commands, how errors read. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <getopt.h>
#include <stdbool.h>

/* Documented in vmos(1). `vmos run` gives the program's status instead, and the last three of these. */
enum cli_exit {
	CLI_OK = 0,
	CLI_FAILED = 1,
	CLI_USAGE = 2,
	CLI_NOT_FOUND = 3,
	CLI_REFUSED = 4, /* denied, busy, exists, or not now */
	CLI_TIMEOUT = 124,
	CLI_RUN_FAILED = 125, /* run: vmOS could not do it */
	CLI_RUN_DENIED = 126, /* run: the program cannot be executed */
	CLI_RUN_NOT_FOUND = 127, /* run: there is no such program */
	CLI_RUN_SIGNAL = 128, /* run: plus the signal that ended the program */
};

/* A command: @argv[0] is its name. Returns an exit code. */
typedef int (*cli_handler)(int argc, char **argv);

struct command {
	const char *name;
	cli_handler handler;
	const char *usage; /* what follows "vmos NAME" */
	const char *summary;
};

/* What stands after a command that has several: the last one of a table has no name. */
struct cli_verb {
	const char *name;
	cli_handler handler;
};

/* Runs the verb that @argv[1] names; --help goes to the one called @helps. Each gets the command's name as argv[0], for usage lines. */
int cli_run_verb(int argc, char **argv, const struct cli_verb *verbs, const char *helps);

/* "vmos: …" on standard error. Returns @code, so that a command can end by it. */
int cli_error(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The usage line of @name and where to read more. Returns CLI_USAGE. */
int cli_usage(const char *name);

/* "out of memory". Returns CLI_FAILED. */
int cli_oom(void);

/*
 * The next option of a command, as getopt_long(3) gives it; -1: no more, and
 * optind is at the first operand. --help prints the usage and ends the process.
 */
int cli_option(int argc, char **argv, const char *letters, const struct option *longs);

/*
 * Reads --json and nothing else, and checks the number of operands. 0: go on,
 * optind is at the first of them; else the exit code. @ret_json NULL: no --json.
 */
int cli_simple_options(int argc, char **argv, int min, int max, bool *ret_json);

/* The command of that name, or NULL. */
const struct command *cli_find(const char *name);

#endif
