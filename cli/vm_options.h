/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options that create and set share, from the command line to the a{sv} of the bus. */
#ifndef CLI_VM_OPTIONS_H
#define CLI_VM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#define VM_OPTIONS_PCI 256

/* NULL or 0: not given. */
struct vm_options {
	const char *name; /* the operand */
	const char *template;
	const char *color;
	uint32_t memory; /* MiB */
	uint32_t vcpus;
	uint32_t disk; /* GiB, create only */
	uint32_t ready_timeout; /* seconds */
	const char *kind; /* create only */
	const char *net; /* "": none */
	const char *net_limit; /* as given */
	uint32_t limit; /* KiB a second; 0: no limit */
	const char *notifications; /* as given: "on", "off" */
	bool has_pci;
	const char *audio, *mute; /* "on" or "off" */
	const char *carrier; /* "channel" or "vsock" */
	const char *volume; /* as given */
	uint32_t percent;
	char pci[VM_OPTIONS_PCI]; /* what was given by each --pci, a space between two; "": none */
};

/* Reads the command line; @creates: --disk and --kind are known. 0, or an exit code after saying why. */
int vm_options_parse(int argc, char **argv, int creates, struct vm_options *ret);
/* Appends them as a{sv}. -errno. */
int vm_options_append(const struct vm_options *o, sd_bus_message *m);

/*
 * A NET VM that no rule opens to @vm is of no use to it: says so, on stderr,
 * and how to make the rule. @net NULL or "": says nothing.
 */
void vm_options_note_rule(sd_bus *bus, const char *vm, const char *net);

#endif
