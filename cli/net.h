/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of `vmos net`; argv[0] is "net", for usage lines. */
#ifndef CLI_NET_H
#define CLI_NET_H

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

int net_cards(int argc, char **argv);
int net_check(int argc, char **argv);
int net_flows(int argc, char **argv);
int net_list(int argc, char **argv);
int net_log(int argc, char **argv);
int net_why(int argc, char **argv);

#define NET_PLACE_MAX 320 /* bytes of a target's text */
#define NET_PROGRAM_MAX 64
#define NET_AGE_MAX 32

/* "example.org:443/tcp": where a flow goes; an IPv6 address in brackets. @name: "" none. Only bytes that are safe to show. */
void net_text_target(const char *name, const char *address, const char *proto, unsigned port, char text[NET_PLACE_MAX]);
/* "10-work.net:3" of "/etc/vmos/net.d/10-work.net:3"; anything that is no path as it is. */
const char *net_text_line(const char *line);
/* A program's name as a guest claims it, cleaned; "?" where it has none. */
void net_text_program(const char *untrusted_program, char text[NET_PROGRAM_MAX]);
/* "12 s", "3 min", "2 h 5 min". */
void net_text_age(uint64_t seconds, char text[NET_AGE_MAX]);

/* net_log_line.c: the heads of the columns, and a line of the log below them, for the caller to free; NULL: memory is out. */
void net_log_heads(void);
char *net_log_line(const char *untrusted_line, size_t len);

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
