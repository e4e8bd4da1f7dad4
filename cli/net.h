/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of `vmos net`; argv[0] is "net", for usage lines. */
#ifndef CLI_NET_H
#define CLI_NET_H

#include <stdint.h>
#include <systemd/sd-bus.h>

int net_cards(int argc, char **argv);
int net_check(int argc, char **argv);
int net_flows(int argc, char **argv);
int net_list(int argc, char **argv);
int net_log(int argc, char **argv);
int net_why(int argc, char **argv);

/* What is wrong with the files of lists, for the caller to free; "" when nothing is. NULL after saying why it cannot be told. */
char *net_files_error(sd_bus *bus);

/* What a VM may reach. Strings are of @reply. */
struct net_verdict {
	sd_bus_message *reply;
	const char *action, *file, *sentence; /* action: "allow", "deny", "ask" */
	uint32_t line;
};

/* Asks vmosd; the caller unrefs ret->reply. Exit code. */
int net_ask(sd_bus *bus, const char *vm, const char *target, struct net_verdict *ret);

#endif
