/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/vm_options.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/format.h"

#define KIB (UINT64_C(1) << 10)
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define VCPUS_MAX 256
#define VOLUME_MAX 100
#define READY_TIMEOUT_MAX 86400

static int parse_size(const char *option, const char *text, uint64_t unit, uint32_t *ret)
{
	int r = format_parse_size(text, unit, ret);

	if (!r)
		return 0;
	if (r == -EDOM)
		return cli_error(
			CLI_USAGE, "--%s %s is too small: give %s or more", option, text, unit == GIB ? "1G" : "1M");
	return cli_error(CLI_USAGE, "--%s takes a size such as 512M or 4G, not \"%s\"", option, text);
}

static int parse_number(const char *option, const char *text, uint32_t max, uint32_t *ret)
{
	if (!format_parse_number(text, max, ret))
		return 0;
	return cli_error(CLI_USAGE, "--%s takes a number from 1 to %u, not \"%s\"", option, max, text);
}

static int parse_limit(const char *text, struct vm_options *o)
{
	o->net_limit = text;
	o->limit = 0;
	if (strcmp(text, "none") == 0)
		return 0;
	if (!format_parse_size(text, KIB, &o->limit))
		return 0;
	return cli_error(CLI_USAGE, "--net-limit takes a size a second such as 500K or 2M, or none, not \"%s\"", text);
}

static int parse_notifications(const char *text, struct vm_options *o)
{
	o->notifications = text;
	if (strcmp(text, "on") == 0 || strcmp(text, "off") == 0)
		return 0;
	return cli_error(CLI_USAGE, "--notifications takes on or off, not \"%s\"", text);
}

/* vmosd knows what an address is, and how many a VM can have. */
static int parse_pci(const char *text, struct vm_options *o)
{
	size_t len = strlen(o->pci);

	if (o->has_pci && (!len || strcmp(text, "none") == 0))
		return cli_error(CLI_USAGE, "--pci none stands alone");
	o->has_pci = true;
	if (strcmp(text, "none") == 0)
		return 0;
	if (!*text || strchr(text, ' ') || strlen(text) + len + 2 > sizeof(o->pci))
		return cli_error(CLI_USAGE, "--pci takes an address such as 0000:03:00.0, or none, not \"%s\"", text);
	snprintf(o->pci + len, sizeof(o->pci) - len, "%s%s", len ? " " : "", text);
	return 0;
}

static int parse_switch(const char *option, const char **ret)
{
	if (strcmp(optarg, "on") != 0 && strcmp(optarg, "off") != 0)
		return cli_error(CLI_USAGE, "--%s takes on or off, not \"%s\"", option, optarg);
	*ret = optarg;
	return 0;
}

static int parse_carrier(const char *text, struct vm_options *o)
{
	o->carrier = text;
	if (strcmp(text, "channel") == 0 || strcmp(text, "vsock") == 0)
		return 0;
	return cli_error(CLI_USAGE, "--carrier takes channel or vsock, not \"%s\"", text);
}

static int parse_volume(const char *text, struct vm_options *o)
{
	o->volume = text;
	o->percent = 0;
	if (strcmp(text, "0") == 0 || !format_parse_number(text, VOLUME_MAX, &o->percent))
		return 0;
	return cli_error(CLI_USAGE, "--volume takes percent from 0 to %d, not \"%s\"", VOLUME_MAX, text);
}

static int parse_option(int opt, struct vm_options *o)
{
	switch (opt) {
	case 't':
		o->template = optarg;
		return 0;
	case 'c':
		o->color = optarg; /* also a name such as "blue": vmosd has the palette */
		return 0;
	case 'm':
		return parse_size("memory", optarg, MIB, &o->memory);
	case 'v':
		return parse_number("vcpus", optarg, VCPUS_MAX, &o->vcpus);
	case 'd':
		return parse_size("disk", optarg, GIB, &o->disk);
	case 'k':
		o->kind = optarg;
		return 0;
	case 'n':
		o->net = strcmp(optarg, "none") == 0 ? "" : optarg;
		return 0;
	case 'l':
		return parse_limit(optarg, o);
	case 'p':
		return parse_pci(optarg, o);
	case 'N':
		return parse_notifications(optarg, o);
	case 'a':
		return parse_switch("audio", &o->audio);
	case 'u':
		return parse_switch("mute", &o->mute);
	case 'V':
		return parse_volume(optarg, o);
	case 'C':
		return parse_carrier(optarg, o);
	default:
		return parse_number("ready-timeout", optarg, READY_TIMEOUT_MAX, &o->ready_timeout);
	}
}

int vm_options_parse(int argc, char **argv, int creates, struct vm_options *ret)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "template", required_argument, NULL, 't' },
		{ "color", required_argument, NULL, 'c' },
		{ "memory", required_argument, NULL, 'm' },
		{ "vcpus", required_argument, NULL, 'v' },
		{ "disk", required_argument, NULL, 'd' },
		{ "ready-timeout", required_argument, NULL, 'r' },
		{ "kind", required_argument, NULL, 'k' },
		{ "net", required_argument, NULL, 'n' },
		{ "net-limit", required_argument, NULL, 'l' },
		{ "pci", required_argument, NULL, 'p' },
		{ "notifications", required_argument, NULL, 'N' },
		{ "audio", required_argument, NULL, 'a' },
		{ "volume", required_argument, NULL, 'V' },
		{ "mute", required_argument, NULL, 'u' },
		{ "carrier", required_argument, NULL, 'C' },
		{ NULL, 0, NULL, 0 },
	};
	int opt, r;

	*ret = (struct vm_options){ 0 };
	while ((opt = cli_option(argc, argv, "h", longs)) != -1) {
		if (opt == '?')
			return cli_usage(argv[0]);
		if (opt == 'd' && !creates)
			return cli_error(CLI_USAGE, "the size of a disk is chosen when the VM is created");
		if (opt == 'k' && !creates)
			return cli_error(CLI_USAGE, "the kind of a VM is chosen when it is created");
		r = parse_option(opt, ret);
		if (r)
			return r;
	}
	if (argc - optind != 1)
		return cli_usage(argv[0]);
	ret->name = argv[optind];
	return 0;
}

static int append_string(sd_bus_message *m, const char *name, const char *value)
{
	return value ? sd_bus_message_append(m, "{sv}", name, "s", value) : 0;
}

static int append_number(sd_bus_message *m, const char *name, uint32_t value)
{
	return value ? sd_bus_message_append(m, "{sv}", name, "u", value) : 0;
}

static int append_switch(sd_bus_message *m, const char *name, const char *word)
{
	return word ? sd_bus_message_append(m, "{sv}", name, "b", strcmp(word, "on") == 0) : 0;
}

int vm_options_append(const struct vm_options *o, sd_bus_message *m)
{
	int r = sd_bus_message_open_container(m, 'a', "{sv}");

	if (r >= 0)
		r = append_string(m, "Template", o->template);
	if (r >= 0)
		r = append_string(m, "Color", o->color);
	if (r >= 0)
		r = append_number(m, "Memory", o->memory);
	if (r >= 0)
		r = append_number(m, "VCPUs", o->vcpus);
	if (r >= 0)
		r = append_number(m, "DiskGiB", o->disk);
	if (r >= 0)
		r = append_number(m, "ReadyTimeout", o->ready_timeout);
	if (r >= 0)
		r = append_string(m, "Kind", o->kind);
	if (r >= 0)
		r = append_string(m, "Net", o->net);
	if (r >= 0 && o->net_limit)
		r = sd_bus_message_append(m, "{sv}", "NetLimit", "u", o->limit);
	if (r >= 0 && o->has_pci)
		r = append_string(m, "Pci", o->pci);
	if (r >= 0 && o->notifications)
		r = sd_bus_message_append(m, "{sv}", "Notifications", "b", strcmp(o->notifications, "on") == 0);
	if (r >= 0)
		r = append_switch(m, "Audio", o->audio);
	if (r >= 0)
		r = append_switch(m, "Mute", o->mute);
	if (r >= 0)
		r = append_string(m, "Carrier", o->carrier);
	if (r >= 0 && o->volume)
		r = sd_bus_message_append(m, "{sv}", "Volume", "u", o->percent);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

void vm_options_note_rule(sd_bus *bus, const char *vm, const char *net)
{
	sd_bus_message *call cleanup_message = NULL, *reply cleanup_message = NULL;
	int allowed = 1;
	int r;

	if (!net || !net[0])
		return;
	r = sd_bus_message_new_method_call(bus, &call, CLIENT_NAME, CLIENT_MANAGER_PATH, CLIENT_MANAGER_IFACE, "Why");
	if (r >= 0)
		r = sd_bus_message_append(call, "sss", vm, net, "w");
	if (r >= 0)
		r = sd_bus_call(bus, call, 0, NULL, &reply);
	if (r >= 0)
		r = sd_bus_message_read(reply, "b", &allowed);
	if (r >= 0 && !allowed)
		fprintf(stderr, "No rule lets %s use the network of %s yet. Add one: vmos rule add %s %s w\n", vm, net,
			vm, net);
}
