/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of `vmos rule`, and what they share with `vmos why`. */
#ifndef CLI_RULE_H
#define CLI_RULE_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

/* As the method Why answers. Strings are of @reply. */
struct rule_answer {
	sd_bus_message *reply;
	int allowed, ask;
	const char *file, *sentence, *kernel;
	uint32_t line;
};

/* Asks vmosd; the caller unrefs ret->reply. Exit code. */
int rule_ask(sd_bus *bus, const char *subject, const char *object, const char *access, struct rule_answer *ret);

/* What is wrong with the rule files, for the caller to free; "" when nothing is. NULL after saying why it cannot be told. */
char *rule_files_error(sd_bus *bus);

/* `vmos rule check` and `list`; argv[0] is "rule", for usage lines. */
int rule_check(int argc, char **argv);
int rule_list(int argc, char **argv);

#endif
